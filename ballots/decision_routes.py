"""In what way outcomes over a fund are decided: chosen before the round opens, then frozen."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from ballots.refusals import BallotRefusal
from ballots.routes import Agreement, RouteName, route_of
from neighbourhoods.database import Base, Word, one_of
from neighbourhoods.funds import Fund
from neighbourhoods.refusals import Refused

MOST_CALL_IN_DAYS = 90


class DecisionRoute(Base):
    """In what way outcomes over a fund are decided; frozen into each round as its vote opens."""

    __tablename__ = "decision_routes"
    __table_args__ = (
        CheckConstraint(one_of("route", RouteName), name="route"),
        CheckConstraint(one_of("agreement", Agreement), name="agreement"),
        CheckConstraint(f"call_in_days BETWEEN 0 AND {MOST_CALL_IN_DAYS}", name="call_in_days"),
        CheckConstraint("agreement <> 'shares' OR route = 'ward-members'", name="shares"),
    )

    fund_id: Mapped[int] = mapped_column(ForeignKey("funds.id"), primary_key=True)
    route: Mapped[RouteName] = mapped_column(Word(RouteName))
    agreement: Mapped[Agreement] = mapped_column(Word(Agreement))
    # How long a decision may be called in or challenged before money moves.
    call_in_days: Mapped[int]

    fund: Mapped[Fund] = relationship()


# What a fund has until an officer chooses.
DEFAULT_ROUTE = (RouteName.WARD_MEMBERS, Agreement.MAJORITY, 5)


def choose_route(
    session: Session, fund: Fund, name: RouteName, agreement: Agreement, call_in_days: int
) -> DecisionRoute:
    """Choose how outcomes over a fund are decided, for rounds whose vote has not opened yet."""
    try:
        route_of(name, agreement)
    except ValueError as impossible:
        raise Refused(BallotRefusal.SHARES_NEED_MEMBERS) from impossible
    if not 0 <= call_in_days <= MOST_CALL_IN_DAYS:
        raise Refused(BallotRefusal.CALL_IN_TOO_LONG, limit=MOST_CALL_IN_DAYS)
    chosen = session.get(DecisionRoute, fund.id)
    if chosen is None:
        chosen = DecisionRoute(fund_id=fund.id)
        session.add(chosen)
    chosen.route, chosen.agreement, chosen.call_in_days = name, agreement, call_in_days
    session.flush()
    return chosen


def promised_route(session: Session, fund_id: int) -> dict[str, object]:
    """The route of a fund as it is frozen into the rules of a round."""
    chosen = session.get(DecisionRoute, fund_id)
    name, agreement, days = (
        (chosen.route, chosen.agreement, chosen.call_in_days) if chosen else DEFAULT_ROUTE
    )
    return {"name": name.value, "agreement": agreement.value, "call_in_days": days}
