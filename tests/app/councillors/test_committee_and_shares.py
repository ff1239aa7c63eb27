"""Ways to decide that are unlike the others: a committee’s minute, shares, a majority of three."""

import html

import pytest
from flask.testing import FlaskClient

from ballots.decision_routes import choose_route
from ballots.notices import DecisionNotice, move_money, notice_of
from ballots.record import record_of
from ballots.routes import Agreement, RouteName
from ballots.sheets import SheetGiven
from ballots.signing import ReferTo
from ballots.signoff import advance
from neighbourhoods.delivery import deliveries_in
from neighbourhoods.money import entries_about, unmet_conditions
from neighbourhoods.people import Office, Person
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.app.councillors.walking import LONG, address, declare, hidden, sign, winners
from tests.app.public.builders import approve, vote
from tests.builders import Town
from tests.council import Site
from tests.pdf_reader import Pdf
from tests.services.test_signoff import counted_by

# The clock of the tests stands on Monday 23 November 2026.
MINUTE = {
    "minute-held_on": ["20", "11", "2026"],
    "minute-moved_by": "Otto <b>Other</b>",
    "minute-seconded_by": "Siân Ŵyn",
    "minute-votes_for": "5",
    "minute-against": "2",
    "minute-abstained": "1",
}


def published(town: Town, round_id: int) -> DecisionNotice:
    town.session.rollback()
    notice = notice_of(town.session, round_id)
    assert notice is not None
    return notice


def main(page: str) -> str:
    return html.unescape(page[page.index("<main") : page.index("</main>")])


# --- the committee --------------------------------------------------------------------------------


@pytest.fixture
def clerk(town: Town) -> Person:
    return town.person("Clem Clerk", Office.COMMITTEE_CLERK)


@pytest.fixture
def before_committee(town: Town, clerk: Person) -> Round:
    """A counted round that a ward member has advised on, and the committee decides."""
    the_round = counted_by(town, RouteName.AREA_COMMITTEE, Agreement.ANY_ONE)
    town.approves(the_round, town.councillor)
    advance(town.session, the_round)
    town.session.commit()
    return the_round


def minuted(client: FlaskClient, town: Town, the_round: Round, **more: object) -> str:
    """Write a sheet with a minute; the page that follows."""
    where = address(the_round, "/sheet")
    verdicts = {f"project_{project.id}-verdict": "endorse" for project in winners(town, the_round)}
    carried = hidden(client.get(where).text)
    answers = {**carried, **verdicts, **MINUTE, **more}
    return client.post(where, data=answers, follow_redirects=True).text


def test_a_committees_minute_is_asked_for_shown_before_signing_and_published(
    site: Site, town: Town, clerk: Person, before_committee: Round
) -> None:
    client, number = site.as_(clerk), before_committee.id
    declare(client, town, before_committee)
    page = client.get(f"/decisions/{number}/sheet").text
    for label in ("When did the committee meet?", "Moved by", "Seconded by", "Votes against"):
        assert label in page
    told = (
        "Minute of the meeting of Friday 20 November 2026: moved by Otto <b>Other</b>, seconded "
        "by Siân Ŵyn; 5 for, 2 against, 1 abstained."
    )
    assert told in main(minuted(client, town, before_committee))
    assert sign(client, town, before_committee).status_code == 303
    notice = published(town, number)
    anybody = site.as_(None)
    page = main(anybody.get(f"/notices/{notice.number}").text)
    assert told in page
    # The clerk signs the minute; the committee has decided.
    assert "by the area committee, its minute signed by Clem Clerk." in page
    assert "What was said at the stages before" in page
    assert "Cora Councillor, Councillor" in page
    assert (
        "5 for, 2 against, 1 abstained"
        in Pdf(anybody.get(f"/notices/{notice.number}.pdf").data).text
    )
    assert notice.contents["reasons"][0]["minute"]["for"] == 5
    assert "area committee, its minute signed by Clem Clerk" in (
        anybody.get("/decisions/register").text
    )


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"minute-moved_by": " "}, "Enter who moved it"),
        ({"minute-seconded_by": ""}, "Enter who seconded it"),
        ({"minute-votes_for": "-1"}, "Votes for"),
        ({"minute-against": "many"}, "Votes against"),
        ({"minute-held_on": ["24", "11", "2026"]}, "cannot be in the future"),
        ({"minute-held_on": ["31", "2", "2026"]}, "Enter a real date"),
    ],
)
def test_half_a_minute_is_sent_back_with_what_is_missing(
    site: Site,
    town: Town,
    clerk: Person,
    before_committee: Round,
    wrong: dict[str, object],
    told: str,
) -> None:
    client = site.as_(clerk)
    declare(client, town, before_committee)
    page = minuted(client, town, before_committee, **wrong)
    assert "There is a problem" in page
    assert told in page
    assert "Sign your sheet" not in page


# --- shares of the money --------------------------------------------------------------------------


@pytest.fixture
def shared(town: Town) -> Round:
    """Residents chose two benches; each of two ward members signs for a share of the money."""
    the_round = town.round(Phase.DEBATE)
    choose_route(town.session, the_round.fund, RouteName.WARD_MEMBERS, Agreement.SHARES, 0)
    town.enter(the_round, Phase.VOTE)
    vote(town, the_round, [4, 1], [4], [1])
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    return the_round


def decide(client: FlaskClient, town: Town, the_round: Round, **verdicts: dict[str, str]) -> None:
    """Declare no interest, say something else of each project, and sign; by place on the sheet."""
    declare(client, town, the_round)
    where = address(the_round, "/sheet")
    answers = hidden(client.get(where).text)
    for given, project in zip(verdicts.values(), winners(town, the_round), strict=True):
        answers |= {f"project_{project.id}-{name}": words for name, words in given.items()}
    assert client.post(where, data=answers).status_code == 303
    assert sign(client, town, the_round).status_code == 303


def test_each_member_decides_on_their_own_share_and_the_notice_says_whose_it_was(
    site: Site, town: Town, shared: Round
) -> None:
    number = shared.id
    first, second = winners(town, shared)
    endorse, decline = (
        {"verdict": "endorse"},
        {"verdict": "decline", "ground": "safety", "reasons": LONG},
    )
    tied = {"verdict": "conditions", "condition": "The other member asks for an oak."}
    cora, carl = site.as_(town.councillor), site.as_(town.second_councillor)
    declare(cora, town, shared)
    page = cora.get(f"/decisions/{number}/sheet").text
    assert page.count("This is in your share of the money: what you say decides.") == 1
    assert page.count("This is in the share of Carl Councillor, who decides on it.") == 1
    # Each is against, or ties to a condition, what lies in the other’s share.
    decide(cora, town, shared, first=endorse, second=decline)
    decide(carl, town, shared, first=tied, second=endorse)
    notice = published(town, number)
    said = {one["title"]: one for one in notice.contents["decision"]}
    assert {title: one["decided"] for title, one in said.items()} == {
        first.title: "carried",
        second.title: "carried",
    }
    assert {title: one["share_of"] for title, one in said.items()} == {
        first.title: "Cora Councillor",
        second.title: "Carl Councillor",
    }
    # What somebody said of the other’s share ties no money, and stays in the record.
    assert [one["conditions"] for one in said.values()] == [[], []]
    codes = [[given["code"] for given in one["projects"]] for one in notice.contents["reasons"]]
    assert sorted(len(one) for one in codes) == [1, 1]
    record = record_of(town.session, number)
    assert record is not None
    assert LONG in record.document
    move_money(town.session, notice.the_round)
    paid = deliveries_in(town.session, notice.the_round)
    assert len(paid) == 2
    assert unmet_conditions(entries_about(town.session, [one.project_id for one in paid])) == []
    page = main(site.as_(None).get(f"/notices/{notice.number}").text)
    assert "In the share of Cora Councillor, who signed for it." in page
    assert LONG not in page


def test_a_member_may_decline_what_is_in_their_share(site: Site, town: Town, shared: Round) -> None:
    number = shared.id
    first, second = winners(town, shared)
    endorse = {"verdict": "endorse"}
    decline = {"verdict": "decline", "ground": "safety", "reasons": LONG}
    decide(site.as_(town.councillor), town, shared, first=decline, second=endorse)
    decide(site.as_(town.second_councillor), town, shared, first=endorse, second=endorse)
    said = {one["title"]: one["decided"] for one in published(town, number).contents["decision"]}
    assert said == {first.title: "declined", second.title: "carried"}


# --- a majority, against one who would have asked again -------------------------------------------


def test_whoever_would_have_referred_it_back_has_not_decided_and_is_still_heard(
    site: Site, town: Town
) -> None:
    dora = town.person("Dora Councillor", Office.COUNCILLOR, town.ward)
    the_round = counted_by(town, RouteName.WARD_MEMBERS, Agreement.MAJORITY)
    town.declares_none(the_round, dora)
    asked = SheetGiven(
        reasons="Nobody asked.", refer_to=ReferTo.OFFICERS, question="Who mends the drains?"
    )
    town.signs(the_round, dora, asked)
    approve(town, the_round, town.councillor)
    approve(town, the_round, town.second_councillor)
    notice = published(town, the_round.id)
    assert notice.contents["decided_by"] == ["Cora Councillor", "Carl Councillor"]
    page = main(site.as_(None).get(f"/notices/{notice.number}").text)
    assert "by Cora Councillor and Carl Councillor." in page
    assert "Would have referred it back: Who mends the drains?" in page
