"""What every answer carries, and what nobody is told when something breaks."""

import re

import pytest
from flask import Flask

from app.access import Who, open_to
from neighbourhoods.database import Database
from neighbourhoods.phases import Phase
from tests.builders import Town
from tests.council import Site

PAGES = ("/", "/sign-in", "/rounds", "/how-your-vote-is-kept", "/nowhere")


@pytest.mark.parametrize("address", PAGES)
def test_a_page_runs_only_its_own_scripts_and_is_framed_by_nobody(site: Site, address: str) -> None:
    answer = site.as_(None).get(address)
    policy = answer.headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'self' 'nonce-([^']+)'", policy)
    assert nonce is not None
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert set(re.findall(r'<script[^>]*nonce="([^"]+)"', answer.text)) <= {nonce[1]}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_every_page_has_a_nonce_of_its_own(site: Site) -> None:
    client = site.as_(None)
    policies = {client.get("/").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


def test_only_production_insists_on_https(site: Site, production_app: Flask) -> None:
    assert "Strict-Transport-Security" not in site.as_(None).get("/").headers
    answer = production_app.test_client().get("/", base_url="https://wardmote.example")
    assert "max-age=63072000" in answer.headers["Strict-Transport-Security"]


def test_the_session_cookie_is_closed_to_scripts_other_sites_and_plain_http(
    production_app: Flask,
) -> None:
    production_app.config["WTF_CSRF_ENABLED"] = False
    client = production_app.test_client()
    answer = client.post(
        "/sign-in", data={"email": "a@example.org"}, base_url="https://wardmote.example"
    )
    cookie = answer.headers["Set-Cookie"]
    for attribute in ("Secure", "HttpOnly", "SameSite=Lax"):
        assert attribute in cookie


def test_personal_pages_are_kept_in_no_cache_and_versioned_files_for_ever(
    site: Site, town: Town
) -> None:
    assert site.as_(town.resident).get("/me").headers["Cache-Control"] == "no-store"
    with site.as_(None).get("/static/css/theme.css?v=1") as kept:
        assert "immutable" in kept.headers["Cache-Control"]


def test_a_form_without_its_token_is_refused_in_plain_words(app: Flask, town: Town) -> None:
    answer = app.test_client().post("/sign-in", data={"email": "a@example.org"})
    assert answer.status_code == 400
    assert "has been open for a long time" in answer.text


def test_an_unknown_error_shows_a_reference_and_no_traceback(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    @open_to(Who.ANYONE)
    def broken() -> str:
        raise RuntimeError("a secret of the inside")

    site.app.add_url_rule("/broken", "broken", broken)
    site.app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = site.as_(None).get("/broken")
    assert answer.status_code == 500
    reference = re.search(r"\b[0-9A-F]{8}\b", answer.text)
    assert reference is not None
    assert "secret of the inside" not in answer.text
    assert "Traceback" not in answer.text
    logged = "".join(capsys.readouterr())
    assert reference[0] in logged


def test_the_log_of_an_error_holds_nothing_that_was_in_hand(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    @open_to(Who.ANYONE)
    def broken() -> str:
        choices = ["project-7"]
        raise RuntimeError(f"on the way to the box: {choices} of ann@example.org")

    site.app.add_url_rule("/broken", "broken", broken)
    site.app.config["PROPAGATE_EXCEPTIONS"] = False
    site.as_(None).get("/broken?who=ann")
    logged = "".join(capsys.readouterr())
    assert "RuntimeError" in logged
    assert "project-7" not in logged
    assert "ann@example.org" not in logged


@pytest.mark.parametrize(
    "address", ["/areas?q=%00", "/communities/%00", "/receipts/%00", "/rounds?page=%00"]
)
def test_an_address_with_a_nul_leads_nowhere_on_either_database(
    site: Site, town: Town, address: str
) -> None:
    assert site.as_(None).get(address).status_code == 404


def test_a_menu_number_that_no_database_holds_is_nobodys(site: Site, town: Town) -> None:
    the_round = town.round(Phase.IDEAS)
    town.session.commit()
    answer = site.as_(town.resident).get(f"/rounds/{the_round.id}/menu/{2**63}")
    assert answer.status_code == 404


def test_a_lost_database_still_gets_a_page_in_words(
    site: Site, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise OSError("the database is gone")

    monkeypatch.setattr(database, "reading", gone)
    site.app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = site.as_(None).get("/")
    assert answer.status_code == 500
    assert "Sorry, there is a problem" in answer.text


def test_a_body_that_is_too_large_is_refused(site: Site, town: Town) -> None:
    town.session.commit()
    answer = site.as_(None).post("/sign-in", data={"email": "x" * 3_000_000})
    assert answer.status_code == 413
