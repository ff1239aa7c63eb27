"""What follows an act of sign-off: the decision if it was the last one needed, and letters."""

from app.councillors.news import tell_of_referral, tell_of_signature, tell_whose_turn
from app.house import db, keys
from ballots.moves import conclude_sign_off
from ballots.signing import Act, Signature
from ballots.signoff import sign_off_of
from ballots.stages import StageRun
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round


def conclude_and_tell(
    the_round: Round, before: StageRun, signature: Signature | None = None
) -> bool:
    """Publish the decision if this act settled it, and write to whoever is next; True if it did."""
    concluded = conclude_sign_off(db(), keys(), the_round) is not None
    if concluded:
        tell_of_signature(the_round)
        return True
    sign_off = sign_off_of(db(), the_round)
    if sign_off.referral is not None:
        if signature is not None and signature.act is Act.REFER_BACK:
            tell_of_referral(the_round, signature)
        return False
    run = sign_off.run
    moved_on = run is not None and (run.sitting, run.place) != (before.sitting, before.place)
    if the_round.phase == Phase.SIGN_OFF and moved_on:
        tell_whose_turn(the_round, sign_off)
    return False
