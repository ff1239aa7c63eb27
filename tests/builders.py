"""A small council to test with: each builder makes one thing and what it needs, and no more."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from ballots.bars import Declared, declare_interests
from ballots.bundle import bundle_hash, costs_to_sign
from ballots.counting import Rule
from ballots.decision_routes import choose_route
from ballots.disclosure import LEAST_STEP, DisclosureProfile
from ballots.keys import KeyStore
from ballots.moves import count_closed, take_forward
from ballots.papers import BallotFormat
from ballots.routes import Agreement, RouteName, Verdict
from ballots.sheets import SheetGiven, VerdictGiven, sign
from ballots.signing import Proof, Signature
from ballots.voting_rules import RulesChosen, TieRule, set_rules
from neighbourhoods.assemblies import AgendaItem, Assembly, ItemKind, plan_assembly
from neighbourhoods.duties import declare_for_duty
from neighbourhoods.eligibility import RollEntry, RollRow, entry_by_email, replace_roll
from neighbourhoods.funds import Fund, SourceKind, add_source, create_fund
from neighbourhoods.interests import InterestKind
from neighbourhoods.people import Office, Person, appoint, find_or_add_person
from neighbourhoods.phases import ORDER, Phase
from neighbourhoods.places import Community, CommunityKind, add_community, add_postcodes
from neighbourhoods.projects import projects_in
from neighbourhoods.proposals import Proposal, ProposalWords, propose
from neighbourhoods.rounds import Round, create_round, set_timetable
from neighbourhoods.screening import (
    Finding,
    Screening,
    ScreeningResult,
    awaiting_screening,
    screen_proposal,
)

CODE_KEY = b"voter codes of the tests"
TERM_STARTS = date(2020, 5, 7)


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    moment: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def moves(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass
class Town:
    """One ward with a neighbourhood, another ward beside it, and the people a round needs."""

    session: Session
    keys: KeyStore
    ward: Community = field(init=False)
    neighbourhood: Community = field(init=False)
    other_ward: Community = field(init=False)
    officer: Person = field(init=False)
    facilitator: Person = field(init=False)
    scrutineer: Person = field(init=False)
    councillor: Person = field(init=False)
    second_councillor: Person = field(init=False)
    other_councillor: Person = field(init=False)
    resident: Person = field(init=False)
    neighbour: Person = field(init=False)

    def __post_init__(self) -> None:
        session = self.session
        self.ward = add_community(session, CommunityKind.WARD, "Millbrook", population=9_000)
        self.neighbourhood = add_community(
            session, CommunityKind.NEIGHBOURHOOD, "Canal Side", ward=self.ward
        )
        self.other_ward = add_community(session, CommunityKind.WARD, "Hillfields")
        add_postcodes(session, self.neighbourhood, ["ZZ1 1AA"])
        self.officer = self.person("Olive Officer", Office.OFFICER)
        self.facilitator = self.person("Fred Facilitator", Office.FACILITATOR)
        self.scrutineer = self.person("Una Scrutineer", Office.SCRUTINEER)
        self.councillor = self.person("Cora Councillor", Office.COUNCILLOR, self.ward)
        self.second_councillor = self.person("Carl Councillor", Office.COUNCILLOR, self.ward)
        self.other_councillor = self.person("Otto Other", Office.COUNCILLOR, self.other_ward)
        self.resident = self.person("Rita Resident")
        self.neighbour = self.person("Nora Neighbour")

    def person(
        self, name: str, office: Office | None = None, community: Community | None = None
    ) -> Person:
        email = name.lower().replace(" ", ".") + "@example.org"
        person = find_or_add_person(self.session, email, name)
        if office is not None:
            appoint(self.session, person, office, community, TERM_STARTS)
        return person

    def fund(self, community: Community | None = None, pence: int = 1_000_000) -> Fund:
        fund = create_fund(self.session, community or self.neighbourhood, "Pot", "2026-27")
        add_source(self.session, fund, SourceKind.GENERAL_FUND, "Council", pence, date(2026, 4, 1))
        return fund

    def round(
        self,
        phase: Phase = Phase.SET_UP,
        *,
        community: Community | None = None,
        proposals: int = 4,
        voters: int = 6,
        ballot_format: BallotFormat = BallotFormat.APPROVAL,
        max_choices: int | None = 3,
        profile: DisclosureProfile = DisclosureProfile.LIVE,
        step: int = 2,
        approvals: int = 1,
        closes_in: timedelta | None = None,
        rule: Rule | None = None,
        min_choices: int = 1,
        tie_rule: TieRule = TieRule.BY_COST,
        **limits: int,
    ) -> Round:
        """A round of £10,000 in a phase, with everything that it needs to have come there.

        `limits` are those of a points or scores paper: points_to_give, highest_score and so on.
        """
        fund = self.fund(community)
        agreement = Agreement.ANY_ONE if approvals == 1 else Agreement.UNANIMOUS
        choose_route(self.session, fund, RouteName.WARD_MEMBERS, agreement, 0)
        the_round = create_round(
            self.session,
            fund,
            "Canal Side decides",
            "To choose what to improve.",
            "What wins is done by March.",
            1_000_000,
        )
        rules = set_rules(
            self.session,
            the_round,
            RulesChosen(
                ballot_format,
                max_choices,
                rule or Rule(),
                profile,
                LEAST_STEP,
                min_choices,
                tie_rule=tie_rule,
                draw_source="Dice thrown in the hall" if tie_rule is TieRule.DRAW else "",
                **limits,
            ),
        )
        # Past the service, which refuses steps that give voters away: tests have few voters.
        rules.disclosure_step = step
        self.roll(the_round, voters)
        if closes_in is not None:
            self.closes(the_round, closes_in)
        for reached in ORDER[1 : ORDER.index(phase) + 1]:
            self.enter(the_round, reached, proposals)
        return the_round

    def enter(self, the_round: Round, phase: Phase, proposals: int = 0) -> None:
        if phase == Phase.SIGN_OFF:
            count_closed(self.session, self.keys, the_round)
            return
        take_forward(self.session, self.keys, the_round, phase, self.officer, "for the test")
        if phase == Phase.IDEAS:
            for number in range(1, proposals + 1):
                self.proposal(the_round, number)
        if phase == Phase.SCREENING:
            self.screen_all(the_round)

    def closes(self, the_round: Round, after: timedelta) -> None:
        now = self.session.info["clock"]()
        set_timetable(self.session, the_round, {Phase.COUNT: now + after})

    def proposal(self, the_round: Round, number: int = 1) -> Proposal:
        """Proposal n is called “Bench n” and costs n × £2,000."""
        words = ProposalWords(
            f"Bench {number}", "A bench.", "To sit.", number * 200_000, "By the lock", "We paint it"
        )
        return propose(self.session, the_round, self.resident, words)

    def screen_all(self, the_round: Round) -> None:
        for proposal in awaiting_screening(self.session, the_round):
            cost = proposal.cost_pence
            finding = Finding(True, True, cost, cost, cost, 0, ScreeningResult.PASSED, "Fine.")
            self.screens(proposal, finding)

    def screens(self, proposal: Proposal, finding: Finding) -> Screening:
        """Let the officer declare no interest in a proposal, and publish a finding on it."""
        none, the_round = InterestKind.NONE, proposal.the_round
        declare_for_duty(self.session, the_round, self.officer, none, proposal=proposal)
        return screen_proposal(self.session, proposal, self.officer, finding)

    def assembly(self, the_round: Round, *kinds: ItemKind, is_practice: bool = False) -> Assembly:
        """A planned meeting in the hall with an item of each of these kinds, in this order.

        Facilitator and officer have declared that they have no interest in its projects.
        """
        for person in (self.facilitator, self.officer):
            declare_for_duty(self.session, the_round, person, InterestKind.NONE)
        assembly = plan_assembly(
            self.session,
            the_round,
            self.facilitator,
            "Decision day",
            self.session.info["clock"]() + timedelta(hours=1),
            place="Canal Side hall",
            wifi_name="hall",
            wifi_password="frogs",
            is_practice=is_practice,
        )
        projects = projects_in(self.session, the_round.id)
        for position, kind in enumerate(kinds, start=1):
            item = AgendaItem(
                assembly_id=assembly.id,
                position=position,
                kind=kind,
                title=f"{kind.value} {position}",
                project=projects[0] if kind == ItemKind.PITCH else None,
                settings={"options": ["Yes", "No"]} if kind == ItemKind.POLL else {},
            )
            self.session.add(item)
        self.session.flush()
        self.session.expire(assembly, ["items"])
        return assembly

    def declares_none(self, the_round: Round, person: Person) -> None:
        """Let somebody declare that they have no interest in any project of a round."""
        none = {
            project.code: Declared(InterestKind.NONE)
            for project in projects_in(self.session, the_round.id)
        }
        declare_interests(self.session, the_round, person, none)

    def signs(self, the_round: Round, person: Person, sheet: SheetGiven | None = None) -> Signature:
        """Let somebody sign: by default that they endorse every project residents funded."""
        endorsed = {
            code: VerdictGiven(Verdict.ENDORSE) for code in costs_to_sign(self.session, the_round)
        }
        return sign(
            self.session,
            the_round,
            person,
            sheet or SheetGiven(endorsed),
            bundle_sha256=bundle_hash(self.session, the_round),
            proof=Proof.CODE,
        )

    def approves(self, the_round: Round, person: Person) -> None:
        """Let somebody declare no interest and endorse the outcome as residents chose."""
        self.declares_none(the_round, person)
        self.signs(the_round, person)

    def roll(self, the_round: Round, voters: int) -> None:
        rows = [
            RollRow(f"R{n}", f"Voter {n}", "ZZ1 1AA", f"voter{n}@example.org")
            for n in range(1, voters + 1)
        ]
        replace_roll(self.session, CODE_KEY, the_round, rows)

    def voter(self, the_round: Round, number: int) -> RollEntry:
        entry = entry_by_email(self.session, the_round.id, f"voter{number}@example.org")
        assert entry is not None
        return entry
