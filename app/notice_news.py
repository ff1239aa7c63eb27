"""Who is told by letter of a decision: everybody on the roll alike, and who may be waited for."""

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.councillors.news import followers_among, tell_of_signature
from app.house import keys, settings
from app.post import post_letter, word_letter
from app.public.notice_words import decided_words, why_of
from app.public.notices import address_of
from ballots.moves import conclude_sign_off
from ballots.notices import DecisionNotice
from ballots.signoff import advance, sign_off_of
from ballots.stepping_in import take_due
from neighbourhoods.database import hold_round, now
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.letters import write_letters
from neighbourhoods.people import Office, Person, appointed
from neighbourhoods.rounds import Round

# Letters that are written in one transaction: nobody waits long for it.
AT_ONCE = 500


def notices_untold(session: Session) -> list[str]:
    """The numbers of the notices that the people on the roll still have to be told of."""
    query = select(DecisionNotice.number).where(DecisionNotice.told_at.is_(None))
    return list(session.scalars(query.order_by(DecisionNotice.published_at)))


def tell_roll(session: Session, notice: DecisionNotice) -> int:
    """Write to the next people on the roll what was decided; how many.

    To everybody who has an e-mail address there, whether they voted or not: so nobody, not even
    the post, learns who did. Whoever proposed or backed a project was written to already.
    """
    session.refresh(notice, with_for_update=True)
    query = (
        select(RollEntry.id, RollEntry.email)
        .where(RollEntry.round_id == notice.round_id, RollEntry.id > notice.told_up_to)
        .order_by(RollEntry.id)
        .limit(AT_ONCE)
    )
    entries = session.execute(query).all()
    known = [email for _id, email in entries if email]
    told_already = followers_among(session, notice.the_round, known)
    subject, body = _letter(notice)
    addresses = [email for email in known if email not in told_already]
    write_letters(session, [(email, subject, body) for email in addresses])
    if entries:
        notice.told_up_to = entries[-1].id
    if len(entries) < AT_ONCE:
        notice.told_at = now(session)
    session.flush()
    return len(addresses)


def _letter(notice: DecisionNotice) -> tuple[str, str]:
    contents = notice.contents
    return word_letter(
        "decision_published",
        notice=contents,
        decided=[
            (one, decided_words(one)[0], why_of(one, contents["reasons"]))
            for one in contents["decision"]
        ],
        link=settings().public_url + address_of(notice),
    )


def see_to_stage(session: Session, the_round: Round) -> bool:
    """Do what is due at the stage of a route that runs, with its letters; whether anything was.

    A stage that is done without another signature goes on: somebody resigned, or nobody acted in
    time where the route goes on without them.
    """
    hold_round(session, the_round.id, alone=True)
    before = sign_off_of(session, the_round).run
    after = advance(session, the_round)
    if conclude_sign_off(session, keys(), the_round) is not None:
        tell_of_signature(the_round)
        return True
    if after.run is not before and after.run is not None:
        for seat in after.seats:
            if after.waits_for(seat.person):
                _write("outcome_waits", seat.person, the_round)
        return True
    due = take_due(session, the_round)
    if due is None:
        return False
    for person in due.remind:
        _write("signature_due", person, the_round, deadline_at=due.run.deadline_at)
    if due.escalate:
        for officer in _who_steps_in(session):
            _write("sign_off_stuck", officer, the_round)
    return True


def _who_steps_in(session: Session) -> list[Person]:
    """The monitoring officers; where none is named, every officer."""
    return appointed(session, Office.MONITORING_OFFICER) or appointed(session, Office.OFFICER)


def _write(letter: str, to: Person, the_round: Round, **figures: object) -> None:
    link = settings().public_url + url_for("councillors.decision", round_id=the_round.id)
    post_letter(to.email, letter, to=to, the_round=the_round, link=link, referral=None, **figures)
