"""Several processes of Wardmote behind a real nginx, as a council's own server runs them.

    def test_it(postgres_url, redis_url):
        with running_cluster(2, database_url=postgres_url, redis_url=redis_url) as cluster:
            cluster.restart(0)

nginx gets docs/deploy/nginx.conf itself; only ports, folders and TLS are replaced.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.schema import migrate
from neighbourhoods.database import Database
from tests.browser import ROOT, SERVED_BY, WardmoteServer, is_healthy, usual_settings
from tests.servers import end_process, free_port, start_process, temporary_folder, wait_until

SITE = ROOT / "docs" / "deploy" / "nginx.conf"
# Debian keeps it where only administrators' shells look.
NGINX = ("nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx")
STARTS_WITHIN = 90.0
# Longer than a process takes to hand its phones over.
ENDS_WITHIN = 25.0


def installed_nginx() -> str:
    """The path of nginx; skips the test with what to install when there is none."""
    found = next(filter(None, map(shutil.which, NGINX)), None)
    if found is None:
        pytest.skip("No nginx to test with: apt-get install nginx")
    return found


def site_here(site: str, *, port: int, processes: Sequence[int], folder: Path) -> str:
    """The site as deployed, with only ports, folders and TLS replaced."""
    lines = [line for line in site.splitlines() if not line.endswith("# TLS")]
    site = "\n".join(lines)
    servers = re.findall(r"^ *server 127\.0\.0\.1:\d+.*;$", site, re.MULTILINE)
    ours = "\n".join(re.sub(r":\d+", f":{one}", servers[0]) for one in processes)
    site = site.replace("\n".join(servers), ours)
    site = site.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    last = site.rindex("server_name ")
    site = site[:last] + f"listen 127.0.0.1:{port};\n    " + site[last:]
    return site.replace("/srv/wardmote", str(ROOT)).replace("/var/log/wardmote", str(folder))


def nginx_here(site: str, folder: Path) -> str:
    """A whole configuration around a site, which writes nowhere but into the folder."""
    temporary = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return "\n".join(
        [
            # Root's nginx would serve as nobody, who may not reach this checkout.
            "user root;" if os.geteuid() == 0 else "",
            "daemon off;",
            "worker_processes 1;",
            f"pid {folder}/nginx.pid;",
            "events { worker_connections 8192; }",
            "http {",
            "    types { text/html html; text/css css; application/javascript js;",
            "            image/svg+xml svg; font/woff2 woff2; }",
            *(f"    {kind}_temp_path {folder}/{kind};" for kind in temporary),
            "    access_log off;",
            site,
            "}",
        ]
    )


@dataclass
class Cluster:
    """Running processes of one installation: where they answer, and who they are."""

    base_url: str
    urls: tuple[str, ...]
    folder: Path
    settings: dict[str, str] = field(repr=False)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list, repr=False)
    _each: tuple[dict[str, str], ...] = field(default=(), repr=False)

    @property
    def pids(self) -> list[int]:
        """The process id of each."""
        return [process.pid for process in self.processes]

    @property
    def log(self) -> str:
        """Everything they have printed so far."""
        return (self.folder / "log").read_text(errors="replace")

    @property
    def turned_away(self) -> list[list[str]]:
        """Moment, status, method and path of each request that the front saw fail."""
        lines = (self.folder / "turned-away.log").read_text().splitlines()
        return [line.split("\t") for line in lines]

    @property
    def server(self) -> WardmoteServer:
        """The whole as one server, for whatever asks for that."""
        return WardmoteServer(self.base_url, self.pids[0], self.folder, self.settings)

    def flask(self, *arguments: str) -> str:
        """Run a `flask` command on the same database; what it printed."""
        return WardmoteServer(self.base_url, 0, self.folder, self.settings).flask(*arguments)

    def start(self, number: int) -> None:
        """Start one process that has ended; returns when it answers."""
        self.processes[number] = self._started(number)
        self._wait_for(number)

    def end(self, number: int, *, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Ask one process to end; returns its exit code once it has."""
        process = self.processes[number]
        process.send_signal(with_signal)
        return process.wait(ENDS_WITHIN)

    def restart(self, number: int) -> int:
        """End one process as a deployment does, start it again; the exit code of the old one."""
        code = self.end(number)
        self.start(number)
        return code

    def _started(self, number: int) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as lines:
            return start_process(
                [sys.executable, ROOT / "wsgi.py"], log=lines, env=self._each[number], cwd=ROOT
            )

    def _wait_for(self, number: int) -> None:
        address = f"{self.urls[number]}/health/live"
        process = self.processes[number]
        wait_until(lambda: is_healthy(address), process, self.folder / "log", within=STARTS_WITHIN)


@contextlib.contextmanager
def running_cluster(
    processes: int = 2,
    *,
    database_url: str,
    redis_url: str | None,
    front: bool = True,
    async_mode: str = SERVED_BY,
    **settings: str,
) -> Iterator[Cluster]:
    """Processes on one migrated database, behind nginx unless `front` is false; ended by pid."""
    if front:
        installed_nginx()  # or the test is skipped, before anything is started
    with temporary_folder("cluster") as folder:
        ports = [free_port() for _ in range(processes)]
        urls = tuple(f"http://127.0.0.1:{port}" for port in ports)
        front_port = free_port()
        base_url = f"http://127.0.0.1:{front_port}" if front else urls[0]
        shared = usual_settings(folder, ports[0], async_mode) | {
            "WARDMOTE_DATABASE_URL": database_url,
            "WARDMOTE_REDIS_URL": redis_url or "",
            "WARDMOTE_PROXIES": "1" if front else "0",
            "WARDMOTE_PUBLIC_URL": base_url,
        }
        each = tuple(
            shared
            | {"PORT": str(port), "WARDMOTE_PUBLIC_URL": base_url if front else url}
            | settings
            for port, url in zip(ports, urls, strict=True)
        )
        cluster = Cluster(base_url, urls, folder, shared | settings, _each=each)
        database = Database(database_url)
        migrate(database)
        database.dispose()
        try:
            cluster.processes += [cluster._started(number) for number in range(processes)]
            for number in range(processes):
                cluster._wait_for(number)
            with contextlib.ExitStack() as stack:
                if front:
                    stack.enter_context(running_front(folder, front_port, ports))
                yield cluster
        finally:
            for process in cluster.processes:
                end_process(process, with_signal=signal.SIGKILL)


@contextlib.contextmanager
def running_front(
    folder: Path, port: int, processes: Sequence[int]
) -> Iterator[subprocess.Popen[bytes]]:
    """nginx on a port, with our site, in front of whatever listens on the ports of `processes`."""
    file, log = folder / "nginx.conf", folder / "log"
    site = site_here(SITE.read_text(), port=port, processes=processes, folder=folder)
    file.write_text(nginx_here(site, folder))
    with log.open("ab") as lines:
        process = start_process(
            [installed_nginx(), "-e", "stderr", "-p", folder, "-c", file], log=lines, cwd=folder
        )
    icon = f"http://127.0.0.1:{port}/static/img/favicon.svg"  # from the front itself
    try:
        wait_until(lambda: is_healthy(icon), process, log)
        yield process
    finally:
        end_process(process)
