"""Meetings as facilitators plan them: the list, the plan, the agenda and its items."""

import re
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from neighbourhoods.agenda import default_agenda
from neighbourhoods.assemblies import Assembly, ItemKind
from neighbourhoods.attendance import join_by_phone
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from neighbourhoods.stage import begin, end
from tests.builders import Town
from tests.council import Site

PLANNED = {
    "title": "Decision day",
    "place": "St Mary’s hall",
    "starts_at": ["4", "6", "2027", "7pm"],
    "wifi_name": "hall",
    "wifi_password": "",
    "quorum": "30",
}


@pytest.fixture
def debated(town: Town) -> Round:
    return town.round(Phase.DEBATE, proposals=2)


@pytest.fixture
def facilitator(site: Site, town: Town, debated: Round) -> FlaskClient:
    town.session.commit()
    return site.as_(town.facilitator)


def look_again(session: Session) -> None:
    """What the app has stored since."""
    session.rollback()
    session.expire_all()


def newest(session: Session) -> Assembly:
    look_again(session)
    return session.scalars(select(Assembly).order_by(Assembly.id.desc())).first() or Assembly()


def errors(page: str) -> list[str]:
    found = BeautifulSoup(page, "html5lib").select(".govuk-error-summary__list a")
    return [link.get_text(strip=True) for link in found]


# --- the list and the plan -----------------------------------------------------------------------


def test_meetings_are_listed_by_how_far_they_have_come(
    site: Site, town: Town, debated: Round
) -> None:
    for title in ("Planned one", "Running one", "Past one"):
        town.assembly(debated, ItemKind.WELCOME).title = title
    planned, running, past = town.session.scalars(select(Assembly).order_by(Assembly.id)).all()
    begin(town.session, running, town.facilitator)
    begin(town.session, past, town.facilitator)
    end(town.session, past, town.facilitator)
    town.session.commit()
    page = site.as_(town.facilitator).get("/assemblies").text
    places = [page.index(f">{title}<") for title in ("Running one", "Planned one", "Past one")]
    assert places == sorted(places)
    assert f"/assemblies/{planned.id}/delete" in page
    assert f"/assemblies/{running.id}/delete" not in page


def test_a_planned_meeting_stands_as_it_was_filled_in(
    facilitator: FlaskClient, town: Town, debated: Round
) -> None:
    answer = facilitator.post("/assemblies/new", data={**PLANNED, "round": str(debated.id)})
    assembly = newest(town.session)
    assert answer.headers["Location"] == f"/assemblies/{assembly.id}/agenda"
    assert (assembly.title, assembly.place) == ("Decision day", "St Mary’s hall")
    # 7pm in June is summer time.
    assert assembly.starts_at == datetime(2027, 6, 4, 18, 0, tzinfo=UTC)
    assert (assembly.wifi_name, assembly.quorum, assembly.is_practice) == ("hall", 30, False)
    assert assembly.round_id == debated.id


def test_a_meeting_is_planned_about_the_round_it_was_asked_for(
    facilitator: FlaskClient, debated: Round
) -> None:
    page = facilitator.get(f"/assemblies/new?round={debated.id}").text
    assert re.search(rf'<option value="{debated.id}" selected', page)


def test_what_is_missing_from_a_plan_is_said_at_its_field(facilitator: FlaskClient) -> None:
    answer = facilitator.post("/assemblies/new", data={"quorum": "none"})
    assert answer.status_code == 422
    said = errors(answer.text)
    assert "Enter what the meeting is called" in said
    assert "Enter when the meeting begins" in said


def test_a_meeting_is_changed(site: Site, town: Town, debated: Round) -> None:
    assembly = town.assembly(debated, ItemKind.WELCOME)
    town.session.commit()
    client = site.as_(town.officer)
    page = client.get(f"/assemblies/{assembly.id}/edit").text
    assert 'value="Canal Side hall"' in page
    answer = client.post(f"/assemblies/{assembly.id}/edit", data={**PLANNED, "is_practice": "y"})
    assert answer.headers["Location"] == f"/assemblies/{assembly.id}"
    changed = newest(town.session)
    assert (changed.place, changed.quorum, changed.is_practice) == ("St Mary’s hall", 30, True)


def test_a_planned_meeting_is_deleted_with_its_agenda(
    site: Site, town: Town, debated: Round
) -> None:
    assembly = town.assembly(debated, ItemKind.WELCOME, ItemKind.POLL)
    town.session.commit()
    client = site.as_(town.facilitator)
    assert "This cannot be undone" in client.get(f"/assemblies/{assembly.id}/delete").text
    client.post(f"/assemblies/{assembly.id}/delete")
    assert "“Decision day” is deleted." in client.get("/assemblies").text
    assert client.get(f"/assemblies/{assembly.id}").status_code == 404


def test_a_meeting_that_has_begun_or_that_somebody_joined_is_not_deleted(
    site: Site, town: Town, debated: Round
) -> None:
    begun, joined = (town.assembly(debated, ItemKind.WELCOME) for _ in range(2))
    begin(town.session, begun, town.facilitator)
    join_by_phone(town.session, joined)
    town.session.commit()
    client = site.as_(town.facilitator)
    for assembly in (begun, joined):
        assert client.post(f"/assemblies/{assembly.id}/delete").status_code == 409
        assert client.get(f"/assemblies/{assembly.id}").status_code == 200


# --- the agenda ----------------------------------------------------------------------------------


@pytest.fixture
def meeting(town: Town, debated: Round) -> Assembly:
    assembly = town.assembly(debated)
    town.session.commit()
    return assembly


def items(town: Town, meeting: Assembly) -> list[tuple[str, str]]:
    look_again(town.session)
    return [(item.kind.value, item.title) for item in meeting.items]


def test_an_agenda_is_made_moved_and_cut_by_its_buttons(
    facilitator: FlaskClient, town: Town, meeting: Assembly
) -> None:
    address = f"/assemblies/{meeting.id}/agenda"
    facilitator.post(f"{address}/make")
    assert [kind for kind, _ in items(town, meeting)] == [
        "welcome",
        "pitch",
        "pitch",
        "discussion",
        "ballot",
        "reveal",
    ]
    talk = meeting.items[3]
    facilitator.post(f"{address}/{talk.id}/move", data={"to": "up"})
    facilitator.post(f"{address}/{talk.id}/move", data={"to": "up"})
    assert [kind for kind, _ in items(town, meeting)][:3] == ["welcome", "discussion", "pitch"]
    facilitator.post(f"{address}/{talk.id}/move", data={"to": "down"})
    facilitator.post(f"{address}/{meeting.items[0].id}/remove")
    assert [kind for kind, _ in items(town, meeting)][:3] == ["pitch", "discussion", "pitch"]
    assert "“Welcome” is taken out." in facilitator.get(address).text


@pytest.mark.parametrize(
    ("kind", "sent", "stored"),
    [
        ("welcome", {"title": "Hello", "text": "Tea is at the back."}, {}),
        (
            "discussion",
            {"title": "Talk", "minutes": "10", "alternate": "y", "speech_seconds": "90"},
            {"alternate": True, "speech_seconds": 90},
        ),
        ("poll", {"title": "Tea?", "options": "Yes\n\n No \n"}, {"options": ["Yes", "No"]}),
        (
            "scores",
            {"title": "Score", "highest_score": "10", "held": "y", "minutes": "5"},
            {"highest_score": 10, "held": True},
        ),
        (
            "ballot",
            {"title": "Vote", "own_count": "no", "held": "y", "paper": "round"},
            {"own_count": False, "held": True},
        ),
        ("reveal", {"title": "Outcome", "vote_item": ""}, {}),
        ("break", {"title": "Tea", "minutes": "15"}, {}),
        ("message", {"title": "Thank you"}, {}),
    ],
)
def test_an_item_of_each_kind_keeps_what_was_filled_in(
    facilitator: FlaskClient,
    town: Town,
    meeting: Assembly,
    kind: str,
    sent: dict[str, object],
    stored: dict[str, object],
) -> None:
    codes = [project.code for project in projects_in(town.session, meeting.round_id)]
    defaults = {"profile": "sealed", "rule_name": "greedy", "projects": codes}
    address = f"/assemblies/{meeting.id}/agenda"
    answer = facilitator.post(f"{address}/new?kind={kind}", data={**defaults, **sent})
    assert answer.status_code == 303, errors(answer.text)
    look_again(town.session)
    item = meeting.items[0]
    assert (item.kind.value, item.title, item.settings) == (kind, sent["title"], stored)
    assert item.seconds == (int(str(sent["minutes"])) * 60 if "minutes" in sent else None)
    # Saved again as it stands, nothing of it changes.
    page = BeautifulSoup(facilitator.get(f"{address}/{item.id}").text, "html5lib")
    again = filled_in(page)
    assert facilitator.post(f"{address}/{item.id}", data=again).status_code == 303
    look_again(town.session)
    assert (item.title, item.settings) == (sent["title"], stored)


def filled_in(page: BeautifulSoup) -> dict[str, list[str]]:
    """What a browser would send of the page's form, as it stands."""
    sent: dict[str, list[str]] = {}
    for field in page.select("main form [name]"):
        name = str(field["name"])
        if field.get("type") in ("radio", "checkbox") and not field.has_attr("checked"):
            continue
        if field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            value = str(chosen["value"]) if chosen else ""
        else:
            value = field.get_text().removeprefix("\n") if field.name == "textarea" else ""
            value = value or str(field.get("value", ""))
        sent.setdefault(name, []).append(value)
    return sent


def test_a_ballot_of_the_hall_s_own_has_paper_rule_and_projects(
    facilitator: FlaskClient, town: Town, meeting: Assembly
) -> None:
    first, _second = (project.code for project in projects_in(town.session, meeting.round_id))
    sent = {
        "title": "Vote",
        "own_count": "yes",
        "paper": "approval",
        "max_choices": "2",
        "rule_name": "equal-shares",
        "profile": "live",
        "projects": [first],
        "minutes": "5",
    }
    facilitator.post(f"/assemblies/{meeting.id}/agenda/new?kind=ballot", data=sent)
    look_again(town.session)
    how = meeting.items[0].settings
    rule = how["rule"]
    assert isinstance(rule, dict)
    assert (how["own_count"], how["format"], how["max_choices"]) == (True, "approval", 2)
    assert (how["profile"], how["projects"], how["held"]) == ("live", [first], False)
    assert rule["name"] == "equal-shares"


def test_a_pitch_is_called_like_its_project(
    facilitator: FlaskClient, town: Town, meeting: Assembly
) -> None:
    project = projects_in(town.session, meeting.round_id)[0]
    sent = {"project": project.code, "title": "", "minutes": "3"}
    facilitator.post(f"/assemblies/{meeting.id}/agenda/new?kind=pitch", data=sent)
    look_again(town.session)
    item = meeting.items[0]
    assert (item.title, item.project_id, item.seconds) == ("Bench 1", project.id, 180)


@pytest.mark.parametrize(
    ("kind", "sent", "said"),
    [
        ("poll", {"title": "Tea?", "options": "Yes"}, "Enter from 2 to 6 answers"),
        ("poll", {"title": "Tea?", "options": "Yes\nYes"}, "Two answers are the same"),
        ("pitch", {"title": "Pitch", "minutes": "3"}, "Choose whose pitch it is"),
        ("break", {"title": "", "minutes": "3"}, "Enter what stands on the screens"),
        (
            "ballot",
            {"title": "Vote", "own_count": "yes", "paper": "approval", "max_choices": ""},
            "Enter how many projects people can choose",
        ),
        ("scores", {"title": "Score", "highest_score": "5"}, "Choose at least one project"),
    ],
)
def test_what_an_item_lacks_is_said(
    facilitator: FlaskClient, meeting: Assembly, kind: str, sent: dict[str, str], said: str
) -> None:
    answer = facilitator.post(f"/assemblies/{meeting.id}/agenda/new?kind={kind}", data=sent)
    assert answer.status_code == 422
    assert any(one.startswith(said) for one in errors(answer.text))


def test_only_the_fields_of_its_kind_are_asked(facilitator: FlaskClient, meeting: Assembly) -> None:
    address = f"/assemblies/{meeting.id}/agenda/new?kind="
    page = BeautifulSoup(facilitator.get(f"{address}break").text, "html5lib")
    asked = {str(field["name"]) for field in page.select("main form [name]")}
    assert asked == {"csrf_token", "title", "text", "minutes"}
    assert facilitator.get(f"{address}nonsense").status_code == 404


def test_a_reveal_offers_the_votes_of_the_agenda(
    facilitator: FlaskClient, town: Town, meeting: Assembly
) -> None:
    made = default_agenda(town.session, meeting, town.facilitator)
    town.session.commit()
    page = facilitator.get(f"/assemblies/{meeting.id}/agenda/new?kind=reveal").text
    options = BeautifulSoup(page, "html5lib").select("#vote_item option")
    assert [(one["value"], one.get_text()) for one in options] == [
        ("", "The round’s own vote"),
        (str(made[-2].id), "The vote"),
    ]


def test_an_item_of_another_meeting_is_not_found(
    facilitator: FlaskClient, town: Town, meeting: Assembly, debated: Round
) -> None:
    other = town.assembly(debated, ItemKind.WELCOME)
    town.session.commit()
    address = f"/assemblies/{meeting.id}/agenda/{other.items[0].id}"
    assert facilitator.get(address).status_code == 404
    assert facilitator.post(f"{address}/remove").status_code == 404


def test_residents_and_councillors_plan_no_meeting(
    site: Site, town: Town, meeting: Assembly
) -> None:
    for who in (town.resident, town.councillor):
        client = site.as_(who)
        for page in ("", "/new", f"/{meeting.id}", f"/{meeting.id}/agenda"):
            assert client.get(f"/assemblies{page}").status_code == 403
        assert client.post(f"/assemblies/{meeting.id}/agenda/make").status_code == 403
