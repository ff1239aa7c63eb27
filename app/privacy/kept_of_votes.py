"""What is kept about a vote: who may vote, and ballots that bear no name."""

from flask_babel import lazy_gettext as _l

from app.privacy.kept import Basis, Kept, Then, Topic
from app.privacy.periods import Period

OF_VOTES = (
    Kept(
        Topic.VOTE,
        _l(
            "The electoral roll of a round: reference, name, postcode and, if we have it, e-mail "
            "address of everybody who may vote. It does not say who has voted."
        ),
        ("roll_entries",),
        (
            "roll_entries.reference",
            "roll_entries.name",
            "roll_entries.postcode",
            "roll_entries.email",
            "roll_entries.code_hash",
        ),
        until=_l("%(time)s after delivery began, and never before the round’s key is destroyed."),
        period=Period.ROLL,
        then=Then.BLANKED,
        erased=_l(
            "It stays until the result can no longer be disputed: before that nobody may change "
            "it. Where that is over, it is blanked at once."
        ),
        names_stay=True,
    ),
    Kept(
        Topic.VOTE,
        _l("Which entries of the roll vote on paper in a hall, and the numbers of the papers."),
        ("paper_holders", "paper_ballots", "papers_given_up"),
        (
            "paper_holders.entry_id",
            "paper_ballots.first_teller_id",
            "paper_ballots.second_teller_id",
            "papers_given_up.by_id",
        ),
        until=_l("For good; once the roll is blanked, it leads to nobody."),
        erased=_l("It stays as long as the roll does, and then leads to nobody."),
    ),
    Kept(
        Topic.VOTE,
        _l(
            "Ballots and receipts. They bear no name, and once the round’s key is destroyed "
            "nobody can go from a person to a ballot."
        ),
        ("ballots", "castings", "pending_ballots", "receipts", "batches"),
        (
            "ballots.voter_key",
            "castings.voter",
            "pending_ballots.voter",
            "receipts.voter",
        ),
        until=_l(
            "For good, so that anybody can count again. The round’s key goes 28 days after "
            "councillors signed."
        ),
        erased=_l("They stay: we do not look up which one is yours."),
    ),
    Kept(
        Topic.VOTE,
        _l("The ledger of a vote: each step, with who took it in office. No resident is in it."),
        ("ledger_entries",),
        ("ledger_entries.body",),
        Basis.DUTY,
        until=_l("For good: it is the proof that the count is right."),
        erased=_l("It stays; nobody can change it."),
        names_stay=True,
    ),
    Kept(
        Topic.VOTE,
        _l("The rules of a vote, published figures, and the count."),
        ("voting_rules", "snapshots", "outcomes"),
        basis=Basis.NONE,
    ),
    Kept(
        Topic.VOTE,
        _l("How many tries a vote turned away, by hour and reason: no address, and nobody’s name."),
        ("turned_away", "front_logs"),
        basis=Basis.NONE,
    ),
    Kept(
        Topic.VOTE,
        _l("Who opened a vote in a hall, and who entered what a draw showed."),
        ("hall_votes", "draw_readings"),
        ("hall_votes.opened_by_id", "draw_readings.person_id"),
        until=_l("For good, with the record."),
        erased=_l("It stays: it was done in office."),
    ),
)
