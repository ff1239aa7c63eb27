"""Tells the demonstration council's last months through the same services that people use."""

import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.council_file import read_council_file, set_up_council
from app.demonstration.decisions import Story, decide
from app.demonstration.meetings import hold_meetings
from ballots.bars import Declared, declare_interests
from ballots.bundle import bundle_hash, costs_to_sign
from ballots.casting import cast_ballot
from ballots.counting import Rule
from ballots.decision_routes import choose_route
from ballots.disclosure import DEFAULT_STEP, DisclosureProfile
from ballots.keys import KeyStore
from ballots.moves import conclude_sign_off, count_closed, take_forward
from ballots.papers import BallotFormat
from ballots.routes import Agreement, RouteName, Verdict
from ballots.sheets import SheetGiven, VerdictGiven, sign
from ballots.signing import Proof
from ballots.tally import publish_next
from ballots.voting_rules import RulesChosen, set_rules
from neighbourhoods.database import Database, now
from neighbourhoods.debate import Point, PointKind, answer_point, make_point
from neighbourhoods.delivery import DeliveryStatus, DeliveryStep, deliveries_in, report_delivery
from neighbourhoods.duties import declare_for_duty
from neighbourhoods.eligibility import RollEntry, RollRow, replace_roll
from neighbourhoods.funds import SourceKind, add_source, create_fund
from neighbourhoods.interests import InterestKind
from neighbourhoods.milestones import Planned, plan_milestone
from neighbourhoods.people import Office, Person, appointed, councillors_for, find_or_add_person
from neighbourhoods.phases import ORDER, Phase, Role
from neighbourhoods.places import Community, CommunityKind
from neighbourhoods.projects import Project, projects_in
from neighbourhoods.proposals import Proposal, ProposalWords, back, proposals_in, propose
from neighbourhoods.rounds import Round, create_round, set_timetable
from neighbourhoods.screening import (
    Finding,
    ProjectFacts,
    ScreeningResult,
    awaiting_screening,
    screen_proposal,
)

HERE = Path(__file__).parent
FIRST = ("Ann", "Bilal", "Carys", "Dev", "Ewa", "Frank", "Grace", "Hugh", "Ines", "Joan", "Karim")
LAST = ("Abbott", "Begum", "Cole", "Davies", "Evans", "Fox", "Gill", "Hill", "Iqbal", "Jones")
# How long ago each phase began, in days, for a round that stands in `phase`.
DAYS_A_PHASE = 12
Entry = Mapping[str, Any]


@dataclass
class TravellingClock:
    """The clock of the story: it runs through the past, up to now."""

    moment: datetime

    def __call__(self) -> datetime:
        """Each look finds it a moment later, as if people took their time."""
        self.moment += timedelta(seconds=37)
        return self.moment


def is_empty(database: Database) -> bool:
    """Whether nobody has set up a council here yet."""
    with database.reading() as session:
        return session.scalar(select(Community.id).limit(1)) is None


def demonstrate(database: Database, keys: KeyStore, code_key: bytes) -> None:
    """Fill an empty database with Millbrook and its rounds."""
    with database.writing() as session:
        set_up_council(session, read_council_file(HERE / "council.toml"))
        story = tomllib.loads((HERE / "rounds.toml").read_text("utf-8"))
        residents = [find_or_add_person(session, email, name) for name, email in story["residents"]]
        for entry in story["rounds"]:
            _Telling(session, keys, code_key, residents, entry).tell()
        hold_meetings(session, keys)
        decided = tomllib.loads((HERE / "decisions.toml").read_text("utf-8"))
        for entry in decided["rounds"]:
            the_round = _Telling(session, keys, code_key, residents, entry).tell()
            decide(session, keys, the_round, Story(entry["story"]))
        session.commit()


class _Telling:
    """One round told from its beginning to the phase it stands in."""

    def __init__(
        self,
        session: Session,
        keys: KeyStore,
        code_key: bytes,
        residents: list[Person],
        entry: Entry,
    ) -> None:
        self.session, self.keys, self.code_key = session, keys, code_key
        self.residents, self.entry = residents, entry
        self.phase = Phase(entry["phase"])
        self.lot = random.Random(entry["title"])  # noqa: S311 - a story, not a secret
        self.officer = appointed(session, Office.OFFICER)[0]
        session.info.pop("clock", None)
        self.today = now(session)
        self.clock = TravellingClock(self._starts(Phase.SET_UP))
        session.info["clock"] = self.clock

    def _starts(self, phase: Phase) -> datetime:
        """When a phase starts: the present one began five days ago."""
        distance = ORDER.index(phase) - ORDER.index(self.phase)
        start = self.today + timedelta(days=distance * DAYS_A_PHASE - 5)
        return start.replace(hour=9 if phase != Phase.COUNT else 17, minute=0, second=0)

    def tell(self) -> Round:
        the_round = self._set_up()
        for phase in ORDER[1 : ORDER.index(self.phase) + 1]:
            self.clock.moment = max(self.clock.moment, self._starts(phase))
            self._enter(the_round, phase)
        self.session.info.pop("clock")
        return the_round

    def _set_up(self) -> Round:
        entry, session = self.entry, self.session
        community = session.scalars(
            select(Community).where(Community.slug == entry["community"])
        ).one()
        year = self.today.year if self.today.month >= 4 else self.today.year - 1
        fund = create_fund(session, community, entry["fund"], f"{year}-{(year + 1) % 100:02d}")
        for kind, name, sum_pounds in entry["sources"]:
            day = self.clock.moment.date()
            add_source(session, fund, SourceKind(kind), name, sum_pounds * 100, day)
        name, agreement = RouteName(entry["route"]), Agreement(entry["agreement"])
        choose_route(session, fund, name, agreement, entry.get("call_in_days", 0))
        the_round = create_round(
            session, fund, entry["title"], entry["purpose"], entry["promise"], entry["budget"] * 100
        )
        dated = [phase for phase in ORDER[1:] if phase != Phase.SIGN_OFF]
        set_timetable(session, the_round, {phase: self._starts(phase) for phase in dated})
        set_rules(session, the_round, self._rules())
        replace_roll(session, self.code_key, the_round, self._roll(community))
        return the_round

    def _rules(self) -> RulesChosen:
        entry = self.entry
        return RulesChosen(
            ballot_format=BallotFormat(entry["format"]),
            max_choices=entry.get("max_choices"),
            rule=Rule(),
            disclosure_profile=DisclosureProfile(entry["profile"]),
            disclosure_step=entry.get("step", DEFAULT_STEP),
        )

    def _roll(self, community: Community) -> list[RollRow]:
        """The residents who have an account, then people who vote with a card."""
        known = [] if community.kind == CommunityKind.INTEREST else self.residents
        rows = [
            RollRow(f"{community.id}-{number:04d}", person.name, None, person.email)
            for number, person in enumerate(known, start=1)
        ]
        for number in range(len(rows) + 1, self.entry["roll"] + 1):
            name = f"{self.lot.choice(FIRST)} {self.lot.choice(LAST)}"
            rows.append(RollRow(f"{community.id}-{number:04d}", name, None, None))
        return rows

    def _enter(self, the_round: Round, phase: Phase) -> None:
        if phase == Phase.SIGN_OFF:
            count_closed(self.session, self.keys, the_round)
        elif phase == Phase.DELIVERY:
            self._sign(the_round)
        else:
            why = "As the timetable says."
            take_forward(self.session, self.keys, the_round, phase, self.officer, why)
        follow = {
            Phase.IDEAS: self._propose,
            Phase.SCREENING: self._screen,
            Phase.DEBATE: self._debate,
            Phase.VOTE: self._vote,
            Phase.DELIVERY: self._deliver,
        }.get(phase)
        if follow is not None:
            follow(the_round)

    def _propose(self, the_round: Round) -> None:
        for number, entry in enumerate(self.entry["proposals"]):
            proposer = self.residents[number % len(self.residents)]
            words = ProposalWords(
                title=entry["title"],
                what=entry["what"],
                why=entry["why"],
                cost_pence=entry["cost"] * 100,
                place=entry.get("place", ""),
                pledge=entry.get("pledge", ""),
                category=entry.get("category", ""),
            )
            proposal = propose(self.session, the_round, proposer, words)
            others = [person for person in self.residents if person is not proposer]
            for person in others[: entry.get("backers", 0)]:
                back(self.session, proposal, person)

    def _entry_of(self, proposal: Proposal) -> Entry:
        found: Entry = next(
            entry for entry in self.entry["proposals"] if entry["title"] == proposal.title
        )
        return found

    def _screen(self, the_round: Round) -> None:
        for proposal in awaiting_screening(self.session, the_round):
            entry = self._entry_of(proposal)
            finding = Finding(
                lawful=entry.get("lawful", True),
                feasible=entry.get("feasible", True),
                low_pence=entry.get("low", entry["cost"]) * 100,
                likely_pence=entry["cost"] * 100,
                high_pence=entry.get("high", entry["cost"]) * 100,
                yearly_pence=entry.get("yearly", 0) * 100,
                result=ScreeningResult(entry.get("result", "passed")),
                reasons=entry["reasons"],
                facts=_facts_in(entry),
            )
            none = InterestKind.NONE
            declare_for_duty(self.session, the_round, self.officer, none, proposal=proposal)
            screen_proposal(self.session, proposal, self.officer, finding)

    def _debate(self, the_round: Round) -> None:
        for proposal in proposals_in(self.session, the_round):
            entry = self._entry_of(proposal)
            for kind in (PointKind.FOR, PointKind.AGAINST):
                for name, words in entry.get(kind.value, []):
                    self._point(proposal, name, kind, words)
            for name, words, answer in entry.get("questions", []):
                question = self._point(proposal, name, PointKind.QUESTION, words)
                answer_point(self.session, question, self.officer, Role.OFFICER, answer)

    def _point(self, proposal: Proposal, name: str, kind: PointKind, words: str) -> Point:
        author = next(person for person in self.residents if person.name == name)
        return make_point(self.session, proposal, author, Role.RESIDENT, kind, words)

    def _vote(self, the_round: Round) -> None:
        """Everybody with an account keeps their vote, to cast it themselves."""
        entries = self.session.scalars(
            select(RollEntry)
            .where(RollEntry.round_id == the_round.id, RollEntry.email.is_(None))
            .order_by(RollEntry.id)
        ).all()
        voters = self.lot.sample(list(entries), self.entry.get("ballots", 0))
        projects = projects_in(self.session, the_round.id)
        for number, voter in enumerate(voters):
            cast_ballot(
                self.session,
                self.keys,
                the_round,
                voter,
                self._choices(the_round, projects),
                request_id=f"demonstration-{number}",
            )
        publish_next(self.session, self.keys, the_round)

    def _choices(self, the_round: Round, projects: list[Project]) -> list[str]:
        """A few projects, the better liked the likelier, within the limits of the paper."""
        liked = {entry["title"]: entry.get("liked", 1) for entry in self.entry["proposals"]}
        wanted = [p for p in projects if self.lot.random() * 11 < liked[p.title]]
        self.lot.shuffle(wanted)
        chosen: list[Project] = []
        for project in wanted or projects[:1]:
            cost = sum(other.cost_pence for other in chosen) + project.cost_pence
            too_dear = self.entry["format"] == "knapsack" and cost > the_round.budget_pence
            if not too_dear and len(chosen) < self.entry.get("max_choices", len(projects)):
                chosen.append(project)
        return [project.code for project in chosen]

    def _sign(self, the_round: Round) -> None:
        for councillor in councillors_for(self.session, the_round.community):
            self._endorse(the_round, councillor)
        conclude_sign_off(self.session, self.keys, the_round)

    def _endorse(self, the_round: Round, councillor: Person) -> None:
        codes = costs_to_sign(self.session, the_round)
        none = Declared(InterestKind.NONE)
        declare_interests(self.session, the_round, councillor, dict.fromkeys(codes, none))
        sheet = SheetGiven(
            dict.fromkeys(codes, VerdictGiven(Verdict.ENDORSE)), "Residents were clear."
        )
        sign(
            self.session,
            the_round,
            councillor,
            sheet,
            bundle_sha256=bundle_hash(self.session, the_round),
            proof=Proof.CODE,
        )

    def _deliver(self, the_round: Round) -> None:
        due = (self.today + timedelta(days=60)).date()
        steps = (
            DeliveryStep(DeliveryStatus.STARTED, "The order has been placed.", 250_000, due),
            DeliveryStep(DeliveryStatus.PLANNED, "Drawings are being made.", 0, due),
        )
        deliveries = deliveries_in(self.session, the_round)
        for delivery, step in zip(deliveries, steps, strict=False):
            report_delivery(self.session, delivery, self.officer, step)
        for title, days, done in (
            ("Three makers give their price", -6, True),
            # Late on purpose: that is what amber looks like.
            ("The bus company sends its timetable", -2, False),
            ("All six stops speak", 50, False),
        ):
            day = (self.today + timedelta(days=days)).date()
            planned = Planned(title, day, "Transport team", day if done else None)
            plan_milestone(self.session, deliveries[0], planned)


def _facts_in(entry: Entry) -> ProjectFacts:
    least = entry.get("least")
    return ProjectFacts(
        area=entry.get("area", ""),
        minimum_cost_pence=None if least is None else least * 100,
        beneficiaries=entry.get("beneficiaries"),
    )
