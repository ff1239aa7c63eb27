from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psycopg2
import pytest
import redis

from tests import servers


def _rows(url: str, statement: str) -> list[tuple[object, ...]]:
    address = url.replace("postgresql+psycopg2://", "postgresql://")
    with contextlib.closing(psycopg2.connect(address)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


@pytest.mark.postgres
def test_each_test_gets_an_empty_postgres_database(postgres_url: str) -> None:
    assert postgres_url.startswith("postgresql+psycopg2://")
    _rows(postgres_url, "CREATE TABLE ward (name text)")
    assert _rows(postgres_url, "SELECT * FROM ward") == []


@pytest.mark.postgres
def test_a_fresh_database_can_copy_another(postgres_server: servers.Server) -> None:
    model = servers.fresh_database(postgres_server)
    _rows(model, "CREATE TABLE ward AS SELECT 'Hatherley' AS name")
    copy = servers.fresh_database(postgres_server, like=model.rsplit("/", 1)[1])
    assert _rows(copy, "SELECT name FROM ward") == [("Hatherley",)]
    for url in (copy, model):
        servers.drop_database(postgres_server, url)


@pytest.mark.postgres
def test_a_dropped_database_is_gone_even_while_somebody_is_connected(
    postgres_server: servers.Server,
) -> None:
    url = servers.fresh_database(postgres_server)
    address = url.replace("postgresql+psycopg2://", "postgresql://")
    with contextlib.closing(psycopg2.connect(address)):
        servers.drop_database(postgres_server, url)
        with pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(address)


@pytest.mark.postgres
def test_postgres_listens_on_this_machine_only(postgres_server: servers.Server) -> None:
    assert _rows(postgres_server.url, "SHOW listen_addresses") == [("127.0.0.1",)]


@pytest.mark.postgres
def test_servers_do_not_run_as_root(
    postgres_server: servers.Server, valkey_server: servers.Server
) -> None:
    for server in (postgres_server, valkey_server):
        assert Path(f"/proc/{server.pid}").stat().st_uid != 0


@pytest.mark.redis
def test_valkey_asks_for_its_password(redis_url: str) -> None:
    host = redis_url.split("@")[1]
    with (
        redis.Redis.from_url(f"redis://{host}") as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


@pytest.mark.redis
def test_each_test_gets_an_emptied_valkey(redis_url: str, request: pytest.FixtureRequest) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set("ward", "Hatherley")
        request.getfixturevalue("valkey_server")
        assert client.dbsize() == 1
        client.flushall()


def test_a_program_out_of_the_ordinary_users_reach_is_copied(tmp_path: Path) -> None:
    user = servers.ordinary_user()
    if user is None:
        pytest.skip("only root has to drop to another user")
    locked = tmp_path / "locked"
    (locked / "bin").mkdir(parents=True)
    (locked / "bin" / "tool").write_text("#!/bin/sh\nexit 0\n")
    (locked / "bin" / "tool").chmod(0o755)
    for folder in (locked, locked / "bin"):
        folder.chmod(0o700)
    with servers.temporary_folder("programs") as folder:
        found = servers.runnable(locked / "bin" / "tool", [locked / "bin"], folder / "programs")
        assert found.is_relative_to(folder)
        assert servers.can_run(found, user)


def test_a_server_that_ends_early_says_why(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("ab") as lines:
        process = servers.start_process(["/bin/sh", "-c", "echo no such ward; exit 3"], log=lines)
    with pytest.raises(servers.DidNotStartError, match="ended with 3:\nno such ward"):
        servers.wait_until(lambda: False, process, log)


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("ab") as lines:
        process = servers.start_process(["/bin/sleep", "60"], log=lines)
    with pytest.raises(servers.DidNotStartError, match="no answer within"):
        servers.wait_until(lambda: False, process, log, within=0.2)
    servers.end_process(process)
    assert process.poll() is not None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells the children")
def test_a_server_ends_when_the_tests_are_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = textwrap.dedent(
        f"""
        import time
        from pathlib import Path
        from tests import servers
        with Path({str(log)!r}).open("ab") as lines:
            print(servers.start_process(["/bin/sleep", "60"], log=lines).pid, flush=True)
        time.sleep(60)
        """
    )
    tests = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    with tests:
        assert tests.stdout is not None
        child = int(tests.stdout.readline())
        tests.kill()
    deadline = time.monotonic() + 5
    while _is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_alive(child)


def _is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_folders_left_by_killed_runs_are_swept() -> None:
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    with servers.temporary_folder("living") as living:
        leftover = living.with_name(f"{servers.PREFIX}{gone.pid}-postgres-left")
        leftover.mkdir()
        with servers.temporary_folder("next"):
            assert not leftover.exists()
            assert living.exists()
    assert not living.exists()


def test_temporary_folders_name_the_process_that_made_them() -> None:
    with servers.temporary_folder("named") as folder:
        assert folder.name.startswith(f"{servers.PREFIX}{os.getpid()}-named-")
