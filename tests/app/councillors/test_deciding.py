"""Deciding on an outcome: see, declare, write, sign; and who is told."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.decision_routes import choose_route
from ballots.drafts import SheetDraft
from ballots.record import PublicRecord
from ballots.routes import Agreement, RouteName, Verdict
from ballots.signing import Act, NoteKind, OfficerNote, Signature
from ballots.signoff import answer_referral, sign_off_of
from ballots.stages import QuietPeriod, withdraw_project
from neighbourhoods.database import now
from neighbourhoods.delivery import deliveries_in
from neighbourhoods.interests import Interest, InterestKind, RegisteredInterest
from neighbourhoods.letters import Letter
from neighbourhoods.people import Office, Person, appoint
from neighbourhoods.phases import Phase
from neighbourhoods.projects import Project
from neighbourhoods.proposals import back, proposals_in
from neighbourhoods.rounds import Round
from tests.app.councillors.walking import (
    LONG,
    address,
    ask_for_code,
    declare,
    hidden,
    refer,
    sign,
    walk,
    winners,
    write,
)
from tests.app.public.builders import counted_round, signed_round, vote
from tests.builders import Clock, Town
from tests.council import Site


def signatures(session: Session) -> list[Signature]:
    session.rollback()
    return list(session.scalars(select(Signature).order_by(Signature.id)))


def letters(session: Session, subject: str) -> list[str]:
    session.rollback()
    query = select(Letter.to_email).where(Letter.subject.contains(subject)).order_by(Letter.id)
    return list(session.scalars(query))


def advise(town: Town, the_round: Round, words: str = "The fund holds it.") -> None:
    town.session.rollback()
    town.session.add(
        OfficerNote(
            round_id=the_round.id,
            kind=NoteKind.FINANCE,
            words=words,
            written_by=town.officer,
            written_at=now(town.session),
        )
    )
    town.session.commit()


@pytest.fixture
def counted(town: Town) -> Round:
    return counted_round(town)


@pytest.fixture
def client(site: Site, town: Town) -> FlaskClient:
    return site.as_(town.councillor)


# --- the page -------------------------------------------------------------------------------------


def test_the_count_and_the_findings_come_before_what_is_asked(
    client: FlaskClient, counted: Round
) -> None:
    page = client.get(address(counted)).text
    asked = page.index("Declare my interests")
    for words in ("What residents chose", "What officers found", "Running cost", "83%"):
        assert page.index(words) < asked


def test_what_officers_advise_stands_on_the_page(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    assert "Officers have written no notes" in client.get(address(counted)).text
    advise(town, counted, "The <script>fund</script> holds it.")
    assert "The &lt;script&gt;fund&lt;/script&gt; holds it." in client.get(address(counted)).text


def test_the_page_says_what_the_verifier_found_and_whom_the_vote_turned_away(
    client: FlaskClient, counted: Round
) -> None:
    page = client.get(address(counted)).text
    for words in (
        "No fault was found",
        "none recorded",
        "5 ballots by phone",
        "0 ballots on paper",
    ):
        assert words in page


@pytest.mark.parametrize("phase", [Phase.IDEAS, Phase.VOTE, Phase.COUNT])
def test_before_the_count_there_is_nothing_to_decide(
    client: FlaskClient, town: Town, phase: Phase
) -> None:
    the_round = town.round(phase)
    town.session.commit()
    assert "Nothing to decide yet" in client.get(address(the_round)).text
    for end in ("/interests", "/sheet", "/refer", "/sign"):
        assert client.get(address(the_round, end)).status_code == 409


def test_another_wards_councillor_may_not_come_in(site: Site, town: Town, counted: Round) -> None:
    other = site.as_(town.other_councillor)
    for end in ("", "/interests", "/sheet", "/refer", "/sign"):
        assert other.get(address(counted, end)).status_code == 403


def test_who_acts_later_can_read_but_not_write(site: Site, town: Town, counted: Round) -> None:
    cabinet = town.person("Cleo Cabinet", Office.CABINET_MEMBER)
    town.session.commit()
    later = site.as_(cabinet)
    assert "It is not your turn." in later.get(address(counted)).text
    assert later.get(address(counted, "/sheet")).status_code == 409


# --- interests ------------------------------------------------------------------------------------


def test_an_interest_is_asked_of_every_project_that_residents_funded(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    page = client.get(address(counted, "/interests")).text
    for project in winners(town, counted):
        assert f'name="project_{project.id}-kind"' in page
    assert page.count("Do you have an interest in it?") == len(winners(town, counted)) == 2


def test_not_saying_whether_there_is_an_interest_is_refused_at_the_field(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    answer = client.post(address(counted, "/interests"))
    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    # Read aloud, each problem names its project.
    for project in winners(town, counted):
        assert (
            f'<a href="#project_{project.id}-kind">{project.title}: Say whether you have an '
            "interest</a>" in answer.text
        )


@pytest.mark.parametrize(("kind", "field"), [("other", "details"), ("pecuniary", "pecuniary")])
def test_an_interest_without_details_is_refused_at_the_field(
    client: FlaskClient, town: Town, counted: Round, kind: str, field: str
) -> None:
    first = winners(town, counted)[0]
    answer = declare(client, town, counted, kind, **{field: "  "})
    assert answer.status_code == 422
    assert f'href="#project_{first.id}-{field}"' in answer.text
    assert town.session.scalars(select(Interest)).all() == []


def test_interests_are_kept_for_each_project(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    first, second = winners(town, counted)
    answers = {
        f"project_{first.id}-kind": "none",
        f"project_{second.id}-kind": "other",
        f"project_{second.id}-details": "My sister’s <b>club</b> meets there.",
    }
    assert client.post(address(counted, "/interests"), data=answers).status_code == 303
    kept = {one.project_id: one.kind for one in town.session.scalars(select(Interest))}
    assert kept == {first.id: InterestKind.NONE, second.id: InterestKind.OTHER}
    page = client.get(address(counted)).text
    assert "My sister’s &lt;b&gt;club&lt;/b&gt; meets there." in page
    assert "Write my sheet" in page


def test_a_pecuniary_interest_ends_it_for_this_councillor(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    declare(client, town, counted, "pecuniary", pecuniary="I own the yard.")
    page = client.get(address(counted)).text
    assert "so you take no part in this decision" in page
    assert "Write my sheet" not in page
    for end in ("/sheet", "/refer", "/sign"):
        assert client.get(address(counted, end)).status_code == 409


def test_a_pecuniary_interest_cannot_be_taken_back(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    declare(client, town, counted, "pecuniary", pecuniary="I own the yard.")
    answer = declare(client, town, counted, "none")
    assert answer.status_code == 422
    assert "A declared pecuniary interest stands." in answer.text


def test_a_dispensation_lets_the_councillor_go_on(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    declare(client, town, counted, "pecuniary", pecuniary="I own the yard.")
    own = {"pecuniary": "I own the yard.", "dispensation": "MO/2026/14"}
    assert declare(client, town, counted, "pecuniary", **own).status_code == 303
    assert "Write my sheet" in client.get(address(counted)).text
    assert {one.dispensation for one in town.session.scalars(select(Interest))} == {"MO/2026/14"}


def test_a_register_entry_is_suggested_beside_the_project_it_seems_to_touch(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    today = now(town.session).date()
    for words in ("Shares in Bench Makers Ltd", "A flat in Hove"):
        town.session.add(
            RegisteredInterest(
                person=town.councillor,
                kind=InterestKind.PECUNIARY,
                words=words,
                registered_on=today,
            )
        )
    town.session.commit()
    page = client.get(address(counted, "/interests")).text
    assert page.count("may be about this: “Shares in Bench Makers Ltd”") == 2
    assert "may be about this: “A flat in Hove”" not in page
    assert "A flat in Hove" in page


def test_when_one_of_two_is_conflicted_the_others_signature_is_enough(
    site: Site, client: FlaskClient, town: Town
) -> None:
    the_round = counted_round(town, approvals=2)
    colleague = site.as_(town.second_councillor)
    declare(colleague, town, the_round, "pecuniary", pecuniary="I own the yard.")
    walk(client, town, the_round)
    town.session.expire_all()
    assert the_round.phase == Phase.DELIVERY


def test_when_the_last_who_has_not_signed_is_conflicted_it_is_decided(
    site: Site, client: FlaskClient, town: Town
) -> None:
    the_round = counted_round(town, approvals=2)
    walk(client, town, the_round)
    colleague = site.as_(town.second_councillor)
    declare(colleague, town, the_round, "pecuniary", pecuniary="I own the yard.")
    town.session.expire_all()
    assert the_round.phase == Phase.DELIVERY


# --- the sheet ------------------------------------------------------------------------------------


def test_who_declared_nothing_cannot_write_a_sheet(client: FlaskClient, counted: Round) -> None:
    answer = client.get(address(counted, "/sheet"))
    assert answer.status_code == 409
    assert "Declare whether you have an interest first." in answer.text


@pytest.mark.parametrize(
    ("verdict", "more", "field"),
    [
        ("", {}, "verdict"),
        ("conditions", {"condition": " "}, "condition"),
        ("decline", {"because": LONG}, "ground"),
        ("decline", {"ground": "safety", "because": "Too short."}, "reasons"),
    ],
)
def test_what_a_verdict_needs_is_asked_for_at_its_field(
    client: FlaskClient,
    town: Town,
    counted: Round,
    verdict: str,
    more: dict[str, Any],
    field: str,
) -> None:
    declare(client, town, counted)
    first = winners(town, counted)[0]
    answer = write(client, town, counted, verdict, **more)
    assert answer.status_code == 422
    assert f'href="#project_{first.id}-{field}">{first.title}: ' in answer.text
    assert town.session.scalars(select(SheetDraft)).all() == []


def test_a_sheet_is_shown_once_more_and_nothing_is_signed_yet(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    declare(client, town, counted)
    write(client, town, counted, "decline", ground="safety", because=f"<script> {LONG}")
    page = client.get(address(counted, "/sign")).text
    for words in ("It would not be safe", f"&lt;script&gt; {LONG}", "Yours is the last signature"):
        assert words in page
    assert signatures(town.session) == []
    assert "Your sheet is written, and not signed yet." in client.get(address(counted)).text


def test_what_was_written_stands_in_the_form_when_it_is_changed(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    declare(client, town, counted)
    write(client, town, counted, "conditions", condition="Planning consent is given.")
    page = client.get(address(counted, "/sheet")).text
    assert page.count("Planning consent is given.") == 2


@pytest.mark.parametrize("missing", ["refer_to", "question", "reasons"])
def test_a_referral_without_what_it_needs_is_refused_at_the_field(
    client: FlaskClient, town: Town, counted: Round, missing: str
) -> None:
    declare(client, town, counted)
    answer = refer(client, counted, **{missing: "  "})
    assert answer.status_code == 422
    assert f'href="#{missing}"' in answer.text


# --- the signature --------------------------------------------------------------------------------


def test_the_last_signature_publishes_the_record_and_commits_the_money(
    client: FlaskClient, town: Town
) -> None:
    the_round = counted_round(town, [4, 1], [4])
    assert walk(client, town, the_round).status_code == 303
    town.session.expire_all()
    assert the_round.phase == Phase.DELIVERY
    assert town.session.get(PublicRecord, the_round.id) is not None
    committed = [one.committed_pence for one in deliveries_in(town.session, the_round)]
    assert sorted(committed) == [200_000, 800_000]
    assert (
        "The outcome is decided, and its record is public." in client.get(address(the_round)).text
    )


def test_when_two_must_sign_the_page_says_for_whom_it_waits(
    client: FlaskClient, town: Town
) -> None:
    the_round = counted_round(town, approvals=2)
    declare(client, town, the_round)
    write(client, town, the_round)
    page = client.get(address(the_round, "/sign")).text
    assert "It then waits for Carl Councillor." in page
    sign(client, town, the_round)
    town.session.expire_all()
    assert the_round.phase == Phase.SIGN_OFF
    assert "It now waits for Carl Councillor." in client.get(address(the_round)).text


def test_nothing_is_signed_without_the_right_code(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    declare(client, town, counted)
    write(client, town, counted)
    carried = hidden(client.get(address(counted, "/sign?sent=1")).text)
    code = ask_for_code(client, town.session, counted)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    answer = client.post(address(counted, "/sign"), data={**carried, "code": wrong})
    assert answer.status_code == 422
    assert 'href="#code"' in answer.text
    assert signatures(town.session) == []


def test_a_code_for_signing_in_signs_nothing(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    declare(client, town, counted)
    write(client, town, counted)
    carried = hidden(client.get(address(counted, "/sign?sent=1")).text)
    client.post("/sign-out")
    client.post("/sign-in", data={"email": town.councillor.email})
    body = town.session.scalars(select(Letter.body).order_by(Letter.id.desc()).limit(1)).one()
    code = next(line for line in body.splitlines() if line.isdecimal())
    with client.session_transaction() as kept:
        kept["person_id"] = town.councillor.id
    answer = client.post(address(counted, "/sign"), data={**carried, "code": code})
    assert answer.status_code == 422
    assert signatures(town.session) == []


def test_a_double_tap_signs_once_and_says_so(client: FlaskClient, town: Town) -> None:
    the_round = counted_round(town, approvals=2)
    declare(client, town, the_round)
    write(client, town, the_round)
    carried = hidden(client.get(address(the_round, "/sign?sent=1")).text)
    code = ask_for_code(client, town.session, the_round)
    for _ in range(2):
        sent = {**carried, "code": code}
        assert client.post(address(the_round, "/sign"), data=sent).status_code == 303
    assert len(signatures(town.session)) == 1
    assert "You have signed this outcome already." in client.get(address(the_round)).text


def test_a_double_tap_on_the_last_signature_says_so_too(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    walk(client, town, counted)
    assert client.post(address(counted, "/sign"), data={"code": "123456"}).status_code == 303
    assert "You have signed this outcome already." in client.get(address(counted)).text


def test_a_sheet_changed_in_another_window_is_not_signed_unseen(
    site: Site, client: FlaskClient, town: Town, counted: Round
) -> None:
    declare(client, town, counted)
    write(client, town, counted)
    carried = hidden(client.get(address(counted, "/sign?sent=1")).text)
    write(site.as_(town.councillor), town, counted, "conditions", condition="Consent is given.")
    code = ask_for_code(client, town.session, counted)
    client.post(address(counted, "/sign"), data={**carried, "code": code})
    assert signatures(town.session) == []
    assert "was changed in another window" in client.get(address(counted, "/sign")).text


def test_an_old_bundle_is_not_signed_and_the_page_says_what_changed(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    declare(client, town, counted)
    write(client, town, counted, "conditions", condition="Consent is given.")
    carried = hidden(client.get(address(counted, "/sign?sent=1")).text)
    code = ask_for_code(client, town.session, counted)
    advise(town, counted)
    answer = client.post(address(counted, "/sign"), data={**carried, "code": code})
    assert answer.status_code == 409
    assert "Officers’ note on this was written or changed: Finance." in answer.text
    assert signatures(town.session) == []
    page = client.get(address(counted, "/sheet")).text
    assert "Consent is given." in page  # nothing is lost
    write(client, town, counted, "conditions", condition="Consent is given.")
    sign(client, town, counted)
    assert len(signatures(town.session)) == 1


def test_a_change_while_the_sheet_is_written_is_noticed_too(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    declare(client, town, counted)
    carried = hidden(client.get(address(counted, "/sheet")).text)
    advise(town, counted)
    write(client, town, counted, carried=carried)
    assert "Something has changed" in client.get(address(counted, "/sign")).text


def test_a_project_withdrawn_since_is_named_and_the_rest_can_be_signed(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    declare(client, town, counted)
    write(client, town, counted)
    first, second = winners(town, counted)
    project = town.session.get_one(Project, first.id)
    withdraw_project(town.session, counted, project, town.officer, "The site was sold.")
    town.session.commit()
    assert f"“{first.title}” was withdrawn." in client.get(address(counted, "/sign")).text
    assert "The site was sold." in client.get(address(counted)).text
    write(client, town, counted)
    sign(client, town, counted)
    signed = {given.project_id for given in signatures(town.session)[0].verdicts}
    assert signed == {second.id}


def test_a_signature_that_no_longer_counts_is_asked_for_again(
    client: FlaskClient, town: Town
) -> None:
    the_round = counted_round(town, approvals=2)
    walk(client, town, the_round)
    advise(town, the_round)
    assert "Go on to sign" in client.get(address(the_round)).text
    assert "Finance." in client.get(address(the_round, "/sign")).text


def test_nobody_signs_in_a_pre_election_period(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    declare(client, town, counted)
    write(client, town, counted)
    today = now(town.session).date()
    town.session.add(QuietPeriod(starts_on=today, ends_on=today, words="Local elections"))
    town.session.commit()
    assert "A pre-election period is on" in client.get(address(counted)).text
    assert client.get(address(counted, "/sign")).status_code == 409


def test_who_resigned_in_between_signs_nothing(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    declare(client, town, counted)
    write(client, town, counted)
    for appointment in town.councillor.appointments:
        appointment.ends_on = now(town.session).date()
    town.session.commit()
    assert client.get(address(counted, "/sign")).status_code == 403
    assert client.post(address(counted, "/sign"), data={"code": "1"}).status_code == 403


def test_a_decision_after_the_deadline_is_still_taken_from_whoever_is_late(
    client: FlaskClient, town: Town, counted: Round, clock: Clock
) -> None:
    clock.moves(days=40)
    assert "The days to decide are over." in client.get(address(counted)).text
    walk(client, town, counted)
    town.session.expire_all()
    assert counted.phase == Phase.DELIVERY


def test_a_facilitator_or_officer_who_had_a_hand_in_the_vote_reads_only(
    site: Site, town: Town
) -> None:
    the_round = town.round(Phase.DEBATE)
    choose_route(town.session, the_round.fund, RouteName.OFFICER, Agreement.MAJORITY, 0)
    town.enter(the_round, Phase.VOTE)
    vote(town, the_round, [1], [1])
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    walk(site.as_(town.councillor), town, the_round)
    walk(site.as_(town.second_councillor), town, the_round)
    closer = town.officer
    appointed(town, closer, Office.DELEGATED_OFFICER)
    page = site.as_(closer).get(address(the_round)).text
    assert "Takes no part: closed the vote" in page
    assert site.as_(closer).get(address(the_round, "/sheet")).status_code == 409


def appointed(town: Town, person: Person, office: Office) -> None:
    town.session.rollback()
    appoint(town.session, person, office, None, now(town.session).date())
    town.session.commit()


# --- what follows ---------------------------------------------------------------------------------


def test_everybody_who_proposed_or_backed_a_project_is_told_once(
    client: FlaskClient, town: Town
) -> None:
    the_round = town.round(Phase.IDEAS)
    for proposal in proposals_in(town.session, the_round)[:2]:
        back(town.session, proposal, town.neighbour)
    for phase in (Phase.SCREENING, Phase.DEBATE, Phase.VOTE):
        town.enter(the_round, phase)
    vote(town, the_round, [4, 1], [4])
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    walk(client, town, the_round)
    told = letters(town.session, "Signed: Canal Side decides")
    assert sorted(told) == [town.neighbour.email, town.resident.email]
    to_neighbour = select(Letter.body).where(Letter.to_email == town.neighbour.email)
    body = town.session.scalars(to_neighbour).one()
    funded, not_funded = body.split("residents did not choose them this time")
    assert "Bench 1" in funded
    assert "Bench 2" in not_funded
    assert "http://localhost/notices/2026/1" in body
    assert letters(town.session, "Signed, now to deliver") == [town.officer.email]


def test_a_referral_tells_the_officers_and_holds_up_everybody(
    site: Site, client: FlaskClient, town: Town
) -> None:
    the_round = counted_round(town, approvals=2)
    declare(client, town, the_round)
    refer(client, the_round, question="What of the <i>drains</i>?")
    assert "Nobody can sign until your question is answered." in (
        client.get(address(the_round, "/sign")).text
    )
    sign(client, town, the_round)
    assert letters(town.session, "Referred back") == [town.officer.email]
    page = site.as_(town.second_councillor).get(address(the_round)).text
    assert "You can act once it is answered." in page
    assert "What of the &lt;i&gt;drains&lt;/i&gt;?" in page


def test_after_the_answer_everybody_decides_afresh(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    declare(client, town, counted)
    refer(client, counted)
    sign(client, town, counted)
    town.session.rollback()
    answer_referral(town.session, counted, town.officer, "The drains are sound.")
    town.session.commit()
    page = client.get(address(counted)).text
    assert "The drains are sound." in page
    assert "Write my sheet" in page
    write(client, town, counted)
    sign(client, town, counted)
    acts = [(one.sitting, one.act) for one in signatures(town.session)]
    assert acts == [(1, Act.REFER_BACK), (2, Act.DECIDE)]


def test_when_everybody_is_out_the_page_says_who_must_step_in(
    site: Site, client: FlaskClient, town: Town, counted: Round
) -> None:
    for one in (client, site.as_(town.second_councillor)):
        declare(one, town, counted, "pecuniary", pecuniary="Mine.")
    assert "monitoring officer must say who decides instead" in client.get(address(counted)).text


def test_a_signed_outcome_is_read_only(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    page = site.as_(town.second_councillor).get(address(the_round)).text
    assert "This outcome is decided." in page
    assert "<form" not in page[page.index("<main") :]


def test_whoever_acts_next_is_written_to(site: Site, client: FlaskClient, town: Town) -> None:
    finance = town.person("Fay Finance", Office.FINANCE_OFFICER)
    the_round = town.round(Phase.DEBATE)
    choose_route(town.session, the_round.fund, RouteName.CABINET_MEMBER, Agreement.ANY_ONE, 0)
    town.enter(the_round, Phase.VOTE)
    vote(town, the_round, [1], [1])
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    walk(client, town, the_round)
    town.session.rollback()
    assert sign_off_of(town.session, the_round).waits_for(finance)
    assert letters(town.session, "waits for you") == [finance.email]


def test_declining_is_public_beside_what_residents_chose(
    client: FlaskClient, town: Town, counted: Round
) -> None:
    walk(client, town, counted, "decline", ground="safety", because=LONG)
    [signature] = signatures(town.session)
    assert {given.verdict for given in signature.verdicts} == {Verdict.DECLINE}
    assert {given.reasons for given in signature.verdicts} == {LONG}
