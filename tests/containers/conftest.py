"""The images built and all of compose.yaml started, on a real engine: make containers."""

from __future__ import annotations

import http.client
import os
import re
import resource
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.house.sources import ROOT
from tests.servers import free_port

HERE = Path(__file__).parent
PROJECT = "wardmote-trial"
DOCKER = shutil.which("docker") or ""

#: Settings of `.env` in docs/deploy.md.
SETTINGS = """\
WARDMOTE_COUNCIL=Millbrook
WARDMOTE_PUBLIC_URL=https://wardmote.example.gov.uk
WARDMOTE_MAIL_FROM=wardmote@example.gov.uk
WARDMOTE_SOURCE_URL=https://code.example.gov.uk/wardmote
WARDMOTE_PROCESSES=3
"""
PROCESSES = ("app1", "app2", "app3")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs an engine and minutes, and is asked for by name."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.containers)


def from_the_guide(first: str) -> str:
    """The commands of the one block in docs/deploy.md that begins so."""
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", guide, re.MULTILINE)
    (found,) = [block for block in blocks if block.strip().startswith(first)]
    return "".join(line.removeprefix("    ") for line in found.splitlines(keepends=True))


@dataclass
class Asked:
    """How each request ended, and the slowest's seconds."""

    answers: dict[str, int] = field(default_factory=dict)
    slowest: float = 0.0


@dataclass(frozen=True)
class Town:
    """A council in containers, and a way to give it commands."""

    folder: Path
    http: int
    https: int

    def compose(self, *words: str) -> str:
        """What `docker compose` prints; fails with it if the command does."""
        done = subprocess.run(
            [DOCKER, "compose", *words], cwd=self.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def shell(self, commands: str) -> None:
        """Do what the guide says, as it stands there."""
        done = subprocess.run(
            ["/bin/bash", "-eu", "-c", commands], cwd=self.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    def inspect(self, service: str, form: str) -> str:
        """One thing that the engine knows of a service's container."""
        (container,) = self.compose("ps", "--all", "--quiet", service).split()
        done = subprocess.run(
            [DOCKER, "inspect", "--format", form, container],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def becomes_healthy(self, service: str, within: float = 120) -> None:
        end = time.monotonic() + within
        while (health := self.inspect(service, "{{.State.Health.Status}}")) != "healthy":
            assert time.monotonic() < end, f"{service} is {health}"
            time.sleep(0.5)

    def all_become_healthy(self) -> None:
        for service in (*PROCESSES, "front"):
            self.becomes_healthy(service)

    def get(self, path: str) -> tuple[int, bytes]:
        """The answer that a visitor's browser gets."""
        visitor = http.client.HTTPSConnection(
            "127.0.0.1", self.https, context=unchecked(), timeout=15
        )
        try:
            visitor.request("GET", path, headers={"Host": "wardmote.example.gov.uk"})
            answer = visitor.getresponse()
            return answer.status, answer.read()
        finally:
            visitor.close()

    def visited(self, until: Event, asked: Asked) -> None:
        """Ask for the first page five times a second, and note each answer."""
        while not until.wait(0.2):
            begun = time.monotonic()
            try:
                how = str(self.get("/")[0])
            except OSError as error:
                how = type(error).__name__
            asked.answers[how] = asked.answers.get(how, 0) + 1
            asked.slowest = max(asked.slowest, time.monotonic() - begun)

    def replaced_while_visited(self, *services: str) -> Asked:
        """Put a new container in each one's place, one after the other, before visitors' eyes."""
        asked, until = Asked(), Event()
        visitors = Thread(target=self.visited, args=(until, asked))
        visitors.start()
        try:
            for service in services:
                self.compose("up", "--detach", "--no-deps", "--force-recreate", service)
                self.becomes_healthy(service)
        finally:
            until.set()
            visitors.join()
        return asked


def unchecked() -> ssl.SSLContext:
    """The certificate of a trial is nobody's."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def make_certificate(folder: Path) -> None:
    """A new certificate, under the names that certbot gives it."""
    subprocess.run(
        [
            *("/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=wardmote.example.gov.uk"),
            *("-keyout", "privkey.pem", "-out", "fullchain.pem"),
        ],
        cwd=folder,
        capture_output=True,
        check=True,
    )


def lay(folder: Path) -> Town:
    """The checkout in a folder of its own, with secrets made by the guide's own commands."""
    files = subprocess.run(
        [shutil.which("git") or "", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in files.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    make_certificate(folder)
    commands = from_the_guide("mkdir -m 0700 secrets")
    commands = commands.replace("/etc/letsencrypt/live/wardmote.example.gov.uk", str(folder))
    town = Town(folder, free_port(), free_port())
    town.shell(commands)
    # Handles: an engine inside a sandbox may give no more than that has.
    handles = min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    services = ("front", "app1", "app2", "app3", "migrate", "front-log")
    limits = "".join(f"  {one}: {{ulimits: {{nofile: {handles}}}}}\n" for one in services)
    limits = limits.replace(
        "  front: {",
        f'  front: {{ports: !override ["127.0.0.1:{town.http}:8080",'
        f' "127.0.0.1:{town.https}:8443"], ',
    )
    (folder / "trial.yaml").write_text("services:\n" + limits)
    (folder / "compose.override.yaml").write_text(from_the_guide("services:"))
    composed = "compose.yaml:compose.override.yaml:trial.yaml"
    project = f"COMPOSE_PROJECT_NAME={PROJECT}\nCOMPOSE_FILE={composed}\n"
    (folder / ".env").write_text(SETTINGS + project)
    return town


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Built, started, set up; gone with all its volumes afterwards."""
    if os.getuid() != 0:
        pytest.skip("Secrets are given to the containers' users: run this as root")
    if not DOCKER:
        pytest.skip("No container engine: it takes docker and its compose plugin")
    for asked in (("info",), ("compose", "version")):
        if subprocess.run([DOCKER, *asked], capture_output=True, check=False).returncode:
            pytest.skip(f"docker {asked[0]} does not answer: it takes a running engine and compose")
    town = lay(tmp_path_factory.mktemp("town"))
    try:
        shutil.copy(ROOT / "app" / "demonstration" / "council.toml", town.folder)
        town.shell(from_the_guide("mkdir -p acme"))
        town.all_become_healthy()
        yield town
    finally:
        subprocess.run(
            [DOCKER, "compose", "down", "--volumes", "--timeout", "20"],
            cwd=town.folder,
            check=False,
        )
