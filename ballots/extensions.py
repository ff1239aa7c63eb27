"""More days for a stage that nobody ended in time: each time is kept, with who, why and when."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from ballots.stages import StageRun
from neighbourhoods.database import Base, UTCDateTime, now
from neighbourhoods.people import Person

MOST_DAYS_MORE = 60


class StageExtension(Base):
    """One time that a stage was given more days; the database refuses to change it."""

    __tablename__ = "stage_extensions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["round_id", "sitting", "place"],
            ["stage_runs.round_id", "stage_runs.sitting", "stage_runs.place"],
        ),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint(f"days BETWEEN 1 AND {MOST_DAYS_MORE}", name="days"),
        CheckConstraint("why <> ''", name="why"),
        # Code from before this table kept neither.
        CheckConstraint("(days IS NULL) = (extended_at IS NULL)", name="known"),
    )

    round_id: Mapped[int] = mapped_column(primary_key=True)
    sitting: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    # 1 for the first time that this stage was given more days; then 2, and so on.
    number: Mapped[int] = mapped_column(primary_key=True)
    days: Mapped[int | None]
    extended_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    why: Mapped[str] = mapped_column(Text)
    extended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    run: Mapped[StageRun] = relationship()
    extended_by: Mapped[Person] = relationship()


def extensions_in(session: Session, round_id: int) -> list[StageExtension]:
    """Every time that a stage of a round was given more days, in order of time."""
    runs = select(StageRun).where(StageRun.round_id == round_id, StageRun.extended_why != "")
    # Stages run one after the other.
    in_order = session.scalars(runs.order_by(StageRun.sitting, StageRun.place)).all()
    return [one for run in in_order for one in _extensions_of(session, run)]


def keep_extension(
    session: Session, run: StageRun, by: Person, days: int, why: str
) -> StageExtension:
    """Keep that a stage was given more days, beside every time before."""
    before = _extensions_of(session, run)
    made = StageExtension(
        run=run,
        number=len(before) + 1,
        days=days,
        extended_by=by,
        why=why,
        extended_at=now(session),
    )
    session.add_all([*before, made])
    # Servers on the code before look here, and show the newest.
    run.extended_by, run.extended_why = by, why
    session.flush()
    return made


def _extensions_of(session: Session, run: StageRun) -> list[StageExtension]:
    """Every time that a stage was given more days, in order.

    The last one may be no row yet: a server on the code before writes it to the stage alone.
    """
    query = select(StageExtension).where(
        StageExtension.round_id == run.round_id,
        StageExtension.sitting == run.sitting,
        StageExtension.place == run.place,
    )
    kept = list(session.scalars(query.order_by(StageExtension.number)))
    newest = (kept[-1].extended_by_id, kept[-1].why) if kept else (None, "")
    if (run.extended_by_id, run.extended_why) == newest:
        return kept
    missed = StageExtension(
        run=run, number=len(kept) + 1, extended_by=run.extended_by, why=run.extended_why
    )
    return [*kept, missed]
