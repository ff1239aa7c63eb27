"""The tellers’ pages: stacks, two entries, disagreement shown to both, rejected papers, hands."""

from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from app.facilitators.serials import serial_of
from ballots.hall import open_vote
from ballots.hall_votes import HallVote
from ballots.keys import KeyStore
from ballots.papers import BallotFormat
from neighbourhoods.assemblies import Assembly, ItemKind
from neighbourhoods.attendance import Channel, check_in
from neighbourhoods.phases import Phase
from neighbourhoods.polls import poll_figures
from neighbourhoods.projects import projects_in
from neighbourhoods.stage import begin, go_to
from tests.box_reader import choices_in
from tests.builders import Town
from tests.council import Site


def meeting(town: Town, keys: KeyStore, **settings: object) -> HallVote:
    """A meeting of three people on paper, in which the first item is voted on."""
    the_round = town.round(Phase.DEBATE)
    assembly = town.assembly(the_round, ItemKind.BALLOT, ItemKind.POLL)
    item = assembly.items[0]
    item.settings = {"own_count": True, "profile": "sealed", **settings}
    for number in (1, 2, 3):
        entry = town.voter(the_round, number)
        check_in(town.session, assembly, entry, town.facilitator, Channel.PAPER)
    begin(town.session, assembly, town.facilitator)
    vote = open_vote(town.session, keys, item, town.facilitator)
    town.session.commit()
    return vote


@pytest.fixture
def vote(town: Town, keys: KeyStore) -> HallVote:
    return meeting(town, keys)


@pytest.fixture
def tellers(town: Town, site: Site) -> tuple[FlaskClient, FlaskClient]:
    return site.as_(town.officer), site.as_(town.facilitator)


def page_of(vote: HallVote, rest: str = "") -> str:
    return f"/assemblies/{vote.item.assembly_id}/tellers/{vote.item_id}{rest}"


def shown(client: FlaskClient, address: str) -> str:
    return client.get(address).get_data(as_text=True)


def sent(client: FlaskClient, address: str, **fields: object) -> str:
    """The page that an act leads to."""
    answer = client.post(address, data=fields)
    assert answer.status_code == 303
    return shown(client, urlsplit(answer.location).path)


def paper(site: Site, vote: HallVote, number: int) -> str:
    with site.app.app_context():
        return page_of(vote, f"/papers/{serial_of(vote.item, number)}")


def codes(town: Town, vote: HallVote) -> list[str]:
    return [project.code for project in projects_in(town.session, vote.round_id)]


def test_two_tellers_enter_a_paper_and_see_how_far_they_are(
    town: Town, site: Site, vote: HallVote, tellers: tuple[FlaskClient, FlaskClient]
) -> None:
    first, second = tellers
    assert "0 of 3 in the box" in shown(first, f"/assemblies/{vote.item.assembly_id}/tellers")
    page = sent(first, page_of(vote), act="bring", first=1, last=9)
    assert "0001–0009" in page
    assert "3 are still out" in page
    with site.app.app_context():
        serial = serial_of(vote.item, 4)
    page = sent(first, page_of(vote), act="read", serial=serial.lower().replace("-", " "))
    assert f"Paper {serial}" in page
    chosen = codes(town, vote)[:2]
    page = sent(first, paper(site, vote, 4), project=chosen)
    assert "waits for a second teller" in page
    assert "1 waits for a second teller. 2 are still out." in page
    assert "0004" in page
    assert "You have entered this paper" in shown(first, paper(site, vote, 4))
    blind = shown(second, paper(site, vote, 4))
    assert "You are the second teller" in blind
    assert "checked" not in blind
    page = sent(second, paper(site, vote, 4), project=chosen)
    assert "1 of 3 in the box" in page
    assert "in the box already" in shown(second, paper(site, vote, 4))
    town.session.rollback()
    assert len(choices_in(town.session, town.keys, vote.round_id)) == 1


def test_tellers_who_disagree_both_see_what_each_read_and_what_to_do(
    town: Town, site: Site, vote: HallVote, tellers: tuple[FlaskClient, FlaskClient]
) -> None:
    first, second = tellers
    sent(first, page_of(vote), act="bring", first=1, last=9)
    one, other = codes(town, vote)[:2]
    sent(first, paper(site, vote, 4), project=one)
    page = sent(second, paper(site, vote, 4), project=other)
    for seen in (page, shown(first, paper(site, vote, 4))):
        assert "Two tellers read it differently" in seen
        assert "Olive Officer" in seen
        assert "Fred Facilitator" in seen
    assert "1 was read differently" in shown(first, page_of(vote))
    page = sent(first, paper(site, vote, 4), project=other)
    assert "1 of 3 in the box" in page


def test_a_mistyped_serial_leads_nowhere(
    site: Site, vote: HallVote, tellers: tuple[FlaskClient, FlaskClient]
) -> None:
    first, _ = tellers
    sent(first, page_of(vote), act="bring", first=1, last=9)
    assert "not the serial" in sent(first, page_of(vote), act="read", serial="0004-ZZZ")
    assert first.get(page_of(vote, "/papers/0004-ZZZ")).status_code == 404
    assert first.get(paper(site, vote, 12)).status_code == 404  # of no stack
    assert first.post(page_of(vote), data={"act": "dance"}).status_code == 422


def test_papers_are_rejected_taken_back_given_up_and_put_back(
    site: Site, vote: HallVote, tellers: tuple[FlaskClient, FlaskClient]
) -> None:
    first, _ = tellers
    sent(first, page_of(vote), act="bring", first=1, last=9)
    with site.app.app_context():
        serials = {number: serial_of(vote.item, number) for number in range(1, 10)}
    assert "Give a reason" in sent(first, page_of(vote), act="spoil", serial=serials[1], why="")
    page = sent(first, page_of(vote), act="spoil", serial=serials[1], why="Blank")
    assert "1 is spoilt" in page
    assert "0001: Rejected" in page
    page = sent(first, page_of(vote), act="take-back", serial=serials[2], why="Torn")
    assert "0002: Taken back" in page
    assert "2 are still out" in page
    page = sent(first, page_of(vote), act="put-back", number=1)
    assert "3 are still out" in page
    page = sent(first, page_of(vote), act="give-up", papers=3, why="They went home")
    assert "still out" not in page
    assert "3 are no longer waited for" in page


@pytest.mark.parametrize(
    ("settings", "fields", "faulty"),
    [
        ({"format": BallotFormat.SCORES.value}, {"mark-{0}": "5"}, {"mark-{0}": "99"}),
        ({"format": BallotFormat.YES_NO.value}, {"mark-{0}": "1"}, {"mark-{0}": "2"}),
        ({"format": BallotFormat.POINTS.value}, {"mark-{1}": "3"}, {"mark-{1}": "x"}),
        ({"format": BallotFormat.RANKING.value}, {"project": "{1}"}, {"project": "nothing"}),
        ({"format": BallotFormat.CHOOSE_ONE.value}, {"project": "{2}"}, {}),
    ],
)
def test_every_kind_of_paper_is_entered_on_its_own_fields(
    town: Town,
    site: Site,
    keys: KeyStore,
    tellers: tuple[FlaskClient, FlaskClient],
    settings: dict[str, object],
    fields: dict[str, str],
    faulty: dict[str, str],
) -> None:
    vote = meeting(town, keys, **settings)
    first, second = tellers
    sent(first, page_of(vote), act="bring", first=1, last=9)
    named = codes(town, vote)

    def filled(words: dict[str, str]) -> dict[str, str]:
        return {key.format(*named): value.format(*named) for key, value in words.items()}

    answer = first.post(paper(site, vote, 4), data=filled(faulty))
    assert answer.status_code == 422
    assert "cannot be counted as entered" in answer.get_data(as_text=True)
    sent(first, paper(site, vote, 4), **filled(fields))
    assert "1 of 3 in the box" in sent(second, paper(site, vote, 4), **filled(fields))


def test_hands_count_once_two_tellers_agree_and_are_counted_blindly(
    town: Town, vote: HallVote, tellers: tuple[FlaskClient, FlaskClient]
) -> None:
    assembly: Assembly = vote.item.assembly
    poll = assembly.items[1]
    go_to(town.session, assembly, poll, town.facilitator)
    town.session.commit()
    first, second = tellers
    address = f"/assemblies/{assembly.id}/tellers/{poll.id}/hands"
    assert "No hands have been counted" in shown(first, f"/assemblies/{assembly.id}/tellers")
    page = sent(first, address, **{"hands-0": 12, "hands-1": 7})
    assert "once a second teller says the same" in page
    blind = shown(second, address)
    assert "One teller has counted" in blind
    assert "12" not in blind.partition("<main")[2].partition("</main>")[0]
    page = sent(second, address, **{"hands-0": 13, "hands-1": 7})
    assert "Tellers disagree" in page
    assert "Olive Officer" in page
    page = sent(first, address, **{"hands-0": 13, "hands-1": 7})
    assert "Two tellers agree" in page
    town.session.rollback()
    assert poll_figures(town.session, poll).hands == (13, 7)
    assert first.get(page_of(vote, "/hands")).status_code == 404


def test_residents_and_councillors_are_no_tellers(town: Town, site: Site, vote: HallVote) -> None:
    for stranger in (town.resident, town.councillor, town.scrutineer):
        assert site.as_(stranger).get(page_of(vote)).status_code == 403
