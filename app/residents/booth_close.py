"""When the vote of a meeting closes, for its booth: the facilitator may stop or extend it."""

from dataclasses import dataclass

from app.assembly_news import state_now
from app.residents.meeting_now import until_in_words
from neighbourhoods.assemblies import Assembly
from neighbourhoods.rounds import Round


@dataclass(frozen=True)
class Closing:
    """What a booth knew of the close when it was drawn, and the server’s time at that moment."""

    closes_at: str | None
    last_call: bool
    until: str
    moment: str


def closing_of(assembly: Assembly | None, the_round: Round) -> Closing | None:
    """The close of a vote that a meeting holds now; None where no meeting holds it."""
    state = state_now(assembly.id) if assembly is not None else None
    vote = state["vote"] if state else None
    if state is None or vote is None or vote["round"] != the_round.id:
        return None
    return Closing(vote["closes_at"], vote["last_call"], until_in_words(vote), state["now"])
