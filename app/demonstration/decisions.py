"""The demonstration’s decisions: each waits somewhere else on its way, for a visitor to try."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from ballots.advice import write_note
from ballots.bars import Declared, declare_interests
from ballots.bundle import bundle_hash, costs_to_sign
from ballots.keys import KeyStore
from ballots.moves import conclude_sign_off
from ballots.notices import DecisionNotice, call_in, notice_of
from ballots.routes import Verdict
from ballots.sending_back import send_back
from ballots.sheets import SheetGiven, VerdictGiven, sign
from ballots.signing import Ground, NoteKind, Proof, ReferTo
from ballots.signoff import sign_off_of
from neighbourhoods.database import now
from neighbourhoods.interests import InterestKind, register_interest
from neighbourhoods.people import Office, Person, appointed, councillors_for
from neighbourhoods.rounds import Round


class Story(StrEnum):
    """What became of an outcome after its count."""

    SPLIT = "split"
    HALF_WAY = "half-way"
    REFERRED_BACK = "referred-back"
    MAY_BE_CALLED_IN = "may-be-called-in"
    CALLED_IN = "called-in"
    SENT_BACK = "sent-back"


ENDORSED = VerdictGiven(Verdict.ENDORSE)
ON_CONDITION = VerdictGiven(
    Verdict.CONDITIONS, condition="The water company says in writing where its pipes lie."
)
DECLINED = VerdictGiven(
    Verdict.DECLINE,
    ground=Ground.SAFETY,
    reasons="The fire brigade needs the whole width of the lane, and says so in its letter to us.",
)


def decide(session: Session, keys: KeyStore, the_round: Round, story: Story) -> None:
    """Take a counted outcome as far as its story goes."""
    officer = appointed(session, Office.OFFICER)[0]
    members = councillors_for(session, the_round.community)
    words = "The fund holds the money. Nothing follows in later years."
    write_note(session, the_round, officer, NoteKind.FINANCE, words)
    match story:
        case Story.SPLIT:
            _sign(session, the_round, members[0], _all(session, the_round, ENDORSED))
            _sign(session, the_round, members[1], _all(session, the_round, DECLINED))
        case Story.HALF_WAY:
            for person in (*members, *appointed(session, Office.FINANCE_OFFICER)):
                _sign(session, the_round, person, _all(session, the_round, ENDORSED))
        case Story.REFERRED_BACK:
            _refer_back(session, the_round, members[0])
        case Story.MAY_BE_CALLED_IN:
            words = "Owns a flat above the shops on the north side of the market."
            register_interest(session, members[-1], InterestKind.OTHER, words)
            first, *others = costs_to_sign(session, the_round)
            sheet = {first: ON_CONDITION, **dict.fromkeys(others, ENDORSED)}
            _sign(session, the_round, members[0], SheetGiven(sheet, "Residents were clear."))
            conclude_sign_off(session, keys, the_round)
        case Story.CALLED_IN:
            _decide_in_committee(session, keys, the_round, members)
            _call_in(session, the_round)
        case Story.SENT_BACK:
            _sign(session, the_round, members[0], _all(session, the_round, ENDORSED))
            conclude_sign_off(session, keys, the_round)
            words = "Please hear the fire officer on the scout hut before you decide."
            monitor = appointed(session, Office.MONITORING_OFFICER)[0]
            send_back(session, keys, _call_in(session, the_round), monitor, words)


def _all(session: Session, the_round: Round, given: VerdictGiven) -> SheetGiven:
    """The same verdict on every project that residents funded."""
    return SheetGiven(dict.fromkeys(costs_to_sign(session, the_round), given))


def _sign(session: Session, the_round: Round, person: Person, sheet: SheetGiven) -> None:
    none = Declared(InterestKind.NONE)
    codes = costs_to_sign(session, the_round)
    declare_interests(session, the_round, person, dict.fromkeys(codes, none))
    bundle = bundle_hash(session, the_round)
    sign(session, the_round, person, sheet, bundle_sha256=bundle, proof=Proof.CODE)


def _refer_back(session: Session, the_round: Round, person: Person) -> None:
    sheet = SheetGiven(
        reasons="The library closes at five, and school ends at four.",
        refer_to=ReferTo.OFFICERS,
        question="Can the library stay open until seven on school days, and what would it cost?",
        answer_by=(now(session) + timedelta(days=12)).date(),
    )
    _sign(session, the_round, person, sheet)


def _decide_in_committee(
    session: Session, keys: KeyStore, the_round: Round, members: list[Person]
) -> None:
    for person in members:
        if sign_off_of(session, the_round).waits_for(person):
            _sign(session, the_round, person, _all(session, the_round, ENDORSED))
    minute: Mapping[str, object] = {
        "held_on": now(session).date().isoformat(),
        "moved_by": members[0].name,
        "seconded_by": members[1].name,
        "for": 6,
        "against": 1,
        "abstained": 2,
    }
    clerk = appointed(session, Office.COMMITTEE_CLERK)[0]
    endorsed = _all(session, the_round, ENDORSED)
    _sign(session, the_round, clerk, SheetGiven(endorsed.verdicts, minute=minute))
    conclude_sign_off(session, keys, the_round)


def _call_in(session: Session, the_round: Round) -> DecisionNotice:
    notice = notice_of(session, the_round.id)
    if notice is None:
        raise RuntimeError("Only what was decided is called in")
    call_in(
        session, notice, "Three members of the scrutiny committee ask to hear the fire officer."
    )
    return notice
