"""What the words of every list are called on a page."""

from enum import StrEnum

from flask import Flask
from flask_babel import lazy_gettext as _

from ballots.counting import Completion, Misfit, RankedBy, Reason, RuleName, Then, Utility
from ballots.disclosure import DisclosureProfile
from ballots.moves import AFTER_COUNT, AFTER_SIGN_OFF, BY_TIMETABLE
from ballots.paper_ballots import PaperState
from ballots.papers import BallotFormat
from ballots.routes import Agreement, Part, Purpose, RouteName, Standing, Verdict
from ballots.signing import Act, Ground, NoteKind, Proof, ReferTo
from ballots.voting_rules import TieRule
from neighbourhoods.assemblies import ActKind, AssemblyState, ItemKind, Slide
from neighbourhoods.debate import PointKind
from neighbourhoods.delivery import DeliveryStatus
from neighbourhoods.funds import SourceKind
from neighbourhoods.interests import InterestKind
from neighbourhoods.money import Account, MoneyAct
from neighbourhoods.people import Office
from neighbourhoods.phases import Phase, Role
from neighbourhoods.places import CommunityKind
from neighbourhoods.proposals import ProposalState
from neighbourhoods.screening import ScreeningResult

# StrEnum members of different lists can be equal strings, so each list has its own table.
LABELS: dict[type[StrEnum], dict[StrEnum, str]] = {
    AssemblyState: {
        AssemblyState.PLANNED: _("Planned"),
        AssemblyState.UNDER_WAY: _("Under way"),
        AssemblyState.ENDED: _("Ended"),
    },
    ItemKind: {
        ItemKind.WELCOME: _("Welcome"),
        ItemKind.PITCH: _("Pitch"),
        ItemKind.DISCUSSION: _("Discussion"),
        ItemKind.POLL: _("Quick poll"),
        ItemKind.SCORES: _("Score round"),
        ItemKind.BALLOT: _("Ballot"),
        ItemKind.PURCHASE: _("Buying round"),
        ItemKind.REVEAL: _("Reveal of an outcome"),
        ItemKind.BREAK: _("Break"),
        ItemKind.MESSAGE: _("Message"),
    },
    PaperState: {
        PaperState.OUT: _("Out"),
        PaperState.ENTERED_ONCE: _("Entered once"),
        PaperState.DISPUTED: _("Read differently"),
        PaperState.IN_BOX: _("In the box"),
        PaperState.SPOILT: _("Rejected"),
        PaperState.TAKEN_BACK: _("Taken back"),
    },
    Slide: {
        Slide.ITEM: _("The item"),
        Slide.JOIN: _("How to join"),
        Slide.AGENDA: _("The agenda"),
        Slide.SPEAKERS: _("The speakers’ list"),
        Slide.QUESTION: _("A question"),
        Slide.MESSAGE: _("A message"),
    },
    ActKind: {
        ActKind.BEGIN: _("Began the meeting"),
        ActKind.END: _("Ended the meeting"),
        ActKind.GO_TO: _("Went to an item"),
        ActKind.SHOW: _("Put on the screens"),
        ActKind.STEP: _("Moved the reveal"),
        ActKind.DARKEN: _("Blacked out the screens"),
        ActKind.LIGHTEN: _("Lifted the blackout"),
        ActKind.SAY: _("Showed a message"),
        ActKind.TIMER: _("Set the countdown"),
        ActKind.OPEN_VOTE: _("Opened the vote"),
        ActKind.EXTEND_VOTE: _("Gave the vote more time"),
        ActKind.STOP_VOTE: _("Stopped the vote"),
        ActKind.REVEAL: _("Released the outcome"),
        ActKind.SET_SCREEN: _("Set a screen"),
        ActKind.CHANGE_AGENDA: _("Changed the agenda"),
        ActKind.CHECK_IN: _("Checked somebody in"),
        ActKind.CHECK_OUT: _("Checked somebody out"),
        ActKind.APPROVE_WALK_IN: _("Let a walk-in take part"),
        ActKind.MOVE_SPEAKER: _("Changed the order of speakers"),
        ActKind.CALL_SPEAKER: _("Called a speaker"),
        ActKind.HANDLE_QUESTION: _("Handled a question"),
        ActKind.COUNT_HANDS: _("Counted hands"),
        ActKind.HANDLE_PAPERS: _("Handled paper ballots"),
        ActKind.PREPARE: _("Prepared the meeting"),
        ActKind.UNDO: _("Undid an act"),
    },
    Phase: {
        Phase.SET_UP: _("Set-up"),
        Phase.IDEAS: _("Ideas"),
        Phase.SCREENING: _("Screening"),
        Phase.DEBATE: _("Debate"),
        Phase.VOTE: _("Vote"),
        Phase.COUNT: _("Count"),
        Phase.SIGN_OFF: _("Sign-off"),
        Phase.DELIVERY: _("Delivery"),
        Phase.REVIEW: _("Review"),
    },
    CommunityKind: {
        CommunityKind.WARD: _("Ward"),
        CommunityKind.NEIGHBOURHOOD: _("Neighbourhood"),
        CommunityKind.INTEREST: _("Community of interest"),
    },
    Office: {
        Office.COUNCILLOR: _("Councillor"),
        Office.OFFICER: _("Council officer"),
        Office.FACILITATOR: _("Facilitator"),
        Office.SCRUTINEER: _("Scrutineer"),
        Office.FINANCE_OFFICER: _("Finance officer"),
        Office.LEGAL_OFFICER: _("Legal officer"),
        Office.CABINET_MEMBER: _("Cabinet member"),
        Office.COMMITTEE_CLERK: _("Committee clerk"),
        Office.DELEGATED_OFFICER: _("Officer with delegated power"),
        Office.MONITORING_OFFICER: _("Monitoring officer"),
    },
    Role: {
        Role.ANYONE: _("Visitor"),
        Role.RESIDENT: _("Resident"),
        Role.COUNCILLOR: _("Councillor"),
        Role.FACILITATOR: _("Facilitator"),
        Role.OFFICER: _("Council officer"),
    },
    SourceKind: {
        SourceKind.GENERAL_FUND: _("General fund"),
        SourceKind.PARKING: _("Share of parking income"),
        SourceKind.FINES: _("Environmental fines"),
        SourceKind.INFRASTRUCTURE: _("Infrastructure levy"),
        SourceKind.LANDFILL: _("Landfill savings"),
        SourceKind.HEALTH: _("Health partner"),
        SourceKind.POLICE: _("Police partner"),
        SourceKind.GRANT: _("Grant"),
        SourceKind.OTHER: _("Other source"),
    },
    ProposalState: {
        ProposalState.SUBMITTED: _("Waiting for screening"),
        ProposalState.SMALLER_ASKED: _("Smaller variant asked for"),
        ProposalState.PASSED: _("Passed screening"),
        ProposalState.NOT_PASSED: _("Did not pass screening"),
        ProposalState.WITHDRAWN: _("Withdrawn"),
    },
    ScreeningResult: {
        ScreeningResult.PASSED: _("Passed"),
        ScreeningResult.SMALLER_ASKED: _("Ask for a smaller variant"),
        ScreeningResult.NOT_PASSED: _("Not passed"),
    },
    PointKind: {
        PointKind.FOR: _("Point for"),
        PointKind.AGAINST: _("Point against"),
        PointKind.QUESTION: _("Question"),
        PointKind.ANSWER: _("Answer"),
    },
    BallotFormat: {
        BallotFormat.APPROVAL: _("Approval: choose up to a number of projects"),
        BallotFormat.CHOOSE_ONE: _("Choose one project"),
        BallotFormat.KNAPSACK: _("Fit the budget: choose projects until the money is used"),
        BallotFormat.RANKING: _("Order of choice: 1st, 2nd, 3rd and so on"),
        BallotFormat.POINTS: _("Points: share out a number of points"),
        BallotFormat.SCORES: _("Scores: give each project a score"),
        BallotFormat.YES_NO: _("Yes or no: say yes or no to each project"),
    },
    DisclosureProfile: {
        DisclosureProfile.OPEN: _("Open: a show of hands, figures at once"),
        DisclosureProfile.LIVE: _("Live: figures in steps that hide single votes"),
        DisclosureProfile.SEALED: _("Sealed: no figures until the vote closes"),
    },
    TieRule: {
        TieRule.BY_COST: _("By cost: the cheaper one comes first"),
        TieRule.DRAW: _("By a draw in public, after the vote has closed"),
    },
    RuleName: {
        RuleName.GREEDY: _("Most votes first"),
        RuleName.EQUAL_SHARES: _("Equal shares"),
        RuleName.PHRAGMEN: _("Phragmén’s method"),
        RuleName.KNAPSACK: _("Best set within the budget"),
    },
    RankedBy: {
        RankedBy.VOTES: _("Votes"),
        RankedBy.SCORE: _("Points"),
        RankedBy.VOTES_PER_POUND: _("Votes for each pound of cost"),
        RankedBy.VOTES_TIMES_COST: _("Votes times cost"),
    },
    Misfit: {
        Misfit.SKIP: _("Skip a project that no longer fits, and go on"),
        Misfit.STOP: _("Stop at the first project that does not fit"),
    },
    Utility: {
        Utility.COST: _("Its cost: money spent on what they chose"),
        Utility.CARDINALITY: _("The same, whatever it costs: projects they chose"),
        Utility.POINTS: _("The points they gave it"),
    },
    Completion: {
        Completion.NONE: _("Shares stay as they are"),
        Completion.ADD1: _("Raise all shares in steps until the next step would overspend"),
        Completion.ADD1_EXHAUSTIVE: _(
            "Raise all shares in steps until no other project fits the money left"
        ),
    },
    Then: {
        Then.NONE: _("It stays in the fund"),
        Then.UTILITARIAN: _("Projects with most votes that still fit are funded from it"),
    },
    Reason: {
        Reason.FUNDED: _("Funded"),
        Reason.ALREADY_CHOSEN: _("Chosen before the count"),
        Reason.COMPLETED: _("Funded with the money left at the end"),
        Reason.PART_FUNDED: _("Funded in part with the money left"),
        Reason.DOES_NOT_FIT: _("Cost more than the money left"),
        Reason.AFTER_THE_STOP: _("Came after the count had stopped"),
        Reason.SUPPORTERS_SPENT: _("Its supporters had spent their shares"),
        Reason.NOT_IN_BEST_SET: _("Other projects made a better set"),
        Reason.EXCLUDED: _("Another project that rules it out was funded"),
        Reason.OVER_CAP: _("Its category or area had reached its limit"),
        Reason.RING_FENCED: _("The money left was kept for other projects"),
        Reason.BELOW_THRESHOLD: _("Below the number of votes needed"),
        Reason.BELOW_SHARE: _("Below the share of votes needed"),
        Reason.BELOW_SCORE: _("Below the points needed"),
        Reason.NO_VOTES: _("Had no votes"),
    },
    InterestKind: {
        InterestKind.NONE: _("No interest to declare"),
        InterestKind.OTHER: _("Another interest"),
        InterestKind.PECUNIARY: _("A disclosable pecuniary interest"),
    },
    Act: {
        Act.DECIDE: _("Signed"),
        Act.REFER_BACK: _("Referred back"),
    },
    ReferTo: {
        ReferTo.OFFICERS: _("Council officers"),
        ReferTo.RESIDENTS: _("Residents"),
    },
    Verdict: {
        Verdict.ENDORSE: _("Endorse"),
        Verdict.CONDITIONS: _("Endorse with conditions"),
        Verdict.DECLINE: _("Decline"),
    },
    Ground: {
        Ground.UNLAWFUL: _("It would be unlawful"),
        Ground.OUTSIDE_POWER: _("It is outside the power that was delegated"),
        Ground.SAFETY: _("It would not be safe"),
        Ground.OVER_BUDGET: _("It would cost more than there is"),
        Ground.DUTY_TO_OTHERS: _("The council owes a duty to others"),
    },
    NoteKind: {
        NoteKind.FINANCE: _("Finance"),
        NoteKind.LEGAL: _("Law"),
        NoteKind.EQUALITY: _("Equality"),
    },
    Proof: {
        Proof.CODE: _("A fresh code by e-mail"),
        Proof.PASSKEY: _("A passkey"),
    },
    RouteName: {
        RouteName.WARD_MEMBERS: _("Ward councillors decide (section 236)"),
        RouteName.CABINET_MEMBER: _("The cabinet member decides, after ward councillors"),
        RouteName.AREA_COMMITTEE: _("The area committee decides in a meeting"),
        RouteName.OFFICER: _("An officer decides, after asking ward councillors"),
        RouteName.ADVISORY: _("Advice to the council, which decides elsewhere"),
    },
    Agreement: {
        Agreement.ANY_ONE: _("Any one of them"),
        Agreement.MAJORITY: _("More than half of them"),
        Agreement.UNANIMOUS: _("All of them"),
        Agreement.SHARES: _("Each for an equal share of the money"),
    },
    Part: {
        Part.MEMBER: _("Councillors of the community"),
        Part.FINANCE: _("Finance officer"),
        Part.LEGAL: _("Legal officer"),
        Part.CABINET_MEMBER: _("Cabinet member"),
        Part.COMMITTEE: _("Area committee"),
        Part.OFFICER: _("Officer with delegated power"),
        Part.MONITORING_OFFICER: _("Monitoring officer"),
    },
    Purpose: {
        Purpose.ADVISE: _("Take it forward"),
        Purpose.CLEAR: _("Clear it"),
        Purpose.DECIDE: _("Decide"),
    },
    Standing: {
        Standing.WAITING: _("Waiting"),
        Standing.DONE: _("Done"),
        Standing.REFERRED_BACK: _("Referred back"),
        Standing.SPLIT: _("They did not agree"),
        Standing.ALL_CONFLICTED: _("Nobody was free to act"),
        Standing.SILENT: _("Nobody acted in time"),
    },
    DeliveryStatus: {
        DeliveryStatus.PLANNED: _("Planned"),
        DeliveryStatus.STARTED: _("Started"),
        DeliveryStatus.FINISHED: _("Finished"),
        DeliveryStatus.STOPPED: _("Stopped"),
    },
    Account: {
        Account.SOURCE: _("Where it came from"),
        Account.AVAILABLE: _("Still to decide"),
        Account.COMMITTED: _("Promised, not yet spent"),
        Account.HELD: _("Promised, held back"),
        Account.SPENT: _("Spent"),
        Account.RETURNED: _("Returned elsewhere"),
    },
    MoneyAct: {
        MoneyAct.SOURCE: _("Money came in"),
        MoneyAct.CORRECTION: _("Taken out again, as it was entered by mistake"),
        MoneyAct.COMMITMENT: _("Promised to a project"),
        MoneyAct.HOLD: _("Held back until a condition is met"),
        MoneyAct.RELEASE: _("Released, as the condition is met"),
        MoneyAct.SPENDING: _("Spent"),
        MoneyAct.REVERSAL: _("Spend taken back, as it was entered by mistake"),
        MoneyAct.RETURN: _("Returned, as it was not needed"),
    },
}

WHY_MOVED = {
    BY_TIMETABLE: _("By the timetable"),
    AFTER_COUNT: _("The votes were counted"),
    AFTER_SIGN_OFF: _("It was decided and signed"),
}


def label(word: StrEnum) -> str:
    """What a word of a list is called on a page."""
    return str(LABELS[type(word)][word])


def why_moved(why: str) -> str:
    """The reason of a move, worded where the program gave it."""
    return str(WHY_MOVED.get(why, why))


def name_the_words(app: Flask) -> None:
    """Give the templates the names of every word."""
    app.add_template_filter(label)
    app.add_template_filter(why_moved)
