"""The front as deployed: what it passes on, what it repeats, what it refuses and what it keeps."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Page

from tests.browser import ROOT, axe_violations, overflows_sideways
from tests.cluster import SITE, installed_nginx, nginx_here, running_cluster, running_front
from tests.servers import free_port, temporary_folder

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@dataclass
class Process:
    """Something that listens like a process, keeps what it heard, and answers as it is told."""

    answer: bytes = ANSWER
    heard: list[bytes] = field(default_factory=list)
    port: int = 0
    lines: int = 0

    def serve(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = listener.accept()
                self.lines += 1
                threading.Thread(target=self._speak, args=(line,), daemon=True).start()

    def _speak(self, line: socket.socket) -> None:
        with line, contextlib.suppress(OSError):
            said = line.recv(65_536)
            while said and (size := re.search(rb"Content-Length: (\d+)", said)):
                if len(said.partition(b"\r\n\r\n")[2]) >= int(size[1]):
                    break
                said += line.recv(65_536)
            self.heard.append(said)
            line.sendall(self.answer)


@contextlib.contextmanager
def listening(*answers: bytes) -> Iterator[list[Process]]:
    with contextlib.ExitStack() as stack:
        processes = []
        for answer in answers:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            process = Process(answer, port=listener.getsockname()[1])
            threading.Thread(target=process.serve, args=(listener,), daemon=True).start()
            # close() alone would leave the thread in accept().
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            processes.append(process)
        yield processes


@dataclass
class Front:
    folder: Path
    port: int

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        line.request(method, path, body, named)
        answer = line.getresponse()
        said = answer.read()
        line.close()
        return answer, said

    def turned_away(self, lines: int) -> list[list[str]]:
        file = self.folder / "turned-away.log"
        eventually(lambda: file.read_text().count("\n") >= lines)
        return [line.split("\t") for line in file.read_text().splitlines()]


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


@contextlib.contextmanager
def front_of(*processes: Process) -> Iterator[Front]:
    installed_nginx()
    with temporary_folder("front") as folder:
        port = free_port()
        with running_front(folder, port, [process.port for process in processes]):
            yield Front(folder, port)


def test_a_process_is_told_who_asks_and_believes_nobody_else() -> None:
    with listening(ANSWER) as (process,), front_of(process) as front:
        front.ask("/", X_Forwarded_For="6.6.6.6", X_Forwarded_Proto="https", X_Forwarded_Host="x")
        said = process.heard[0].decode()
        assert "X-Forwarded-For: 127.0.0.1\r\n" in said
        assert "X-Forwarded-Proto: http\r\n" in said
        assert f"X-Forwarded-Host: 127.0.0.1:{front.port}\r\n" in said
        assert "6.6.6.6" not in said


def test_a_request_that_looks_goes_to_another_process_when_one_breaks_off() -> None:
    with listening(b"", ANSWER) as (broken, whole), front_of(broken, whole) as front:
        assert [front.ask("/")[1] for _ in range(4)] == [b"ok"] * 4
        assert broken.heard


def test_a_ballot_goes_to_another_process_when_one_breaks_off() -> None:
    with listening(b"", ANSWER) as (broken, whole), front_of(broken, whole) as front:
        sent = [front.ask("/rounds/3/ballot", "POST", b"request_id=r1")[1] for _ in range(4)]
        assert sent == [b"ok"] * 4
        assert broken.heard[0].endswith(b"request_id=r1")
        assert whole.heard[0].endswith(b"request_id=r1")


def test_nothing_else_that_may_be_stored_is_sent_a_second_time() -> None:
    with listening(b"", b"") as processes, front_of(*processes) as front:
        answer, page = front.ask("/rounds/3/proposals", "POST", b"title=x")
        assert answer.status == 502
        assert b"try again in a moment" in page
        assert sum(len(process.heard) for process in processes) == 1


def test_people_turned_away_are_noted_without_address_query_or_code() -> None:
    gone = Process(port=free_port())
    busy = b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nConnection: close\r\n\r\nwait"
    with front_of(gone) as front:
        front.ask("/rounds/3/ballot?who=me", "POST", b"request_id=r1")
        front.ask("/v/ABCD-EFGH")
        front.ask("/static/nothing-there.css")
        noted = front.turned_away(2)
    assert [line[1:] for line in noted] == [
        ["502", "POST", "/rounds/3/ballot"],
        ["502", "GET", "/v"],
    ]
    assert all(datetime.fromisoformat(line[0]) for line in noted)
    with listening(busy) as (process,), front_of(process) as front:
        assert front.ask("/rounds/4/receipts/ABCD")[1] == b"wait"
        assert front.turned_away(1)[0][1:] == ["503", "GET", "/rounds/4/receipts"]


def test_figures_for_monitoring_are_not_for_the_world() -> None:
    with listening(ANSWER) as (process,), front_of(process) as front:
        assert front.ask("/metrics")[0].status == 404
        assert process.heard == []


def test_a_body_that_comes_in_drops_holds_no_process() -> None:
    head = b"POST /rounds/3/ballot HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
    with (
        listening(ANSWER) as (process,),
        front_of(process) as front,
        socket.create_connection(("127.0.0.1", front.port)) as drops,
    ):
        drops.sendall(head + b"r")
        assert front.ask("/")[1] == b"ok"
        assert process.lines == 1
        drops.sendall(b"equest=1")
        eventually(lambda: len(process.heard) == 2)


def test_files_are_kept_for_good_only_under_an_address_of_their_contents() -> None:
    with front_of(Process(port=free_port())) as front:
        for path, kept in (
            ("/static/css/wardmote.css", "no-cache"),
            ("/static/css/wardmote.css?v=1234", "public, max-age=31536000, immutable"),
            ("/static/vendor/govuk-frontend-6.3.0/govuk-frontend.min.css", "immutable"),
        ):
            answer, body = front.ask(path, Accept_Encoding="gzip")
            assert answer.status == 200
            assert kept in str(answer.getheader("Cache-Control"))
            assert answer.getheader("Content-Encoding") == "gzip"
            assert answer.getheader("X-Content-Type-Options") == "nosniff"
            assert body
        assert front.ask("/static/../wsgi.py")[0].status in (400, 502)


@pytest.mark.browser
def test_while_no_process_answers_people_read_a_page_in_plain_words(phone: Page) -> None:
    with front_of(Process(port=free_port())) as front:
        answer = phone.goto(f"http://127.0.0.1:{front.port}/rounds/3/ballot")
        assert answer is not None
        assert answer.status == 502
        assert answer.headers["cache-control"] == "no-store"
        assert phone.get_by_role("heading", level=1).inner_text() == "Please try again in a moment"
        words = phone.inner_text("body").lower()
        assert not re.search(r"50\d|error|server|gateway|nginx", words)
        assert axe_violations(phone) == []
        assert not overflows_sideways(phone)


def test_the_site_is_valid_as_it_is_deployed_with_a_certificate(tmp_path: Path) -> None:
    name, key = "wardmote.example.gov.uk", ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(today)
        .not_valid_after(today + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "fullchain.pem").write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    (tmp_path / "privkey.pem").write_bytes((tmp_path / "fullchain.pem").read_bytes())
    site = SITE.read_text().replace(f"/etc/letsencrypt/live/{name}", str(tmp_path))
    site = site.replace("/var/log/wardmote", str(tmp_path)).replace("/srv/wardmote", str(ROOT))
    file = tmp_path / "nginx.conf"
    file.write_text(nginx_here(site, tmp_path))
    command: list[str | Path] = [
        installed_nginx(),
        "-e",
        "stderr",
        "-p",
        tmp_path,
        "-t",
        "-c",
        file,
    ]
    tried = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "syntax is ok" in tried.stderr
    # Ports below 1024 may be another's; whatever else is wrong stands in its own line.
    wrong = [line for line in tried.stderr.splitlines() if "[emerg]" in line]
    assert [line for line in wrong if "bind()" not in line] == []
    assert "[warn]" not in tried.stderr


@pytest.mark.postgres
@pytest.mark.redis
def test_a_cluster_answers_through_its_front_and_a_process_can_be_started_again(
    postgres_url: str, redis_url: str
) -> None:
    with running_cluster(2, database_url=postgres_url, redis_url=redis_url) as cluster:
        front = Front(cluster.folder, int(cluster.base_url.rsplit(":", 1)[1]))
        assert front.ask("/")[0].status == 200
        before = cluster.pids
        cluster.restart(0)
        assert cluster.pids[0] != before[0]
        assert cluster.pids[1] == before[1]
        assert front.ask("/")[0].status == 200
        assert "Traceback" not in cluster.log
