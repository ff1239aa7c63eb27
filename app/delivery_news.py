"""Who is told by letter, once, that nothing of a round is still to be done."""

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.house import settings
from app.notice_news import AT_ONCE
from app.post import word_letter
from neighbourhoods.database import now
from neighbourhoods.delivery import deliveries_in
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.letters import write_letters
from neighbourhoods.reporting_back import ReportBack


def report_back(session: Session, report: ReportBack) -> int:
    """Write to the next people on the roll what was done with what they chose; how many.

    To everybody who has an e-mail address there, whether they voted or not: so nobody, not even
    the post, learns who did.
    """
    session.refresh(report, with_for_update=True)
    query = (
        select(RollEntry.id, RollEntry.email)
        .where(RollEntry.round_id == report.round_id, RollEntry.id > report.told_up_to)
        .order_by(RollEntry.id)
        .limit(AT_ONCE)
    )
    entries = session.execute(query).all()
    the_round = report.the_round
    link = url_for("public.delivery", round_id=the_round.id)
    subject, body = word_letter(
        "round_delivered",
        the_round=the_round,
        deliveries=deliveries_in(session, the_round),
        link=settings().public_url + link,
    )
    addresses = [email for _id, email in entries if email]
    write_letters(session, [(email, subject, body) for email in addresses])
    if entries:
        report.told_up_to = entries[-1].id
    if len(entries) < AT_ONCE:
        report.told_at = now(session)
    session.flush()
    return len(addresses)
