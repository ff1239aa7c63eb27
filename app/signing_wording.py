"""What those are told who cannot sign, step in or call in as they wanted to."""

from enum import StrEnum

from flask_babel import lazy_gettext as _

from ballots.refusals import BallotRefusal

SIGNING_WORDS: dict[StrEnum, str] = {
    BallotRefusal.NOT_YOUR_STAGE: _(
        "It is not your turn to act on this outcome. The line of stages shows whose it is."
    ),
    BallotRefusal.RAN_VOTE: _(
        "You ran this vote in the hall, so somebody else must sign its outcome."
    ),
    BallotRefusal.CLOSED_VOTE: _("You closed this vote, so somebody else must sign its outcome."),
    BallotRefusal.PRE_ELECTION: _(
        "Nothing is signed in the pre-election period. The monitoring officer can make an "
        "exception, with a reason that is public."
    ),
    BallotRefusal.BUNDLE_CHANGED: _(
        "Something you would have signed has changed since you opened the page. Read it again, "
        "then sign."
    ),
    BallotRefusal.MINUTE_MISSING: _(
        "Enter the committee’s minute: when it met, who moved and seconded, and how it voted."
    ),
    BallotRefusal.VERDICT_MISSING: _("Say for every project whether you endorse it."),
    BallotRefusal.CONDITION_MISSING: _("Write the condition that must be met first."),
    BallotRefusal.REASONS_TOO_SHORT: _(
        "To decline a project, choose a ground and write %(limit)s characters of reasons or more."
    ),
    BallotRefusal.ALREADY_WITHDRAWN: _("This project was withdrawn before."),
    BallotRefusal.SHARES_NEED_MEMBERS: _(
        "Shares of the money are only for a route on which ward councillors decide."
    ),
    BallotRefusal.CALL_IN_TOO_LONG: _("Enter a whole number of days from 0 to %(limit)s."),
    BallotRefusal.DAYS_OUT_OF_ORDER: _("The last day cannot come before the first."),
    BallotRefusal.NOT_STUCK: _(
        "This stage can still end by itself. Step in when it cannot, or when its days are over."
    ),
    BallotRefusal.NAMED_THEMSELVES: _(
        "Whoever says who decides instead cannot name themselves. Name somebody else."
    ),
    BallotRefusal.NOT_A_MEMBER: _(
        "What ward councillors decide, only a member of the council can settle; elsewhere it "
        "takes an office. Name somebody else."
    ),
    BallotRefusal.DAYS_IMPOSSIBLE: _("Enter a whole number of days from 1 to %(limit)s."),
    BallotRefusal.CALL_IN_OVER: _("The days in which this decision can be called in are over."),
    BallotRefusal.CALLED_IN_ALREADY: _(
        "This decision was called in already. A decision can be called in once."
    ),
    BallotRefusal.NOT_CALLED_IN: _(
        "This decision is not called in, or its call-in has ended already."
    ),
    BallotRefusal.SENT_BACK_ALREADY: _(
        "This decision was sent back already. Whoever signed it decides afresh."
    ),
    BallotRefusal.NOT_TO_LODGE: _(
        "Nothing waits to be lodged: this route asks for no lodging, or a receipt is kept "
        "already. If that receipt is wrong, publish a correction."
    ),
    BallotRefusal.RECEIPT_MISSING: _("Enter the receipt or reference of the lodging."),
    BallotRefusal.ALREADY_DECIDED: _("You have already signed this outcome."),
    BallotRefusal.REASONS_MISSING: _("Give your reasons. They will be public."),
    BallotRefusal.REFERRED_BACK: _(
        "The outcome has been referred back. Decide once officers have answered."
    ),
    BallotRefusal.NOT_REFERRED_BACK: _("This outcome is not waiting for an answer."),
}
