"""Where a stage stands: two who disagree, interests, silence, and who settles it, on each route."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from ballots.routes import (
    Agreement,
    Otherwise,
    RouteName,
    Sheet,
    Stage,
    StageStanding,
    Standing,
    Verdict,
    deadline_of,
    reminders_due,
    route_of,
    stand,
)

BEGAN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
YES, TIED, NO = Verdict.ENDORSE, Verdict.CONDITIONS, Verdict.DECLINE
COSTS = {"bench": 200_000, "trees": 50_000}
ANN, BOB, CAZ = 1, 2, 3


def members(name: RouteName, agreement: Agreement) -> Stage:
    return route_of(name, agreement).stages[0]


def says(person: int, bench: Verdict, trees: Verdict = YES) -> Sheet:
    return Sheet(person, {"bench": bench, "trees": trees})


def now_at(
    stage: Stage,
    *sheets: Sheet,
    people: tuple[int, ...] = (ANN, BOB),
    barred: tuple[int, ...] = (),
    after_days: int = 1,
    settler: int | None = None,
) -> StageStanding:
    return stand(
        stage,
        COSTS,
        people,
        barred,
        sheets,
        deadline=deadline_of(stage, BEGAN),
        now=BEGAN + timedelta(days=after_days),
        settler=settler,
    )


# On the ward members' route somebody must settle it; elsewhere both views go on.
THEN = dict.fromkeys(RouteName, Otherwise.GO_ON) | {
    RouteName.WARD_MEMBERS: Otherwise.MONITORING_OFFICER
}


@pytest.mark.parametrize("name", RouteName)
@pytest.mark.parametrize("agreement", [Agreement.MAJORITY, Agreement.UNANIMOUS])
def test_two_members_who_disagree_are_split_on_every_route(
    name: RouteName, agreement: Agreement
) -> None:
    stage = members(name, agreement)
    found = now_at(stage, says(ANN, YES), says(BOB, NO))
    assert found.standing is Standing.SPLIT
    # What they agree on is not in dispute.
    assert (found.carried, found.declined) == (("trees",), ())
    assert stage.if_split is THEN[name]


@pytest.mark.parametrize("name", RouteName)
def test_where_any_one_is_enough_two_members_cannot_disagree(name: RouteName) -> None:
    found = now_at(members(name, Agreement.ANY_ONE), says(ANN, NO), says(BOB, YES))
    assert (found.standing, found.declined) == (Standing.DONE, ("bench",))


def test_members_who_share_the_money_decide_each_on_their_own_share() -> None:
    stage = members(RouteName.WARD_MEMBERS, Agreement.SHARES)
    found = now_at(stage, says(ANN, NO, YES), says(BOB, YES, NO))
    assert found.shares == {"bench": ANN, "trees": BOB}
    assert (found.standing, found.declined) == (Standing.DONE, ("bench", "trees"))


def test_members_share_no_money_where_they_only_advise() -> None:
    with pytest.raises(ValueError, match="only where they decide alone"):
        route_of(RouteName.OFFICER, Agreement.SHARES)


@pytest.mark.parametrize("agreement", [Agreement.MAJORITY, Agreement.UNANIMOUS])
@pytest.mark.parametrize(("word", "carried"), [(YES, True), (TIED, True), (NO, False)])
def test_whoever_is_named_settles_what_two_members_do_not_agree_on(
    agreement: Agreement, word: Verdict, carried: bool
) -> None:
    stage = members(RouteName.WARD_MEMBERS, agreement)
    split = says(ANN, YES), says(BOB, NO)
    waiting = now_at(stage, *split, people=(CAZ,), settler=CAZ)
    assert waiting.waits_for == (CAZ,)
    found = now_at(stage, *split, says(CAZ, word, NO), people=(CAZ,), settler=CAZ)
    assert found.standing is Standing.DONE
    assert ("bench" in found.carried) is carried


def test_every_stage_ends_once_somebody_named_has_signed() -> None:
    for agreement, *words in product(Agreement, (YES, NO), (YES, NO), (YES, NO), (YES, NO)):
        stage = members(RouteName.WARD_MEMBERS, agreement)
        sheets = says(ANN, *words[:2]), says(CAZ, *words[2:])
        # Bob never signed; Caz was named in his place.
        found = now_at(stage, *sheets, people=(CAZ,), after_days=40, settler=CAZ)
        assert found.standing is Standing.DONE, (agreement, words)
        assert set(found.carried) | set(found.declined) == set(COSTS)


def test_a_majority_of_three_is_settled_by_two() -> None:
    stage = members(RouteName.WARD_MEMBERS, Agreement.MAJORITY)
    found = now_at(stage, says(ANN, NO), says(CAZ, NO), people=(ANN, BOB, CAZ))
    assert (found.standing, found.declined) == (Standing.DONE, ("bench",))


@pytest.mark.parametrize("name", RouteName)
def test_when_all_are_conflicted_no_stage_waits_for_anybody(name: RouteName) -> None:
    for stage in route_of(name).stages:
        found = now_at(stage, says(ANN, YES), barred=(ANN, BOB))
        assert (found.standing, found.waits_for) == (Standing.ALL_CONFLICTED, ())
        assert stage.if_all_conflicted in (Otherwise.GO_ON, Otherwise.MONITORING_OFFICER)
    # Whoever decides last is never passed over.
    assert route_of(name).stages[-1].if_all_conflicted is Otherwise.MONITORING_OFFICER


@pytest.mark.parametrize("name", RouteName)
def test_a_stage_is_silent_from_its_deadline_on_and_not_before(name: RouteName) -> None:
    for stage in route_of(name).stages:
        assert now_at(stage, after_days=stage.days - 1).standing is Standing.WAITING
        assert now_at(stage, after_days=stage.days).standing is Standing.SILENT
    assert route_of(name).stages[-1].if_silent is Otherwise.MONITORING_OFFICER


def test_whoever_resigned_before_signing_is_not_waited_for_and_after_signing_still_counts() -> None:
    stage = members(RouteName.WARD_MEMBERS, Agreement.UNANIMOUS)
    assert now_at(stage, says(ANN, YES), people=(ANN,)).standing is Standing.DONE
    assert now_at(stage, says(ANN, YES), people=(BOB,)).waits_for == (BOB,)


def test_one_referral_of_three_does_not_hold_up_a_majority() -> None:
    stage = members(RouteName.WARD_MEMBERS, Agreement.MAJORITY)
    refers = Sheet(ANN, {}, refers_back=True)
    three = (ANN, BOB, CAZ)
    found = now_at(stage, refers, says(BOB, YES), says(CAZ, YES), people=three)
    assert found.standing is Standing.DONE
    two = now_at(stage, refers, Sheet(BOB, {}, refers_back=True), people=three)
    assert two.standing is Standing.REFERRED_BACK
    assert now_at(members(RouteName.WARD_MEMBERS, Agreement.UNANIMOUS), refers).standing is (
        Standing.REFERRED_BACK
    )


def test_reminders_are_due_at_half_and_at_four_fifths_of_the_days() -> None:
    deadline = BEGAN + timedelta(days=10)
    due = [reminders_due(BEGAN, deadline, BEGAN + timedelta(days=day)) for day in (4, 5, 7, 8, 10)]
    assert due == [0, 1, 1, 2, 2]
