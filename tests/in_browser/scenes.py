"""One meeting on a running server, put into every scene that a hall may see, with long names."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.settings import settings_from
from ballots.casting import cast_ballot
from ballots.counting import RankedBy, Rule
from ballots.disclosure import DisclosureProfile
from ballots.hall_votes import HallVote
from ballots.keys import KeyFolder
from ballots.outcome import outcome_of
from ballots.papers import BallotFormat
from ballots.tally import publish_next
from neighbourhoods.assemblies import (
    AgendaItem,
    Assembly,
    AssemblyState,
    ItemKind,
    Slide,
    plan_assembly,
)
from neighbourhoods.attendance import Attendee, Phone
from neighbourhoods.database import Database
from neighbourhoods.eligibility import entry_by_email
from neighbourhoods.phases import Phase
from neighbourhoods.polls import PollChoice
from neighbourhoods.projects import projects_in
from neighbourhoods.questions import Question, QuestionBacking, QuestionState
from neighbourhoods.rounds import Round, RoundKind
from neighbourhoods.speakers import Side, SpeakingTurn, TurnKind
from tests.browser import WardmoteServer
from tests.builders import Town

LONG = (
    "Benches, shade and a drinking fountain along the whole towpath between Lock 4 and the basin",
    "A weekly repair café with tools to borrow in the old library annexe on Station Road",
    "Safe crossing with raised kerbs in front of Millbrook Primary School’s east gate",
    "Lights on the footbridge",
    "Community kitchen and allotment training for people who have never grown their own food",
)
SUMMARY = (
    "Twelve benches with backs and arms, three shade trees and a fountain where people wait, "
    "walk and rest. Older neighbours told us they turn back at Lock 4 because there is nowhere "
    "to sit. The Canal Trust has agreed, and the friends’ group will look after the trees."
)
NAMES = (
    "Amara Okonkwo-Fitzgerald",
    "Ben",
    "Céline Dubois",
    "Dai",
    "Eleanor Rigby-Montgomery",
    "Fu",
)
PROJECTS = 20
VOTERS = 36


@dataclass
class Hall:
    """A meeting under way on a running server."""

    server: WardmoteServer
    database: Database
    keys: KeyFolder
    assembly_id: int
    code: str
    rounds: dict[str, int]

    def address(self, page: str = "screen") -> str:
        return f"{self.server.base_url}/a/{self.code}/{page}"

    @contextmanager
    def changing(self) -> Iterator[tuple[Session, Assembly]]:
        """Change what stands on the stage, as an act of a facilitator does."""
        with self.database.writing() as session:
            session.info["clock"] = lambda: datetime.now(UTC)
            assembly = session.get_one(Assembly, self.assembly_id)
            yield session, assembly
            assembly.stage.version += 1
            session.commit()

    def cast(self, which: str, voter: int) -> None:
        """Let one more voter choose the first project of a vote."""
        with self.changing() as (session, _):
            the_round = session.get_one(Round, self.rounds[which])
            entry = entry_by_email(session, the_round.id, f"voter{voter}@example.org")
            assert entry is not None
            code = projects_in(session, the_round.id)[0].code
            cast_ballot(session, self.keys, the_round, entry, [code], request_id=f"late-{voter}")

    def shows(self, scene: str) -> None:
        """Put the meeting into a scene."""
        with self.changing() as (session, assembly):
            _clear(session, assembly)
            SCENES[scene](self, session, assembly)


def _clear(session: Session, assembly: Assembly) -> None:
    stage = assembly.stage
    stage.slide, stage.step, stage.is_dark, stage.message = Slide.ITEM, 0, False, ""
    stage.timer_ends_at = stage.timer_left = None
    assembly.state, assembly.ended_at = AssemblyState.UNDER_WAY, None
    session.execute(delete(HallVote))
    session.execute(delete(SpeakingTurn))
    session.execute(delete(QuestionBacking))
    session.execute(delete(Question))
    stage.item = item_of(assembly, ItemKind.WELCOME)
    assembly.the_round.budget_pence = 1_000_000


def item_of(assembly: Assembly, kind: ItemKind) -> AgendaItem:
    return next(item for item in assembly.items if item.kind == kind)


def _at(assembly: Assembly, kind: ItemKind) -> AgendaItem:
    assembly.stage.item = item_of(assembly, kind)
    return assembly.stage.item


def _runs(assembly: Assembly, seconds: int) -> None:
    assembly.stage.timer_ends_at = datetime.now(UTC) + timedelta(seconds=seconds)


def _votes(
    hall: Hall,
    session: Session,
    item: AgendaItem,
    which: str,
    *,
    held: bool = False,
    number: int = 1,
    called: bool = False,
) -> None:
    moment = datetime.now(UTC)
    session.add(
        HallVote(
            item_id=item.id,
            number=number,
            round_id=hall.rounds[which],
            opened_at=moment,
            opened_by_id=1,
            present=VOTERS,
            held=held,
            opened_here=True,
            called_at=moment if called else None,
        )
    )


def _show(slide: Slide) -> Callable[[Hall, Session, Assembly], None]:
    def scene(_hall: Hall, _session: Session, assembly: Assembly) -> None:
        assembly.stage.slide = slide

    return scene


def _pitch(_hall: Hall, _session: Session, assembly: Assembly) -> None:
    _at(assembly, ItemKind.PITCH)
    _runs(assembly, 134)


def _pitch_over(_hall: Hall, _session: Session, assembly: Assembly) -> None:
    _at(assembly, ItemKind.PITCH)
    _runs(assembly, -5)


def _agenda(_hall: Hall, _session: Session, assembly: Assembly) -> None:
    _at(assembly, ItemKind.POLL)
    assembly.stage.slide = Slide.AGENDA


def _speakers(_hall: Hall, session: Session, assembly: Assembly) -> None:
    item, moment = _at(assembly, ItemKind.DISCUSSION), datetime.now(UTC)
    _runs(assembly, 80)
    for place, name in enumerate((*NAMES, "Gwen", "Hal", "Ines", "Joe")):
        session.add(
            SpeakingTurn(
                assembly_id=assembly.id,
                item_id=item.id,
                name=name,
                kind=TurnKind.POINT_OF_ORDER if place == 1 else TurnKind.SPEECH,
                side=(Side.FOR, Side.AGAINST)[place % 2],
                asked_at=moment + timedelta(seconds=place),
                began_at=moment if place == 0 else None,
            )
        )


def _nobody_speaks(_hall: Hall, _session: Session, assembly: Assembly) -> None:
    _at(assembly, ItemKind.DISCUSSION)


def _question(_hall: Hall, session: Session, assembly: Assembly) -> None:
    assembly.stage.slide = Slide.QUESTION
    question = Question(
        assembly_id=assembly.id,
        phone_id=1,
        words="If the fountain is vandalised again as in 2023, who pays for its repair, and has "
        "the Trust put that in writing – or will it be switched off after a year like the last "
        "one by the school, which nobody ever came back to mend although we rang many times?",
        asked_at=datetime.now(UTC),
        state=QuestionState.ON_SCREEN,
    )
    session.add(question)
    session.flush()
    session.add_all(QuestionBacking(question_id=question.id, phone_id=n) for n in range(2, 15))


def _poll(_hall: Hall, session: Session, assembly: Assembly) -> None:
    item = _at(assembly, ItemKind.POLL)
    session.execute(delete(PollChoice))
    for phone in range(1, 31):
        session.add(PollChoice(item_id=item.id, phone_id=phone, chosen=phone * phone % 6))


def _message(_hall: Hall, _session: Session, assembly: Assembly) -> None:
    assembly.stage.slide = Slide.MESSAGE
    assembly.stage.message = "Tea is ready. The lift is working again."


def _break(_hall: Hall, _session: Session, assembly: Assembly) -> None:
    _at(assembly, ItemKind.BREAK)
    _runs(assembly, 14 * 60 + 5)


def _before(_hall: Hall, _session: Session, assembly: Assembly) -> None:
    _at(assembly, ItemKind.BALLOT)


def _voting(
    kind: ItemKind, which: str, *, called: bool = False, held: bool = False
) -> Callable[[Hall, Session, Assembly], None]:
    def scene(hall: Hall, session: Session, assembly: Assembly) -> None:
        _votes(hall, session, _at(assembly, kind), which, held=held, called=called)

    return scene


def _reveal(step: int) -> Callable[[Hall, Session, Assembly], None]:
    def scene(hall: Hall, session: Session, assembly: Assembly) -> None:
        _votes(hall, session, item_of(assembly, ItemKind.BALLOT), "counted")
        item = _at(assembly, ItemKind.REVEAL)
        item.settings = {"vote_item": item_of(assembly, ItemKind.BALLOT).id}
        assembly.stage.step = step

    return scene


def _reveal_everything(hall: Hall, session: Session, assembly: Assembly) -> None:
    outcome = outcome_of(session, hall.rounds["counted"])
    assert outcome is not None
    _reveal(len(outcome.winners) + 1)(hall, session, assembly)


def _reveal_held(hall: Hall, session: Session, assembly: Assembly) -> None:
    _reveal(1)(hall, session, assembly)
    session.execute(delete(HallVote))
    _votes(hall, session, item_of(assembly, ItemKind.BALLOT), "counted", held=True)


def _buying(hall: Hall, session: Session, assembly: Assembly) -> None:
    _at(assembly, ItemKind.PURCHASE)
    _votes(hall, session, item_of(assembly, ItemKind.BALLOT), "counted")


def _buying_more(_hall: Hall, _session: Session, assembly: Assembly) -> None:
    _at(assembly, ItemKind.PURCHASE)
    assembly.the_round.budget_pence = 1_400_000


def _ended(_hall: Hall, _session: Session, assembly: Assembly) -> None:
    assembly.state, assembly.ended_at = AssemblyState.ENDED, datetime.now(UTC)


def _dark(_hall: Hall, _session: Session, assembly: Assembly) -> None:
    _at(assembly, ItemKind.PITCH)
    assembly.stage.is_dark = True


SCENES: dict[str, Callable[[Hall, Session, Assembly], None]] = {
    "join": _show(Slide.JOIN),
    "welcome": _show(Slide.ITEM),
    "agenda": _agenda,
    "pitch": _pitch,
    "pitch-over": _pitch_over,
    "speakers": _speakers,
    "nobody-speaks": _nobody_speaks,
    "question": _question,
    "poll": _poll,
    "message": _message,
    "break": _break,
    "vote-before": _before,
    "vote-sealed": _voting(ItemKind.BALLOT, "sealed"),
    "vote-bars": _voting(ItemKind.BALLOT, "open"),
    "vote-seven": _voting(ItemKind.BALLOT, "seven"),
    "vote-last-call": _voting(ItemKind.BALLOT, "seven", called=True),
    "scores": _voting(ItemKind.SCORES, "scores"),
    "box-closed": _voting(ItemKind.BALLOT, "counted", held=True),
    "vote-counted": _voting(ItemKind.BALLOT, "counted"),
    "buying": _buying,
    "buying-more": _buying_more,
    "bought": _voting(ItemKind.PURCHASE, "counted"),
    "reveal-title": _reveal(0),
    "reveal-first": _reveal(1),
    "reveal-later": _reveal(4),
    "reveal-held": _reveal_held,
    "reveal-all": _reveal_everything,
    "reveal-picture": _reveal(90),
    "ended": _ended,
    "dark": _dark,
}


def _describe(session: Session, round_id: int, costs: int) -> None:
    for place, project in enumerate(projects_in(session, round_id)):
        project.title = f"{LONG[place % 5]}{'' if place < 5 else f', part {place // 5 + 1}'}"
        project.category = ("Green spaces", "Getting around", "Coming together")[place % 3]
        project.area, project.place = ("Lockside", "Basin")[place % 2], "Towpath, Canal Side"
        project.summary = SUMMARY
        project.cost_pence = costs * (3 + place % 7)


def _round(
    town: Town, profile: DisclosureProfile, proposals: int, *, in_points: bool = False
) -> Round:
    more = (
        {
            "ballot_format": BallotFormat.SCORES,
            "highest_score": 5,
            "max_choices": None,
            "rule": Rule(ranked_by=RankedBy.SCORE),
        }
        if in_points
        else {}
    )
    the_round = town.round(
        Phase.DEBATE,
        proposals=proposals,
        profile=profile,
        voters=VOTERS,
        **more,  # type: ignore[arg-type]
    )
    _describe(town.session, the_round.id, 25_000)
    town.closes(the_round, timedelta(minutes=12))
    town.enter(the_round, Phase.VOTE)
    codes = [project.code for project in projects_in(town.session, the_round.id)]
    chosen = list(combinations(codes, 3))
    for number in range(1, 25):
        entry = town.voter(the_round, number)
        three = chosen[number * number % len(chosen)]
        paper = dict.fromkeys(three, 1 + number % 5) if in_points else list(three)
        cast_ballot(
            town.session, town.keys, the_round, entry, paper, request_id=f"{the_round.id}-{number}"
        )
    publish_next(town.session, town.keys, the_round)
    return the_round


def _agenda_of(town: Town, the_round: Round) -> Assembly:
    assembly = plan_assembly(
        town.session,
        the_round,
        town.facilitator,
        "Canal Side decides: the spring decision day in the Boathouse",
        datetime.now(UTC),
        place="The Boathouse, Lock 4",
        wifi_name="Boathouse guests",
        wifi_password="heron-and-otter",
        quorum=30,
    )
    project = projects_in(town.session, the_round.id)[0]
    titles = {
        ItemKind.WELCOME: "Welcome to the decision day",
        ItemKind.PITCH: project.title,
        ItemKind.DISCUSSION: "What matters most along the canal?",
        ItemKind.POLL: "When shall the next assembly be, so that most of us can come?",
        ItemKind.SCORES: "How good is each idea?",
        ItemKind.BALLOT: "Which projects shall be funded?",
        ItemKind.PURCHASE: "What do we buy next?",
        ItemKind.REVEAL: "What you decided",
        ItemKind.BREAK: "Tea and cake",
        ItemKind.MESSAGE: "A word from the ward councillors about what happens after today",
    }
    options = ["Saturday morning", "Saturday afternoon", "Sunday after church", "A weekday evening"]
    options += ["During the school holidays with childcare", "No more assemblies, please"]
    for position, kind in enumerate(ItemKind, start=1):
        town.session.add(
            AgendaItem(
                assembly_id=assembly.id,
                position=position,
                kind=kind,
                title=titles[kind],
                seconds=180,
                project=project if kind == ItemKind.PITCH else None,
                settings={"options": options} if kind == ItemKind.POLL else {},
            )
        )
    moment = datetime.now(UTC)
    for number in range(1, 31):
        town.session.add(
            Phone(assembly_id=assembly.id, number=1000 + number, joined_at=moment, name="V")
        )
        town.session.add(
            Attendee(
                assembly_id=assembly.id,
                reference=f"R{number}",
                name=f"Voter {number}",
                checked_in_at=moment,
            )
        )
    assembly.state, assembly.began_at = AssemblyState.UNDER_WAY, moment
    town.session.flush()
    return assembly


@contextmanager
def meeting(server: WardmoteServer) -> Iterator[Hall]:
    """A meeting about 20 projects on a running server, and votes in every state beside it."""
    settings = settings_from(server.settings)
    database, keys = Database(settings.database_url), KeyFolder(settings.key_folder)
    with database.writing() as session:
        session.info["clock"] = lambda: datetime.now(UTC)
        town = Town(session, keys)
        rounds = {
            "open": _round(town, DisclosureProfile.OPEN, PROJECTS),
            "sealed": _round(town, DisclosureProfile.SEALED, PROJECTS),
            "seven": _round(town, DisclosureProfile.LIVE, 7),
            "scores": _round(town, DisclosureProfile.OPEN, 7, in_points=True),
            "counted": _round(town, DisclosureProfile.SEALED, PROJECTS),
        }
        town.enter(rounds["counted"], Phase.COUNT)
        town.enter(rounds["counted"], Phase.SIGN_OFF)
        rounds["counted"].kind, rounds["counted"].within = RoundKind.HALL, rounds["open"]
        assembly = _agenda_of(town, rounds["open"])
        session.commit()
        numbers = {name: the_round.id for name, the_round in rounds.items()}
        assembly_id, code = assembly.id, assembly.code
    yield Hall(server, database, keys, assembly_id, code, numbers)
    database.dispose()
