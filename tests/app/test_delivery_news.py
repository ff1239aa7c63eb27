"""The clerk reports back: once all is done, everybody on the roll hears what became of it."""

from collections import Counter

import pytest
from flask import Flask

from app import delivery_news
from neighbourhoods.delivery import Delivery, DeliveryStatus
from neighbourhoods.projects import projects_in
from tests.app.officers.test_deliveries import address, delivery
from tests.app.test_notice_news import letters, tick
from tests.builders import Town
from tests.council import Site

__all__ = ["delivery"]  # a fixture
SUBJECT = "What became of “Canal Side decides”"
DONE = {"status": "finished", "note": "Sit down.", "spent": "1500", "due_on": ["", "", ""]}


def report(site: Site, town: Town, delivery: Delivery, **news: str) -> None:
    assert site.as_(town.officer).post(address(delivery), data=DONE | news).status_code == 303


def test_once_all_is_done_everybody_on_the_roll_is_told_alike_and_once(
    app: Flask, site: Site, town: Town, delivery: Delivery
) -> None:
    report(site, town, delivery, status="started")
    tick(app, town)
    assert letters(town, SUBJECT) == []
    report(site, town, delivery, spent="250")
    report(site, town, delivery, spent="", note="The plaque is up too.")
    for _ in range(3):
        tick(app, town)
    told = letters(town, SUBJECT)
    assert Counter(letter.to_email for letter in told) == {
        f"voter{number}@example.org": 1 for number in range(1, 7)
    }
    (body,) = {letter.body for letter in told}
    assert "* Bench 1: Finished\n  £1,750 spent of the £2,000 promised" in body
    assert f"http://localhost/rounds/{delivery.round_id}/delivery" in body


def test_while_another_project_is_under_way_nobody_is_told(
    app: Flask, site: Site, town: Town, delivery: Delivery
) -> None:
    second = projects_in(town.session, delivery.project.the_round.id)[1]
    town.session.add(
        Delivery(
            project=second,
            round_id=delivery.round_id,
            status=DeliveryStatus.PLANNED,
            committed_pence=1,
        )
    )
    town.session.commit()
    report(site, town, delivery)
    tick(app, town)
    assert letters(town, SUBJECT) == []


def test_a_large_roll_is_written_to_in_several_acts(
    app: Flask, site: Site, town: Town, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_news, "AT_ONCE", 4)
    report(site, town, delivery, status="stopped")
    counts = []
    for _ in range(3):
        tick(app, town)
        counts.append(len(letters(town, SUBJECT)))
    assert counts == [4, 6, 6]
