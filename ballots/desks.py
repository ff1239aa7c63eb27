"""On whose desk an outcome lies: what waits for somebody, what waits elsewhere, what comes."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from ballots.decision_routes import DEFAULT_ROUTE, DecisionRoute
from ballots.notices import DecisionNotice
from ballots.referrals import SentBack
from ballots.routes import Agreement, Part, Route, RouteName, route_of
from ballots.signing import Signature
from ballots.signoff import SIGNED, SignOff, sign_off_of
from ballots.stages import PARTS, Substitution
from ballots.voting_rules import VotingRules
from neighbourhoods.database import now
from neighbourhoods.delivery import UNDER_WAY, Delivery
from neighbourhoods.funds import Fund
from neighbourhoods.people import Appointment, Office, Person
from neighbourhoods.phases import Phase
from neighbourhoods.places import Community
from neighbourhoods.projects import Project
from neighbourhoods.rounds import Round, RoundKind

# So many decisions that can be called in lie on one desk at most.
MOST_CALLABLE_IN = 50
# On their way to a sign-off.
_BEFORE = tuple(
    phase for phase in Phase if phase not in (Phase.SIGN_OFF, Phase.DELIVERY, Phase.REVIEW)
)


@dataclass(frozen=True)
class OnDesk:
    """An outcome in sign-off, and at which of its stages somebody acts."""

    the_round: Round
    sign_off: SignOff
    # Counted from 0; none if they only act in place of others.
    places: tuple[int, ...]

    @property
    def next_place(self) -> int | None:
        """The next stage at which they act, if one is still to come."""
        here = self.sign_off.run.place if self.sign_off.run else -1
        return next((place for place in self.places if place > here), None)

    @property
    def deadline(self) -> datetime | None:
        """Until when the stage that runs is to be done."""
        run = self.sign_off.run
        return run.deadline_at if run is not None and run.ended_at is None else None


@dataclass(frozen=True)
class Desk:
    """Everything that lies on one person’s desk."""

    waiting: tuple[OnDesk, ...]
    elsewhere: tuple[OnDesk, ...]
    # Their own stage has yet to begin.
    ahead: tuple[OnDesk, ...]
    # Not voted on or not counted yet.
    coming: tuple[Round, ...]
    # What only the monitoring officer can set going again; empty for everybody else.
    stuck: tuple[OnDesk, ...]


def desk_of(session: Session, person: Person, offices: Collection[Appointment]) -> Desk:
    """What lies on somebody’s desk, by the offices they hold; the nearest deadline first."""
    answers, parts = _answers_for(offices), _parts_of(offices)
    steps_in = Part.MONITORING_OFFICER in parts
    named = set(
        session.scalars(select(Substitution.round_id).where(Substitution.person_id == person.id))
    )
    in_sign_off = _rounds(session, Round.phase == Phase.SIGN_OFF, kinds=SIGNED)
    before = _rounds(session, Round.phase.in_(_BEFORE), kinds=(RoundKind.FULL,))
    routes = routes_of(session, [*in_sign_off, *before])

    def places_in(the_round: Round) -> tuple[int, ...]:
        here = parts | ({Part.MEMBER} if the_round.community.answering.id in answers else set())
        stages = enumerate(routes[the_round.id].stages)
        return tuple(place for place, stage in stages if stage.part in here)

    lying = [
        OnDesk(one, sign_off_of(session, one), places)
        for one in in_sign_off
        if (places := places_in(one)) or one.id in named or steps_in
    ]
    lying.sort(key=_by_deadline)
    mine = [one for one in lying if one.places or one.the_round.id in named]
    waiting = [one for one in mine if one.sign_off.waits_for(person)]
    ahead = [one for one in mine if one not in waiting and _is_ahead(one)]
    return Desk(
        waiting=tuple(waiting),
        elsewhere=tuple(one for one in mine if one not in waiting and one not in ahead),
        ahead=tuple(ahead),
        coming=tuple(one for one in before if places_in(one)),
        stuck=tuple(
            one
            for one in lying
            if steps_in and one.sign_off.stuck and one.sign_off.referral is None
        ),
    )


def _is_ahead(one: OnDesk) -> bool:
    held = one.sign_off.referral is not None or one.sign_off.stuck
    return one.next_place is not None and not held


def _by_deadline(one: OnDesk) -> tuple[bool, float, int]:
    deadline = one.deadline
    return deadline is None, deadline.timestamp() if deadline else 0.0, one.the_round.id


def _answers_for(offices: Collection[Appointment]) -> set[int]:
    return {
        one.community_id
        for one in offices
        if one.office == Office.COUNCILLOR and one.community_id is not None
    }


def _parts_of(offices: Collection[Appointment]) -> set[Part]:
    return {PARTS[one.office] for one in offices if one.office in PARTS}


def _rounds(
    session: Session, condition: ColumnElement[bool], *, kinds: Collection[RoundKind]
) -> list[Round]:
    place = joinedload(Round.fund).joinedload(Fund.community).joinedload(Community.ward)
    query = (
        select(Round)
        .where(Round.kind.in_(kinds), condition)
        .options(place, selectinload(Round.starts))
        .order_by(Round.id)
    )
    return list(session.scalars(query))


def routes_of(session: Session, rounds: Sequence[Round]) -> dict[int, Route]:
    """The route of each round, as frozen or else as its fund has it, in two queries."""
    rules = select(VotingRules.round_id, VotingRules.frozen_text).where(
        VotingRules.round_id.in_([one.id for one in rounds]),
        VotingRules.frozen_text.is_not(None),
    )
    frozen = {
        row.round_id: json.loads(row.frozen_text).get("route") for row in session.execute(rules)
    }
    funds = select(DecisionRoute).where(DecisionRoute.fund_id.in_([one.fund_id for one in rounds]))
    chosen = {one.fund_id: (one.route, one.agreement) for one in session.scalars(funds)}
    found = {}
    for one in rounds:
        promised = frozen.get(one.id)
        name, agreement = chosen.get(one.fund_id, DEFAULT_ROUTE[:2])
        if promised:
            name, agreement = RouteName(promised["name"]), Agreement(promised["agreement"])
        found[one.id] = route_of(name, agreement)
    return found


def within(community_ids: Collection[int]) -> ColumnElement[bool]:
    """That a round is of one of these communities, or of a neighbourhood inside one."""
    inside = Fund.community.has(Community.ward_id.in_(community_ids))
    return Round.fund.has(or_(Fund.community_id.in_(community_ids), inside))


def decided_for(
    session: Session, person: Person, offices: Collection[Appointment], limit: int
) -> list[DecisionNotice]:
    """The newest decisions that somebody signed, or that concern whom they answer for."""
    signed = select(Signature.round_id).where(Signature.person_id == person.id)
    theirs = or_(Round.id.in_(signed), within(_answers_for(offices)))
    return find_notices(session, theirs, limit=limit)


def find_notices(
    session: Session, condition: ColumnElement[bool], *, limit: int
) -> list[DecisionNotice]:
    """The newest notices of decisions on such rounds, with their places, in one query."""
    query = (
        select(DecisionNotice)
        .join(DecisionNotice.the_round)
        .where(condition)
        .options(
            joinedload(DecisionNotice.sent_back),
            joinedload(DecisionNotice.the_round)
            .joinedload(Round.fund)
            .joinedload(Fund.community)
            .joinedload(Community.ward),
        )
        .order_by(DecisionNotice.published_at.desc(), DecisionNotice.round_id.desc())
        .limit(limit)
    )
    return list(session.scalars(query))


def callable_in(session: Session) -> list[DecisionNotice]:
    """The decisions that are called in, and then those that still can be; the soonest first."""
    condition = and_(
        DecisionNotice.money_moved_at.is_(None),
        DecisionNotice.called_in_ended_at.is_(None),
        DecisionNotice.number.not_in(select(SentBack.number)),
        or_(DecisionNotice.called_in_at.is_not(None), DecisionNotice.call_in_until > now(session)),
    )
    found = find_notices(session, condition, limit=MOST_CALLABLE_IN)
    return sorted(found, key=lambda one: (one.called_in_at is None, one.call_in_until))


def around(community: Community) -> ColumnElement[bool]:
    """That a round concerns people of a community: its own, its ward’s, its neighbourhoods’."""
    if community.ward_id is None:
        return within([community.id])
    return Round.fund.has(Fund.community_id.in_([community.id, community.ward_id]))


def decisions_signed(session: Session, people: Collection[Person]) -> dict[int, int]:
    """How many published decisions each of these people signed, by person id, in one query."""
    query = (
        select(Signature.person_id, func.count(DecisionNotice.round_id.distinct()))
        .join(DecisionNotice, DecisionNotice.round_id == Signature.round_id)
        .where(Signature.person_id.in_([person.id for person in people]))
        .group_by(Signature.person_id)
    )
    return {row[0]: int(row[1]) for row in session.execute(query)}


def to_lodge(
    session: Session, offices: Collection[Appointment] | None = None
) -> list[DecisionNotice]:
    """Ward members’ records that still have to be lodged, the nearest day first.

    Those of whom somebody answers for, by the offices they hold; without these, everybody’s.
    """
    theirs = [within(_answers_for(offices))] if offices is not None else []
    query = (
        select(DecisionNotice)
        .join(DecisionNotice.the_round)
        .where(DecisionNotice.lodge_by.is_not(None), DecisionNotice.lodged_on.is_(None), *theirs)
        .options(joinedload(DecisionNotice.the_round))
        .order_by(DecisionNotice.lodge_by, DecisionNotice.round_id)
    )
    return list(session.scalars(query))


def late_for(session: Session, offices: Collection[Appointment], today: date) -> list[Delivery]:
    """Projects of whom somebody answers for of which something is late; the longest late first."""
    query = (
        select(Delivery)
        .join(Round, Round.id == Delivery.round_id)
        .where(within(_answers_for(offices)), Delivery.status.in_(UNDER_WAY))
        .options(
            joinedload(Delivery.project).joinedload(Project.the_round),
            selectinload(Delivery.milestones),
        )
        .order_by(Delivery.project_id)
    )
    late = [one for one in session.scalars(query) if one.late_on(today)]
    return sorted(late, key=lambda one: one.late_on(today)[0].due_on)
