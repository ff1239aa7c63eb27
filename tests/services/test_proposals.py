"""Proposals, backing, screening and debate, each in its phase."""

import pytest
from sqlalchemy import select

from neighbourhoods.debate import (
    PointKind,
    answer_point,
    hide_point,
    make_point,
    open_reports,
    points_on,
    report_point,
    show_point_again,
)
from neighbourhoods.phases import Phase, Role
from neighbourhoods.projects import projects_in
from neighbourhoods.proposals import (
    MenuItem,
    Proposal,
    ProposalState,
    ProposalWords,
    back,
    backing_counts,
    people_following,
    proposals_in,
    propose,
    revise,
    stop_backing,
    withdraw,
)
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round
from neighbourhoods.screening import (
    Finding,
    ScreeningResult,
    offer_variant,
    reply_to_screening,
)
from tests.builders import Town

SMALLER = ProposalWords("Bench", "A shorter bench.", "To sit.", 90_000)


def finding(result: ScreeningResult, **other: object) -> Finding:
    words: dict[str, object] = {
        "lawful": True,
        "feasible": True,
        "low_pence": 100,
        "likely_pence": 200,
        "high_pence": 300,
        "yearly_pence": 0,
        "result": result,
        "reasons": "Because.",
    }
    return Finding(**(words | other))  # type: ignore[arg-type]


def screened(town: Town, result: ScreeningResult) -> tuple[Round, Proposal]:
    the_round = town.round(Phase.IDEAS, proposals=1)
    town.session.flush()
    (proposal,) = proposals_in(town.session, the_round)
    the_round.phase = Phase.SCREENING
    town.screens(proposal, finding(result))
    return the_round, proposal


def test_every_edit_is_kept_as_a_version(town: Town) -> None:
    the_round = town.round(Phase.IDEAS, proposals=1)
    (proposal,) = proposals_in(town.session, the_round)
    revise(town.session, proposal, town.resident, SMALLER, seen_version=1)
    assert [version.words["what"] for version in proposal.versions] == [
        "A bench.",
        "A shorter bench.",
    ]


def test_an_edit_from_an_older_tab_is_refused(town: Town) -> None:
    the_round = town.round(Phase.IDEAS, proposals=1)
    (proposal,) = proposals_in(town.session, the_round)
    revise(town.session, proposal, town.resident, SMALLER, seen_version=1)
    with pytest.raises(Refused) as refused:
        revise(town.session, proposal, town.resident, SMALLER, seen_version=1)
    assert refused.value.reason is Refusal.CHANGED_MEANWHILE


def test_nobody_edits_somebody_elses_proposal(town: Town) -> None:
    the_round = town.round(Phase.IDEAS, proposals=1)
    (proposal,) = proposals_in(town.session, the_round)
    with pytest.raises(Refused) as refused:
        revise(town.session, proposal, town.neighbour, SMALLER, seen_version=1)
    assert refused.value.reason is Refusal.NOT_THE_PROPOSER


def test_a_proposal_from_the_menu_keeps_the_menus_price(town: Town) -> None:
    the_round = town.round(Phase.IDEAS, proposals=0)
    tree = MenuItem(title="Tree", about="A tree.", category="Green", cost_pence=78_000)
    town.session.add(tree)
    town.session.flush()
    words = ProposalWords("A tree", "One tree.", "Shade.", 1, category="Cheap")
    proposal = propose(town.session, the_round, town.resident, words, tree)
    assert (proposal.cost_pence, proposal.category) == (78_000, "Green")


def test_the_same_words_sent_again_are_the_same_proposal_and_other_words_another(
    town: Town,
) -> None:
    the_round = town.round(Phase.IDEAS, proposals=0)
    first = town.proposal(the_round)
    assert town.proposal(the_round) is first
    assert town.proposal(the_round, 2) is not first
    withdraw(town.session, first, town.resident)
    assert town.proposal(the_round) is not first


def test_backing_twice_is_backing_once_and_can_be_taken_away(town: Town) -> None:
    the_round = town.round(Phase.IDEAS, proposals=1)
    (proposal,) = proposals_in(town.session, the_round)
    back(town.session, proposal, town.neighbour)
    back(town.session, proposal, town.neighbour)
    assert backing_counts(town.session, the_round) == {proposal.id: 1}
    assert people_following(town.session, proposal) == [town.resident, town.neighbour]
    stop_backing(town.session, proposal, town.neighbour)
    assert backing_counts(town.session, the_round) == {}


def test_nobody_backs_their_own_proposal(town: Town) -> None:
    the_round = town.round(Phase.IDEAS, proposals=1)
    with pytest.raises(Refused) as refused:
        back(town.session, proposals_in(town.session, the_round)[0], town.resident)
    assert refused.value.reason is Refusal.OWN_PROPOSAL


def test_a_withdrawn_proposal_leaves_the_round(town: Town) -> None:
    the_round = town.round(Phase.IDEAS, proposals=2)
    withdraw(town.session, proposals_in(town.session, the_round)[0], town.resident)
    assert [proposal.title for proposal in proposals_in(town.session, the_round)] == ["Bench 2"]


def test_nothing_is_proposed_after_the_ideas_phase(town: Town) -> None:
    the_round = town.round(Phase.SCREENING)
    with pytest.raises(Refused) as refused:
        propose(town.session, the_round, town.resident, SMALLER)
    assert refused.value.reason is Refusal.WRONG_PHASE


def test_a_passed_proposal_becomes_a_project_at_its_likely_cost(town: Town) -> None:
    the_round, proposal = screened(town, ScreeningResult.PASSED)
    (project,) = projects_in(town.session, the_round.id)
    assert (project.proposal, project.cost_pence) == (proposal, 200)


def test_a_second_look_takes_a_project_off_the_paper(town: Town) -> None:
    the_round, proposal = screened(town, ScreeningResult.PASSED)
    town.screens(proposal, finding(ScreeningResult.NOT_PASSED))
    assert projects_in(town.session, the_round.id) == []


def test_what_is_unlawful_cannot_pass(town: Town) -> None:
    _, proposal = screened(town, ScreeningResult.NOT_PASSED)
    with pytest.raises(Refused) as refused:
        town.screens(proposal, finding(ScreeningResult.PASSED, lawful=False))
    assert refused.value.reason is Refusal.UNLAWFUL_CANNOT_PASS


@pytest.mark.parametrize("costs", [(0, 1, 2), (3, 2, 4), (1, 3, 2)])
def test_costs_out_of_order_are_refused(town: Town, costs: tuple[int, int, int]) -> None:
    _, proposal = screened(town, ScreeningResult.NOT_PASSED)
    low, likely, high = costs
    wrong = finding(ScreeningResult.PASSED, low_pence=low, likely_pence=likely, high_pence=high)
    with pytest.raises(Refused) as refused:
        town.screens(proposal, wrong)
    assert refused.value.reason is Refusal.COSTS_OUT_OF_ORDER


def test_the_proposer_replies_once_and_in_public(town: Town) -> None:
    _, proposal = screened(town, ScreeningResult.NOT_PASSED)
    screening = town.screens(proposal, finding(ScreeningResult.NOT_PASSED))
    reply_to_screening(town.session, screening, town.resident, "The trust says yes.")
    assert screening.reply is not None
    assert screening.reply.words == "The trust says yes."
    with pytest.raises(Refused) as refused:
        reply_to_screening(town.session, screening, town.resident, "And again.")
    assert refused.value.reason is Refusal.ALREADY_REPLIED


def test_a_smaller_variant_is_screened_again(town: Town) -> None:
    _, proposal = screened(town, ScreeningResult.SMALLER_ASKED)
    offer_variant(town.session, proposal, town.resident, SMALLER, seen_version=1)
    assert proposal.state == ProposalState.SUBMITTED
    assert proposal.cost_pence == 90_000


def test_an_officers_answer_is_marked_as_an_officers(town: Town) -> None:
    the_round = town.round(Phase.DEBATE, proposals=1)
    (proposal,) = proposals_in(town.session, the_round)
    question = make_point(
        town.session, proposal, town.neighbour, Role.RESIDENT, PointKind.QUESTION, "Who waters it?"
    )
    answer = answer_point(town.session, question, town.officer, Role.OFFICER, "We do.")
    assert answer.speaking_as == Role.OFFICER
    (shown,) = points_on(town.session, proposal)
    assert shown.answers == [answer]


def test_an_answer_to_an_answer_hangs_from_the_question(town: Town) -> None:
    the_round = town.round(Phase.DEBATE, proposals=1)
    (proposal,) = proposals_in(town.session, the_round)
    question = make_point(
        town.session, proposal, town.neighbour, Role.RESIDENT, PointKind.QUESTION, "Who?"
    )
    first = answer_point(town.session, question, town.officer, Role.OFFICER, "We.")
    second = answer_point(town.session, first, town.resident, Role.RESIDENT, "Thanks.")
    assert second.answers_id == question.id


def test_hiding_needs_a_public_reason_settles_reports_and_can_be_undone(town: Town) -> None:
    the_round = town.round(Phase.DEBATE, proposals=1)
    (proposal,) = proposals_in(town.session, the_round)
    point = make_point(
        town.session, proposal, town.neighbour, Role.RESIDENT, PointKind.AGAINST, "Rude."
    )
    report_point(town.session, point, town.resident, "It is rude.")
    report_point(town.session, point, town.resident, "Still rude.")
    assert len(open_reports(town.session)) == 1
    with pytest.raises(Refused) as refused:
        hide_point(town.session, point, town.officer, "")
    assert refused.value.reason is Refusal.REASON_MISSING
    hide_point(town.session, point, town.officer, "It insults a neighbour.")
    assert open_reports(town.session) == []
    show_point_again(town.session, point)
    assert (point.hidden_at, point.hidden_why) == (None, None)


def test_a_hostile_title_is_kept_as_it_was_written(town: Town) -> None:
    the_round = town.round(Phase.IDEAS, proposals=0)
    hostile = "<script>alert(1)</script>"
    propose(town.session, the_round, town.resident, ProposalWords(hostile, "w", "y", 1))
    assert town.session.scalars(select(Proposal.title)).all() == [hostile]
