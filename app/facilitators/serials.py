"""The serials of ballot papers as tellers type them."""

from app.house import settings
from ballots.paper_ballots import number_of, paper_serial
from ballots.refusals import BallotRefusal
from neighbourhoods.assemblies import AgendaItem
from neighbourhoods.refusals import Refused

SERIALS = "paper-serials"


def number_on_paper(item: AgendaItem, written: str) -> int:
    """The number of a paper by its serial, however it is typed; Refused if it is mistyped."""
    number = number_of(settings().key_for(SERIALS), item.id, written)
    if number is None:
        raise Refused(BallotRefusal.NO_SUCH_SERIAL)
    return number


def serial_of(item: AgendaItem, number: int) -> str:
    """What is printed on the paper with this number."""
    return paper_serial(settings().key_for(SERIALS), item.id, number)
