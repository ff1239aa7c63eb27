"""When the vote of a meeting closes, for its booth: the facilitator may stop or extend it."""

from dataclasses import dataclass

from app.assembly_news import State, state_afresh, state_now
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
    if assembly is None:
        return None
    state = state_now(assembly.id)
    if not _is_about(state, the_round):
        state = state_afresh(assembly.id)  # the vote may have opened a moment ago
    if state is None or not _is_about(state, the_round):
        return None
    vote = state["vote"]
    return Closing(vote["closes_at"], vote["last_call"], until_in_words(vote), state["now"])


def _is_about(state: State | None, the_round: Round) -> bool:
    vote = state["vote"] if state else None
    return vote is not None and vote["round"] == the_round.id
