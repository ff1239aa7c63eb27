"""The clerk at the clock: moves rounds by their dates, publishes figures, rings the bell.

Of several processes one acts, the one that leads; each tells its own phones what is new.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import structlog
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.assembly_news import ring_assemblies, ring_changed_assemblies
from app.bell import Rung, Told, bell
from app.councillors.digest import people_to_write_to, write_digest
from app.counting_room import breathe, counted_away, counting
from app.delivery_news import report_back
from app.extensions import socketio
from app.faults_told import FaultsTold
from app.house import database, db, keys, settings
from app.leading import ASKS_EVERY, Lead, lead_in
from app.live import is_watched, ring_changed_rounds, ring_rounds
from app.notice_news import notices_untold, see_to_stage, tell_roll
from app.officers.news import tell_councillors
from app.porter import porter_of
from app.post import PutOff, carry_letters
from app.privacy.nightly import NightlyPurge
from ballots.counting import TieRefusedError, TooHardError
from ballots.disclosure import MOST_SECONDS_LATER, DisclosureProfile
from ballots.draws import draw_held
from ballots.keys import KeyStore
from ballots.moves import count_closed, due_phase, move_if_due
from ballots.notices import DecisionNotice, money_waiting, move_money
from ballots.sealing import is_batch_due, seal_next
from ballots.signoff import SIGNED
from ballots.tally import cover_next, due_ballots, publish, step_due
from ballots.voting_rules import rules_of
from neighbourhoods.database import Database, hold_round
from neighbourhoods.phases import Phase
from neighbourhoods.reporting_back import ReportBack, reports_untold
from neighbourhoods.rounds import Round, RoundKind, rounds_in

log = structlog.get_logger()
SECONDS = 1.0
# Reading the ballots of a large city takes half a second: so many times as long nobody reads them
# again, and figures move less often.
REST = 9
STAGES_EVERY = 60.0
REST_AFTER_DIGESTS = 60.0
# How often a process that does not lead looks by itself while it hears the bell: one that was
# missed is made good so soon.
LOOKS_EVERY = 4.0
_WATCHED = tuple(phase for phase in Phase if phase != Phase.REVIEW)
# How long a purge leaves the database to everybody else between two of its small transactions.
BREATH = 0.05
# Votes in a hall and rehearsals go by the same clock.
_KINDS = tuple(RoundKind)


class NotLeadingError(Exception):
    """Another process acts by the clock now."""


class Ticker:
    """The background tasks of a process; everything they do can be done twice unharmed."""

    def __init__(
        self,
        app: Flask,
        *,
        delay: Callable[[], float] | None = None,
        lead: Lead | None = None,
    ) -> None:
        """Serve this app; `start` begins. `delay` says how long a step of figures waits."""
        self.app = app
        with app.app_context():
            self.lead = lead or lead_in(database())
            self._bell = bell()
        self._faults = FaultsTold()
        self._delay = delay or delay_drawn
        self._looks_at = 0.0
        # How many castings the figures of each round have followed.
        self._castings: dict[int, int] = {}
        self._resting_until: dict[int, float] = {}
        # When the next step of each round's figures may be taken, once there is one.
        self._steps_at: dict[int, float] = {}
        self._put_off: PutOff = {}
        # When stages of sign-offs are looked at again: their days are long.
        self._stages_at = 0.0
        self._digests_rest_until = 0.0
        self._nightly = NightlyPurge()
        # Rounds that their rule cannot decide: told in which phase, before or after a draw, and
        # when to try again.
        self._undecided: dict[int, tuple[tuple[Phase, bool], float]] = {}

    def start(self) -> None:
        """Begin ticking beside the server."""
        # Tasks of their own: a post office that does not answer, or the purge of a city’s roll,
        # must not keep a vote from closing, and whoever counts for long still leads.
        socketio.start_background_task(self._repeat, self.lead.ask, ASKS_EVERY)
        socketio.start_background_task(self._tick_to_the_end)
        for act in (self.carry, self.clear):
            socketio.start_background_task(self._repeat, act, SECONDS)
        if self._bell is not None:
            self._bell.start(self.answer)

    def _tick_to_the_end(self) -> None:
        self._repeat(self.tick, SECONDS)
        self.lead.give_up()  # at once: figures wait for nobody who is about to end

    def _repeat(self, act: Callable[[], None], seconds: float) -> None:
        porter = porter_of(self.app)
        while not porter.is_closing:
            with porter.at_work(), self._going_on(act.__name__):
                act()
            socketio.sleep(seconds)

    def tick(self) -> None:
        """Do once what is due now, if this process leads, and tell its phones what is new.

        While the database is away that is nothing but to ask whether it is back.
        """
        if self._faults.is_away and not self._is_back():
            return
        if self.lead.is_ours:
            with self._going_on("tick"):
                self._act()
        self._tell()
        if self.lead.is_ours:
            self._write_digests()

    def _is_back(self) -> bool:
        with self._going_on("database"), self.app.app_context():
            with database().engine.connect() as connection:
                connection.execute(text("SELECT 1"))
            self._faults.tell_back()
        return not self._faults.is_away

    def answer(self, rungs: set[Rung] | None) -> None:
        """Tell this process's phones what others rang for, or whatever may have been missed."""
        with self.app.app_context():
            if rungs is None:
                self._looks_at = 0.0
                return
            ring_rounds(filter(is_watched, _numbers(rungs, Told.ROUND)))
            ring_assemblies(_numbers(rungs, Told.ASSEMBLY))

    def _tell(self) -> None:
        """Tell what is new; who leads looks at everything, and rings the others."""
        leads = self.lead.is_ours
        hears = self._bell is not None and self._bell.is_heard
        if not leads and hears and monotonic() < self._looks_at:
            return
        self._looks_at = monotonic() + LOOKS_EVERY
        with self._going_on("rounds told"), self.app.app_context():
            ring_changed_rounds(all_of_them=leads)
        with self._going_on("assemblies"), self.app.app_context():
            ring_changed_assemblies(all_of_them=leads)

    def _act(self) -> None:
        """Do once what is due now; what one round cannot do keeps no other waiting."""
        with self.app.app_context():
            watched = _watched(database())
        for round_id in watched:
            with self._going_on("round"):
                self._tick_round(round_id)
        self._see_to_stages()
        self._see_to_notices()

    def _see_to_stages(self) -> None:
        """Remind, escalate and go on, once a minute; each round in a transaction of its own."""
        if monotonic() < self._stages_at:
            return
        self._stages_at = monotonic() + STAGES_EVERY
        with self._acting() as session:
            signing = [one.id for one in rounds_in(session, Phase.SIGN_OFF, kinds=SIGNED)]
        for round_id in signing:
            with self._going_on("stage"), self._acting(writing=True) as session:
                if see_to_stage(session, session.get_one(Round, round_id)):
                    session.commit()

    def _see_to_notices(self) -> None:
        """Move the money that waited, and tell the next people; a transaction each."""
        with self._acting() as session:
            paying = [the_round.id for the_round in money_waiting(session)]
            untold, done = notices_untold(session), reports_untold(session)
        for round_id in paying:
            with self._going_on("money"), self._acting(writing=True) as session:
                hold_round(session, round_id, alone=True)
                move_money(session, session.get_one(Round, round_id))
                session.commit()
        for number in untold:
            with self._going_on("letters"), self._acting(writing=True) as session:
                tell_roll(session, session.get_one(DecisionNotice, number))
                session.commit()
        for round_id in done:
            with self._going_on("reports"), self._acting(writing=True) as session:
                report_back(session, session.get_one(ReportBack, round_id))
                session.commit()

    def carry(self) -> None:
        """Send once what waits in the outbox, if this process leads."""
        if self.lead.is_ours:
            with self.app.app_context():
                carry_letters(database(), settings(), self._put_off, lambda: self.lead.is_ours)

    def clear(self) -> None:
        """Clear once a night what is past its time, where the council says so and this leads."""
        if not self.lead.is_ours:
            return
        with self.app.app_context():
            self._nightly.clear_if_due(lambda: socketio.sleep(BREATH))

    def _is_due(self, session: Session, the_round: Round) -> bool:
        """Whether the round, its figures or its box are to be moved on now.

        A step of figures that could be published waits for a time drawn by lot: whoever casts and
        sees them move cannot tell whose ballot was the last that was needed.
        """
        if due_phase(session, the_round) or is_batch_due(session, the_round):
            return True
        if not step_due(session, the_round):
            return False
        rules = rules_of(session, the_round.id)
        if rules is not None and rules.disclosure_profile == DisclosureProfile.OPEN:
            return True
        at = self._steps_at.setdefault(the_round.id, monotonic() + self._delay())
        return monotonic() >= at

    def _tick_round(self, round_id: int) -> None:
        """Each act in a transaction of its own, and votes are counted between them.

        What is closed is first kept, then counted. Whatever is interrupted goes on next time.
        """
        with self._acting() as session:
            the_round = session.get_one(Round, round_id)
            due = self._is_due(session, the_round)
            phase, drawn = the_round.phase, draw_held(session, round_id) is not None
        if not due and phase not in (Phase.VOTE, Phase.COUNT):
            return
        if due:
            with self._acting(writing=True) as session:
                move_on(session, keys(), round_id)
                session.commit()
                self._steps_at.pop(round_id, None)
                phase = session.get_one(Round, round_id).phase
        self._decide(round_id, phase, drawn)

    def _decide(self, round_id: int, phase: Phase, drawn: bool) -> None:
        """Count what is due; if the rule cannot, say so once a phase and try less often.

        Once a tie was drawn it is tried again at once.
        """
        told, until = self._undecided.get(round_id, (None, 0.0))
        began = monotonic()
        if told == (phase, drawn) and began < until:
            return
        try:
            self._publish(round_id)
            self._count(round_id)
        except (TooHardError, TieRefusedError) as error:
            if told != (phase, drawn):
                kind = type(error).__name__
                log.warning("round not counted", round=round_id, phase=phase.value, kind=kind)
            ended = monotonic()
            self._undecided[round_id] = (phase, drawn), ended + (ended - began) * REST

    def _publish(self, round_id: int) -> None:
        """Publish the figures that are due; nobody waits while they are counted."""
        castings, began = self._castings.get(round_id), monotonic()
        if began < self._resting_until.get(round_id, 0):
            return
        with self._acting() as session:
            the_round = session.get_one(Round, round_id)
            ballots = due_ballots(session, keys(), the_round, castings=castings, pause=breathe)
        took = monotonic() - began
        if took * REST > SECONDS:
            self._resting_until[round_id] = monotonic() + took * REST
        if ballots is None:
            return
        with self.app.app_context():
            result = ballots.counted(counting())
        with self._acting(writing=True) as session:
            publish(session, keys(), ballots, result)
            session.commit()
        self._castings[round_id] = ballots.castings

    def _count(self, round_id: int) -> None:
        with self.app.app_context():
            counted = counted_away(round_id)
        if counted is None:
            return
        with self._acting(writing=True) as session:
            the_round = session.get_one(Round, round_id)
            if the_round.phase == Phase.COUNT:
                count_closed(session, keys(), the_round, counted)
                tell_councillors(the_round, "outcome_waits")
                session.commit()

    def _write_digests(self) -> None:
        """Write the week’s digests once they are due, each in a transaction of its own."""
        if monotonic() < self._digests_rest_until:
            return
        people: list[int] = []
        with self._going_on("digests"), self._acting() as session:
            people = people_to_write_to(session)
        # Whoever could not be written to is tried again, but not every second.
        self._digests_rest_until = monotonic() + REST_AFTER_DIGESTS if people else 0.0
        for person_id in people:
            with self._going_on("digest"), self._acting(writing=True) as session:
                write_digest(session, person_id)
                session.commit()

    @contextmanager
    def _acting(self, *, writing: bool = False) -> Iterator[Session]:
        """Act as a visitor does, so that letters are worded and addressed in one way only.

        Asked each time: a process that was stopped in the middle may have lost the lead meanwhile.
        """
        if not self.lead.is_ours:
            raise NotLeadingError
        with self.app.test_request_context(method="POST" if writing else "GET"):
            yield db()

    @contextmanager
    def _going_on(self, act: str) -> Iterator[None]:
        """Log what goes wrong, and go on: whatever it was, the clerk does not go home."""
        try:
            yield
        except NotLeadingError:
            log.info("left to who leads", act=act)
        except Exception as error:  # noqa: BLE001 - a round moved meanwhile, a database away, a bug
            self._faults.tell(act, error)


def _watched(database: Database) -> list[int]:
    with database.reading() as session:
        return [the_round.id for the_round in rounds_in(session, *_WATCHED, kinds=_KINDS)]


def _numbers(rungs: set[Rung], about: Told) -> set[int]:
    return {rung.number for rung in rungs if rung.about == about}


def move_on(session: Session, keys: KeyStore, round_id: int) -> None:
    """Move a round whose date has come; else cover the next ballots and seal a batch, if due."""
    the_round = session.get_one(Round, round_id)
    if move_if_due(session, keys, the_round) is None:
        cover_next(session, the_round)
        seal_next(session, keys, the_round)


def delay_drawn() -> float:
    """How many seconds longer a step of figures waits, drawn by lot."""
    return secrets.SystemRandom().uniform(0, MOST_SECONDS_LATER)
