from __future__ import annotations

import http.server
import os
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests import browser
from tests.browser import axe_violations, installed_browser, overflows_sideways, visitor
from tests.servers import DidNotStartError

GOOD = """<!doctype html><html lang="en"><head>
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Money for Hatherley – Wardmote</title></head>
<body><main><h1>Money for Hatherley</h1><p>Choose up to five.</p></main></body></html>"""
WITHOUT_LABEL = GOOD.replace("<p>", '<input name="cost"><p>')


class StrictPages(http.server.BaseHTTPRequestHandler):
    """Serves the page kept on the server, under a policy that allows no script at all."""

    def do_GET(self) -> None:
        body = GOOD.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def strict_address() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), StrictPages) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.browser
def test_axe_finds_nothing_wrong_with_a_good_page(desk: Page) -> None:
    desk.set_content(GOOD)
    assert axe_violations(desk) == []


@pytest.mark.browser
def test_axe_names_the_field_without_a_label(desk: Page) -> None:
    desk.set_content(WITHOUT_LABEL)
    (violation,) = axe_violations(desk)
    assert "label (critical)" in violation
    assert '<input name="cost">' in violation


@pytest.mark.browser
def test_axe_works_under_a_policy_that_forbids_scripts(desk: Page, strict_address: str) -> None:
    desk.goto(strict_address)
    assert axe_violations(desk) == []


@pytest.mark.browser
def test_the_phone_is_narrow_and_touched(phone: Page) -> None:
    phone.set_content(GOOD)
    assert phone.evaluate("innerWidth") == 360
    assert phone.evaluate("navigator.maxTouchPoints") > 0


@pytest.mark.browser
def test_the_hall_is_full_hd(hall: Page) -> None:
    assert (hall.evaluate("innerWidth"), hall.evaluate("innerHeight")) == (1920, 1080)


@pytest.mark.browser
def test_a_page_wider_than_the_phone_is_noticed(phone: Page) -> None:
    phone.set_content(GOOD)
    assert not overflows_sideways(phone)
    phone.set_content(GOOD.replace("<p>", '<p style="width: 700px">'))
    assert overflows_sideways(phone)


@pytest.mark.browser
def test_two_visitors_do_not_share_cookies(chromium: Browser, strict_address: str) -> None:
    with visitor(chromium) as one, visitor(chromium) as other:
        one.goto(strict_address)
        other.goto(strict_address)
        one.evaluate("document.cookie = 'who=councillor'")
        assert other.evaluate("document.cookie") == ""


def test_without_a_browser_the_test_fails_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
        installed_browser()


SMALL_SITE = textwrap.dedent(
    """
    import http.server, os

    class Healthy(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/health/live" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

    print("keeps", os.environ["WARDMOTE_DATABASE_URL"], os.environ["ASYNC_MODE"])
    address = os.environ["HOST"], int(os.environ["PORT"])
    http.server.HTTPServer(address, Healthy).serve_forever()
    """
)


def _small_site(folder: Path, monkeypatch: pytest.MonkeyPatch, source: str = SMALL_SITE) -> None:
    (folder / "wsgi.py").write_text(source)
    monkeypatch.setattr(browser, "ROOT", folder)


def test_a_wardmote_answers_when_it_is_handed_over_and_is_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _small_site(tmp_path, monkeypatch)
    with browser.running_wardmote() as server:
        assert browser.is_healthy(f"{server.base_url}/health/live")
    assert not browser.is_healthy(f"{server.base_url}/health/live")
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)


def test_a_wardmote_keeps_a_database_of_its_own_and_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _small_site(tmp_path, monkeypatch)
    with browser.running_wardmote(async_mode="gevent") as server:
        assert f"keeps sqlite:///{server.folder}/wardmote.db gevent" in server.log


def test_a_wardmote_that_cannot_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _small_site(tmp_path, monkeypatch, "raise SystemExit('WARDMOTE_SECRET_KEY is missing')")
    with (
        pytest.raises(DidNotStartError, match="WARDMOTE_SECRET_KEY is missing"),
        browser.running_wardmote(),
    ):
        pass
