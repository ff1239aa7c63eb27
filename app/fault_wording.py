"""Every fault of a paper or a file in plain words, with where it stands and what to do about it."""

from enum import StrEnum

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from app.display import pounds
from ballots.pabulib import Expected, PabulibError
from ballots.papers import Fault, PaperFault
from ballots.refusals import BadPaper
from neighbourhoods.eligibility import RollFault, RollProblem

# What should have stood where a Pabulib file cannot be read.
EXPECTED: dict[Expected, str] = {
    Expected.SMALLER_FILE: _("a file of at most 40 MB"),
    Expected.UTF_8: _("text in UTF-8"),
    Expected.NO_NUL: _("text without NUL characters"),
    Expected.SHORTER_LINE: _("a shorter line"),
    Expected.CLOSING_QUOTE: _("a closing quotation mark"),
    Expected.SECTION: _("the section"),
    Expected.SECTION_ONCE: _("this section only once"),
    Expected.COLUMN: _("the column"),
    Expected.COLUMN_ONCE: _("this column only once"),
    Expected.FEWER_COLUMNS: _("fewer columns"),
    Expected.AS_MANY_CELLS_AS_COLUMNS: _("as many cells as there are columns"),
    Expected.META_KEY: _("the key"),
    Expected.META_KEY_ONCE: _("this key only once"),
    Expected.FEWER_META_KEYS: _("fewer keys"),
    Expected.VOTE_TYPE: _("a known type of vote"),
    Expected.MONEY: _("a sum of money"),
    Expected.WHOLE_NUMBER: _("a whole number"),
    Expected.NUMBER: _("a number"),
    Expected.PROJECT_ID: _("the id of a project"),
    Expected.PROJECT_ONCE: _("each project only once"),
    Expected.FEWER_PROJECTS: _("fewer projects"),
    Expected.KNOWN_PROJECT: _("a project that is listed in the file"),
    Expected.FEWER_NUMBERS: _("fewer different numbers of points"),
    Expected.FEWER_REPEATS: _("ballots that name each project only once"),
    Expected.NO_MORE_POINTS_THAN_CHOICES: _("no more points than choices"),
}

FAULT_WORDS: dict[type[StrEnum], dict[StrEnum, str]] = {
    PaperFault: {
        PaperFault.NOT_A_LIST: _("We could not read your choices. Load the ballot paper again."),
        PaperFault.NOT_NUMBERED: _("We could not read your choices. Load the ballot paper again."),
        PaperFault.NOT_A_PROJECT: _("We could not read a choice. Load the ballot paper again."),
        PaperFault.UNKNOWN_PROJECT: _(
            "A choice is not on this ballot paper. Load the ballot paper again."
        ),
        PaperFault.CHOSEN_TWICE: _("A project was chosen twice. Choose it once."),
        PaperFault.NOT_A_WHOLE_NUMBER: _(
            "Enter a whole number from 1 to %(limit)s, or leave it empty."
        ),
        PaperFault.LESS_THAN_ONE: _("Enter a number from 1 to %(limit)s, or leave it empty."),
        PaperFault.TOO_MANY_ON_ONE: _("Give one project %(limit)s points at most."),
        PaperFault.SCORE_TOO_HIGH: _("Give a score from 1 to %(limit)s."),
        PaperFault.NOT_YES_OR_NO: _("Choose yes, no or no opinion."),
        PaperFault.NOTHING_CHOSEN: _("Choose at least one project."),
        PaperFault.TOO_FEW: _("You chose %(actual)s. Choose at least %(limit)s."),
        PaperFault.TOO_MANY: _("You chose %(actual)s. Choose %(limit)s at most."),
        PaperFault.OVER_BUDGET: _(
            "Your choices cost %(actual)s. Take some away until they cost %(limit)s or less."
        ),
        PaperFault.TOO_MANY_POINTS: _(
            "You gave %(actual)s points. Take some away until they are %(limit)s or fewer."
        ),
    },
    RollFault: {
        RollFault.NOT_UTF8: _("This is not a CSV file in UTF-8. Save it again as “CSV UTF-8”."),
        RollFault.NO_HEADER: _(
            "The first line must name the columns reference, name, postcode and email. "
            "It says: %(words)s"
        ),
        RollFault.NO_ROWS: _("The file names nobody."),
        RollFault.TOO_MANY_ROWS: _("The file has too many lines. Split it by round."),
        RollFault.WRONG_COLUMNS: _("This line does not have four columns."),
        RollFault.REFERENCE_MISSING: _("The reference is empty."),
        RollFault.REFERENCE_REPEATED: _("The reference %(words)s stands on an earlier line too."),
        RollFault.REFERENCE_TOO_LONG: _("The reference %(words)s… is longer than 40 characters."),
        RollFault.NAME_MISSING: _("The name is empty."),
        RollFault.NAME_TOO_LONG: _("The name %(words)s… is longer than 120 characters."),
        RollFault.BAD_POSTCODE: _("%(words)s is not a UK postcode."),
        RollFault.BAD_EMAIL: _("%(words)s is not an e-mail address."),
        RollFault.EMAIL_REPEATED: _(
            "%(words)s stands on an earlier line too. Leave it empty here: "
            "this person votes with a voter card."
        ),
    },
}


def fault_in_words(fault: Fault) -> str:
    """What is wrong with a filled-in paper, and what to do about it."""
    of_money = fault.fault == PaperFault.OVER_BUDGET
    figures = {
        "limit": pounds(fault.limit or 0) if of_money else fault.limit,
        "actual": pounds(fault.actual or 0) if of_money else fault.actual,
    }
    return str(FAULT_WORDS[PaperFault][fault.fault]) % figures


def paper_faults_in_words(bad: BadPaper) -> list[str]:
    """Every fault of a refused paper, each sentence once."""
    return list(dict.fromkeys(fault_in_words(fault) for fault in bad.faults))


def roll_problem_in_words(problem: RollProblem) -> str:
    """One fault of a roll with its line."""
    sentence = str(FAULT_WORDS[RollFault][problem.fault]) % {"words": problem.words}
    return str(gettext("Line %(line)s: %(sentence)s", line=problem.line, sentence=sentence))


def unreadable_in_words(wrong: PabulibError) -> str:
    """Where a Pabulib file cannot be read, what was expected there and what stood there."""
    words = gettext(
        "line %(line)d, column %(column)d: expected %(expected)s",
        line=wrong.line,
        column=wrong.column,
        expected=str(EXPECTED[wrong.expected]),
    )
    if wrong.subject:
        words += f" “{wrong.subject}”"
    return words + (gettext(", found “%(found)s”", found=wrong.found) if wrong.found else "")
