"""Decision notices: published at once, signed, lodged, open to call-in, kept for six years."""

import hashlib
import json
from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    String,
    Text,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from ballots.disputes import correct_ledger
from ballots.five_fields import NOTICE_FORMAT, five_fields, words_in
from ballots.keys import KeyStore
from ballots.ledger import EntryKind, append, entries_of
from ballots.outcome import funded_projects, outcome_of, paid_pence
from ballots.purchases import committed_before
from ballots.record import PublicRecord, decision_on
from ballots.referrals import SentBack
from ballots.refusals import BallotRefusal
from ballots.routes import RouteName
from ballots.signoff import sign_off_of
from neighbourhoods.database import LONDON, Base, Moment, UTCDateTime, hold_round, now
from neighbourhoods.delivery import commit_money, hold_until_met
from neighbourhoods.people import Person
from neighbourhoods.projects import Project
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round

# No round has this number: whoever holds it numbers notices, and nobody else meanwhile.
EVERY_ROUND = 0
# How long a notice stays in the public register.
YEARS_KEPT = 6


class DecisionNotice(Base):
    """One published decision; its words never change, corrections are entries of their own."""

    __tablename__ = "decision_notices"
    __table_args__ = (
        CheckConstraint("(lodged_on IS NULL) = (lodged_receipt = '')", name="lodged"),
        CheckConstraint("(called_in_at IS NULL) = (called_in_why = '')", name="called_in"),
    )

    # Year and place in it, such as 2026/7.
    number: Mapped[str] = mapped_column(String(12), primary_key=True)
    # A decision that was sent back is followed by another on the same round.
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), index=True)
    # The very bytes that anybody downloads as JSON, their SHA-256 and the council’s signature.
    document: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(128))
    # What people search for: its words in small letters, without the names of its fields.
    words: Mapped[str] = mapped_column(Text)
    published_at: Mapped[Moment]
    # Money moves from then on, unless the decision was called in.
    call_in_until: Mapped[Moment]
    called_in_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    called_in_why: Mapped[str] = mapped_column(Text, default="")
    called_in_ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Until when the record of a ward member’s decision must be lodged; empty on other routes.
    lodge_by: Mapped[date | None]
    lodged_on: Mapped[date | None]
    lodged_receipt: Mapped[str] = mapped_column(String(120), default="")
    money_moved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The last entry of the roll that was written to, and when all of them were.
    told_up_to: Mapped[int] = mapped_column(default=0)
    told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    the_round: Mapped[Round] = relationship()
    corrections: Mapped[list["NoticeCorrection"]] = relationship(order_by="NoticeCorrection.id")
    # How its call-in ended, where it was not confirmed.
    sent_back: Mapped[SentBack | None] = relationship()

    @property
    def contents(self) -> dict[str, Any]:
        """The notice as values."""
        found: dict[str, Any] = json.loads(self.document)
        return found

    @property
    def message(self) -> str:
        """The words that the council’s signature is over."""
        return f"{NOTICE_FORMAT}|{self.digest}"

    @property
    def is_called_in(self) -> bool:
        """Whether it was called in and not confirmed: its money does not move."""
        return self.called_in_at is not None and self.called_in_ended_at is None


class NoticeCorrection(Base):
    """A slip of the pen put right beside a notice, which itself stays as it was signed."""

    __tablename__ = "notice_corrections"
    __table_args__ = (CheckConstraint("words <> ''", name="words"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(
        String(12), ForeignKey("decision_notices.number"), index=True
    )
    words: Mapped[str] = mapped_column(Text)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[Moment]

    made_by: Mapped[Person] = relationship()


def publish_notice(
    session: Session, keys: KeyStore, the_round: Round, record: PublicRecord
) -> DecisionNotice:
    """Publish the notice of a decision at once, signed by the council.

    One that was sent back and decided again has all that was signed in its own notice, since the
    record stays as it was, and cannot be called in once more.
    """
    sign_off, moment = sign_off_of(session, the_round), now(session)
    today = moment.astimezone(LONDON).date()
    before = notice_of(session, the_round.id)
    lodges = sign_off.route.name is RouteName.WARD_MEMBERS
    again = decision_on(session, the_round) if before else None
    decision: Any = again or record.contents["decision"]
    contents = five_fields(session, the_round, record, decision, moment) | {
        "number": _next_number(session, today),
        "published_at": moment.isoformat(),
        **({"decided_again": {"after": before.number, "decision": again}} if before else {}),
    }
    document = json.dumps(contents, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    digest = hashlib.sha256(document.encode()).hexdigest()
    notice = DecisionNotice(
        round_id=the_round.id,
        number=contents["number"],
        document=document,
        digest=digest,
        words=words_in(contents).casefold(),
        published_at=moment,
        call_in_until=moment + timedelta(days=sign_off.call_in_days),
        lodge_by=_a_month_after(today) if lodges else None,
    )
    notice.signature = keys.sign(notice.message)
    session.add(notice)
    the_round.waiting_pence = sum(
        pence for _project, pence, _conditions in _to_commit(session, the_round, notice)
    )
    session.flush()
    body = {"number": notice.number, "notice_sha256": digest}
    append(session, keys, the_round.id, EntryKind.NOTICE, body)
    return notice


def _next_number(session: Session, today: date) -> str:
    """The next number of the year; two decisions at once are numbered one after the other."""
    hold_round(session, EVERY_ROUND, alone=True)
    taken = select(func.count()).where(DecisionNotice.number.like(f"{today.year}/%"))
    return f"{today.year}/{int(session.execute(taken).scalar_one()) + 1}"


def _a_month_after(day: date) -> date:
    """The same day of the next month, or its last day."""
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def notice_of(session: Session, round_id: int) -> DecisionNotice | None:
    """The notice of a round's decision, once there is one; the newest if it was decided again."""
    query = select(DecisionNotice).where(DecisionNotice.round_id == round_id)
    # Of one moment, 2026/10 comes after 2026/9.
    newest = query.order_by(
        DecisionNotice.published_at.desc(),
        func.length(DecisionNotice.number).desc(),
        DecisionNotice.number.desc(),
    )
    return session.scalar(newest.limit(1))


def move_money(session: Session, the_round: Round) -> bool:
    """Commit the money of what was carried, once nobody may call the decision in any more.

    What was carried on a condition is held back until an officer records that it is met.
    """
    notice = notice_of(session, the_round.id)
    if notice is None:
        return False
    # Whoever calls it in at this moment comes before or after.
    session.refresh(notice, with_for_update=True)
    if notice.money_moved_at is not None or notice.is_called_in:
        return False
    if now(session) < notice.call_in_until:
        return False
    for project, pence, conditions in _to_commit(session, the_round, notice):
        commit_money(session, project, pence)
        if conditions:
            hold_until_met(session, project, pence, "\n".join(conditions))
    the_round.waiting_pence = 0
    notice.money_moved_at = now(session)
    session.flush()
    return True


def _to_commit(
    session: Session, the_round: Round, notice: DecisionNotice
) -> list[tuple[Project, int, list[str]]]:
    """What a decision pays: each project carried, its pence, and the conditions on it."""
    outcome = outcome_of(session, the_round.id)
    if outcome is None:
        raise Refused(BallotRefusal.NOT_COUNTED)
    carried = {
        one["code"]: list(dict.fromkeys(one["conditions"]))
        for one in notice.contents["decision"]
        if one["decided"] == "carried"
    }
    paid, before = paid_pence(outcome), committed_before(session, the_round)
    return [
        (project, paid[project.code], carried[project.code])
        for project in funded_projects(session, outcome)
        # What a vote in the hall bought before is paid once, whoever decides on it again.
        if project.code in carried and project.code not in before
    ]


def money_waiting(session: Session) -> list[Round]:
    """The decided rounds whose money may move now."""
    moment = now(session)
    query = (
        select(DecisionNotice)
        .where(
            DecisionNotice.money_moved_at.is_(None),
            DecisionNotice.call_in_until <= moment,
            or_(
                DecisionNotice.called_in_at.is_(None),
                DecisionNotice.called_in_ended_at.is_not(None),
            ),
        )
        .order_by(DecisionNotice.round_id)
    )
    return [notice.the_round for notice in session.scalars(query)]


def correct_notice(
    session: Session, keys: KeyStore, notice: DecisionNotice, by: Person, words: str
) -> NoticeCorrection:
    """Put a slip of the pen right beside a notice, in the ledger too; nothing signed is edited."""
    if not words.strip():
        raise Refused(BallotRefusal.REASONS_MISSING)
    correction = NoticeCorrection(
        number=notice.number, words=words.strip(), made_by=by, made_at=now(session)
    )
    session.add(correction)
    notice.words += f"\n{correction.words.casefold()}"
    session.flush()
    correct_ledger(session, keys, notice.the_round, entry_of(session, notice), by.name, words)
    return correction


def entry_of(session: Session, notice: DecisionNotice) -> int:
    """The number of the ledger's entry that names a notice; 0 if none does."""
    return next(
        (
            entry.number
            for entry in entries_of(session, notice.round_id)
            if entry.kind == EntryKind.NOTICE and entry.contents["number"] == notice.number
        ),
        0,
    )


def call_in(session: Session, notice: DecisionNotice, why: str) -> None:
    """Stop the money of a decision that was called in or challenged in time."""
    session.refresh(notice, with_for_update=True)
    if not why.strip():
        raise Refused(BallotRefusal.REASONS_MISSING)
    if notice.called_in_at is not None:
        raise Refused(BallotRefusal.CALLED_IN_ALREADY)
    if now(session) >= notice.call_in_until:
        raise Refused(BallotRefusal.CALL_IN_OVER)
    notice.called_in_at, notice.called_in_why = now(session), why.strip()
    session.flush()


def end_call_in(session: Session, notice: DecisionNotice) -> None:
    """Let the money of a decision move that was called in and confirmed."""
    session.refresh(notice, with_for_update=True)
    if not notice.is_called_in:
        raise Refused(BallotRefusal.NOT_CALLED_IN)
    if notice.sent_back is not None:
        raise Refused(BallotRefusal.SENT_BACK_ALREADY)
    notice.called_in_ended_at = now(session)
    session.flush()


def lodge(session: Session, notice: DecisionNotice, on: date, receipt: str) -> None:
    """Keep when a ward member's record was lodged with the council, and its receipt."""
    session.refresh(notice, with_for_update=True)
    if not receipt.strip():
        raise Refused(BallotRefusal.RECEIPT_MISSING)
    if notice.lodge_by is None or notice.lodged_on is not None:
        raise Refused(BallotRefusal.NOT_TO_LODGE)
    notice.lodged_on, notice.lodged_receipt = on, receipt.strip()
    session.flush()
