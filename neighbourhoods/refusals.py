"""How a service says no: a reason without English, which the floor above words."""

from enum import StrEnum


class Refusal(StrEnum):
    """Every reason for which the ground floor refuses an act."""

    # phases
    WRONG_PHASE = "wrong-phase"
    WRONG_ROLE = "wrong-role"
    NO_SUCH_MOVE = "no-such-move"
    NOT_READY = "not-ready"
    REASON_MISSING = "reason-missing"
    # money
    FUND_EXCEEDED = "fund-exceeded"
    AMOUNT_NOT_POSITIVE = "amount-not-positive"
    SPEND_EXCEEDS_COMMITMENT = "spend-exceeds-commitment"
    SPEND_IS_HELD = "spend-is-held"
    FUND_SHORT = "fund-short"
    SPENDING_REVERSED = "spending-reversed"
    SPENDING_UNCHANGED = "spending-unchanged"
    SOURCE_COMMITTED = "source-committed"
    SOURCE_IN_ROUNDS = "source-in-rounds"
    SOURCE_TAKEN_OUT = "source-taken-out"
    HOLD_EXCEEDS_COMMITMENT = "hold-exceeds-commitment"
    CONDITION_MET = "condition-met"
    NOT_CONCLUDED = "not-concluded"
    NOTHING_LEFT = "nothing-left"
    PLACE_MISSING = "place-missing"
    PRACTICE_PAYS_NOTHING = "practice-pays-nothing"
    # delivery
    REPORTED_MEANWHILE = "reported-meanwhile"
    PHOTO_TAKEN_DOWN = "photo-taken-down"
    ALT_MISSING = "alt-missing"
    NOT_DONE_YET = "not-done-yet"
    NOT_FINISHED = "not-finished"
    NOT_A_RATER = "not-a-rater"
    SCORE_OUTSIDE = "score-outside"
    # dates
    DATES_OUT_OF_ORDER = "dates-out-of-order"
    VOTE_DATES_MISSING = "vote-dates-missing"
    # proposals
    NOT_THE_PROPOSER = "not-the-proposer"
    OWN_PROPOSAL = "own-proposal"
    PROPOSAL_WITHDRAWN = "proposal-withdrawn"
    MENU_ITEM_WITHDRAWN = "menu-item-withdrawn"
    COSTS_OUT_OF_ORDER = "costs-out-of-order"
    COST_MISSING = "cost-missing"
    UNLAWFUL_CANNOT_PASS = "unlawful-cannot-pass"  # noqa: S105 - no password
    MINIMUM_ABOVE_COST = "minimum-above-cost"
    NOBODY_BENEFITS = "nobody-benefits"
    CRITERION_POINTS_WRONG = "criterion-points-wrong"
    ALREADY_REPLIED = "already-replied"
    NOT_SCREENED = "not-screened"
    CHANGED_MEANWHILE = "changed-meanwhile"
    # debate
    ALREADY_HIDDEN = "already-hidden"
    # assemblies
    STAGE_MOVED_ON = "stage-moved-on"
    MEETING_BEGUN = "meeting-begun"
    MEETING_NOT_BEGUN = "meeting-not-begun"
    MEETING_ENDED = "meeting-ended"
    MEETING_JOINED = "meeting-joined"
    NO_SUCH_SCREEN = "no-such-screen"
    VOTE_STILL_OPEN = "vote-still-open"
    NO_SUCH_ITEM = "no-such-item"
    NO_ITEM_BEFORE = "no-item-before"
    NO_ITEM_AFTER = "no-item-after"
    NO_STEP_BEFORE = "no-step-before"
    NO_STEP_AFTER = "no-step-after"
    NO_TIMER = "no-timer"
    TIMER_RUNS = "timer-runs"
    MESSAGE_MISSING = "message-missing"
    MESSAGE_TOO_LONG = "message-too-long"
    TOO_LATE_TO_UNDO = "too-late-to-undo"
    AGENDA_NOT_EMPTY = "agenda-not-empty"
    ITEM_INCOMPLETE = "item-incomplete"
    ITEM_BEGUN = "item-begun"
    ITEM_REVEALED = "item-revealed"
    # assemblies: what phones ask for
    SPEAKER_NAME_MISSING = "speaker-name-missing"
    NOT_WAITING_TO_SPEAK = "not-waiting-to-speak"
    QUESTION_EMPTY = "question-empty"
    QUESTION_TOO_LONG = "question-too-long"
    TOO_MANY_QUESTIONS = "too-many-questions"
    POLL_NOT_OPEN = "poll-not-open"
    NOT_AN_OPTION = "not-an-option"
    HANDS_MISCOUNTED = "hands-miscounted"
    # attendance
    NOT_ON_THIS_ROLL = "not-on-this-roll"
    ALREADY_CHECKED_IN = "already-checked-in"
    HAS_LEFT = "has-left"
    ON_A_VOTES_ROLL = "on-a-votes-roll"
    OFFICER_NEEDED = "officer-needed"
    NAME_MISSING = "name-missing"
    ALREADY_ANSWERED = "already-answered"
    NO_SUCH_PHONE = "no-such-phone"
    PHONE_TAKEN = "phone-taken"
    NO_NUMBER_LEFT = "no-number-left"
    # a person's own data
    IN_OFFICE = "in-office"
    ADDRESS_TAKEN = "address-taken"
    # interests before screening a proposal or running a meeting
    DUTY_UNDECLARED = "duty-undeclared"
    DUTY_FORBIDDEN = "duty-forbidden"


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """An act was refused; nothing was changed."""

    def __init__(self, reason: StrEnum, **figures: object) -> None:
        """Carry the reason and the figures its sentence needs."""
        super().__init__(reason.value)
        self.reason = reason
        self.figures = figures
