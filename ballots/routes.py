"""Routes to a decision: which people act on an outcome, in which order, and what if they do not.

Pure: routes are data, and where a stage stands is a function of what people declared and signed.
Source: Local Government and Public Involvement in Health Act 2007, section 236 (a ward member
alone); Local Government Act 2000, section 9E (a cabinet member, an area committee, an officer);
Localism Act 2011, sections 31 and 33 (interests and dispensations).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class RouteName(StrEnum):
    """In what lawful way a fund's outcomes are decided; chosen a fund, frozen with the rules."""

    WARD_MEMBERS = "ward-members"
    CABINET_MEMBER = "cabinet-member"
    AREA_COMMITTEE = "area-committee"
    OFFICER = "officer"
    ADVISORY = "advisory"


class Part(StrEnum):
    """In what capacity somebody acts at a stage."""

    # Whoever answers for the community: ward members, or a community's sponsoring councillors.
    MEMBER = "member"
    FINANCE = "finance"
    LEGAL = "legal"
    CABINET_MEMBER = "cabinet-member"
    COMMITTEE = "committee"
    OFFICER = "officer"
    MONITORING_OFFICER = "monitoring-officer"


class Purpose(StrEnum):
    """What a stage is for."""

    ADVISE = "advise"
    CLEAR = "clear"
    DECIDE = "decide"


class Agreement(StrEnum):
    """How many of those who are free to act must agree."""

    ANY_ONE = "any-one"
    MAJORITY = "majority"
    UNANIMOUS = "unanimous"
    # Each signs for an equal share of the money.
    SHARES = "shares"


class Otherwise(StrEnum):
    """What happens when a stage does not come to its end by itself."""

    GO_ON = "go-on"
    REFER_BACK = "refer-back"
    MONITORING_OFFICER = "monitoring-officer"


@dataclass(frozen=True)
class Stage:
    """One step of a route."""

    part: Part
    purpose: Purpose
    agreement: Agreement
    # Within so many days; reminders go out when half and four fifths of them are over.
    days: int
    if_split: Otherwise
    if_all_conflicted: Otherwise
    if_silent: Otherwise


@dataclass(frozen=True)
class Route:
    """The stages an outcome goes through, the last of which decides."""

    name: RouteName
    stages: tuple[Stage, ...]


def route_of(name: RouteName, agreement: Agreement = Agreement.MAJORITY) -> Route:
    """A route by its name; `agreement` says how members agree wherever members act together.

    ValueError if members share the money on a route where they only advise.
    """
    if agreement is Agreement.SHARES and name is not RouteName.WARD_MEMBERS:
        raise ValueError("members share the money only where they decide alone")
    members = Stage(
        Part.MEMBER,
        Purpose.DECIDE if name is RouteName.WARD_MEMBERS else Purpose.ADVISE,
        agreement,
        days=28 if name is RouteName.WARD_MEMBERS else 14,
        if_split=_IF_SPLIT[name],
        if_all_conflicted=_IF_CONFLICTED[name],
        if_silent=_IF_CONFLICTED[name],
    )
    return Route(name, (members, *_AFTER_MEMBERS[name]))


def _alone(part: Part, purpose: Purpose, days: int) -> Stage:
    """A stage at which one person acts for an office; whoever holds it may."""
    return Stage(
        part,
        purpose,
        Agreement.ANY_ONE,
        days,
        if_split=Otherwise.MONITORING_OFFICER,
        if_all_conflicted=Otherwise.MONITORING_OFFICER,
        if_silent=Otherwise.MONITORING_OFFICER,
    )


# Ward members who decide and cannot agree need somebody who may settle it; where they only advise,
# both views go on to whoever decides.
_IF_SPLIT = {
    RouteName.WARD_MEMBERS: Otherwise.MONITORING_OFFICER,
    RouteName.CABINET_MEMBER: Otherwise.GO_ON,
    RouteName.AREA_COMMITTEE: Otherwise.GO_ON,
    RouteName.OFFICER: Otherwise.GO_ON,
    RouteName.ADVISORY: Otherwise.GO_ON,
}
_IF_CONFLICTED = _IF_SPLIT
_CLEARED = (_alone(Part.FINANCE, Purpose.CLEAR, 10), _alone(Part.LEGAL, Purpose.CLEAR, 10))
_AFTER_MEMBERS: dict[RouteName, tuple[Stage, ...]] = {
    RouteName.WARD_MEMBERS: (),
    RouteName.CABINET_MEMBER: (*_CLEARED, _alone(Part.CABINET_MEMBER, Purpose.DECIDE, 14)),
    RouteName.AREA_COMMITTEE: (_alone(Part.COMMITTEE, Purpose.DECIDE, 42),),
    RouteName.OFFICER: (_alone(Part.OFFICER, Purpose.DECIDE, 14),),
    RouteName.ADVISORY: (_alone(Part.OFFICER, Purpose.DECIDE, 42),),
}


class Verdict(StrEnum):
    """What one sheet says of one project."""

    ENDORSE = "endorse"
    CONDITIONS = "conditions"
    DECLINE = "decline"


@dataclass(frozen=True)
class Sheet:
    """What one person signed at a stage: a verdict on each project, or a referral of the whole."""

    person: int
    verdicts: Mapping[str, Verdict]
    refers_back: bool = False


class Standing(StrEnum):
    """Where a stage stands."""

    WAITING = "waiting"
    DONE = "done"
    REFERRED_BACK = "referred-back"
    SPLIT = "split"
    ALL_CONFLICTED = "all-conflicted"
    SILENT = "silent"


@dataclass(frozen=True)
class StageStanding:
    """A stage, what it came to on each project so far, and for whom it waits."""

    standing: Standing
    carried: tuple[str, ...]
    declined: tuple[str, ...]
    waits_for: tuple[int, ...]
    # Who signs for which project, where members share the money.
    shares: Mapping[str, int]


def stand(
    stage: Stage,
    costs: Mapping[str, int],
    people: Collection[int],
    barred: Collection[int],
    sheets: Sequence[Sheet],
    *,
    deadline: datetime,
    now: datetime,
    settler: int | None = None,
) -> StageStanding:
    """Where a stage stands: `costs` in pence by project, `sheets` in the order they were signed.

    Whoever is barred counts for nothing, whoever signed while in office still counts. `settler`
    was named by the monitoring officer: once all have signed, what they say holds of each project
    on which the others do not agree.
    """
    signed = {sheet.person: sheet for sheet in sheets if sheet.person not in barred}
    free = sorted({*people, *signed} - {*barred})
    if not free:
        return StageStanding(Standing.ALL_CONFLICTED, (), (), (), {})
    shares = shares_of(costs, free) if stage.agreement is Agreement.SHARES else {}
    said = {code: _said_of(stage.agreement, code, signed, free, shares) for code in costs}
    waits_for = tuple(person for person in free if person not in signed)
    settles = signed.get(settler) if settler is not None and not waits_for else None
    if settles is not None and not settles.refers_back:
        for code, carried in said.items():
            if carried is None:
                said[code] = settles.verdicts[code] is not Verdict.DECLINE
    if stage.agreement is Agreement.ANY_ONE and signed:
        waits_for = ()
    return StageStanding(
        _standing(stage.agreement, said.values(), signed, free, waits_for, deadline <= now),
        tuple(code for code, carried in said.items() if carried is True),
        tuple(code for code, carried in said.items() if carried is False),
        waits_for,
        shares,
    )


def shares_of(costs: Mapping[str, int], people: Sequence[int]) -> dict[str, int]:
    """Who signs for which project: each next one goes to whoever has the least money so far."""
    held = dict.fromkeys(people, 0)
    shares = {}
    for code, pence in costs.items():
        person = min(held, key=lambda one: (held[one], one))
        held[person] += pence
        shares[code] = person
    return shares


def _said_of(
    agreement: Agreement,
    code: str,
    signed: Mapping[int, Sheet],
    free: Sequence[int],
    shares: Mapping[str, int],
) -> bool | None:
    """Whether a project is carried, or declined, as far as it is settled."""
    views = [
        sheet.verdicts[code] is not Verdict.DECLINE
        for sheet in signed.values()
        if not sheet.refers_back
    ]
    match agreement:
        case Agreement.ANY_ONE:
            return views[0] if views else None
        case Agreement.SHARES:
            sheet = signed.get(shares[code])
            return None if sheet is None else sheet.verdicts[code] is not Verdict.DECLINE
        case Agreement.UNANIMOUS:
            return views[0] if len(views) == len(free) and len(set(views)) == 1 else None
        case Agreement.MAJORITY:
            yes, no = views.count(True), views.count(False)
            return True if 2 * yes > len(free) else False if 2 * no > len(free) else None


def _standing(
    agreement: Agreement,
    said: Collection[bool | None],
    signed: Mapping[int, Sheet],
    free: Sequence[int],
    waits_for: Sequence[int],
    is_late: bool,
) -> Standing:
    referrals = sum(sheet.refers_back for sheet in signed.values())
    # A majority is not held up by one of three; everywhere else one referral is enough.
    if referrals >= (_NEEDED[agreement](len(free)) if agreement is Agreement.MAJORITY else 1):
        return Standing.REFERRED_BACK
    # A count that funded nothing is signed too.
    enough = len(signed) - referrals >= _NEEDED[agreement](len(free))
    if enough and all(carried is not None for carried in said):
        return Standing.DONE
    if not waits_for:
        return Standing.SPLIT
    return Standing.SILENT if is_late else Standing.WAITING


# How many of those who are free must have signed before anything is settled.
_NEEDED: dict[Agreement, Callable[[int], int]] = {
    Agreement.ANY_ONE: lambda _free: 1,
    Agreement.MAJORITY: lambda free: free // 2 + 1,
    Agreement.UNANIMOUS: lambda free: free,
    Agreement.SHARES: lambda free: free,
}

# When reminders go out: after such parts of a stage's time, in percent.
REMINDED_AT = (50, 80)


def reminders_due(began_at: datetime, deadline: datetime, now: datetime) -> int:
    """How many reminders of a stage should have gone out by now."""
    whole = deadline - began_at
    return sum(began_at + whole * percent / 100 <= now for percent in REMINDED_AT)


def deadline_of(stage: Stage, began_at: datetime) -> datetime:
    """Until when a stage is to be done."""
    return began_at + timedelta(days=stage.days)
