"""The ledger in words, what anybody downloads, and what only scrutineers receive."""

import pytest
from bs4 import BeautifulSoup, Tag
from structlog.testing import capture_logs

from ballots.disclosure import DisclosureProfile
from ballots.disputes import correct_ledger, destroy_key
from ballots.ledger import EntryKind, append, entries_of
from ballots.published import ENOUGH_TO_OPEN
from ballots.sealing import seal_next
from ballots.tally import publish_next
from neighbourhoods.people import Office, appoint
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.app.public.builders import counted_round, signed_round, vote
from tests.builders import TERM_STARTS, Clock, Town
from tests.council import Site


def page_of(site: Site, the_round: Round, query: str = "") -> BeautifulSoup:
    answer = site.as_(None).get(f"/rounds/{the_round.id}/ledger{query}")
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html5lib")


def said(page: BeautifulSoup | Tag) -> str:
    return " ".join(page.get_text(" ").split())


def entries(page: BeautifulSoup) -> list[Tag]:
    return list(page.select(".wm-ledger > li"))


def headlines(page: BeautifulSoup) -> list[str]:
    return [said(heading) for heading in page.select(".wm-ledger__what")]


# --- the ledger's page ---------------------------------------------------------------------------


def test_before_the_vote_the_page_says_when_the_ledger_begins(site: Site, town: Town) -> None:
    the_round = town.round(Phase.DEBATE)
    town.session.commit()
    page = page_of(site, the_round)
    assert "The ledger begins when the vote opens" in said(page)
    assert entries(page) == []
    assert "record.json" not in said(page)


def test_every_entry_of_a_signed_vote_is_told_in_words_the_newest_first(
    site: Site, town: Town, clock: Clock
) -> None:
    the_round = signed_round(town, [4, 1], [4])
    correct_ledger(town.session, town.keys, the_round, 2, "Olive Officer", "It said “two”: right.")
    clock.moves(days=29)
    destroy_key(town.session, town.keys, the_round, "Olive Officer")
    town.session.commit()
    page = page_of(site, the_round)
    assert headlines(page) == [
        (
            "The round’s key was destroyed by Olive Officer. Nobody can go from a name to a ballot "
            "any more."
        ),
        "Correction of entry 2, by Olive Officer.",
        "Decision notice 2026/1 was published.",
        "The outcome was decided on and signed.",
        "Counted: 2 ballots; 2 projects funded, for £10,000.",
        "Closed with 2 ballots in 1 batch.",
        "Batch 1: 2 ballots sealed; 2 in the box.",
        "The vote opened, with 6 people on the roll. Its rules were fixed.",
    ]
    words = said(page)
    assert "Entry 1, midday on Monday 23 November 2026" in words
    assert "In the order they won: Bench 4, Bench 1." in words
    assert "Cora Councillor: Signed" in words


def test_a_correction_stands_beside_the_entry_it_corrects(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    correct_ledger(town.session, town.keys, the_round, 2, "Olive Officer", '<b>Late</b> "by" 5.')
    town.session.commit()
    page = page_of(site, the_round)
    corrected = page.select_one("#entry-2 .wm-ledger__correction")
    assert corrected is not None
    assert said(corrected).startswith('Corrected by Olive Officer: <b>Late</b> "by" 5.')
    assert len(page.select(".wm-ledger__correction")) == 1
    newest = entries(page)[0]
    link = corrected.select_one("a")
    assert link is not None
    assert str(link["href"]).endswith(f"#{newest['id']}")


def test_figures_and_replaced_ballots_are_told(
    site: Site, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ballots.sealing.BATCH", 2)
    the_round = town.round(Phase.VOTE, voters=30, step=4)
    vote(town, the_round, *([[1]] * 12))
    publish_next(town.session, town.keys, the_round)
    seal_next(town.session, town.keys, the_round)
    vote(town, the_round, *([[2]] * 13))
    town.enter(the_round, Phase.COUNT)
    town.session.commit()
    told = headlines(page_of(site, the_round))
    assert "Figures, version 1, of 8 voters." in told
    assert "Batch 1: 2 ballots sealed; 2 in the box." in told
    assert told[0].startswith("Closed with 13 ballots in ")
    replaced = [words for words in told if "replaced" in words]
    assert replaced
    assert all("older one replaced" in w or "older ones replaced" in w for w in replaced)


def test_a_drawn_tie_is_told_with_dice_and_names(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    codes = [project.code for project in projects_in(town.session, the_round.id)]
    body = {
        "source": "Dice thrown in the hall",
        "value": "4 2 6 1",
        "head": "0" * 64,
        "seed": "1" * 64,
        "tied": codes[:2],
        "entered_by": ["Olive Officer", "Fred Facilitator"],
    }
    append(town.session, town.keys, the_round.id, EntryKind.TIE_BREAK, body)
    town.session.commit()
    newest = said(entries(page_of(site, the_round))[0])
    assert "A tie was drawn: Bench 1, Bench 2." in newest
    assert "Dice thrown in the hall: 4 2 6 1" in newest
    assert "Entered by Olive Officer, Fred Facilitator." in newest


def test_each_fingerprint_is_there_in_short_and_whole(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    page = page_of(site, the_round)
    for entry in entries_of(town.session, the_round.id):
        item = page.select_one(f"#entry-{entry.number}")
        assert item is not None
        details = item.select_one("details")
        assert details is not None
        summary = details.select_one("summary")
        assert summary is not None
        assert f"{entry.hash[:12]}…" in said(summary)
        assert entry.hash not in said(summary)
        for whole in (entry.hash, entry.previous, entry.signature):
            assert whole in said(details)


def test_a_long_ledger_has_pages_of_fifty(site: Site, town: Town) -> None:
    the_round = town.round(Phase.VOTE)
    for number in range(2, 121):
        body = {"version": number, "covered": 4, "result_sha256": "0" * 64}
        append(town.session, town.keys, the_round.id, EntryKind.SNAPSHOT, body)
    town.session.commit()
    assert [entry["id"] for entry in entries(page_of(site, the_round))][:1] == ["entry-120"]
    pages = {
        query: entries(page_of(site, the_round, query)) for query in ("", "?page=2", "?page=3")
    }
    assert [len(found) for found in pages.values()] == [50, 50, 20]
    assert [found[-1]["id"] for found in pages.values()] == ["entry-71", "entry-21", "entry-1"]
    middle = page_of(site, the_round, "?page=2")
    links = [link["href"] for link in middle.select(".govuk-pagination a")]
    assert [str(link).partition("?")[2] for link in links] == ["page=1", "page=3"]
    for number, place in ((120, 0), (71, 49), (70, 0), (1, 19)):
        found = entries(page_of(site, the_round, f"?entry={number}"))
        assert found[place]["id"] == f"entry-{number}"


@pytest.mark.parametrize(
    "query",
    [
        "?page=0",
        "?page=-1",
        "?page=99999999999999999999",
        "?page=x",
        "?entry=-4",
        "?entry=99999999999999999999",
        "?entry=%F0%9F%97%B3",
        "?page=1&entry=",
    ],
)
def test_an_odd_page_number_is_no_error(site: Site, town: Town, query: str) -> None:
    assert entries(page_of(site, signed_round(town), query))


def test_the_page_leads_to_all_that_checks_it(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    page = page_of(site, the_round)
    links = {str(link["href"]) for link in page.select("aside a")}
    assert {
        f"/rounds/{the_round.id}/ledger.json",
        f"/rounds/{the_round.id}/record.json",
        "/verify.py",
    } <= links
    commands = [said(code) for code in page.select(".wm-command")]
    assert commands == [
        "python verify.py record.json",
        "python -m ballots.witness http://localhost --keep heads.json",
    ]


def test_during_the_vote_there_is_no_record_to_download(site: Site, town: Town) -> None:
    the_round = town.round(Phase.VOTE)
    town.session.commit()
    page = page_of(site, the_round)
    assert "record.json" not in str(page)
    assert "ledger.json" in str(page)


def test_every_page_of_a_vote_leads_to_its_ledger(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    for path in ("", "/tally", "/outcome", "/record"):
        page = site.as_(None).get(f"/rounds/{the_round.id}{path}").text
        assert f'href="/rounds/{the_round.id}/ledger"' in page, path


# --- checking it ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["outcome", "record"])
def test_outcome_and_record_tell_how_to_check_and_who_has_the_ballots(
    site: Site, town: Town, path: str
) -> None:
    the_round = signed_round(town)
    page = BeautifulSoup(site.as_(None).get(f"/rounds/{the_round.id}/{path}").text, "html5lib")
    assert [said(code) for code in page.select(".wm-command")] == [
        "python verify.py record.json",
        "python verify.py record.json --receipt receipt.json",
    ]
    assert "Fewer than 100 ballots were cast." in said(page)
    assert "The scrutineer is Una Scrutineer." in said(page)
    assert "/scrutiny" not in str(page)


def test_of_a_large_vote_every_ballot_is_published(site: Site, town: Town) -> None:
    the_round = large_vote(town)
    page = site.as_(None).get(f"/rounds/{the_round.id}/outcome").text
    assert "Every single ballot is in the record, without names." in page
    assert "Scrutineer" not in page
    file = site.as_(None).get(f"/rounds/{the_round.id}/record.json").json
    assert file is not None
    assert len(file["ballots"]) == ENOUGH_TO_OPEN


def large_vote(town: Town) -> Round:
    profile = DisclosureProfile.SEALED
    the_round = town.round(Phase.VOTE, voters=ENOUGH_TO_OPEN, profile=profile)
    vote(town, the_round, *([[1]] * ENOUGH_TO_OPEN))
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    return the_round


def test_without_scrutineers_the_page_says_so(site: Site, town: Town) -> None:
    for appointment in town.scrutineer.appointments:
        town.session.delete(appointment)
    the_round = counted_round(town)
    assert "not named any scrutineers" in site.as_(None).get(f"/rounds/{the_round.id}/outcome").text


# --- scrutiny ------------------------------------------------------------------------------------


def test_a_scrutineer_receives_every_ballot_of_a_small_vote(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    client = site.as_(town.scrutineer)
    assert f'href="/rounds/{the_round.id}/scrutiny"' in (
        client.get(f"/rounds/{the_round.id}/outcome").text
    )
    page = client.get(f"/rounds/{the_round.id}/scrutiny").text
    assert "Your duty of confidence" in page
    answer = client.get(f"/rounds/{the_round.id}/scrutiny.json")
    assert answer.json is not None
    assert len(answer.json["ballots"]) == 5
    assert answer.headers["Cache-Control"] == "private, no-store"
    public = client.get(f"/rounds/{the_round.id}/record.json").json
    assert public == {**answer.json, "ballots": None}


def test_nobody_else_receives_them(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    for person in (town.officer, town.councillor, town.facilitator, town.resident):
        for name in ("scrutiny", "scrutiny.json"):
            assert site.as_(person).get(f"/rounds/{the_round.id}/{name}").status_code == 403
    answer = site.as_(None).get(f"/rounds/{the_round.id}/scrutiny.json")
    assert "/sign-in" in answer.headers["Location"]


@pytest.mark.parametrize("office", [Office.OFFICER, Office.COUNCILLOR])
def test_a_scrutineer_who_also_runs_or_decides_votes_receives_nothing(
    site: Site, town: Town, office: Office
) -> None:
    the_round = counted_round(town)
    ward = town.other_ward if office == Office.COUNCILLOR else None
    appoint(town.session, town.scrutineer, office, ward, TERM_STARTS)
    town.session.commit()
    answer = site.as_(town.scrutineer).get(f"/rounds/{the_round.id}/scrutiny.json")
    assert answer.status_code == 403


@pytest.mark.parametrize("phase", [Phase.DEBATE, Phase.VOTE, Phase.COUNT])
def test_before_the_count_not_even_a_scrutineer_receives_a_ballot(
    site: Site, town: Town, phase: Phase
) -> None:
    the_round = town.round(phase)
    town.session.commit()
    client = site.as_(town.scrutineer)
    assert client.get(f"/rounds/{the_round.id}/scrutiny.json").status_code == 404
    page = client.get(f"/rounds/{the_round.id}/scrutiny").text
    assert "The votes have not been counted yet" in page
    assert "scrutiny.json" not in page


def test_each_download_is_logged_with_its_person_and_nothing_of_a_ballot(
    site: Site, town: Town
) -> None:
    the_round = counted_round(town)
    with capture_logs() as lines:
        site.as_(town.scrutineer).get(f"/rounds/{the_round.id}/scrutiny.json")
    assert lines == [
        {
            "event": "scrutiny file taken",
            "round": the_round.id,
            "person": town.scrutineer.id,
            "log_level": "info",
        }
    ]


def test_a_scrutineer_is_told_of_the_office_on_their_own_page(site: Site, town: Town) -> None:
    assert "You are a scrutineer." in site.as_(town.scrutineer).get("/me").text


# --- the key -------------------------------------------------------------------------------------


def test_officers_see_from_when_the_key_must_be_destroyed_and_how(
    site: Site, town: Town, clock: Clock
) -> None:
    the_round = signed_round(town)
    address, client = f"/office/rounds/{the_round.id}", site.as_(town.officer)
    page = client.get(address).text
    assert "until midday on Monday 21 December 2026" in page
    command = BeautifulSoup(page, "html5lib").select_one(".wm-command")
    assert command is not None
    assert said(command) == f"flask --app wsgi destroy-key {the_round.id} --by NAME"
    clock.moves(days=28)
    assert "it must now be destroyed" in client.get(address).text
    destroy_key(town.session, town.keys, the_round, "Olive Officer")
    town.session.commit()
    page = client.get(address).text
    assert "The key is destroyed." in page
    assert "destroy-key" not in page


def test_before_the_signature_nobody_speaks_of_the_key(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    assert "round’s key" not in site.as_(town.officer).get(f"/office/rounds/{the_round.id}").text
