"""A long electoral roll is imported while others visit: how long does anybody wait?

Promise: nobody waits for more than 100 ms because of it. One phone opens a small page again and
again, first alone and then while an officer's file is read and written; told is the longest wait.
"""

import threading
from io import BytesIO
from itertools import pairwise
from time import monotonic, process_time, sleep
from typing import Self

from benchmarks.box.hall import Hall, open_hall
from benchmarks.box.phones import Phone, page_get
from benchmarks.hall.figures import Findings, kilobytes_of, percentile, waited_seconds
from neighbourhoods.eligibility import COLUMNS, check_roll, replace_roll, roll_size, rows_of
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.servers import running_postgres

PEOPLE = 60_000
ALONE = 3.0
MOST_MS = 100
# Between two visits of the phone that watches.
EVERY = 0.005


class Watch:
    """One phone that opens the same small page without a break, and how long it waited."""

    def __init__(self, port: int) -> None:
        self._phone, self._ended = Phone(port), threading.Event()
        self.waits: list[float] = []
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()
        self._phone.hang_up()

    def _look(self) -> None:
        while not self._ended.is_set():
            answer = self._phone.ask(page_get("/health/live"))
            self.waits.append((answer.answered_at - answer.sent_at) * 1000)
            sleep(EVERY)


def roll(found: Findings, share: float = 1.0) -> None:
    """Import a roll through the office's own form, on PostgreSQL."""
    people = int(PEOPLE * share)
    with (
        running_postgres(durable=True) as server,
        open_hall("postgresql", postgres=server) as hall,
    ):
        hall.serve(1)
        the_round = hall.town.round(Phase.SET_UP, voters=0)
        hall.town.session.commit()
        with Watch(hall.port) as before:
            sleep(ALONE)
        request = _sent_by_officer(hall, f"/office/rounds/{the_round.id}/roll", people)
        held, phone = kilobytes_of(hall.server_pid), Phone(hall.port)
        waited, began = waited_seconds(hall.server_pid), monotonic()
        with Watch(hall.port) as during:
            answer = phone.ask(request)
        seconds = monotonic() - began
        waited = waited_seconds(hall.server_pid) - waited
        phone.hang_up()
        if answer.status != 303:
            raise AssertionError(f"the roll was answered {answer.status}")
        memory = (kilobytes_of(hall.server_pid) - held) / 1024
        with hall.database.reading() as session:
            stored = roll_size(session, the_round.id)
        slices = _slices(hall, people)
    found.tell("people in the file", people)
    found.tell("people on the roll", stored, exactly=people)
    found.tell("from sending the file to the answer", seconds, "s")
    found.tell("in which others had the processors", waited, "s")
    longest = max(slices) * 1000
    found.tell("processor time between two pauses, longest", longest, "ms", at_most=MOST_MS)
    found.tell("processor time of reading and writing it", sum(slices), "s")
    found.tell("the longest wait of a visitor before", max(before.waits), "ms")
    found.tell("waits of visitors meanwhile, p99", percentile(during.waits, 0.99), "ms")
    found.tell("the longest wait of a visitor meanwhile", max(during.waits), "ms", at_most=MOST_MS)
    found.tell("memory that it took", memory, "MB")


def _slices(hall: Hall, people: int) -> list[float]:
    """Seconds of processor time from each pause to the next, as no neighbour can disturb them."""
    marks = [process_time()]
    with hall.database.writing() as session:
        the_round = hall.town.round(Phase.SET_UP, voters=0)
        hall.town.session.commit()
        the_round = session.get_one(Round, the_round.id)
        file = BytesIO(_file(people))
        marks[0] = process_time()

        def pause() -> None:
            marks.append(process_time())

        reading = check_roll(file, pause)
        replace_roll(session, b"key", the_round, rows_of(file, reading.problems), pause)
        session.rollback()
    return [later - earlier for earlier, later in pairwise(marks)]


def _file(people: int) -> bytes:
    rows = (f"R{n},Voter Number {n},ZZ1 1AA,voter{n}@example.org\r\n" for n in range(people))
    return f"{','.join(COLUMNS)}\r\n{''.join(rows)}".encode()


def _sent_by_officer(hall: Hall, path: str, people: int) -> bytes:
    cookie, token = hall.browser_of(person_id=hall.town.officer.id)
    part = "--x\r\nContent-Disposition: form-data; name="
    body = (
        f'{part}"csrf_token"\r\n\r\n{token}\r\n'
        f'{part}"file"; filename="roll.csv"\r\nContent-Type: text/csv\r\n\r\n'
    ).encode()
    body += _file(people) + b"\r\n--x--\r\n"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
