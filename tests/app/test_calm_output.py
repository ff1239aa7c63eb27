"""A log that cannot be written, or that nobody reads, raises nothing and keeps nobody waiting."""

import json
import os
import socket
from pathlib import Path

from app.calm_output import CalmOutput

LINE = "x" * 99


def test_a_full_disk_raises_nothing() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        print(LINE, file=CalmOutput(full.fileno()), flush=True)


def test_a_file_is_written_line_by_line(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb", buffering=0) as file:
        out = CalmOutput(file.fileno())
        print("one", "two", file=out)
        out.write("begun")
    assert (tmp_path / "log").read_text() == "one two\n"


def test_a_pipe_that_nobody_reads_keeps_nobody_waiting_and_tells_what_is_missing() -> None:
    reading, writing = os.pipe()
    out = CalmOutput(writing)
    for _ in range(2_000):
        print(LINE, file=out)
    kept = os.read(reading, 1 << 20).decode()
    print("again", file=out)
    told, last = os.read(reading, 1 << 20).decode().splitlines()[-2:]
    assert last == "again"
    assert json.loads(told)["lines"] + kept.count("\n") == 2_000
    # The pipe that others share still waits for them.
    assert os.get_blocking(writing)
    out.close()
    os.close(reading)
    os.close(writing)


def test_a_socket_that_nobody_reads_keeps_nobody_waiting() -> None:
    here, there = socket.socketpair()
    with here, there:
        out = CalmOutput(here.fileno())
        for _ in range(20_000):
            print(LINE, file=out)
        assert there.recv(100) == LINE.encode() + b"\n"
        assert here.gettimeout() is None
        out.close()


def test_a_pipe_whose_reader_is_gone_raises_nothing() -> None:
    reading, writing = os.pipe()
    out = CalmOutput(writing)
    os.close(reading)
    print(LINE, file=out)
    out.close()
    os.close(writing)
