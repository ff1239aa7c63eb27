"""What docs/deploy.md promises of containers, done to them."""

from __future__ import annotations

import os
import re
import secrets
import signal
import time

import pytest
import simple_websocket

from tests.containers.conftest import Town, from_the_guide, unchecked

STAYING = ("front", "app1", "app2", "front-log", "postgres", "valkey")
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


def test_a_backup_is_restored_into_an_empty_database(town: Town) -> None:
    sealed = town.folder / "backup"
    sealed.mkdir()
    (sealed / "key").write_text(secrets.token_hex(32))
    for mine in (sealed, sealed / "key"):
        mine.chmod(0o700 if mine.is_dir() else 0o400)
        os.chown(mine, 10001, 10001)
    town.shell(from_the_guide('docker compose run --rm --volume "$PWD/backup'))
    (made,) = sealed.glob("*.wardmote")
    town.compose("exec", "postgres", "createdb", "--username=wardmote", "restored")
    address = (town.folder / "secrets" / "database_url").read_text().strip()
    told = town.compose(
        *("run", "--rm", "--volume", f"{sealed}:/backup", "--env", "WARDMOTE_DATABASE_URL_FILE="),
        *("--env", f"WARDMOTE_DATABASE_URL={address.removesuffix('wardmote')}restored", "migrate"),
        *("flask", "--app", "wsgi", "restore", "--key-file", "/backup/key"),
        f"/backup/{made.name}",
    )
    rows = re.search(r"^rows\s+([\d,]+)$", told, re.MULTILINE)
    assert rows is not None
    assert int(rows[1].replace(",", "")) > 20


def test_a_process_that_dies_is_started_again(town: Town) -> None:
    before = town.inspect("app2", "{{.State.Pid}}")
    os.kill(int(before), signal.SIGKILL)
    end = time.monotonic() + 30
    while town.inspect("app2", "{{.State.Pid}}") in {before, "0"}:
        assert time.monotonic() < end
        time.sleep(0.2)
    town.becomes_healthy("app2")
    assert town.inspect("app2", "{{.RestartCount}}") == "1"


def test_both_processes_are_replaced_and_nobody_is_turned_away(town: Town) -> None:
    asked = town.replaced_while_visited("app1", "app2")
    assert set(asked.answers) == {"200"}, asked
    assert asked.answers["200"] > 30
    assert asked.slowest < 10


def test_whom_the_front_turned_away_is_counted_in_the_database(town: Town) -> None:
    town.compose("stop", "app1", "app2")
    assert town.get("/")[0] in {502, 503, 504}
    town.compose("start", "app1", "app2")
    for service in ("app1", "app2"):
        town.becomes_healthy(service)
    told = town.compose(
        *("exec", "front-log", "flask", "--app", "wsgi", "read-front-log"),
        "/var/log/wardmote/turned-away.log",
    )
    assert re.match(r"[1-9]\d* new lines", told)


def test_what_was_stored_outlives_every_container(town: Town) -> None:
    assert town.get("/communities/canal-side")[0] == 200
    town.compose("down", "--timeout", "20")
    town.compose("up", "--detach")
    for service in ("app1", "app2", "front"):
        town.becomes_healthy(service)
    assert town.get("/communities/canal-side")[0] == 200
