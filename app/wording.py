"""Every refusal in plain words: what happened, and what to do next."""

from enum import StrEnum

from flask_babel import lazy_gettext as _

from app.display import pounds
from app.fault_wording import FAULT_WORDS
from app.obstacle_wording import OBSTACLE_WORDS
from app.signing_wording import SIGNING_WORDS
from ballots.refusals import BallotRefusal
from neighbourhoods.people import CodeRefusal
from neighbourhoods.refusals import Refusal, Refused

# StrEnum members of different lists can be equal strings, so each list has its own table.
WORDS: dict[type[StrEnum], dict[StrEnum, str]] = {
    Refusal: {
        Refusal.WRONG_PHASE: _(
            "The round is not in the phase for this. Look at its timetable to see when it is."
        ),
        Refusal.WRONG_ROLE: _("This is done by people with another role."),
        Refusal.NO_SUCH_MOVE: _("A round cannot go from its phase to that one."),
        Refusal.NOT_READY: _("The round is not ready for this yet"),
        Refusal.REASON_MISSING: _("Give a reason. It will be public."),
        Refusal.FUND_EXCEEDED: _(
            "The fund does not hold that much. Enter %(left)s or less, or add a source to it."
        ),
        Refusal.AMOUNT_NOT_POSITIVE: _("Enter a sum of more than £0."),
        Refusal.SPEND_EXCEEDS_COMMITMENT: _(
            "That is more than was committed to this project. Enter %(left)s or less."
        ),
        Refusal.SPEND_IS_HELD: _(
            "Only %(left)s can be spent now: %(held)s is held back until its condition is met."
        ),
        Refusal.FUND_SHORT: _(
            "The fund is %(short)s short of what this outcome promises, so nothing was signed. "
            "Officers must add a source to the fund first."
        ),
        Refusal.SOURCE_COMMITTED: _(
            "Money of this source is promised to projects, so it can no longer be taken out."
        ),
        Refusal.SOURCE_IN_ROUNDS: _(
            "A round counts on this money. Add the right source first, then take this one out."
        ),
        Refusal.SOURCE_TAKEN_OUT: _("This source has been taken out already."),
        Refusal.SPENDING_REVERSED: _(
            "This spend has been put right already. Put the newer line right instead."
        ),
        Refusal.SPENDING_UNCHANGED: _("That is what it says now. Enter what was really spent."),
        Refusal.HOLD_EXCEEDS_COMMITMENT: _(
            "Only what is promised and neither spent nor held can be held back. "
            "Enter %(left)s or less."
        ),
        Refusal.CONDITION_MET: _("This condition no longer holds anything back."),
        Refusal.NOT_CONCLUDED: _(
            "Money is returned once a project is finished or stopped. Report that first."
        ),
        Refusal.NOTHING_LEFT: _("All of this project’s money is spent or returned."),
        Refusal.PLACE_MISSING: _("Name the place where the money goes."),
        Refusal.PRACTICE_PAYS_NOTHING: _("A practice vote promises no money."),
        Refusal.ALT_MISSING: _("Say what the photo shows, for people who cannot see it."),
        Refusal.REPORTED_MEANWHILE: _(
            "News of this project was published since you opened this page. Read it below. "
            "If yours is still new, send it again."
        ),
        Refusal.PHOTO_TAKEN_DOWN: _("This photo has been taken down already."),
        Refusal.NOT_DONE_YET: _("Enter a day that has come. Leave it empty until it is done."),
        Refusal.NOT_FINISHED: _("A project can be rated once it is finished."),
        Refusal.NOT_A_RATER: _(
            "Only people on this round’s list of voters, and those who proposed or backed the "
            "project, can rate it."
        ),
        Refusal.SCORE_OUTSIDE: _("Choose how good it is, from 1 to 5."),
        Refusal.DATES_OUT_OF_ORDER: _("Each phase must start after the one before it."),
        Refusal.VOTE_DATES_MISSING: _("Enter when the vote opens and when it closes."),
        Refusal.NOT_THE_PROPOSER: _("Only the person who made this proposal can do this."),
        Refusal.OWN_PROPOSAL: _("You made this proposal, so it already has your support."),
        Refusal.PROPOSAL_WITHDRAWN: _("This proposal was withdrawn."),
        Refusal.MENU_ITEM_WITHDRAWN: _("This service is no longer offered. Choose another."),
        Refusal.COSTS_OUT_OF_ORDER: _(
            "The low cost cannot be above the likely one, nor the likely one above the high one."
        ),
        Refusal.COST_MISSING: _("Enter the cost."),
        Refusal.UNLAWFUL_CANNOT_PASS: _(
            "A proposal can only pass if it is both lawful and feasible."
        ),
        Refusal.MINIMUM_ABOVE_COST: _(
            "The least it can be done for cannot be above its likely cost of %(limit)s."
        ),
        Refusal.NOBODY_BENEFITS: _("Enter 1 or more, or leave it empty if nobody can say."),
        Refusal.CRITERION_POINTS_WRONG: _("Give each criterion from 0 to %(limit)s points."),
        Refusal.ALREADY_REPLIED: _("You have already replied to this."),
        Refusal.NOT_SCREENED: _("Officers have not asked for a change to this proposal."),
        Refusal.CHANGED_MEANWHILE: _(
            "This proposal was changed in another window. Look at it again, then make your change."
        ),
        Refusal.ALREADY_HIDDEN: _("This has been hidden."),
        Refusal.STAGE_MOVED_ON: _(
            "Somebody else was a moment faster. Look at how it stands now, then press again if you "
            "still want to."
        ),
        Refusal.MEETING_BEGUN: _("The meeting has begun already."),
        Refusal.MEETING_NOT_BEGUN: _("The meeting has not begun yet. Try again once it has."),
        Refusal.MEETING_ENDED: _("The meeting has ended. Nothing in it changes any more."),
        Refusal.MEETING_JOINED: _(
            "People have joined this meeting already. It can be changed, but not deleted."
        ),
        Refusal.VOTE_STILL_OPEN: _("A vote is still open. Close it before the meeting ends."),
        Refusal.NO_SUCH_SCREEN: _("There is no such screen. Look at the list again."),
        Refusal.NO_SUCH_ITEM: _("This is no item of the agenda now. Choose another."),
        Refusal.NO_ITEM_BEFORE: _("This is the first item of the agenda."),
        Refusal.NO_ITEM_AFTER: _("This is the last item of the agenda."),
        Refusal.NO_STEP_BEFORE: _("Nothing of the outcome is shown yet."),
        Refusal.NO_STEP_AFTER: _("The whole outcome is shown."),
        Refusal.NO_TIMER: _("There is no countdown now. Add a minute to begin one."),
        Refusal.TIMER_RUNS: _("The countdown is running already."),
        Refusal.MESSAGE_MISSING: _("Write what the screens should say."),
        Refusal.MESSAGE_TOO_LONG: _("Write %(limit)s characters or fewer."),
        Refusal.TOO_LATE_TO_UNDO: _("There is nothing left to undo: it works for 10 seconds."),
        Refusal.AGENDA_NOT_EMPTY: _(
            "This agenda has items. Take them out first to have one made for you."
        ),
        Refusal.ITEM_INCOMPLETE: _("Something that this item needs is missing. Fill it in."),
        Refusal.ITEM_BEGUN: _(
            "This item has begun. It can no longer be taken out, nor its vote or poll be changed."
        ),
        Refusal.ITEM_REVEALED: _(
            "The outcome of this vote is shown by a later item. Change that one first."
        ),
        Refusal.SPEAKER_NAME_MISSING: _("Enter the name to call you by."),
        Refusal.NOT_WAITING_TO_SPEAK: _(
            "This person no longer waits to speak. Look at the list again."
        ),
        Refusal.QUESTION_EMPTY: _("Write your question."),
        Refusal.QUESTION_TOO_LONG: _(
            "Your question is %(actual)s characters long. Make it %(limit)s or fewer."
        ),
        Refusal.TOO_MANY_QUESTIONS: _(
            "%(limit)s of your questions are still waiting. Ask the next when one is answered."
        ),
        Refusal.POLL_NOT_OPEN: _("This poll is over. The meeting has gone on to something else."),
        Refusal.NOT_AN_OPTION: _(
            "This answer is not one of the poll’s. Choose one of those shown."
        ),
        Refusal.HANDS_MISCOUNTED: _("Enter a whole number of hands, 0 or more, for every answer."),
        Refusal.NOT_ON_THIS_ROLL: _("This person is not on the roll of this round."),
        Refusal.ALREADY_CHECKED_IN: _("This person is checked in already."),
        Refusal.HAS_LEFT: _("This person has left. Check them in again first."),
        Refusal.ON_A_VOTES_ROLL: _(
            "This person stands on the roll of a vote that was held since. Check them out instead."
        ),
        Refusal.OFFICER_NEEDED: _("Only an officer can let somebody take part who is not listed."),
        Refusal.NAME_MISSING: _("Enter a name."),
        Refusal.ALREADY_ANSWERED: _("Somebody has answered this already."),
        Refusal.NO_SUCH_PHONE: _(
            "No phone here has this number. Read the four digits on the phone again."
        ),
        Refusal.PHONE_TAKEN: _(
            "This phone belongs to somebody else who is present. Read its four digits again."
        ),
        Refusal.NO_NUMBER_LEFT: _("No more phones can join this meeting."),
        Refusal.IN_OFFICE: _(
            "You hold an office, so the council must know who you are. Ask for this once your "
            "office is over, or write to the address in the privacy notice."
        ),
        Refusal.ADDRESS_TAKEN: _(
            "Somebody signs in with this address already. Sign in with it instead, or choose "
            "another."
        ),
        Refusal.DUTY_UNDECLARED: _("Declare first whether you have an interest in this."),
        Refusal.DUTY_FORBIDDEN: _(
            "You declared a pecuniary interest in this, so somebody else must do it."
        ),
    },
    BallotRefusal: {
        BallotRefusal.VOTE_NOT_OPEN: _(
            "The vote is not open yet. The round’s timetable says when it opens."
        ),
        BallotRefusal.VOTE_CLOSED: _(
            "The vote has closed. This ballot was not counted. If you cast one earlier, "
            "that one counts."
        ),
        BallotRefusal.NOT_ON_ROLL: _(
            "You are not on the list of people who can vote in this round. "
            "Ask the council if you think you should be."
        ),
        BallotRefusal.BAD_PAPER: _("This ballot was not counted."),
        BallotRefusal.VOTES_ON_PAPER: _(
            "You are voting on paper, so this phone has cast nothing. Fill in your paper and hand "
            "it in. To vote here instead, give your paper back to a teller first."
        ),
        BallotRefusal.HAS_VOTED_BY_PHONE: _(
            "This person’s ballot is in the box already. They can change it on their phone, and "
            "get no paper."
        ),
        BallotRefusal.NOT_ON_PAPER: _("This person does not vote on paper."),
        BallotRefusal.NOT_A_TELLER: _("Only facilitators and officers can be tellers."),
        BallotRefusal.NOT_A_STACK: _(
            "Enter the first and the last number of the stack, from 1 to %(limit)s."
        ),
        BallotRefusal.STACK_BROUGHT_BEFORE: _(
            "Some of these numbers have been brought before. Look at the stack again."
        ),
        BallotRefusal.NO_SUCH_PAPER: _(
            "No paper of this vote has this number. Read it again, or bring its stack first."
        ),
        BallotRefusal.NO_SUCH_SERIAL: _(
            "This is not the serial of a paper of this vote. Read it again: four digits and three "
            "characters, such as 0042-K7Q."
        ),
        BallotRefusal.PAPER_NOT_OUT: _(
            "This paper has been handed in, or was set aside. Read its number again."
        ),
        BallotRefusal.PAPER_IN_BOX: _("This paper is in the box already."),
        BallotRefusal.PAPER_SPOILT: _("This paper was set aside, so it votes for nobody."),
        BallotRefusal.PAPER_NOT_SPOILT: _("This paper was not set aside."),
        BallotRefusal.PAPER_NOT_READY: _("This paper is not ready for the box. Enter it again."),
        BallotRefusal.MORE_PAPERS_THAN_HOLDERS: _(
            "Every person who votes on paper has handed one in already. Find out whose this is: "
            "more papers than people are never counted."
        ),
        BallotRefusal.TELLERS_DISAGREE: _(
            "Two tellers have read this paper, and you read it as neither did. Look at it together."
        ),
        BallotRefusal.PAPERS_TOO_LATE: _("The votes are being counted. No paper can be added."),
        BallotRefusal.NOT_SO_MANY_OUT: _("Enter a number from 0 to %(limit)s."),
        BallotRefusal.RULES_FROZEN: _("The rules cannot change once the vote has opened."),
        BallotRefusal.RULES_IMPOSSIBLE: _("Every number must be 1 or more."),
        BallotRefusal.RULE_NEEDS_POINTS: _(
            "This rule adds up points. Choose a ballot paper with an order of choice, points, "
            "scores, or yes and no."
        ),
        BallotRefusal.STEP_TOO_SMALL: _(
            "Live figures move in steps of at least %(limit)s new voters, so that nobody can work "
            "out how somebody voted."
        ),
        BallotRefusal.SOURCE_MISSING: _(
            "Say where the chance of a draw will come from, before anybody votes."
        ),
        BallotRefusal.LIMIT_TWICE: _("This category or area stands there twice. Name it once."),
        BallotRefusal.FENCES_ABOVE_BUDGET: _(
            "More is kept than there is. Together these sums can be %(limit)s at most."
        ),
        BallotRefusal.FENCE_ABOVE_CAP: _(
            "More is kept for this category or area than its cap lets it have. Lower this sum, or "
            "raise the cap."
        ),
        BallotRefusal.OVERSPEND_TOO_HIGH: _(
            "Enter %(limit)s or less: that is 5 percent of the budget."
        ),
        BallotRefusal.NOT_A_PROJECT: _(
            "A project named here is no longer on the ballot paper. Choose again."
        ),
        BallotRefusal.CHOSEN_ABOVE_BUDGET: _(
            "These projects cost more than the budget of %(limit)s. Choose fewer."
        ),
        BallotRefusal.CHOSEN_AND_EXCLUSIVE: _(
            "A project that is chosen already cannot also stand in a set of which only one can be "
            "funded: the others could never win."
        ),
        BallotRefusal.TOO_FEW_TO_EXCLUDE: _("Choose two or more projects for each set."),
        BallotRefusal.CRITERION_TWICE: _("This criterion stands there twice. Name it once."),
        BallotRefusal.NOT_COUNTED: _("The votes have not been counted yet."),
        BallotRefusal.UNDECIDED: _(
            "The vote is closed, but its rule cannot decide it: too much is nearly level. "
            "Ask whoever runs this server for help. No vote is lost."
        ),
        BallotRefusal.NOTHING_TO_DRAW: _(
            "There is no tie to draw now. Look at the round again: somebody may have been faster."
        ),
        BallotRefusal.DISPUTES_POSSIBLE: _(
            "The key is kept until four weeks after councillors signed, in case somebody asks "
            "which ballot was theirs."
        ),
        BallotRefusal.NOTHING_TO_CORRECT: _(
            "Name an entry that stands in this round’s ledger, and say what is wrong with it."
        ),
        BallotRefusal.NOT_YOUR_COMMUNITY: _(
            "Only councillors who answer for this community decide on this round."
        ),
        BallotRefusal.INTEREST_UNDECLARED: _("Declare whether you have an interest first."),
        BallotRefusal.INTEREST_FORBIDS: _(
            "You declared a pecuniary interest, so you cannot take part in this decision."
        ),
        BallotRefusal.INTEREST_STANDS: _(
            "A declared pecuniary interest stands. Ask the monitoring officer about a dispensation."
        ),
        BallotRefusal.DISPENSATION_NEEDLESS: _(
            "A dispensation is only for a pecuniary interest. Take it out or declare one."
        ),
        **SIGNING_WORDS,
        BallotRefusal.NOT_A_VOTE: _("This item of the agenda is not voted on."),
        BallotRefusal.MEETING_NOT_UNDER_WAY: _("Begin the meeting first."),
        BallotRefusal.HALL_VOTE_OPEN: _("Another vote is open. Wait until it has closed."),
        BallotRefusal.VOTED_ALREADY: _(
            "This was voted on. Add another item to the agenda if the hall is to vote again."
        ),
        BallotRefusal.SPENDING_UNKNOWN: _(
            "An earlier vote is not counted yet, so nobody knows how much is left. Reveal it first."
        ),
        BallotRefusal.NOTHING_FITS: _("There is no project left that the remaining money can buy."),
        BallotRefusal.NOBODY_PRESENT: _("Nobody is checked in yet, so nobody could vote."),
        BallotRefusal.QUORUM_MISSING: _(
            "%(actual)s people are checked in. The hall can decide once there are %(limit)s."
        ),
        BallotRefusal.NOT_OPENED_HERE: _(
            "This vote was not opened in the hall. It closes when everybody was told it would."
        ),
        BallotRefusal.NO_CLOSE_SET: _("This vote has no time at which it closes."),
        BallotRefusal.LAST_CALL_RUNS: _("The last call is already running."),
        BallotRefusal.NO_LAST_CALL: _("There is no last call to take back."),
        BallotRefusal.STILL_OPEN: _("The vote is still open. It can be revealed once it closed."),
        BallotRefusal.NOT_HELD: _("This outcome was revealed."),
        BallotRefusal.HELD: _(
            "This vote is counted when its outcome is revealed in the meeting. Until then nobody "
            "sees it."
        ),
        BallotRefusal.ONLY_PRACTICE: _("This was a practice vote. It decides nothing."),
    },
    **FAULT_WORDS,
    **OBSTACLE_WORDS,
    CodeRefusal: {
        CodeRefusal.WRONG: _("This is not the code we sent. Check the newest e-mail from us."),
        CodeRefusal.SPENT: _("This code no longer works. Ask for a new one."),
    },
}


def say(refused: Refused | StrEnum) -> str:
    """The sentence for a refusal, with its figures filled in."""
    reason = refused.reason if isinstance(refused, Refused) else refused
    figures = refused.figures if isinstance(refused, Refused) else {}
    words = {
        name.removesuffix("_pence"): pounds(value)
        if name.endswith("_pence") and isinstance(value, int)
        else value
        for name, value in figures.items()
    }
    sentence = str(WORDS[type(reason)][reason])
    return sentence % words if words else sentence
