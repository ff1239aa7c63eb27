"""What is kept about residents: their account, their words, and what they did in meetings."""

from flask_babel import lazy_gettext as _l

from app.privacy.kept import Basis, Kept, Then, Topic
from app.privacy.periods import Period

WHILE_ACCOUNT = _l("As long as you have an account.")
WORDS_STAY = _l("The words stay, without your name.")

OF_RESIDENTS = (
    # --- account ---------------------------------------------------------------------------------
    Kept(
        Topic.ACCOUNT,
        _l("Your e-mail address, the name you gave, and the day you first signed in."),
        ("people",),
        ("people.email", "people.name", "people.joined_at", "people.erased_at"),
        until=_l(
            "Until you ask for erasure; at the latest %(time)s after you joined, if nothing you "
            "wrote, backed or did hangs from it."
        ),
        period=Period.ACCOUNTS,
        then=Then.BLANKED,
        erased=_l(
            "Address and name are taken out; the name of somebody who held an office stays. An "
            "empty row with a number is left, so that nobody else ever gets that number."
        ),
        names_stay=True,
    ),
    Kept(
        Topic.ACCOUNT,
        _l("A code to sign in that is on its way to you, as a keyed hash, with your address."),
        ("sign_in_codes",),
        ("sign_in_codes.email", "sign_in_codes.code_hash"),
        until=_l("Until you use it; at the latest %(time)s after it ran out."),
        period=Period.CODES,
        then=Then.DELETED,
        erased=_l("It is deleted."),
    ),
    Kept(
        Topic.ACCOUNT,
        _l("Letters: to whom, about what, and when. The text goes as soon as a letter has left."),
        ("letters",),
        ("letters.to_email", "letters.subject", "letters.body"),
        until=_l("%(time)s after it was written."),
        period=Period.LETTERS,
        then=Then.DELETED,
        erased=_l("All letters to your address are deleted; the last one as soon as it has left."),
    ),
    Kept(
        Topic.ACCOUNT,
        _l("Passkeys of your own devices: a name you gave, and a key that only checks."),
        ("passkeys",),
        ("passkeys.person_id", "passkeys.name", "passkeys.credential_id", "passkeys.public_key"),
        until=_l("Until you take it out; at the latest %(time)s after it was last used."),
        period=Period.ACCOUNTS,
        then=Then.DELETED,
        erased=_l("They are deleted."),
    ),
    Kept(
        Topic.ACCOUNT,
        _l("For which weeks you were written a weekly letter."),
        ("weekly_digests",),
        ("weekly_digests.person_id",),
        until=_l("%(time)s after that week."),
        period=Period.LETTERS,
        then=Then.DELETED,
        erased=_l("It is deleted."),
    ),
    Kept(
        Topic.ACCOUNT,
        _l("That you want no weekly letter."),
        ("digest_refusals",),
        ("digest_refusals.person_id",),
        until=WHILE_ACCOUNT,
        erased=_l("It is deleted."),
    ),
    # --- words -----------------------------------------------------------------------------------
    Kept(
        Topic.WORDS,
        _l("Your proposals, all their earlier versions, and your replies to what officers found."),
        ("proposals", "proposal_versions", "screening_replies"),
        (
            "proposals.proposer_id",
            "proposals.title",
            "proposals.what",
            "proposals.why",
            "proposals.pledge",
            "proposal_versions.written_by_id",
            "proposal_versions.words",
            "screening_replies.words",
        ),
        until=_l("For good: they are part of the record of what the public money was asked for."),
        erased=WORDS_STAY,
    ),
    Kept(
        Topic.WORDS,
        _l("What you say in a debate."),
        ("points",),
        ("points.author_id", "points.words", "points.hidden_by_id"),
        until=_l(
            "For good, as part of the record. Words that a moderator hid are deleted %(time)s "
            "after that."
        ),
        period=Period.REPORTS,
        then=Then.BLANKED,
        erased=WORDS_STAY,
    ),
    Kept(
        Topic.WORDS,
        _l("Which proposals you back. Only their number is public."),
        ("backings",),
        ("backings.person_id",),
        until=WHILE_ACCOUNT,
        erased=_l("They are deleted; the number of backers goes down by one."),
    ),
    Kept(
        Topic.WORDS,
        _l("What you report to moderators."),
        ("reports",),
        ("reports.person_id", "reports.why"),
        until=_l("%(time)s after it was settled."),
        period=Period.REPORTS,
        then=Then.DELETED,
        erased=_l("It is deleted; one that nobody has looked at yet stays, without your name."),
    ),
    Kept(
        Topic.WORDS,
        _l("What you say of a finished project, under a mark in place of your name."),
        ("ratings",),
        ("ratings.rater", "ratings.changed"),
        until=_l("The mark: %(time)s after you rated. What you said is published without a name."),
        period=Period.RATINGS,
        then=Then.BLANKED,
        erased=_l(
            "The mark is taken out; nothing leads from it to you. While you stand on the roll it "
            "stays, so that nobody is counted twice."
        ),
    ),
    # --- meetings --------------------------------------------------------------------------------
    Kept(
        Topic.MEETINGS,
        _l("Who was checked in at a meeting, when, and whose phone was whose."),
        ("attendees", "phones"),
        (
            "attendees.reference",
            "attendees.name",
            "attendees.approved_by_id",
            "attendees.checked_in_by_id",
            "phones.name",
            "phones.attendee_id",
        ),
        until=_l("%(time)s after the meeting."),
        period=Period.MEETINGS,
        then=Then.BLANKED,
        erased=_l(
            "Your name is taken out of meetings that have ended. One that is under way needs it."
        ),
        names_stay=True,
    ),
    Kept(
        Topic.MEETINGS,
        _l("The names of people at the door who were on no roll."),
        ("walk_ins",),
        ("walk_ins.name", "walk_ins.asked_by_id"),
        until=_l("%(time)s after the meeting."),
        period=Period.MEETINGS,
        then=Then.DELETED,
        erased=_l("We know no address of theirs. Ask us, and we take the name out."),
        names_stay=True,
    ),
    Kept(
        Topic.MEETINGS,
        _l("Who asked to speak, under the name they gave, and how long they spoke."),
        ("speaking_turns",),
        ("speaking_turns.name",),
        until=_l("The name: %(time)s after the meeting. After that the minutes say “A speaker”."),
        period=Period.MEETINGS,
        then=Then.BLANKED,
        erased=_l("Your name is taken out, where your own phone asked for the word."),
        names_stay=True,
    ),
    Kept(
        Topic.MEETINGS,
        _l("The log of a meeting: what facilitators did. Some entries name a resident."),
        ("assembly_acts",),
        ("assembly_acts.by_id", "assembly_acts.words"),
        until=_l("The entries for good, the names of residents in them %(time)s."),
        period=Period.MEETINGS,
        then=Then.BLANKED,
        erased=_l("Your name is taken out of meetings that have ended."),
        names_stay=True,
    ),
    Kept(
        Topic.MEETINGS,
        _l("Questions, and what phones chose in quick polls: by phone, without a name."),
        ("questions", "question_backings", "poll_choices"),
        ("questions.words", "questions.phone_id"),
        until=_l("For good; whose phone it was is forgotten with the people of the meeting."),
        erased=_l("They stay; nothing leads from the phone to you any more."),
    ),
    Kept(
        Topic.MEETINGS,
        _l("How many hands each teller counted."),
        ("hand_counts",),
        ("hand_counts.teller_id",),
        until=_l("For good, with the minutes."),
        erased=_l("It stays: tellers act in office."),
    ),
    Kept(
        Topic.MEETINGS,
        _l("Meetings, their agendas and their screens."),
        ("assemblies", "agenda_items", "stages", "screens"),
        basis=Basis.NONE,
    ),
)
