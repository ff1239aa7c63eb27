"""Socket.IO: news of a round's figures, to whoever looks at it. Acts go by HTTP.

Each process tells its own phones, by what it reads in the database itself: once for each change,
however many phones there are.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from flask import Flask, current_app
from flask_socketio import join_room

from app.bell import Told, ring_bell
from app.extensions import socketio
from app.house import database
from app.measures import follow_figures
from ballots.tally import PublicTally, public_tally
from neighbourhoods.database import now
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round, RoundKind, rounds_in

# Whose figures or state people watch as they change.
_AWAKE = (Phase.VOTE, Phase.COUNT, Phase.SIGN_OFF)


@dataclass
class RoundNews:
    """What this process told its phones last, by round."""

    told: dict[int, PublicTally] = field(default_factory=dict)


def keep_round_news(app: Flask) -> None:
    """Give an app its memory of what it told of its rounds."""
    app.extensions["round-news"] = RoundNews()


def _told() -> dict[int, PublicTally]:
    return cast(RoundNews, current_app.extensions["round-news"]).told


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


def ring_changed_rounds(*, all_of_them: bool = True) -> None:
    """Tell what is new to those who watch here; a round's last news is that it was signed.

    All rounds, and then the other processes are rung; or only those that somebody watches here.
    """
    told = _told()
    with database().reading() as session:
        awake = {one.id for one in rounds_in(session, *_AWAKE, kinds=tuple(RoundKind))}
    looked_at = awake | told.keys()
    if not all_of_them:
        looked_at = set(filter(is_watched, looked_at))
    for tally in ring_rounds(looked_at):
        if all_of_them:
            ring_bell(Told.ROUND, tally.round_id, tally.version)
    for number in told.keys() - awake:
        told.pop(number, None)


def ring_rounds(numbers: Iterable[int]) -> list[PublicTally]:
    """Tell those who watch these rounds here what they were not told yet; returns the news."""
    told, news = _told(), []
    with database().reading() as session:
        for number in numbers:
            the_round = session.get(Round, number)
            tally = public_tally(session, the_round) if the_round else None
            if tally is None:
                continue
            follow_figures(tally)
            if told.get(number) != tally:
                told[number] = tally
                ring(tally, now(session))
                news.append(tally)
    return news


def is_watched(round_id: int) -> bool:
    """Whether anybody connected to this process watches a round."""
    return bool(socketio.server.manager.is_followed(room_of(round_id)))


def ring(tally: PublicTally, moment: datetime) -> None:
    """Send a round's figures to everybody who watches it here."""
    socketio.emit("tally", message(tally, moment), to=room_of(tally.round_id))


def message(tally: PublicTally, moment: datetime) -> dict[str, object]:
    """The tally with the time by our clock: a projector's own may be wrong."""
    return {**tally.as_json(), "now": moment.isoformat(timespec="milliseconds")}
