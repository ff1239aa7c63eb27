"""Socket.IO: news of a round's figures, to whoever looks at it. Acts go by HTTP."""

from flask_socketio import join_room

from app.extensions import socketio
from app.house import database
from ballots.tally import PublicTally, public_tally
from neighbourhoods.rounds import Round


def room_of(round_id: int) -> str:
    """The name of the room of everybody who watches a round."""
    return f"round-{round_id}"


@socketio.on("join")
def join(words: object) -> dict[str, object]:
    """Let a phone or screen follow a round; answers with the figures as they are now."""
    round_id = words.get("round") if isinstance(words, dict) else None
    if not isinstance(round_id, int) or isinstance(round_id, bool):
        return {"refused": "no-such-round"}
    with database().reading() as session:
        the_round = session.get(Round, round_id) if 0 < round_id < 2**31 else None
        tally = public_tally(session, the_round) if the_round else None
    if tally is None:
        return {"refused": "no-such-round"}
    join_room(room_of(round_id))
    return tally.as_json()


def ring(tally: PublicTally) -> None:
    """Send a round's figures to everybody who watches it."""
    socketio.emit("tally", tally.as_json(), to=room_of(tally.round_id))
