"""A world with a round in every phase, and every address that the routes lead to in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import BuildError, Rule

from ballots.casting import cast_ballot
from ballots.moves import conclude_sign_off
from ballots.notices import notice_of
from ballots.stages import SIGNING_OFFICES
from neighbourhoods.assemblies import Assembly, AssemblyState, ItemKind, Slide
from neighbourhoods.attendance import Attendee, Channel, Phone
from neighbourhoods.debate import PointKind, make_point, points_on, report_point
from neighbourhoods.delivery import (
    Delivery,
    DeliveryStatus,
    DeliveryStep,
    deliveries_in,
    report_delivery,
)
from neighbourhoods.door import WalkIn
from neighbourhoods.milestones import Planned, plan_milestone
from neighbourhoods.money import entries_about, standing_spendings, unmet_conditions
from neighbourhoods.people import appointed, councillors_for
from neighbourhoods.phases import ORDER, Phase, Role
from neighbourhoods.places import Community
from neighbourhoods.projects import projects_in
from neighbourhoods.proposals import MenuItem, back, proposals_in
from neighbourhoods.purse import correct_spending, hold_back
from neighbourhoods.questions import Question
from neighbourhoods.ratings import rate_delivery, ratings_in
from neighbourhoods.report_photos import attach_photo
from neighbourhoods.rounds import Round
from neighbourhoods.screening import screenings_of
from neighbourhoods.speakers import SpeakingTurn
from tests.builders import Town

VALUES_OF_ITS_OWN = {
    "token": "made-up",
    "code": "ABCD0123EFGH",
    "filename": "css/theme.css",
    "screen_number": 1,
    "serial": "0001-AAA",
    "financial_year": "2026-27",
    "digest": "0" * 64,
    "year": 2026,
    "place": 1,
    "entry": 1,
    "period": 1,
    "passkey": 1,
}


@dataclass
class World:
    """One round of a community in each phase."""

    town: Town
    rounds: dict[Phase, Round]
    menu_item: MenuItem
    assembly: Assembly

    def values_for(self, the_round: Round) -> dict[str, object]:
        """What stands in addresses about this round."""
        session = self.town.session
        values: dict[str, object] = {
            "round_id": the_round.id,
            "fund_id": the_round.fund_id,
            "slug": the_round.community.slug,
            "item": self.menu_item.id,
            "item_id": self.menu_item.id,
            **self._values_in_assembly(),
        } | VALUES_OF_ITS_OWN
        for proposal in proposals_in(session, the_round)[:1]:
            values["proposal_id"] = proposal.id
            for screening in screenings_of(session, proposal)[:1]:
                values["screening_id"] = screening.id
            points = proposal_points(self.town, the_round)
            if points:
                values["point_id"] = points[0]
        notice = notice_of(session, the_round.id)
        if notice is not None:
            values["year"], values["place"] = notice.number.split("/")
        values["source_id"] = the_round.fund.sources[0].id
        for delivery in deliveries_in(session, the_round)[:1]:
            values["delivery_id"] = delivery.project_id
            entries = entries_about(session, [delivery.project_id])
            for condition in unmet_conditions(entries):
                values["condition_id"] = condition.id
            values["spending_id"] = standing_spendings(entries)[0].id
            values["update_id"] = delivery.updates[-1].id
            values["milestone_id"] = delivery.milestones[0].id
            values["rating_id"] = ratings_in(session, delivery.project_id)[0].id
        return values

    def _values_in_assembly(self) -> dict[str, object]:
        turn = self.town.session.scalar(select(SpeakingTurn))
        question = self.town.session.scalar(select(Question))
        attendee = self.town.session.scalar(select(Attendee))
        walk_in = self.town.session.scalar(select(WalkIn))
        return {
            "assembly_id": self.assembly.id,
            "join_code": self.assembly.code,
            "agenda_item_id": self.assembly.items[0].id,
            "turn_id": turn.id if turn else 0,
            "question_id": question.id if question else 0,
            "attendee_id": attendee.id if attendee else 0,
            "walk_in_id": walk_in.id if walk_in else 0,
        }


def proposal_points(town: Town, the_round: Round) -> list[int]:
    return [
        point.id
        for proposal in proposals_in(town.session, the_round)
        for point in points_on(town.session, proposal)
    ]


def make_world(town: Town, community: Community | None = None) -> World:
    """A round in every phase, with talk, backing, ballots, signatures and deliveries."""
    item = MenuItem(
        title=f"Tree {community.id if community else 0}",
        about="A tree.",
        category="Green",
        cost_pence=78_000,
    )
    town.session.add(item)
    for office in SIGNING_OFFICES:
        if not appointed(town.session, office):
            town.person(f"{office.value.title()} Holder", office)
    rounds = {phase: _round_in(town, phase, community) for phase in ORDER}
    assembly = hold_assembly(town, rounds[Phase.VOTE])
    town.session.commit()
    return World(town, rounds, item, assembly)


def hold_assembly(town: Town, the_round: Round) -> Assembly:
    """A meeting under way with an item of every kind, a person, a speaker and a question."""
    session, moment = town.session, town.session.info["clock"]()
    assembly = town.assembly(the_round, *ItemKind)
    assembly.state, assembly.began_at = AssemblyState.UNDER_WAY, moment
    assembly.stage.item_id, assembly.stage.slide = assembly.items[0].id, Slide.ITEM
    attendee = Attendee(
        assembly_id=assembly.id, reference="R1", name="Voter 1", checked_in_at=moment
    )
    session.add(attendee)
    session.flush()
    phone = Phone(
        assembly_id=assembly.id, number=1234, name="V", attendee=attendee, joined_at=moment
    )
    session.add(phone)
    session.flush()
    session.add(
        WalkIn(
            assembly_id=assembly.id,
            name="Wanda <b>Walker</b>",
            channel=Channel.PAPER,
            asked_by=town.facilitator,
            asked_at=moment,
        )
    )
    words = "Who <b>mends</b> “it” in the gardener’s absence?"
    session.add_all(
        [
            SpeakingTurn(assembly_id=assembly.id, phone=phone, name="V", asked_at=moment),
            Question(assembly_id=assembly.id, phone=phone, words=words, asked_at=moment),
        ]
    )
    return assembly


def _round_in(town: Town, phase: Phase, community: Community | None) -> Round:
    the_round = town.round(community=community)
    for reached in ORDER[1 : ORDER.index(phase) + 1]:
        if reached == Phase.DELIVERY:
            _sign(town, the_round)
        else:
            town.enter(the_round, reached, proposals=3)
        if reached == Phase.IDEAS:
            first = proposals_in(town.session, the_round)[0]
            back(town.session, first, town.neighbour)
            words = "“Who waters it?” <b>asks</b> the gardener’s friend."
            point = make_point(
                town.session, first, town.neighbour, Role.RESIDENT, PointKind.QUESTION, words
            )
            report_point(town.session, point, town.resident, "It is off the point.")
        if reached == Phase.VOTE:
            _vote(town, the_round)
    return the_round


def _vote(town: Town, the_round: Round) -> None:
    code = projects_in(town.session, the_round.id)[0].code
    for number in range(1, 6):
        voter = town.voter(the_round, number)
        cast_ballot(town.session, town.keys, the_round, voter, [code], request_id=str(number))


def _sign(town: Town, the_round: Round) -> None:
    for councillor in councillors_for(town.session, the_round.community)[:1]:
        town.approves(the_round, councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    for delivery in deliveries_in(town.session, the_round)[:1]:
        _deliver(town, delivery)


def _deliver(town: Town, delivery: Delivery) -> None:
    """Late in one thing, finished in all, rated by enough to show it, and some money held back."""
    session, officer = town.session, town.officer
    hold_back(session, delivery, officer, 5_001, "The “trust’s” <b>word</b>.")
    for title, done_on in (("Dig <b>it</b>", date(2026, 5, 6)), ("Build the bench’s back", None)):
        plan_milestone(
            session,
            delivery,
            Planned(title, date(2026, 5, 5), "The “parks” team", done_on, "Deep."),
        )
    begun = DeliveryStep(
        DeliveryStatus.STARTED, "Dug <b>it</b>.", 1_000, None, delivery.milestones[0]
    )
    update = report_delivery(session, delivery, officer, begun)
    attach_photo(session, update, "0" * 64, "A “hole” <b>dug</b>", (40, 30))
    for spending in standing_spendings(entries_about(session, [delivery.project_id])):
        correct_spending(session, delivery, spending, officer, 900, "A <b>nought</b> “too many”.")
    step = DeliveryStep(DeliveryStatus.FINISHED, "The bench’s <b>there</b>.", 100, None)
    report_delivery(session, delivery, officer, step)
    for number in range(1, 6):
        rate_delivery(session, delivery, f"r{number}", 5, "Now I <b>sit</b> “there”.")


def addresses(app: Flask, world: World, method: str) -> Iterator[tuple[Rule, Phase | None, str]]:
    """Every address of every route: those about a round once for each phase it stands in."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        if method not in (rule.methods or ()):
            continue
        phases: list[Phase | None] = [*ORDER] if "round_id" in rule.arguments else [None]
        for phase in phases:
            values = world.values_for(world.rounds[phase or Phase.VOTE])
            with app.test_request_context():
                try:
                    built = app.url_map.bind("localhost").build(
                        rule.endpoint,
                        {name: values[name] for name in rule.arguments},
                        method=method,
                    )
                except (BuildError, KeyError):
                    continue
            yield rule, phase, built
