"""The desk: what waits for whoever signs and until when, what comes, what was decided."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from ballots.bars import Declared, declare_interests
from ballots.bundle import costs_to_sign
from ballots.moves import conclude_sign_off
from ballots.notices import call_in, notice_of
from ballots.routes import Agreement, RouteName, Verdict
from ballots.sheets import SheetGiven, VerdictGiven
from ballots.signing import Ground, ReferTo
from ballots.signoff import advance, answer_referral
from ballots.stages import QuietPeriod
from ballots.stepping_in import name_substitute
from neighbourhoods.database import Database
from neighbourhoods.delivery import DeliveryStatus, deliveries_in
from neighbourhoods.interests import InterestKind
from neighbourhoods.milestones import Planned, plan_milestone
from neighbourhoods.people import Office, Person
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.app.public.builders import approve, counted_round, signed_round
from tests.builders import Clock, Town
from tests.council import Site
from tests.services.test_signoff import counted_by

# Ward members have 28 days where they decide, 14 where they advise; the tests begin on a Monday.
LONG = "It would stand on the only way by which the fire brigade reaches the flats."
OFFICES = (
    Office.FINANCE_OFFICER,
    Office.LEGAL_OFFICER,
    Office.CABINET_MEMBER,
    Office.COMMITTEE_CLERK,
    Office.DELEGATED_OFFICER,
    Office.MONITORING_OFFICER,
)


def desk(client: FlaskClient) -> str:
    """The words of somebody’s desk, without the site’s header."""
    page = client.get("/desk").text
    return page[page.index("<h1") :]


def under(page: str, heading: str) -> str:
    """The words under one heading of the desk; nothing if it is not there."""
    parts = re.split(r"<h2[^>]*>", page)
    return next((part for part in parts if part.startswith(heading)), "")


def westminster(town: Town) -> tuple[Round, Person, Person, Person]:
    """A counted round on Westminster’s way, with those who clear and decide it."""
    finance = town.person("Fina Finance", Office.FINANCE_OFFICER)
    legal = town.person("Lena Legal", Office.LEGAL_OFFICER)
    cabinet = town.person("Cab Member", Office.CABINET_MEMBER)
    the_round = counted_by(town, RouteName.CABINET_MEMBER, Agreement.UNANIMOUS, 5)
    town.session.commit()
    return the_round, finance, legal, cabinet


def pass_on(town: Town, the_round: Round, *people: Person) -> None:
    """Let these people endorse one after the other, and the next stage begin."""
    for person in people:
        town.approves(the_round, person)
        advance(town.session, the_round)
    town.session.commit()


# --- who has one ----------------------------------------------------------------------------------


def test_an_empty_desk_says_so(site: Site, town: Town) -> None:
    page = desk(site.as_(town.councillor))
    assert "Nothing waits for you" in page
    assert "No other round is on its way to you." in page


@pytest.mark.parametrize("office", OFFICES)
def test_everybody_who_signs_has_a_desk_and_the_way_to_it(
    site: Site, town: Town, office: Office
) -> None:
    person = town.person("Sam Signer", office)
    town.session.commit()
    client = site.as_(person)
    assert client.get("/desk").status_code == 200
    assert 'class="wm-nav__link" href="/desk"' in client.get("/").text


def test_whoever_was_named_to_act_for_others_has_a_desk(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    barred(town, the_round, town.councillor, town.second_councillor)
    monitor = town.person("Mona Monitor", Office.MONITORING_OFFICER)
    named = town.person("Cara Cabinet", Office.CABINET_MEMBER)
    town.session.commit()
    client = site.as_(named)
    assert the_round.title not in under(desk(client), "Waiting for you")
    name_substitute(town.session, the_round, monitor, named, "All have an interest.")
    town.session.commit()
    assert the_round.title in under(desk(client), "Waiting for you")
    assert 'class="wm-nav__link" href="/desk"' in client.get("/").text


def barred(town: Town, the_round: Round, *people: Person) -> None:
    interest = Declared(InterestKind.PECUNIARY, "I own the boatyard.")
    codes = costs_to_sign(town.session, the_round)
    for person in people:
        declare_interests(town.session, the_round, person, dict.fromkeys(codes, interest))
    town.session.commit()


@pytest.mark.parametrize("who", ["resident", "officer", "facilitator"])
def test_whoever_signs_nothing_has_no_desk(site: Site, town: Town, who: str) -> None:
    client = site.as_(getattr(town, who))
    assert client.get("/desk").status_code == 403
    assert 'href="/desk"' not in client.get("/").text


def test_whoever_is_not_signed_in_is_asked_to(site: Site, town: Town) -> None:
    answer = site.as_(None).get("/desk")
    assert answer.status_code == 302
    assert answer.location == "/sign-in?next=/desk"


def test_the_old_queue_leads_to_the_desk(site: Site, town: Town) -> None:
    answer = site.as_(town.councillor).get("/councillors/queue")
    assert (answer.status_code, answer.location) == (301, "/desk")


# --- waiting for me -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gone", "words", "when"),
    [
        ({"days": 0}, "28 days left", "Until midday on Monday 21 December 2026"),
        ({"days": 26, "hours": 13}, "1 day left", "Until midday on Monday 21 December 2026"),
        ({"days": 27, "hours": 13}, "Last day today", "Until midday on Monday 21 December 2026"),
        ({"days": 28}, "The time is over", "It was due at midday on Monday 21 December 2026"),
        ({"days": 29}, "1 day late", "It was due at midday on Monday 21 December 2026"),
        ({"days": 31}, "3 days late", "It was due at midday on Monday 21 December 2026"),
    ],
)
def test_the_days_that_are_left_are_told_in_words(
    site: Site, town: Town, clock: Clock, gone: dict[str, float], words: str, when: str
) -> None:
    counted_round(town)
    clock.moves(**gone)
    waiting = under(desk(site.as_(town.councillor)), "Waiting for you")
    assert re.search(rf">{words}</strong><span[^>]*>\. </span>\s*{when}", waiting)


def test_the_nearest_deadline_comes_first(site: Site, town: Town, clock: Clock) -> None:
    older = counted_round(town)
    clock.moves(days=3)
    newer = counted_round(town)
    # Only advised on within 14 days, so due before the others although it came last.
    advised = counted_by(town, RouteName.CABINET_MEMBER, Agreement.MAJORITY)
    older.title, newer.title, advised.title = "The older", "The newer", "The advised"
    town.session.commit()
    page = under(desk(site.as_(town.councillor)), "Waiting for you")
    places = [page.index(title) for title in ("The advised", "The older", "The newer")]
    assert places == sorted(places)


def test_what_waits_leads_to_its_decision_and_says_what_is_next(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    client = site.as_(town.councillor)
    page = under(desk(client), "Waiting for you")
    assert f'href="/decisions/{the_round.id}"' in page
    assert "Declare whether you have an interest, then decide." in page
    town.declares_none(the_round, town.councillor)
    town.session.commit()
    assert "You have declared your interests. Decide next." in desk(client)


def test_another_wards_rounds_are_not_on_the_desk(site: Site, town: Town) -> None:
    counted_round(town).title = "Not theirs"
    town.session.commit()
    assert "Not theirs" not in desk(site.as_(town.other_councillor))


def test_in_a_pre_election_period_the_desk_says_that_nothing_is_signed(
    site: Site, town: Town
) -> None:
    counted_round(town)
    quiet = QuietPeriod(starts_on=date(2026, 11, 1), ends_on=date(2026, 12, 1), words="By-election")
    town.session.add(quiet)
    town.session.commit()
    assert "Nothing is signed in the pre-election period." in desk(site.as_(town.councillor))


def test_an_answered_referral_is_decided_on_afresh(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    refer_back(town, the_round)
    assert "An answer" not in under(desk(site.as_(town.councillor)), "Waiting for you")
    answer_referral(town.session, the_round, town.officer, "It costs £9,000.")
    town.session.commit()
    page = under(desk(site.as_(town.councillor)), "Waiting for you")
    assert "It was referred back and answered. Decide afresh." in page


def refer_back(town: Town, the_round: Round) -> None:
    town.declares_none(the_round, town.councillor)
    sheet = SheetGiven(
        reasons="The price is not clear to us.",
        refer_to=ReferTo.OFFICERS,
        question="What does it cost?",
        answer_by=date(2026, 12, 4),
    )
    town.signs(the_round, town.councillor, sheet)
    advance(town.session, the_round)
    town.session.commit()


# --- waiting for somebody else, and coming --------------------------------------------------------


def test_after_signing_it_waits_for_somebody_else(site: Site, town: Town) -> None:
    the_round = counted_round(town, approvals=2)
    approve(town, the_round)
    page = desk(site.as_(town.councillor))
    assert "Nothing waits for you" in page
    assert "You have signed. It waits for others at this stage." in page
    assert the_round.title in under(desk(site.as_(town.second_councillor)), "Waiting for you")


def test_whoever_takes_no_part_reads_why(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    barred(town, the_round, town.councillor)
    page = under(desk(site.as_(town.councillor)), "Waiting for somebody else")
    assert "Takes no part: declared a pecuniary interest" in page


def test_what_was_referred_back_says_by_when_it_is_answered(site: Site, town: Town) -> None:
    refer_back(town, counted_round(town))
    page = under(desk(site.as_(town.councillor)), "Waiting for somebody else")
    assert "Referred back to the council officers, to be answered by Friday 4 December 2026" in page


def test_an_outcome_wanders_from_desk_to_desk_along_westminsters_route(
    site: Site, town: Town
) -> None:
    the_round, finance, legal, cabinet = westminster(town)
    for person in (finance, legal, cabinet):
        assert the_round.title in under(desk(site.as_(person)), "Coming")
    assert "It comes to you at stage 4: Cabinet member." in desk(site.as_(cabinet))
    pass_on(town, the_round, town.councillor, town.second_councillor)
    page = under(desk(site.as_(finance)), "Waiting for you")
    assert "10 days left" in page
    assert "Stage 2 of 4: Finance officer" in page
    assert the_round.title in under(desk(site.as_(legal)), "Coming")
    later = under(desk(site.as_(town.councillor)), "Waiting for somebody else")
    assert "It waits for others at a later stage." in later
    pass_on(town, the_round, finance, legal)
    assert "14 days left" in under(desk(site.as_(cabinet)), "Waiting for you")
    assert "Nothing waits for you" in desk(site.as_(finance))


def test_rounds_on_their_way_stand_below(site: Site, town: Town) -> None:
    town.round(Phase.VOTE).title = "Still voting"
    counted_round(town)
    page = desk(site.as_(town.councillor))
    assert page.index("Waiting for you") < page.index("Coming") < page.index("Still voting")


def test_a_round_comes_only_to_those_on_its_route(site: Site, town: Town) -> None:
    clerk = town.person("Cleo Clerk", Office.COMMITTEE_CLERK)
    finance = town.person("Fina Finance", Office.FINANCE_OFFICER)
    counted_by(town, RouteName.AREA_COMMITTEE, Agreement.MAJORITY).title = "To the committee"
    town.round(Phase.VOTE).title = "To ward members alone"
    town.session.commit()
    assert "To the committee" in under(desk(site.as_(clerk)), "Coming")
    assert "To ward members alone" not in desk(site.as_(clerk))
    assert "To the committee" not in desk(site.as_(finance))


# --- decided, late, stuck -------------------------------------------------------------------------


def test_a_decision_is_told_with_both_sides_and_leads_to_its_notice(site: Site, town: Town) -> None:
    signed_round(town)
    page = under(desk(site.as_(town.councillor)), "Decided")
    assert 'href="/notices/2026/1"' in page
    assert "Residents chose 2 projects: 2 endorsed. Decided by Cora Councillor." in page
    assert "Monday 23 November 2026" in page


def test_declined_and_conditional_projects_are_counted_apart(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    first, second = costs_to_sign(town.session, the_round)
    town.declares_none(the_round, town.councillor)
    sheet = {
        first: VerdictGiven(Verdict.CONDITIONS, condition="Once the trust has agreed."),
        second: VerdictGiven(Verdict.DECLINE, ground=Ground.SAFETY, reasons=LONG),
    }
    town.signs(the_round, town.councillor, SheetGiven(sheet))
    conclude_sign_off(town.session, town.keys, the_round)
    town.session.commit()
    page = under(desk(site.as_(town.councillor)), "Decided")
    assert "Residents chose 2 projects: 1 endorsed, 1 of them with conditions, 1 declined." in page


def test_money_that_waits_for_a_call_in_is_said(site: Site, town: Town) -> None:
    the_round, finance, legal, cabinet = westminster(town)
    pass_on(town, the_round, town.councillor, town.second_councillor, finance, legal)
    approve(town, the_round, cabinet)
    page = under(desk(site.as_(cabinet)), "Decided")
    assert "May be called in until midday on Saturday 28 November 2026" in page
    notice = notice_of(town.session, the_round.id)
    assert notice is not None
    call_in(town.session, notice, "The scrutiny committee asks to see the costs.")
    town.session.commit()
    assert "Called in: no money moves until that is over" in desk(site.as_(cabinet))


def test_late_deliveries_of_the_community_stand_on_its_councillors_desk(
    site: Site, town: Town, clock: Clock
) -> None:
    the_round = signed_round(town)
    late, on_time = deliveries_in(town.session, the_round)
    late.due_on, on_time.due_on = date(2026, 11, 20), date(2026, 11, 23)
    town.session.commit()
    page = under(desk(site.as_(town.councillor)), "Late deliveries")
    assert late.project.title in page
    assert "3 days late" in page
    assert "It was due by Friday 20 November 2026." in page
    assert on_time.project.title not in page
    assert "Late deliveries" not in desk(site.as_(town.other_councillor))
    late.status = DeliveryStatus.FINISHED
    town.session.commit()
    assert "Late deliveries" not in desk(site.as_(town.councillor))


def test_a_late_milestone_is_named(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    late = deliveries_in(town.session, the_round)[0]
    late.due_on = date(2027, 3, 1)
    plan_milestone(
        town.session, late, Planned("Lamps are ordered", date(2026, 11, 22), "Olive", None)
    )
    town.session.commit()
    page = under(desk(site.as_(town.councillor)), "Late deliveries")
    assert "1 day late" in page
    assert "“Lamps are ordered” was due by Sunday 22 November 2026." in page


def test_the_monitoring_officer_reads_first_what_cannot_go_on_by_itself(
    site: Site, town: Town
) -> None:
    monitor = town.person("Mona Monitor", Office.MONITORING_OFFICER)
    goes_on, is_stuck = counted_round(town), counted_round(town)
    goes_on.title, is_stuck.title = "It goes on", "It is stuck"
    barred(town, is_stuck, town.councillor, town.second_councillor)
    page = desk(site.as_(monitor))
    stuck = under(page, "What cannot go on by itself")
    assert "It is stuck" in stuck
    assert "Nobody was free to act. Say who acts instead." in stuck
    assert f'href="/decisions/{is_stuck.id}/step-in"' in stuck
    # Days help nobody while nobody may act.
    assert "days left" not in stuck
    assert "It goes on" not in page
    assert page.index("What cannot go on by itself") < page.index("Waiting for you")
    assert "It cannot go on by itself" in under(
        desk(site.as_(town.councillor)), "Waiting for somebody else"
    )


def test_only_the_monitoring_officer_is_shown_that_heading(site: Site, town: Town) -> None:
    assert "What cannot go on by itself" not in desk(site.as_(town.councillor))


# --- reading it -----------------------------------------------------------------------------------


@pytest.fixture
def asked(database: Database) -> Iterator[list[str]]:
    """Every statement the database is asked."""
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


def test_what_comes_and_what_was_decided_costs_no_more_queries_however_much_it_is(
    site: Site, town: Town, asked: list[str]
) -> None:
    counts = []
    for more in (1, 4):
        for _number in range(more):
            signed_round(town)
            town.round(Phase.VOTE)
        town.session.commit()
        client = site.as_(town.councillor)
        asked.clear()
        client.get("/desk")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_card_is_read_as_heading_then_days_then_what_to_do(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    page = under(desk(site.as_(town.councillor)), "Waiting for you")
    order = [page.index(words) for words in (the_round.title, "28 days left", "Declare whether")]
    assert order == sorted(order)


def test_days_are_counted_as_london_counts_them(site: Site, town: Town, clock: Clock) -> None:
    clock.moment = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
    counted_round(town)
    # Half past midnight in London in summer; by UTC it is the evening before.
    clock.moment = datetime(2026, 6, 27, 23, 30, tzinfo=UTC)
    assert "1 day left" in desk(site.as_(town.councillor))
