"""Who may open which route. The app refuses to start if a route does not say."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from app.house import db, settings
from ballots.stages import SIGNING_OFFICES, is_named_anywhere, substitutions_in
from neighbourhoods.assemblies import AgendaItem, Assembly, assembly_by_code
from neighbourhoods.attendance import Attendee
from neighbourhoods.debate import Point
from neighbourhoods.delivery import Delivery, DeliveryUpdate, Milestone
from neighbourhoods.door import WalkIn
from neighbourhoods.funds import Fund, FundSource
from neighbourhoods.money import MoneyEntry
from neighbourhoods.people import Appointment, Office, Person, offices_of
from neighbourhoods.phases import Role
from neighbourhoods.places import Community
from neighbourhoods.proposals import Proposal
from neighbourhoods.questions import Question
from neighbourhoods.ratings import Rating
from neighbourhoods.rounds import Round
from neighbourhoods.screening import Screening
from neighbourhoods.speakers import SpeakingTurn

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
Thing = TypeVar("Thing")


class Who(StrEnum):
    """Who a route is for."""

    ANYONE = "anyone"
    SIGNED_IN = "signed-in"
    # A councillor who answers for the round's community, not just any councillor.
    ITS_COUNCILLOR = "its-councillor"
    COUNCILLOR = "councillor"
    # Whoever acts at some stage of a route: this round’s councillors and named substitutes, and
    # those in the offices that clear or decide.
    SIGNER = "signer"
    MONITORING_OFFICER = "monitoring-officer"
    FACILITATOR = "facilitator"
    OFFICER = "officer"
    SCRUTINEER = "scrutineer"
    # Anyone, but only where no real person is: never in production.
    DEVELOPER = "developer"


@dataclass(frozen=True)
class Visitor:
    """Somebody signed in, with the offices they hold today."""

    person: Person
    offices: tuple[Appointment, ...]
    # Whether they were named to act somewhere in place of others.
    is_named: bool = False

    @property
    def name(self) -> str:
        """What they are called."""
        return self.person.name or self.person.email

    @property
    def is_officer(self) -> bool:
        """Whether they are a council officer."""
        return self.holds(Office.OFFICER)

    @property
    def is_councillor(self) -> bool:
        """Whether they are a councillor, of whatever ward."""
        return self.holds(Office.COUNCILLOR)

    @property
    def is_facilitator(self) -> bool:
        """Whether they run assemblies."""
        return self.holds(Office.FACILITATOR)

    @property
    def is_scrutineer(self) -> bool:
        """Whether they count small votes again; never somebody who also runs or decides them."""
        decides = self.is_officer or self.is_councillor
        return self.holds(Office.SCRUTINEER) and not decides

    @property
    def is_signer(self) -> bool:
        """Whether they act at some stage of a route, so that outcomes may wait for them."""
        return self.is_named or self.is_councillor or any(map(self.holds, SIGNING_OFFICES))

    def holds(self, office: Office) -> bool:
        """Whether they hold an office anywhere."""
        return any(appointment.office == office for appointment in self.offices)

    def answers_for(self, community: Community) -> bool:
        """Whether they are a councillor of the ward or interest that answers for a community."""
        return any(
            appointment.office == Office.COUNCILLOR
            and appointment.community_id == community.answering.id
            for appointment in self.offices
        )

    def role_in(self, the_round: Round) -> Role:
        """In what capacity they speak in a round's debate."""
        if self.is_officer:
            return Role.OFFICER
        return Role.COUNCILLOR if self.answers_for(the_round.community) else Role.RESIDENT


def open_to(*who: Who) -> Callable[[View], View]:
    """Say who a view is for: any one of these is enough."""

    def mark(view: View) -> View:
        view.open_to = frozenset(who)  # type: ignore[attr-defined]
        return view

    return mark


def keeps_ids(view: View) -> View:
    """Say that a view takes the ids of its address as they are, and looks them up if it must."""
    view.keeps_ids = True  # type: ignore[attr-defined]
    return view


def visitor() -> Visitor | None:
    """Whoever is signed in."""
    if "visitor" not in g:
        g.visitor = _find_visitor()
    return cast(Visitor | None, g.visitor)


def signed_in() -> Visitor:
    """Whoever is signed in, on a route that only they can open."""
    found = visitor()
    if found is None:
        abort(403)
    return found


def _find_visitor() -> Visitor | None:
    person_id = session.get("person_id")
    person = db().get(Person, person_id) if isinstance(person_id, int) else None
    # Whoever had their data erased is signed out wherever they were signed in.
    if person is None or person.erased_at is not None:
        return None
    return Visitor(person, tuple(offices_of(db(), person)), is_named_anywhere(db(), person))


def guard(app: Flask) -> None:
    """Check every request against its route's rule."""
    app.before_request(_admit)


def check_every_route(app: Flask) -> None:
    """Refuse to start while a route does not say who it is for."""
    silent = sorted(
        rule.endpoint for rule in app.url_map.iter_rules() if rule_of(app, rule.endpoint) is None
    )
    if silent:
        raise RuntimeError(f"routes without an access rule: {', '.join(silent)}")


def rule_of(app: Flask, endpoint: str) -> frozenset[Who] | None:
    """Who a route is for, or None if it does not say."""
    if endpoint == "static":
        return frozenset({Who.ANYONE})
    return cast("frozenset[Who] | None", getattr(app.view_functions[endpoint], "open_to", None))


def _admit() -> ResponseReturnValue | None:
    rule = request.url_rule
    if rule is None or rule.endpoint == "static":
        return None
    who = rule_of(current_app, rule.endpoint)
    if who is None:
        abort(403)
    if "\0" in request.path or any("\0" in words for words in request.args.values()):
        abort(404)  # PostgreSQL takes no NUL; nothing of ours has one in its address
    if Who.DEVELOPER in who and settings().in_production:
        abort(404)
    needs_sign_in = not who & {Who.ANYONE, Who.DEVELOPER}
    known = visitor() if needs_sign_in else None
    if needs_sign_in and known is None:
        return _ask_to_sign_in()
    if not hasattr(current_app.view_functions[rule.endpoint], "keeps_ids"):
        _fetch_objects()
    if needs_sign_in and known is not None and not _may_enter(known, who):
        abort(403)
    return None


def _ask_to_sign_in() -> ResponseReturnValue:
    # A POST cannot be repeated after signing in; its page can.
    wanted = request.full_path if request.method == "GET" else (request.referrer or "")
    return redirect(url_for("residents.sign_in", next=wanted.rstrip("?")))


def _may_enter(known: Visitor, who: frozenset[Who]) -> bool:
    the_round: Round | None = g.get("the_round")
    return (
        Who.SIGNED_IN in who
        or (Who.OFFICER in who and known.is_officer)
        or (Who.FACILITATOR in who and known.is_facilitator)
        or (Who.SCRUTINEER in who and known.is_scrutineer)
        or (Who.COUNCILLOR in who and known.is_councillor)
        or (Who.MONITORING_OFFICER in who and known.holds(Office.MONITORING_OFFICER))
        or (Who.SIGNER in who and _signs(known, the_round))
        or (
            Who.ITS_COUNCILLOR in who
            and the_round is not None
            and known.answers_for(the_round.community)
        )
    )


def _signs(known: Visitor, the_round: Round | None) -> bool:
    """Whether somebody acts at some stage of this round’s route; of any route without a round."""
    if the_round is None:
        return known.is_signer
    if any(known.holds(office) for office in SIGNING_OFFICES):
        return True
    named = any(one.person_id == known.person.id for one in substitutions_in(db(), the_round.id))
    return named or known.answers_for(the_round.community)


# An id in an address becomes its object, looked up inside the object before it: another round's
# proposal is a 404, not a leak.
_OBJECTS: dict[str, tuple[str, type[Any], Callable[[Any], int] | None]] = {
    "assembly_id": ("assembly", Assembly, None),
    "fund_id": ("fund", Fund, None),
    "source_id": ("source", FundSource, lambda found: found.fund_id),
    "round_id": ("the_round", Round, None),
    "proposal_id": ("proposal", Proposal, lambda found: found.round_id),
    "screening_id": ("screening", Screening, lambda found: found.proposal.round_id),
    "point_id": ("point", Point, lambda found: found.proposal.round_id),
    "delivery_id": ("delivery", Delivery, lambda found: found.round_id),
    "milestone_id": ("milestone", Milestone, lambda found: found.delivery.round_id),
    "rating_id": ("rating", Rating, lambda found: found.delivery.round_id),
    "update_id": ("update", DeliveryUpdate, lambda found: found.delivery.round_id),
    "spending_id": ("spending", MoneyEntry, lambda found: found.round_id or 0),
    "condition_id": ("condition", MoneyEntry, lambda found: found.round_id or 0),
    "agenda_item_id": ("item", AgendaItem, lambda found: found.assembly_id),
    "attendee_id": ("attendee", Attendee, lambda found: found.assembly_id),
    "walk_in_id": ("asking", WalkIn, lambda found: found.assembly_id),
    "turn_id": ("turn", SpeakingTurn, lambda found: found.assembly_id),
    "question_id": ("question", Question, lambda found: found.assembly_id),
}
# What everything after it in an address must belong to.
_OUTER = ("the_round", "assembly", "fund")


# A number from here on no database would hold: it is nobody's, and must not reach one.
MOST_IDS = 2**31


def object_or_404(kind: type[Thing], number: int) -> Thing:
    """What has this number."""
    return (db().get(kind, number) if number < MOST_IDS else None) or abort(404)


def _fetch_objects() -> None:
    arguments = request.view_args or {}
    outer: Round | Assembly | Fund | None = None
    if "join_code" in arguments:
        # Whatever was typed: a code with spaces, in small letters.
        found = assembly_by_code(db(), str(arguments.pop("join_code"))) or abort(404)
        arguments["assembly"] = outer = found
    for name, (renamed, kind, within) in _OBJECTS.items():
        if name not in arguments:
            continue
        found = object_or_404(kind, arguments.pop(name))
        if within is not None and (outer is None or within(found) != outer.id):
            abort(404)
        if renamed in _OUTER:
            outer = found
        if renamed == "the_round":
            g.the_round = found
        arguments[renamed] = found
