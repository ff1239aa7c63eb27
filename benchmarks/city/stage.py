"""One stage of a city's vote in a process of its own, so that its memory is its own.

Run by `million`: python -m benchmarks.city.stage STAGE DATABASE FOLDER ROUND BALLOTS
Prints one JSON object: seconds of the clock, of this process's processor, and peak megabytes.
"""

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, process_time

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.schema import migrate
from ballots.casting import fill_in, put_in
from ballots.counting import Rule, RuleName
from ballots.disclosure import DisclosureProfile
from ballots.keys import KeyFolder
from ballots.moves import count_closed, take_forward
from ballots.published import record_in_pieces
from ballots.sealing import seal_next
from ballots.voting_rules import paper_for, rules_of
from neighbourhoods.database import Database
from neighbourhoods.eligibility import RollEntry, check_roll, replace_roll, rows_of
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round
from tests.builders import CODE_KEY, Town

# Ballots that one commit takes in: the most that a server's queue puts in together is a hundred.
TOGETHER = 500
PROJECTS = 20
ROLL, RECORD = "roll.csv", "record.json"


class Stage:
    """The database and the round that a stage is about."""

    def __init__(self, url: str, folder: Path, round_id: int, ballots: int) -> None:
        self.database, self.folder = Database(url), folder
        self.keys = KeyFolder(folder / "keys")
        self.round_id, self.ballots = round_id, ballots

    def found(self, session: Session) -> Round:
        """The round."""
        return session.get_one(Round, self.round_id)

    def prepare(self) -> int:
        """A round in debate, without a roll; its number."""
        migrate(self.database)
        with self.database.writing() as session:
            the_round = Town(session, self.keys).round(
                Phase.DEBATE,
                proposals=PROJECTS,
                voters=0,
                max_choices=PROJECTS // 2,
                rule=Rule(name=RuleName.EQUAL_SHARES),
                profile=DisclosureProfile.SEALED,
            )
            session.commit()
            return the_round.id

    def roll(self) -> None:
        """Import the roll from its file."""
        with (self.folder / ROLL).open("rb") as file, self.database.writing() as session:
            reading = check_roll(file)
            if reading.problems:
                raise AssertionError(reading.problems)
            replace_roll(session, CODE_KEY, self.found(session), rows_of(file, reading.problems))
            session.commit()

    def cast(self) -> None:
        """Open the vote; put ballots into the box and seal them as the clerk at the clock does."""
        with self.database.writing() as session:
            self._move(session, Phase.VOTE)
            session.commit()
        for entries in self._voters():
            self._put_in(entries)
            with self.database.writing() as session:
                while seal_next(session, self.keys, self.found(session)):
                    pass
                session.commit()

    def _voters(self) -> Iterator[list[int]]:
        with self.database.reading() as session:
            query = select(RollEntry.id).where(RollEntry.round_id == self.round_id)
            entries = list(session.scalars(query.order_by(RollEntry.id).limit(self.ballots)))
        if len(entries) != self.ballots:
            raise AssertionError(f"only {len(entries)} are on the roll")
        for start in range(0, len(entries), TOGETHER):
            yield entries[start : start + TOGETHER]

    def _put_in(self, entries: list[int]) -> None:
        dice = random.Random(entries[0])
        with self.database.writing() as session:
            the_round = self.found(session)
            rules = rules_of(session, the_round.id)
            if rules is None:
                raise AssertionError("a vote without rules")
            paper = paper_for(session, the_round, rules)
            codes = [project.code for project in projects_in(session, the_round.id)]
            envelopes = [
                fill_in(
                    self.keys,
                    paper,
                    the_round.id,
                    entry,
                    dice.sample(codes, dice.randint(1, PROJECTS // 2)),
                    request_id="once",
                )
                for entry in entries
            ]
            answers = put_in(session, the_round.id, envelopes)
            refused = [answer for answer in answers if isinstance(answer, Refused)]
            if refused:
                raise AssertionError(f"{len(refused)} refused, first {refused[0].reason}")
            session.commit()

    def close(self) -> None:
        """Close the vote."""
        with self.database.writing() as session:
            self._move(session, Phase.COUNT)
            session.commit()

    def count(self) -> None:
        """Count all ballots, and store the outcome with its reasons."""
        with self.database.writing() as session:
            count_closed(session, self.keys, self.found(session))
            session.commit()

    def record(self) -> None:
        """Write what anybody may download, with every ballot."""
        with (
            self.database.reading() as session,
            (self.folder / RECORD).open("w") as written,
        ):
            for piece in record_in_pieces(session, self.found(session), opened=True):
                written.write(piece)

    def _move(self, session: Session, phase: Phase) -> None:
        officer = session.scalars(select(Person).order_by(Person.id)).first()
        if officer is None:
            raise AssertionError("a council without people")
        take_forward(session, self.keys, self.found(session), phase, officer, "To measure.")


def peak_megabytes() -> float:
    """The most that this process has held; what its parent held is not in it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> None:
    """Do the stage and print what it took."""
    name, url, folder, round_id, ballots = sys.argv[1:]
    stage = Stage(url, Path(folder), int(round_id), int(ballots))
    before, began, used = peak_megabytes(), monotonic(), process_time()
    answer = getattr(stage, name)()
    told = {"seconds": monotonic() - began, "processor": process_time() - used}
    print(json.dumps(told | {"peak_mb": peak_megabytes(), "before_mb": before, "answer": answer}))


if __name__ == "__main__":
    main()
