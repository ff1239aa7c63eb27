"""Why the floor of the vote says no; reasons without English."""

from collections.abc import Sequence
from enum import StrEnum

from ballots.papers import Fault
from neighbourhoods.refusals import Refused


class BallotRefusal(StrEnum):
    """Every reason for which casting, counting or signing off is refused."""

    VOTE_NOT_OPEN = "vote-not-open"
    VOTE_CLOSED = "vote-closed"
    NOT_ON_ROLL = "not-on-roll"
    BAD_PAPER = "bad-paper"
    VOTES_ON_PAPER = "votes-on-paper"
    HAS_VOTED_BY_PHONE = "has-voted-by-phone"
    NOT_ON_PAPER = "not-on-paper"
    NOT_A_TELLER = "not-a-teller"
    NOT_A_STACK = "not-a-stack"
    STACK_BROUGHT_BEFORE = "stack-brought-before"
    NO_SUCH_PAPER = "no-such-paper"
    NO_SUCH_SERIAL = "no-such-serial"
    PAPER_NOT_OUT = "paper-not-out"
    PAPER_IN_BOX = "paper-in-box"
    PAPER_SPOILT = "paper-spoilt"
    PAPER_NOT_SPOILT = "paper-not-spoilt"
    PAPER_NOT_READY = "paper-not-ready"
    MORE_PAPERS_THAN_HOLDERS = "more-papers-than-holders"
    TELLERS_DISAGREE = "tellers-disagree"
    PAPERS_TOO_LATE = "papers-too-late"
    NOT_SO_MANY_OUT = "not-so-many-out"
    RULES_FROZEN = "rules-frozen"
    RULES_IMPOSSIBLE = "rules-impossible"
    RULE_NEEDS_POINTS = "rule-needs-points"
    STEP_TOO_SMALL = "step-too-small"
    SOURCE_MISSING = "source-missing"
    LIMIT_TWICE = "limit-twice"
    FENCES_ABOVE_BUDGET = "fences-above-budget"
    FENCE_ABOVE_CAP = "fence-above-cap"
    OVERSPEND_TOO_HIGH = "overspend-too-high"
    NOT_A_PROJECT = "not-a-project"
    CHOSEN_ABOVE_BUDGET = "chosen-above-budget"
    CHOSEN_AND_EXCLUSIVE = "chosen-and-exclusive"
    TOO_FEW_TO_EXCLUDE = "too-few-to-exclude"
    CRITERION_TWICE = "criterion-twice"
    NOT_COUNTED = "not-counted"
    UNDECIDED = "undecided"
    NOTHING_TO_DRAW = "nothing-to-draw"
    DISPUTES_POSSIBLE = "disputes-possible"
    NOTHING_TO_CORRECT = "nothing-to-correct"
    NOT_YOUR_COMMUNITY = "not-your-community"
    INTEREST_UNDECLARED = "interest-undeclared"
    INTEREST_FORBIDS = "interest-forbids"
    INTEREST_STANDS = "interest-stands"
    ALREADY_DECIDED = "already-decided"
    REASONS_MISSING = "reasons-missing"
    REFERRED_BACK = "referred-back"
    NOT_REFERRED_BACK = "not-referred-back"
    # votes in a hall
    NOT_A_VOTE = "not-a-vote"
    MEETING_NOT_UNDER_WAY = "meeting-not-under-way"
    HALL_VOTE_OPEN = "hall-vote-open"
    VOTED_ALREADY = "voted-already"
    SPENDING_UNKNOWN = "spending-unknown"
    NOTHING_FITS = "nothing-fits"
    NOBODY_PRESENT = "nobody-present"
    QUORUM_MISSING = "quorum-missing"
    NOT_OPENED_HERE = "not-opened-here"
    NO_CLOSE_SET = "no-close-set"
    LAST_CALL_RUNS = "last-call-runs"
    NO_LAST_CALL = "no-last-call"
    STILL_OPEN = "still-open"
    NOT_HELD = "not-held"
    HELD = "held"
    ONLY_PRACTICE = "only-practice"


class BadPaper(Refused):
    """A filled-in paper was refused; nothing was stored."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Carry every fault, each with its project or number."""
        super().__init__(BallotRefusal.BAD_PAPER)
        self.faults = tuple(faults)
