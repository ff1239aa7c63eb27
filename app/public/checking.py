"""How anybody checks one vote, and who does it where single ballots are not published."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from ballots.published import ENOUGH_TO_OPEN, may_open
from neighbourhoods.people import Office, appointed
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.rounds import Round

# What is typed in; never translated.
CHECK_RECORD = "python verify.py record.json"
CHECK_NOTICE = "python verify.py record.json --notice notice.json --proof proof.json"
CHECK_RECEIPT = f"{CHECK_RECORD} --receipt receipt.json"
CHECK_SCRUTINY = "python verify.py scrutiny.json"


@dataclass(frozen=True)
class Checking:
    """What can be checked of a vote now, and by whom."""

    round_id: int
    is_counted: bool
    # Whether every single ballot is published.
    is_open: bool
    scrutineers: list[str]
    enough: int = ENOUGH_TO_OPEN
    check_record: str = CHECK_RECORD
    check_receipt: str = CHECK_RECEIPT
    check_scrutiny: str = CHECK_SCRUTINY


def checking_of(session: Session, the_round: Round) -> Checking:
    """How a vote can be checked as it stands."""
    return Checking(
        round_id=the_round.id,
        is_counted=is_past(Phase.COUNT, the_round.phase),
        is_open=may_open(session, the_round.id),
        scrutineers=[
            person.name or person.email for person in appointed(session, Office.SCRUTINEER)
        ],
    )
