"""What monitoring may read: who may, what is in it, and that it tells nothing that is secret."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.behind import FiguresFollowed, VersionsTold
from app.factory import create_app
from app.measures import REGISTRY
from app.measuring import look_round, versions_in
from app.settings import Settings, SettingsError, settings_from
from ballots.disclosure import DisclosureProfile
from ballots.papers import PaperFault
from ballots.refusals import BallotRefusal
from ballots.tally import PublicTally, public_tally, publish_next
from ballots.turned_away import TurnedAway
from neighbourhoods.database import Database
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from tests.builders import Town
from tests.council import Site
from tests.services.test_tally import vote

TOKEN = "a-token-of-twenty-four-letters"
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture
def with_token(test_settings: Settings) -> FlaskClient:
    return create_app(replace(test_settings, metrics_token=TOKEN)).test_client()


def measured(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


# --- who may read them ----------------------------------------------------------------------------


def test_this_very_machine_reads_metrics_without_a_token(app: Flask) -> None:
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    assert answer.headers["Cache-Control"] == "no-store"
    assert app.test_client().get("/metrics", base_url="http://[::1]:8000").status_code == 200


@pytest.mark.parametrize(
    "environ",
    [
        ELSEWHERE,
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"HTTP_X_REAL_IP": "127.0.0.1"},
        {"HTTP_VIA": "1.1 front"},
        {"HTTP_HOST": "wardmote.example"},
        {"HTTP_HOST": "127.0.0.1.evil.example"},
        {"HTTP_HOST": "["},
        {"REMOTE_ADDR": "", "HTTP_HOST": "localhost"},
    ],
)
def test_nobody_else_learns_that_there_are_any(app: Flask, environ: dict[str, str]) -> None:
    assert app.test_client().get("/metrics", environ_overrides=environ).status_code == 404


@pytest.mark.parametrize("proxies", [1, 2])
def test_a_proxy_that_is_believed_does_not_make_a_visitor_local(
    test_settings: Settings, proxies: int
) -> None:
    client = create_app(replace(test_settings, proxies=proxies)).test_client()
    sent = {"X-Forwarded-For": "127.0.0.1, 127.0.0.1", "X-Forwarded-Host": "localhost, localhost"}
    assert client.get("/metrics", headers=sent).status_code == 404


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"Bearer {TOKEN[:-1]}", 404),
        (f"Bearer {TOKEN}x", 404),
        (f"Basic {TOKEN}", 404),
        ("Bearer ", 404),
        ("Bearer ü", 404),
        ("", 404),
    ],
)
def test_from_elsewhere_the_token_opens_them(
    with_token: FlaskClient, authorization: str, status: int
) -> None:
    headers = {"Authorization": authorization.encode().decode("latin-1")}
    answer = with_token.get("/metrics", headers=headers, environ_overrides=ELSEWHERE)
    assert answer.status_code == status


def test_without_a_token_an_empty_one_opens_nothing(app: Flask) -> None:
    headers = {"Authorization": "Bearer "}
    answer = app.test_client().get("/metrics", headers=headers, environ_overrides=ELSEWHERE)
    assert answer.status_code == 404


def test_a_token_that_can_be_guessed_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="WARDMOTE_METRICS_TOKEN must be at least 24"):
        settings_from({"WARDMOTE_METRICS_TOKEN": "short"})


# --- what is in them ------------------------------------------------------------------------------


def test_every_label_comes_out_of_a_short_list(
    app: Flask, site: Site, town: Town, session: Session
) -> None:
    the_round = town.round(Phase.VOTE)
    session.commit()
    client = site.as_(town.resident)
    for address in (f"/rounds/{the_round.id}", "/nowhere/of/mine?code=ABCD", "/v/ABCD0123EFGH"):
        client.get(address)
    client.post(f"/rounds/{the_round.id}/ballot", data={"project": "made-up"})
    known = {
        "reason": {*map(str, BallotRefusal), *map(str, PaperFault), *map(str, TurnedAway)},
        "page": {"none", "static", "watch", "ballot", "figures", *app.blueprints},
        "status": {str(status) for status in range(100, 600)},
    }
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            for label, value in sample.labels.items():
                found.setdefault(label, set()).add(value)
    assert {"reason", "page", "status"} <= found.keys() <= {*known, "le", "kind"}
    for label, values in known.items():
        assert found[label] <= values
    assert all(kind.isidentifier() for kind in found.get("kind", ()))


def test_ballots_are_counted_as_accepted_repeated_or_refused(
    site: Site, town: Town, session: Session
) -> None:
    the_round = town.round(Phase.VOTE)
    session.commit()
    client, address = site.as_voter(town.voter(the_round, 1)), f"/rounds/{the_round.id}/ballot"
    code = projects_in(session, the_round.id)[0].code
    session.rollback()
    names = ("wardmote_ballots_accepted_total", "wardmote_ballots_repeated_total")
    before = [measured(name) for name in names]
    commits, waits = (
        measured("wardmote_commit_seconds_count"),
        measured("wardmote_box_seconds_count"),
    )
    refused = measured("wardmote_ballots_refused_total", reason="unknown-project")
    client.get(address)
    for _ in range(2):
        sent = {"project": code, "request_id": "the-same-request-1"}
        assert client.post(address, data=sent).status_code == 303
    client.post(address, data={"project": "made-up", "request_id": "another-request"})
    assert [measured(name) for name in names] == [before[0] + 1, before[1] + 1]
    assert measured("wardmote_ballots_refused_total", reason="unknown-project") == refused + 1
    assert measured("wardmote_commit_seconds_count") > commits
    assert measured("wardmote_box_seconds_count") > waits


def test_answers_are_counted_by_kind_of_page_and_status(site: Site) -> None:
    before = measured("wardmote_requests_total", page="none", status="404")
    spent = measured("wardmote_request_seconds_count", page="public")
    site.as_(None).get("/nowhere")
    site.as_(None).get("/rounds")
    assert measured("wardmote_requests_total", page="none", status="404") == before + 1
    assert measured("wardmote_request_seconds_count", page="public") == spent + 1


# --- how far behind -------------------------------------------------------------------------------


def tally(turnout: int, covered: int, **more: object) -> PublicTally:
    shown = PublicTally(
        round_id=1,
        phase=Phase.VOTE,
        profile=DisclosureProfile.LIVE,
        step=10,
        closes_at=None,
        turnout=turnout,
        roll_size=100,
        budget_pence=1,
        version=1,
        covered=covered,
        published_at=None,
        figures=None,
        spent_pence=None,
    )
    return replace(shown, **more)  # type: ignore[arg-type]


def test_each_voter_is_as_old_as_the_turnout_that_first_counted_so_many() -> None:
    followed = FiguresFollowed()
    for moment, turnout in ((0.0, 0), (10.0, 4), (20.0, 12), (30.0, 20)):
        assert followed.follow(tally(turnout, 0), moment) == []
    assert followed.oldest(35.0) == 25.0
    assert followed.overdue(35.0) == 5.0
    # Ten are covered: four who came by 10 s, six of the eight who came by 20 s.
    assert followed.follow(tally(20, 10), 36.0) == [26.0] * 4 + [16.0] * 6
    assert followed.oldest(40.0) == 20.0
    assert followed.overdue(40.0) == 0.0


def test_who_came_before_this_process_looked_has_no_age() -> None:
    followed = FiguresFollowed()
    assert followed.follow(tally(15, 0), 0.0) == []
    followed.follow(tally(20, 0), 5.0)
    assert followed.follow(tally(20, 20), 9.0) == [4.0] * 5


@pytest.mark.parametrize("more", [{"profile": DisclosureProfile.SEALED}, {"phase": Phase.COUNT}])
def test_of_votes_that_show_no_figures_nothing_is_measured(more: dict[str, object]) -> None:
    followed = FiguresFollowed()
    for moment, turnout in ((0.0, 0), (10.0, 40)):
        assert followed.follow(tally(turnout, 0, **more), moment) == []
    assert (followed.oldest(99.0), followed.overdue(99.0)) == (0.0, 0.0)


def test_what_is_measured_follows_from_what_is_public_alone(town: Town, session: Session) -> None:
    """Two votes in which other people vote for other things look alike as long as turnout does."""
    seen = []
    for order, choice in (((1, 2, 3, 4, 5, 6), 0), ((6, 5, 4, 3, 2, 1), 1)):
        the_round, followed, measured_so_far = town.round(Phase.VOTE), FiguresFollowed(), []
        for moment, voter in enumerate(order):
            vote(town, the_round, range(voter, voter + 1), choice=choice)
            publish_next(session, town.keys, the_round)
            shown = public_tally(session, the_round)
            assert shown is not None
            ages = followed.follow(replace(shown, round_id=1), float(moment))
            measured_so_far.append((ages, followed.oldest(moment), followed.overdue(moment)))
        seen.append(measured_so_far)
    assert seen[0] == seen[1]
    assert any(ages for ages, _, _ in seen[0])


def test_versions_that_were_stored_and_not_told_are_the_lag() -> None:
    told = VersionsTold()
    assert told.lag({1: 7}) == 0  # others told them
    assert told.lag({1: 9, 2: 1}) == 2
    told.tell({"round": 1, "version": 9, "turnout": 80})
    told.tell(None)
    assert told.lag({1: 9, 2: 1}) == 0


def test_looking_round_finds_the_versions_and_whether_the_database_answers(
    app: Flask, town: Town, session: Session, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    the_round = town.round(Phase.VOTE)
    vote(town, the_round, range(1, 5))
    publish_next(session, town.keys, the_round)
    session.commit()
    assert versions_in(database) == {the_round.id: 1}
    with app.app_context():
        look_round(app)
        assert measured("wardmote_database_up") == 1
        monkeypatch.setattr("app.measuring.versions_in", _away)
        look_round(app)
    assert measured("wardmote_database_up") == 0


def _away(_database: Database) -> dict[int, int]:
    raise OperationalError("", {}, Exception())


@pytest.mark.redis
def test_looking_round_finds_whether_redis_answers(test_settings: Settings, redis_url: str) -> None:
    for url, up in ((redis_url, 1), ("redis://127.0.0.1:1/0", 0)):
        app = create_app(replace(test_settings, redis_url=url))
        with app.app_context():
            look_round(app)
        assert measured("wardmote_redis_up") == up
