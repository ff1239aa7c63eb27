"""The log: what a line holds in production, and what it never does."""

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog
from flask import Flask

from app.access import Who, open_to
from app.factory import create_app
from app.logbook import OthersWords, open_log
from app.settings import Environment, LogLevel, Settings, SettingsError, settings_from

NAMED = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def in_production(test_settings: Settings) -> Settings:
    return replace(test_settings, environment=Environment.PRODUCTION, proxies=1)


@pytest.fixture(autouse=True)
def the_log_is_put_back() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def broken_app(settings: Settings) -> Flask:
    """An app with a page that always breaks, with somebody's choice in hand."""
    app = create_app(settings)

    @open_to(Who.ANYONE)
    def broken(code: str) -> str:
        raise RuntimeError(f"{code} chose project-7")

    app.add_url_rule("/v2/<code>/broken", "broken", broken)
    return app


def lines(written: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.splitlines()]


def test_a_fault_is_told_in_json_with_the_id_that_the_resident_can_quote(
    in_production: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    client = broken_app(in_production).test_client()
    answer = client.get("/v2/ABCD0123/broken?token=xyz", headers={"X-Request-ID": NAMED})
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] == NAMED
    assert "01234567" in answer.text
    fault, told = lines(capsys.readouterr().out)
    assert fault["event"] == "unexpected"
    assert (fault["kind"], fault["reference"], fault["level"]) == (
        "RuntimeError",
        "01234567",
        "error",
    )
    assert told["event"] == "request"
    assert (told["route"], told["status"], told["method"]) == ("/v2/<code>/broken", 500, "GET")
    assert fault["request"] == told["request"] == NAMED
    assert re.fullmatch(r"2\d{3}-\d\d-\d\dT[\d:.]+Z", told["at"])
    assert set(told) == {"at", "event", "level", "method", "ms", "request", "route", "status"}


def test_no_line_holds_an_address_a_query_or_the_words_of_an_error(
    in_production: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = replace(in_production, log_level=LogLevel.DEBUG)
    client = broken_app(settings).test_client()
    client.get("/v2/ABCD0123/broken?token=xyz")
    client.get("/v/ABCD0123EFGH")
    client.get("/sign-in?next=/rounds/1&email=ann@example.org")
    written = capsys.readouterr().out
    assert len(lines(written)) == 4
    for secret in ("ABCD0123", "xyz", "project-7", "ann@", "?"):
        assert secret not in written


@pytest.mark.parametrize(
    "sent", ["", "short", "../../etc", NAMED.upper(), NAMED + " ", "a" * 80, "ann-chose-project-7"]
)
def test_an_id_that_is_not_well_formed_is_made_anew(in_production: Settings, sent: str) -> None:
    client = create_app(in_production).test_client()
    told = client.get("/nowhere", headers={"X-Request-ID": sent}).headers["X-Request-ID"]
    assert told != sent
    assert re.fullmatch(r"[0-9a-f]{32}", told)


def test_without_a_proxy_nobody_names_their_own_requests(test_settings: Settings) -> None:
    client = create_app(test_settings).test_client()
    answer = client.get("/nowhere", headers={"X-Request-ID": NAMED})
    assert answer.headers["X-Request-ID"] != NAMED


@pytest.mark.parametrize(
    ("level", "told"),
    [
        (LogLevel.DEBUG, [200, 404, 400, 500, 500]),
        (LogLevel.INFO, [400, 500, 500]),
        (LogLevel.WARNING, [500, 500]),
        (LogLevel.ERROR, [500]),
    ],
)
def test_the_level_says_which_requests_are_worth_a_line(
    in_production: Settings,
    capsys: pytest.CaptureFixture[str],
    level: LogLevel,
    told: list[int],
) -> None:
    client = broken_app(replace(in_production, log_level=level)).test_client()
    client.get("/accessibility")
    client.get("/nowhere")
    client.post("/sign-in", data={"email": "ann@example.org"})  # without its token
    client.get("/v2/x/broken")
    found = lines(capsys.readouterr().out)
    assert [line.get("status", 500) for line in found] == told


def test_while_developing_the_log_is_for_people(
    test_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    open_log(test_settings)
    structlog.get_logger().info("hello")
    written = capsys.readouterr().out
    assert "hello" in written
    assert not written.startswith("{")


def test_what_libraries_log_is_told_without_what_they_put_into_it(
    in_production: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    open_log(in_production)
    logger, handler = logging.getLogger("a-library"), OthersWords()
    logger.addHandler(handler)
    logger.warning("Cannot reach %s", "redis://:password@host")
    logger.warning("GET /v/ABCD0123EFGH failed")
    try:
        int("ann@example.org chose project-7")
    except ValueError:
        logger.exception("Exception on /v/ABCD0123EFGH [GET]")
    logger.removeHandler(handler)
    written = capsys.readouterr().out
    plain, path, fault = lines(written)
    assert (plain["logger"], plain["level"]) == ("a-library", "warning")
    assert path["words"] == fault["words"] == ""
    assert (fault["kind"], fault["level"]) == ("ValueError", "error")
    for secret in ("password", "ABCD0123", "ann@", "project-7"):
        assert secret not in written


def test_an_unknown_level_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="'loud' is none of debug, info, warning, error"):
        settings_from({"WARDMOTE_LOG_LEVEL": "loud"})
