"""Who may do what in which phase of a round: a table, read in a minute. Pure."""

from enum import StrEnum

from neighbourhoods.refusals import Refusal, Refused


class Phase(StrEnum):
    """The phases of a round, in order."""

    SET_UP = "set-up"
    IDEAS = "ideas"
    SCREENING = "screening"
    DEBATE = "debate"
    VOTE = "vote"
    COUNT = "count"
    SIGN_OFF = "sign-off"
    DELIVERY = "delivery"
    REVIEW = "review"


class Role(StrEnum):
    """In what capacity somebody acts."""

    ANYONE = "anyone"
    RESIDENT = "resident"
    COUNCILLOR = "councillor"
    FACILITATOR = "facilitator"
    OFFICER = "officer"


class Action(StrEnum):
    """What somebody may do to a round and what hangs from it."""

    SET_RULES = "set-rules"
    IMPORT_ROLL = "import-roll"
    PROPOSE = "propose"
    EDIT_PROPOSAL = "edit-proposal"
    BACK = "back"
    SCREEN = "screen"
    ANSWER_SCREENING = "answer-screening"
    DEBATE = "debate"
    ANSWER = "answer"
    REPORT = "report"
    HIDE = "hide"
    VOTE = "vote"
    DECIDE = "decide"
    ANSWER_REFERRAL = "answer-referral"
    DELIVER = "deliver"


ORDER = tuple(Phase)

_BEFORE_VOTE = frozenset({Phase.SET_UP, Phase.IDEAS, Phase.SCREENING, Phase.DEBATE})
_PUBLIC_TALK = frozenset({Phase.IDEAS, Phase.SCREENING, Phase.DEBATE, Phase.VOTE})

# For each action: who may, and while the round stands where.
MAY: dict[Action, tuple[frozenset[Role], frozenset[Phase]]] = {
    Action.SET_RULES: (frozenset({Role.OFFICER}), _BEFORE_VOTE),
    Action.IMPORT_ROLL: (frozenset({Role.OFFICER}), _BEFORE_VOTE),
    Action.PROPOSE: (frozenset({Role.RESIDENT}), frozenset({Phase.IDEAS})),
    Action.EDIT_PROPOSAL: (frozenset({Role.RESIDENT}), frozenset({Phase.IDEAS})),
    Action.BACK: (frozenset({Role.RESIDENT}), frozenset({Phase.IDEAS, Phase.SCREENING})),
    Action.SCREEN: (frozenset({Role.OFFICER}), frozenset({Phase.SCREENING, Phase.DEBATE})),
    Action.ANSWER_SCREENING: (
        frozenset({Role.RESIDENT}),
        frozenset({Phase.SCREENING, Phase.DEBATE}),
    ),
    Action.DEBATE: (
        frozenset({Role.RESIDENT, Role.COUNCILLOR, Role.OFFICER}),
        _PUBLIC_TALK - {Phase.VOTE},
    ),
    Action.ANSWER: (
        frozenset({Role.RESIDENT, Role.COUNCILLOR, Role.OFFICER}),
        _PUBLIC_TALK,
    ),
    Action.REPORT: (frozenset({Role.ANYONE, Role.RESIDENT}), frozenset(Phase)),
    Action.HIDE: (frozenset({Role.OFFICER}), frozenset(Phase)),
    Action.VOTE: (frozenset({Role.ANYONE, Role.RESIDENT}), frozenset({Phase.VOTE})),
    Action.DECIDE: (frozenset({Role.COUNCILLOR}), frozenset({Phase.SIGN_OFF})),
    Action.ANSWER_REFERRAL: (frozenset({Role.OFFICER}), frozenset({Phase.SIGN_OFF})),
    Action.DELIVER: (frozenset({Role.OFFICER}), frozenset({Phase.DELIVERY, Phase.REVIEW})),
}

# Before the vote opens an officer may also take a round back; from the vote on there is only
# forward: what residents have voted on is not asked again in other words.
MOVES: dict[Phase, frozenset[Phase]] = {
    Phase.SET_UP: frozenset({Phase.IDEAS, Phase.DEBATE, Phase.VOTE}),
    Phase.IDEAS: frozenset({Phase.SET_UP, Phase.SCREENING}),
    Phase.SCREENING: frozenset({Phase.IDEAS, Phase.DEBATE}),
    # To delivery where halls have decided all there was: see `ballots.moves`.
    Phase.DEBATE: frozenset({Phase.SCREENING, Phase.VOTE, Phase.DELIVERY}),
    Phase.VOTE: frozenset({Phase.COUNT}),
    Phase.COUNT: frozenset({Phase.SIGN_OFF}),
    Phase.SIGN_OFF: frozenset({Phase.DELIVERY}),
    Phase.DELIVERY: frozenset({Phase.REVIEW}),
    Phase.REVIEW: frozenset(),
}

# And one way back that no button offers: a decision that was called in goes to its signers again.
SENT_BACK = frozenset({(Phase.DELIVERY, Phase.SIGN_OFF), (Phase.REVIEW, Phase.SIGN_OFF)})


def why_not(role: Role, action: Action, phase: Phase) -> Refusal | None:
    """Why somebody in this role may not do this now, or None if they may."""
    roles, phases = MAY[action]
    if role not in roles:
        return Refusal.WRONG_ROLE
    if phase not in phases:
        return Refusal.WRONG_PHASE
    return None


def check_allowed(role: Role, action: Action, phase: Phase) -> None:
    """Raise Refused if somebody in this role may not do this in this phase."""
    refusal = why_not(role, action, phase)
    if refusal is not None:
        raise Refused(refusal)


def is_past(phase: Phase, current: Phase) -> bool:
    """Whether a phase lies behind the current one."""
    return ORDER.index(phase) < ORDER.index(current)
