"""What a signature will do, said before it is given."""

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.councillors.acting import Turn
from app.labels import label
from app.public.sitting import listed
from ballots.routes import Otherwise, Sheet, Standing
from ballots.sheets import SheetGiven
from ballots.signoff import foresee
from neighbourhoods.rounds import Round


def effect_in_words(session: Session, the_round: Round, turn: Turn, sheet: SheetGiven) -> list[str]:
    """What happens once this sheet is signed, a sentence each."""
    sign_off = turn.sign_off
    given = {code: one.verdict for code, one in sheet.verdicts.items()}
    mine = Sheet(turn.seat.person.id, given, sheet.refer_to is not None)
    then = foresee(session, the_round, sign_off, turn.run, mine)
    match then.standing:
        case Standing.REFERRED_BACK:
            return [
                _("The outcome is referred back. Nobody can sign until your question is answered."),
                _("Then it begins anew at the first stage."),
            ]
        case Standing.WAITING | Standing.SILENT:
            waiting = [
                seat.person.name for seat in sign_off.seats if seat.person.id in then.waits_for
            ]
            return [_("Your sheet is public at once."), _waits_for(waiting)]
        case Standing.SPLIT if sign_off.stage.if_split is not Otherwise.GO_ON:
            return [
                _("Your sheet is public at once."),
                _("You do not all agree. The monitoring officer must say who settles it."),
            ]
        case _:
            return _goes_on(turn)


def _goes_on(turn: Turn) -> list[str]:
    sign_off = turn.sign_off
    if not sign_off.is_last:
        following = sign_off.route.stages[turn.run.place + 1]
        return [
            _("Your sheet is public at once."),
            _("It then goes on to the next stage: %(stage)s.", stage=label(following.part)),
        ]
    days = sign_off.call_in_days
    return [
        _("Yours is the last signature needed: with it the outcome is decided."),
        _("The decision, its record and its notice are public at once, and cannot be taken back."),
        ngettext(
            "Money moves after %(num)d day, in which the decision can be called in.",
            "Money moves after %(num)d days, in which the decision can be called in.",
            days,
        )
        if days
        else _("The money is committed to the projects you endorse at once."),
    ]


def _waits_for(names: list[str]) -> str:
    return _("It then waits for %(names)s.", names=listed(names, every=True))
