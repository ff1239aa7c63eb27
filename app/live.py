"""Socket.IO: news of a round's figures, to whoever looks at it. Acts go by HTTP."""

from datetime import datetime

from flask_socketio import join_room

from app.extensions import socketio
from app.house import database
from ballots.tally import PublicTally, public_tally
from neighbourhoods.database import now
from neighbourhoods.rounds import Round


def room_of(round_id: int) -> str:
    """The name of the room of everybody who watches a round."""
    return f"round-{round_id}"


@socketio.on("join")
def join(*words: object) -> dict[str, object]:
    """Let a phone or screen follow a round; answers with the figures and the time as they are."""
    asked = words[0] if words else None
    round_id = asked.get("round") if isinstance(asked, dict) else None
    if not isinstance(round_id, int) or isinstance(round_id, bool) or not 0 < round_id < 2**31:
        return {"refused": "no-such-round"}
    with database().reading() as session:
        the_round = session.get(Round, round_id)
        tally = public_tally(session, the_round) if the_round else None
        moment = now(session)
    if tally is None:
        return {"refused": "no-such-round"}
    join_room(room_of(round_id))
    return message(tally, moment)


def ring(tally: PublicTally, moment: datetime) -> None:
    """Send a round's figures to everybody who watches it."""
    socketio.emit("tally", message(tally, moment), to=room_of(tally.round_id))


def message(tally: PublicTally, moment: datetime) -> dict[str, object]:
    """The tally with the time by our clock: a projector's own may be wrong."""
    return {**tally.as_json(), "now": moment.isoformat(timespec="milliseconds")}
