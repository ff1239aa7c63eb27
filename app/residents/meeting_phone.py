"""Which phone this browser is in which meeting: kept in its session, over every reconnect."""

from flask import session
from sqlalchemy import bindparam, select

from app.house import db
from neighbourhoods.assemblies import Assembly
from neighbourhoods.attendance import Phone, phone_in
from neighbourhoods.rounds import Round

PHONES = "assembly-phones"
# The oldest are forgotten: the cookie is small.
MOST_MEETINGS = 8
_ABOUT = (
    select(Assembly)
    .where(
        Assembly.id.in_(bindparam("joined", expanding=True)),
        Assembly.round_id == bindparam("round_id"),
    )
    .order_by(Assembly.id.desc())
)


def phone_here(assembly: Assembly) -> Phone | None:
    """The phone that this browser is in a meeting, if it has joined it."""
    return phone_in(db(), assembly, _phones().get(str(assembly.id)))


def keep_phone(phone: Phone) -> None:
    """Remember the phone beyond this visit: a browser that was closed comes back to its place."""
    kept = {name: number for name, number in _phones().items() if name != str(phone.assembly_id)}
    newest = list(kept.items())[1 - MOST_MEETINGS :]
    session.permanent = True
    session[PHONES] = {**dict(newest), str(phone.assembly_id): phone.id}


def forget_phone(assembly: Assembly) -> None:
    """Let this browser be nobody’s phone in a meeting any more."""
    session[PHONES] = {
        name: number for name, number in _phones().items() if name != str(assembly.id)
    }


def meeting_about(the_round: Round) -> Assembly | None:
    """The meeting that this browser joined and in which this round is voted; the newest of them."""
    joined = [int(name) for name in _phones() if name.isdecimal()]
    if not joined:
        return None
    about = {"joined": joined, "round_id": the_round.within_id or the_round.id}
    return db().scalars(_ABOUT, about).first()


def _phones() -> dict[str, object]:
    phones = session.get(PHONES)
    return phones if isinstance(phones, dict) else {}
