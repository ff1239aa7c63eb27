"""What docs/deploy.md promises of containers, done to them."""

from __future__ import annotations

import os
import re
import signal
import ssl
import time
import urllib.request

import pytest
import simple_websocket

from tests.containers.conftest import (
    PROCESSES,
    Town,
    from_the_guide,
    make_certificate,
    unchecked,
)

STAYING = ("front", *PROCESSES, "front-log", "postgres", "valkey")
STORED = "/communities/canal-side"
CANNOT_WRITE = "Read-only file system"


@pytest.mark.parametrize("service", STAYING)
def test_a_container_has_no_capability_and_a_root_that_nobody_may_write(
    town: Town, service: str
) -> None:
    told = town.compose(
        "exec", service, "sh", "-c", "id -u; touch /here 2>&1; cat /proc/1/status; exit 0"
    )
    assert told.splitlines()[0] != "0"
    assert CANNOT_WRITE in told
    assert re.search(r"^CapEff:\s+0+$", told, re.MULTILINE)
    assert re.search(r"^CapBnd:\s+0+$", told, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1$", told, re.MULTILINE)


def test_the_pages_their_files_and_a_phones_line_come_through_the_front(town: Town) -> None:
    status, page = town.get("/")
    assert status == 200
    assert b"Millbrook" in page
    for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.decode()):
        assert town.get(path)[0] == 200, path
    assert town.get("/health/ready") == (200, b"ready\n")
    phone = simple_websocket.Client(
        f"wss://127.0.0.1:{town.https}/socket.io/?EIO=4&transport=websocket",
        ssl_context=unchecked(),
        headers={"Origin": "https://wardmote.example.gov.uk"},
    )
    try:
        assert str(phone.receive(timeout=10)).startswith('0{"sid":')
        phone.send("40")
        assert str(phone.receive(timeout=10)).startswith('40{"sid":')
    finally:
        phone.close()


def test_preflight_misses_only_what_a_trial_has_not_got(town: Town) -> None:
    told = town.compose(
        "exec", "app1", "sh", "-c", "flask --app wsgi preflight 2>&1; exit 0"
    ).splitlines()
    assert sum(line.startswith("ok ") for line in told) > 15
    wrong = {line.removeprefix("WRONG").split("  ")[1].strip() for line in told if "WRONG" in line}
    # No mail server and no name on the internet; and a sandbox may have few file handles.
    assert wrong - {"file handles"} == {"mail server", "public address answers"}


def test_every_process_tells_its_metrics_to_whoever_has_the_token(town: Town) -> None:
    ask = (
        "import sys, urllib.error, urllib.request as ask\n"
        "token = open('/run/secrets/metrics_token').read().strip()\n"
        "known = {'Authorization': 'Bearer ' + token}\n"
        "asked = ask.Request(sys.argv[1] + '/metrics', headers=known)\n"
        "print(ask.urlopen(asked).read().decode())\n"
        "try:\n"
        "    ask.urlopen(sys.argv[1] + '/metrics')\n"
        "except urllib.error.HTTPError as refused:\n"
        "    print('without', refused.code)\n"
    )
    for process in PROCESSES:
        told = town.compose("exec", "front-log", "python", "-c", ask, f"http://{process}:8000")
        assert "wardmote_ballots" in told
        assert "without 404" in told


def test_a_renewed_certificate_is_served_without_a_restart(town: Town) -> None:
    (town.folder / "acme" / ".well-known" / "acme-challenge").mkdir(parents=True)
    (town.folder / "acme" / ".well-known" / "acme-challenge" / "word").write_text("said")
    answer = f"http://127.0.0.1:{town.http}/.well-known/acme-challenge/word"
    with urllib.request.urlopen(answer, timeout=10) as said:
        assert said.read() == b"said"
    before = ssl.get_server_certificate(("127.0.0.1", town.https))
    made = town.folder / "renewed"
    made.mkdir()
    make_certificate(made)
    town.shell(f"RENEWED_LINEAGE={made} docs/deploy/renewed-certificate")
    end = time.monotonic() + 20
    while ssl.get_server_certificate(("127.0.0.1", town.https)) == before:
        assert time.monotonic() < end
        time.sleep(0.5)
    now = ssl.get_server_certificate(("127.0.0.1", town.https))
    assert now.split() == (made / "fullchain.pem").read_text().split()


def test_a_process_that_dies_is_started_again(town: Town) -> None:
    before = town.inspect("app2", "{{.State.Pid}}")
    os.kill(int(before), signal.SIGKILL)
    end = time.monotonic() + 30
    while town.inspect("app2", "{{.State.Pid}}") in {before, "0"}:
        assert time.monotonic() < end
        time.sleep(0.2)
    town.becomes_healthy("app2")
    assert town.inspect("app2", "{{.RestartCount}}") == "1"


def test_processes_are_replaced_and_nobody_is_turned_away(town: Town) -> None:
    asked = town.replaced_while_visited("app1", "app2")
    assert set(asked.answers) == {"200"}, asked
    assert asked.answers["200"] > 30
    assert asked.slowest < 10


def test_whom_the_front_turned_away_is_counted_in_the_database(town: Town) -> None:
    town.compose("stop", *PROCESSES)
    assert town.get("/")[0] in {502, 503, 504}
    town.compose("start", *PROCESSES)
    town.all_become_healthy()
    told = town.compose(
        *("exec", "front-log", "flask", "--app", "wsgi", "read-front-log"),
        "/var/log/wardmote/turned-away.log",
    )
    assert re.match(r"[1-9]\d* new lines", told)


def test_what_was_stored_outlives_every_container(town: Town) -> None:
    assert town.get(STORED)[0] == 200
    town.compose("down", "--timeout", "20")
    town.compose("up", "--detach")
    town.all_become_healthy()
    assert town.get(STORED)[0] == 200


def test_what_was_backed_up_outlives_every_volume(town: Town) -> None:
    town.shell(from_the_guide("install -d -m 0700 -o 10001 backup"))
    town.compose("down", "--volumes", "--timeout", "20")
    town.shell(from_the_guide("docker compose up --detach --wait"))
    town.all_become_healthy()
    assert town.get(STORED)[0] == 200
