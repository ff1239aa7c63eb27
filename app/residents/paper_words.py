"""The ballot paper in words: how to fill it in, the running total, and what was marked."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import ngettext

from app.display import pounds
from app.fault_wording import FAULT_WORDS, fault_in_words
from app.residents.filled import Filled
from ballots.papers import NO, YES, BallotFormat, BallotPaper, Fault, PaperFault, faults_in

# What can be wrong with a paper while it is still being filled in.
BREACHES = frozenset({PaperFault.TOO_MANY, PaperFault.OVER_BUDGET, PaperFault.TOO_MANY_POINTS})


# --- how to fill it in ---------------------------------------------------------------------------


def rules_in_words(paper: BallotPaper) -> str:
    """How to fill in the paper, in one or two sentences."""
    match paper.ballot_format:
        case BallotFormat.CHOOSE_ONE:
            return _("Choose one project.")
        case BallotFormat.KNAPSACK:
            return _how_to_fill_the_budget(paper)
        case BallotFormat.APPROVAL:
            return _how_to_choose(paper)
        case BallotFormat.RANKING:
            return _how_to_rank(paper)
        case BallotFormat.POINTS:
            return _how_to_give_points(paper)
        case BallotFormat.SCORES:
            return _how_to_score(paper)
        case BallotFormat.YES_NO:
            return _how_to_say_yes_or_no(paper)


def _how_to_fill_the_budget(paper: BallotPaper) -> str:
    budget, least, most = pounds(paper.budget_pence), paper.min_choices, paper.most_choices
    limited = most < len(paper.projects)
    if least > 1 and limited:
        return _(
            "Choose %(least)s to %(most)s projects that cost %(budget)s or less together.",
            least=least,
            most=most,
            budget=budget,
        )
    if least > 1:
        return _(
            "Choose at least %(least)s projects that cost %(budget)s or less together.",
            least=least,
            budget=budget,
        )
    if limited:
        return _(
            "Choose up to %(most)s projects that cost %(budget)s or less together.",
            most=most,
            budget=budget,
        )
    return _("Choose projects that cost %(budget)s or less together.", budget=budget)


def _how_to_choose(paper: BallotPaper) -> str:
    least, most = paper.min_choices, paper.most_choices
    if least > 1 and least == most:
        return _("Choose exactly %(most)s projects.", most=most)
    if least > 1:
        return _("Choose %(least)s to %(most)s projects.", least=least, most=most)
    if most == len(paper.projects):
        return _("Choose as many projects as you like.")
    return ngettext("Choose one project.", "Choose up to %(num)s projects.", most)


def _how_to_rank(paper: BallotPaper) -> str:
    least, most = paper.min_choices, paper.most_choices
    if least > 1 and least == most:
        return _("Put %(most)s projects in order, your favourite first.", most=most)
    if least > 1:
        return _(
            "Put %(least)s to %(most)s projects in order, your favourite first.",
            least=least,
            most=most,
        )
    return _("Put up to %(most)s projects in order, your favourite first.", most=most)


def _how_to_give_points(paper: BallotPaper) -> str:
    sentences = [
        ngettext(
            "You have one point to give.",
            "You have %(num)s points to share out. You can give fewer.",
            paper.points_to_give or 0,
        )
    ]
    if paper.most_points_on_one is not None:
        sentences.append(
            _("Give one project %(most)s at most.", most=f"{paper.most_points_on_one:,}")
        )
    if paper.most_choices < len(paper.projects):
        sentences.append(
            ngettext(
                "Give points to one project.",
                "Give points to %(num)s projects at most.",
                paper.most_choices,
            )
        )
    if paper.min_choices > 1:
        sentences.append(_("Give points to at least %(least)s projects.", least=paper.min_choices))
    return " ".join(sentences)


def _how_to_score(paper: BallotPaper) -> str:
    sentences = [
        _("Give projects a score from 1 to %(best)s. %(best)s is best.", best=paper.highest_score)
    ]
    if paper.most_choices < len(paper.projects):
        sentences.append(
            ngettext("Score one project.", "Score %(num)s projects at most.", paper.most_choices)
        )
    if paper.min_choices > 1:
        sentences.append(_("Score at least %(least)s projects.", least=paper.min_choices))
    return " ".join(sentences)


def _how_to_say_yes_or_no(paper: BallotPaper) -> str:
    least, most = paper.min_choices, paper.most_choices
    if 1 < least == most:
        return _("Say yes or no to %(most)s projects.", most=most)
    if least > 1:
        return _("Say yes or no to %(least)s to %(most)s projects.", least=least, most=most)
    if most < len(paper.projects):
        return ngettext(
            "Say yes or no to one project.", "Say yes or no to %(num)s projects at most.", most
        )
    return _("Say yes or no to as many projects as you like.")


def nothing_in_words(paper: BallotPaper) -> str:
    """What to do with a paper that was left empty."""
    match paper.ballot_format:
        case BallotFormat.RANKING:
            return _("Choose a project in at least one place.")
        case BallotFormat.POINTS:
            return _("Give points to at least one project.")
        case BallotFormat.SCORES:
            return _("Score at least one project.")
        case BallotFormat.YES_NO:
            return _("Say yes or no to at least one project.")
        case _:
            return str(FAULT_WORDS[PaperFault][PaperFault.NOTHING_CHOSEN])


def fault_on(paper: BallotPaper, fault: Fault) -> str:
    """What is wrong, in the words of this kind of paper."""
    if fault.fault is PaperFault.NOTHING_CHOSEN:
        return nothing_in_words(paper)
    if fault.fault is PaperFault.CHOSEN_TWICE and paper.ballot_format is BallotFormat.RANKING:
        return _("It stands in an earlier place too. Choose another, or leave this place empty.")
    return fault_in_words(fault)


# --- the running total ---------------------------------------------------------------------------


def total_in_words(paper: BallotPaper, filled: Filled) -> str:
    """What is filled in so far and what it leaves: “2 of 5 chosen · £3,400 left”."""
    choices = filled.choices_on(paper)
    cost = sum(paper.costs[code] for code in choices if code in paper.costs)
    numbers = list(choices.values()) if isinstance(choices, dict) else []
    given = sum(number for number in numbers if isinstance(number, int))
    over = given - paper.points_to_give if paper.points_to_give else cost - paper.budget_pence
    return total_sentences(paper)["over" if over > 0 else "left"] % {
        "chosen": len(choices),
        "most": paper.most_choices,
        "money": pounds(abs(over)),
        "given": f"{given:,}",
        "points": f"{paper.points_to_give or 0:,}",
        "rest": f"{abs(over):,}",
        "yes": numbers.count(YES),
        "no": numbers.count(NO),
    }


def breaks_limit(paper: BallotPaper, filled: Filled) -> bool:
    """Whether these are more choices or points, or dearer ones, than the paper allows."""
    faults = faults_in(paper, filled.choices_on(paper))
    return any(fault.fault in BREACHES for fault in faults)


def limit_in_words(paper: BallotPaper, filled: Filled) -> str:
    """What keeps these choices from being cast, or that no more can be added; else nothing."""
    choices = filled.choices_on(paper)
    faults = [fault for fault in faults_in(paper, choices) if fault.fault in BREACHES]
    if faults:
        return fault_on(paper, faults[0])
    if paper.points_to_give is not None and isinstance(choices, dict):
        full = sum(n for n in choices.values() if isinstance(n, int)) == paper.points_to_give
    else:
        full = len(choices) == paper.most_choices < len(paper.projects)
    return total_sentences(paper)["full"] if full else ""


def total_sentences(paper: BallotPaper) -> dict[str, str]:
    """The running total’s sentences, their figures still open; the booth’s script fills them too.

    Only on a knapsack paper is the budget a limit of the ballot itself.
    """
    left, over, full = _sentences_of_numbers(paper) or _sentences_of_money(paper)
    knapsack = paper.ballot_format is BallotFormat.KNAPSACK
    points = paper.ballot_format is BallotFormat.POINTS
    worded = FAULT_WORDS[PaperFault]
    return {
        "left": left,
        "over": over,
        "full": full,
        "too_many": str(worded[PaperFault.TOO_MANY]),
        "too_dear": str(worded[PaperFault.OVER_BUDGET]) if knapsack else "",
        "too_many_points": str(worded[PaperFault.TOO_MANY_POINTS]) if points else "",
        "nothing": nothing_in_words(paper) if paper.min_choices else "",
    }


def _sentences_of_numbers(paper: BallotPaper) -> tuple[str, str, str] | None:
    match paper.ballot_format:
        case BallotFormat.RANKING:
            ranked = _("%(chosen)s of %(most)s places filled")
            return ranked, ranked, ""
        case BallotFormat.POINTS:
            return (
                _("%(given)s of %(points)s points given · %(rest)s left"),
                _("%(given)s of %(points)s points given · %(rest)s too many"),
                _("You have given all your points. To give more, take some away first."),
            )
        case BallotFormat.SCORES:
            scored = _("%(chosen)s of %(most)s scored")
            return scored, scored, ""
        case BallotFormat.YES_NO:
            said = _("%(yes)s yes · %(no)s no")
            return said, said, ""
        case _:
            return None


def _sentences_of_money(paper: BallotPaper) -> tuple[str, str, str]:
    limited = paper.most_choices < len(paper.projects)
    over = _("%(chosen)s chosen · %(money)s over the budget")
    if limited:
        over = _("%(chosen)s of %(most)s chosen · %(money)s over the budget")
    if paper.ballot_format is BallotFormat.KNAPSACK:
        over = _("%(chosen)s chosen · %(money)s too much")
    return (
        _("%(chosen)s of %(most)s chosen · %(money)s left")
        if limited
        else _("%(chosen)s chosen · %(money)s left"),
        over,
        _("That is all you can choose. To choose another, take one away first."),
    )


# --- what was marked -----------------------------------------------------------------------------


def marks_in_words(
    paper: BallotPaper, filled: Filled, titles: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Each marked project and what its mark says, in the order of choice or of the titles given."""
    choices = filled.choices_on(paper)
    if paper.ballot_format is BallotFormat.RANKING:
        places = enumerate((code for code in choices if code in titles), start=1)
        return [(titles[code], place_in_words(place)) for place, code in places]
    if isinstance(choices, dict):
        return [
            (titles[code], _number_in_words(paper, choices[code]))
            for code in titles
            if code in choices
        ]
    return [(title, _("Chosen")) for code, title in titles.items() if code in choices]


def _number_in_words(paper: BallotPaper, number: object) -> str:
    if not isinstance(number, int):
        return str(number)
    match paper.ballot_format:
        case BallotFormat.POINTS:
            return ngettext("%(num)s point", "%(num)s points", number)
        case BallotFormat.SCORES:
            return _("%(score)s out of %(best)s", score=number, best=paper.highest_score)
        case _:
            return _("Yes") if number == YES else _("No")


def place_in_words(place: int) -> str:
    """A place in an order of choice: “1st choice”."""
    if place % 100 not in (11, 12, 13):
        match place % 10:
            case 1:
                return _("%(place)sst choice", place=place)
            case 2:
                return _("%(place)snd choice", place=place)
            case 3:
                return _("%(place)srd choice", place=place)
    return _("%(place)sth choice", place=place)
