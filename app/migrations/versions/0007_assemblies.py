"""Assemblies: agenda, stage, screens, attendance, speakers, polls, votes in a hall, papers."""

import sqlalchemy as sa
from alembic import op

from neighbourhoods.database import UTCDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# SQLite adds a column with its check in place. Built anew, the table would lose all that points
# to it.
COLUMNS = {
    "within_id": "INTEGER CONSTRAINT fk_rounds_within_id_rounds REFERENCES rounds (id)",
    "kind": (
        "VARCHAR(40) DEFAULT 'full' NOT NULL CONSTRAINT ck_rounds_kind "
        "CHECK (kind IN ('full', 'hall', 'practice')) "
        "CONSTRAINT ck_rounds_within CHECK ((kind = 'full') = (within_id IS NULL))"
    ),
}

KINDS_BEFORE = (
    "'opened', 'batch', 'snapshot', 'closed', 'tie-break', 'tallied', 'signed', 'correction', "
    "'key-destroyed'"
)
KINDS = KINDS_BEFORE.replace("'snapshot', ", "'snapshot', 'extended', ")


def _change_kinds(before: str, after: str, ending: str = "") -> None:
    """Let the ledger tell of other things; what stands in it stays, whatever it tells of."""
    old, new = f"kind IN ({before})", f"kind IN ({after})"
    if op.get_bind().dialect.name == "sqlite":
        # Built anew, the table would lose its triggers and all that points to it: SQLite's own
        # documentation changes a check in place, since no row is stored otherwise for it.
        connection = op.get_bind()
        version = int(connection.exec_driver_sql("PRAGMA schema_version").scalar_one())
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, ?, ?) "
            "WHERE type = 'table' AND name = 'ledger_entries'",
            (old, new),
        )
        connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
        connection.exec_driver_sql("PRAGMA writable_schema = OFF")
        return
    name = op.f("ck_ledger_entries_kind")
    op.execute(f"ALTER TABLE ledger_entries DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE ledger_entries ADD CONSTRAINT {name} CHECK ({new}){ending}")


def upgrade() -> None:
    """Apply."""
    _change_kinds(KINDS_BEFORE, KINDS)
    for column, definition in COLUMNS.items():
        op.execute(f"ALTER TABLE rounds ADD COLUMN {column} {definition}")
    op.create_index(op.f("ix_rounds_within_id"), "rounds", ["within_id"])
    op.create_table(
        "assemblies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("place", sa.String(length=160), nullable=False),
        sa.Column("starts_at", UTCDateTime(), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("wifi_name", sa.String(length=80), nullable=False),
        sa.Column("wifi_password", sa.String(length=80), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=True),
        sa.Column("is_practice", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("began_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "(state = 'ended') = (ended_at IS NOT NULL)", name=op.f("ck_assemblies_ended")
        ),
        sa.CheckConstraint(
            "(state = 'planned') = (began_at IS NULL)", name=op.f("ck_assemblies_began")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'under-way', 'ended')", name=op.f("ck_assemblies_state")
        ),
        sa.CheckConstraint("quorum IS NULL OR quorum > 0", name=op.f("ck_assemblies_quorum")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_assemblies_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assemblies")),
        sa.UniqueConstraint("code", name=op.f("uq_assemblies_code")),
    )
    op.create_index(op.f("ix_assemblies_round_id"), "assemblies", ["round_id"], unique=False)
    op.create_index(op.f("ix_assemblies_state"), "assemblies", ["state"], unique=False)
    op.create_table(
        "paper_ballots",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=True),
        sa.Column("second_entry", sa.LargeBinary(), nullable=True),
        sa.Column("first_teller_id", sa.Integer(), nullable=True),
        sa.Column("second_teller_id", sa.Integer(), nullable=True),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(state IN ('entered-once', 'disputed')) = (entry IS NOT NULL)",
            name=op.f("ck_paper_ballots_entry"),
        ),
        sa.CheckConstraint(
            "(state = 'disputed') = (second_entry IS NOT NULL)",
            name=op.f("ck_paper_ballots_second_entry"),
        ),
        sa.CheckConstraint(
            "state IN ('out', 'entered-once', 'disputed', 'in-box', 'spoilt', 'taken-back')",
            name=op.f("ck_paper_ballots_state"),
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_paper_ballots_number")),
        sa.CheckConstraint(
            "second_teller_id IS NULL OR second_teller_id <> first_teller_id",
            name=op.f("ck_paper_ballots_tellers"),
        ),
        sa.ForeignKeyConstraint(
            ["first_teller_id"], ["people.id"], name=op.f("fk_paper_ballots_first_teller_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_paper_ballots_round_id_rounds")
        ),
        sa.ForeignKeyConstraint(
            ["second_teller_id"],
            ["people.id"],
            name=op.f("fk_paper_ballots_second_teller_id_people"),
        ),
        sa.PrimaryKeyConstraint("round_id", "number", name=op.f("pk_paper_ballots")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "papers_given_up",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("papers >= 0", name=op.f("ck_papers_given_up_papers")),
        sa.ForeignKeyConstraint(
            ["by_id"], ["people.id"], name=op.f("fk_papers_given_up_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_papers_given_up_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_papers_given_up")),
    )
    op.create_table(
        "assembly_acts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assembly_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("acted_at", UTCDateTime(), nullable=False),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('begin', 'end', 'go-to', 'show', 'step', 'darken', 'lighten', 'say', 'timer', 'open-vote', 'extend-vote', 'stop-vote', 'reveal', 'set-screen', 'change-agenda', 'check-in', 'check-out', 'approve-walk-in', 'move-speaker', 'call-speaker', 'handle-question', 'count-hands', 'handle-papers', 'prepare', 'undo')",
            name=op.f("ck_assembly_acts_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["assembly_id"], ["assemblies.id"], name=op.f("fk_assembly_acts_assembly_id_assemblies")
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["people.id"], name=op.f("fk_assembly_acts_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assembly_acts")),
    )
    op.create_index(
        op.f("ix_assembly_acts_assembly_id"), "assembly_acts", ["assembly_id"], unique=False
    )
    op.create_table(
        "attendees",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assembly_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("is_walk_in", sa.Boolean(), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("checked_in_at", UTCDateTime(), nullable=False),
        sa.Column("checked_in_by_id", sa.Integer(), nullable=True),
        sa.Column("left_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("channel IN ('phone', 'paper')", name=op.f("ck_attendees_channel")),
        sa.CheckConstraint(
            "is_walk_in = (approved_by_id IS NOT NULL)", name=op.f("ck_attendees_approved")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["people.id"], name=op.f("fk_attendees_approved_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["assembly_id"], ["assemblies.id"], name=op.f("fk_attendees_assembly_id_assemblies")
        ),
        sa.ForeignKeyConstraint(
            ["checked_in_by_id"], ["people.id"], name=op.f("fk_attendees_checked_in_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendees")),
        sa.UniqueConstraint(
            "assembly_id", "reference", name=op.f("uq_attendees_assembly_id_reference")
        ),
    )
    op.create_table(
        "paper_holders",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["roll_entries.id"], name=op.f("fk_paper_holders_entry_id_roll_entries")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_paper_holders_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", "entry_id", name=op.f("pk_paper_holders")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "screens",
        sa.Column("assembly_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("shows", sa.String(length=40), nullable=True),
        sa.Column("seen_at", UTCDateTime(), nullable=True),
        sa.Column("seen_version", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "shows IS NULL OR shows IN ('item', 'join', 'agenda', 'speakers', 'question', 'message')",
            name=op.f("ck_screens_shows"),
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_screens_number")),
        sa.ForeignKeyConstraint(
            ["assembly_id"], ["assemblies.id"], name=op.f("fk_screens_assembly_id_assemblies")
        ),
        sa.PrimaryKeyConstraint("assembly_id", "number", name=op.f("pk_screens")),
    )
    op.create_table(
        "agenda_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assembly_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("began_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'pitch') = (project_id IS NOT NULL)", name=op.f("ck_agenda_items_project")
        ),
        sa.CheckConstraint(
            "kind IN ('welcome', 'pitch', 'discussion', 'poll', 'scores', 'ballot', 'purchase', 'reveal', 'break', 'message')",
            name=op.f("ck_agenda_items_kind"),
        ),
        sa.CheckConstraint("position > 0", name=op.f("ck_agenda_items_position")),
        sa.CheckConstraint("seconds IS NULL OR seconds > 0", name=op.f("ck_agenda_items_seconds")),
        sa.ForeignKeyConstraint(
            ["assembly_id"], ["assemblies.id"], name=op.f("fk_agenda_items_assembly_id_assemblies")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_agenda_items_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agenda_items")),
        sa.UniqueConstraint(
            "assembly_id", "position", name=op.f("uq_agenda_items_assembly_id_position")
        ),
    )
    op.create_table(
        "phones",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assembly_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("attendee_id", sa.Integer(), nullable=True),
        sa.Column("joined_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_phones_number")),
        sa.ForeignKeyConstraint(
            ["assembly_id"], ["assemblies.id"], name=op.f("fk_phones_assembly_id_assemblies")
        ),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendees.id"], name=op.f("fk_phones_attendee_id_attendees")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phones")),
        sa.UniqueConstraint("assembly_id", "number", name=op.f("uq_phones_assembly_id_number")),
    )
    op.create_index(op.f("ix_phones_attendee_id"), "phones", ["attendee_id"], unique=False)
    op.create_table(
        "walk_ins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assembly_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("attendee_id", sa.Integer(), nullable=True),
        sa.Column("is_turned_away", sa.Boolean(), nullable=False),
        sa.CheckConstraint("channel IN ('phone', 'paper')", name=op.f("ck_walk_ins_channel")),
        sa.CheckConstraint(
            "attendee_id IS NULL OR NOT is_turned_away", name=op.f("ck_walk_ins_answer")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["people.id"], name=op.f("fk_walk_ins_asked_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["assembly_id"], ["assemblies.id"], name=op.f("fk_walk_ins_assembly_id_assemblies")
        ),
        sa.ForeignKeyConstraint(
            ["attendee_id"], ["attendees.id"], name=op.f("fk_walk_ins_attendee_id_attendees")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walk_ins")),
    )
    op.create_index(op.f("ix_walk_ins_assembly_id"), "walk_ins", ["assembly_id"], unique=False)
    op.create_table(
        "hall_votes",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("opened_by_id", sa.Integer(), nullable=False),
        sa.Column("opened_here", sa.Boolean(), nullable=False),
        sa.Column("present", sa.Integer(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("released_at", UTCDateTime(), nullable=True),
        sa.Column("called_at", UTCDateTime(), nullable=True),
        sa.Column("closed_before_call", UTCDateTime(), nullable=True),
        sa.CheckConstraint("number > 0", name=op.f("ck_hall_votes_number")),
        sa.CheckConstraint(
            "closed_before_call IS NULL OR called_at IS NOT NULL", name=op.f("ck_hall_votes_called")
        ),
        sa.CheckConstraint("held OR released_at IS NULL", name=op.f("ck_hall_votes_released")),
        sa.CheckConstraint("present >= 0", name=op.f("ck_hall_votes_present")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["agenda_items.id"], name=op.f("fk_hall_votes_item_id_agenda_items")
        ),
        sa.ForeignKeyConstraint(
            ["opened_by_id"], ["people.id"], name=op.f("fk_hall_votes_opened_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_hall_votes_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("item_id", "number", name=op.f("pk_hall_votes")),
    )
    op.create_index(op.f("ix_hall_votes_round_id"), "hall_votes", ["round_id"], unique=False)
    op.create_table(
        "hand_counts",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("teller_id", sa.Integer(), nullable=False),
        sa.Column("hands", sa.JSON(), nullable=False),
        sa.Column("counted_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["agenda_items.id"], name=op.f("fk_hand_counts_item_id_agenda_items")
        ),
        sa.ForeignKeyConstraint(
            ["teller_id"], ["people.id"], name=op.f("fk_hand_counts_teller_id_people")
        ),
        sa.PrimaryKeyConstraint("item_id", "teller_id", name=op.f("pk_hand_counts")),
    )
    op.create_table(
        "poll_choices",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("phone_id", sa.Integer(), nullable=False),
        sa.Column("chosen", sa.Integer(), nullable=False),
        sa.CheckConstraint("chosen >= 0", name=op.f("ck_poll_choices_chosen")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["agenda_items.id"], name=op.f("fk_poll_choices_item_id_agenda_items")
        ),
        sa.ForeignKeyConstraint(
            ["phone_id"], ["phones.id"], name=op.f("fk_poll_choices_phone_id_phones")
        ),
        sa.PrimaryKeyConstraint("item_id", "phone_id", name=op.f("pk_poll_choices")),
    )
    op.create_table(
        "questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assembly_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("phone_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=280), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'on-screen', 'answered', 'hidden')",
            name=op.f("ck_questions_state"),
        ),
        sa.CheckConstraint("words <> ''", name=op.f("ck_questions_words")),
        sa.ForeignKeyConstraint(
            ["assembly_id"], ["assemblies.id"], name=op.f("fk_questions_assembly_id_assemblies")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["agenda_items.id"], name=op.f("fk_questions_item_id_agenda_items")
        ),
        sa.ForeignKeyConstraint(
            ["phone_id"], ["phones.id"], name=op.f("fk_questions_phone_id_phones")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )
    op.create_index(
        op.f("ix_questions_assembly_id_state"), "questions", ["assembly_id", "state"], unique=False
    )
    op.create_table(
        "speaking_turns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assembly_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("phone_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("side", sa.String(length=40), nullable=True),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("moved_to", sa.Integer(), nullable=True),
        sa.Column("began_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("withdrawn_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('speech', 'point-of-order')", name=op.f("ck_speaking_turns_kind")
        ),
        sa.CheckConstraint(
            "side IS NULL OR side IN ('for', 'against')", name=op.f("ck_speaking_turns_side")
        ),
        sa.CheckConstraint(
            "ended_at IS NULL OR began_at IS NOT NULL", name=op.f("ck_speaking_turns_ended")
        ),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR began_at IS NULL", name=op.f("ck_speaking_turns_withdrawn")
        ),
        sa.ForeignKeyConstraint(
            ["assembly_id"],
            ["assemblies.id"],
            name=op.f("fk_speaking_turns_assembly_id_assemblies"),
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["agenda_items.id"], name=op.f("fk_speaking_turns_item_id_agenda_items")
        ),
        sa.ForeignKeyConstraint(
            ["phone_id"], ["phones.id"], name=op.f("fk_speaking_turns_phone_id_phones")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_speaking_turns")),
    )
    op.create_index(
        op.f("ix_speaking_turns_assembly_id_item_id"),
        "speaking_turns",
        ["assembly_id", "item_id"],
        unique=False,
    )
    op.create_table(
        "stages",
        sa.Column("assembly_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("slide", sa.String(length=40), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("is_dark", sa.Boolean(), nullable=False),
        sa.Column("message", sa.String(length=280), nullable=False),
        sa.Column("timer_ends_at", UTCDateTime(), nullable=True),
        sa.Column("timer_left", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "slide IN ('item', 'join', 'agenda', 'speakers', 'question', 'message')",
            name=op.f("ck_stages_slide"),
        ),
        sa.CheckConstraint("step >= 0", name=op.f("ck_stages_step")),
        sa.CheckConstraint(
            "timer_ends_at IS NULL OR timer_left IS NULL", name=op.f("ck_stages_timer")
        ),
        sa.CheckConstraint(
            "timer_left IS NULL OR timer_left >= 0", name=op.f("ck_stages_timer_left")
        ),
        sa.CheckConstraint("version >= 0", name=op.f("ck_stages_version")),
        sa.ForeignKeyConstraint(
            ["assembly_id"], ["assemblies.id"], name=op.f("fk_stages_assembly_id_assemblies")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["agenda_items.id"], name=op.f("fk_stages_item_id_agenda_items")
        ),
        sa.PrimaryKeyConstraint("assembly_id", name=op.f("pk_stages")),
    )
    op.create_table(
        "question_backings",
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("phone_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["phone_id"], ["phones.id"], name=op.f("fk_question_backings_phone_id_phones")
        ),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["questions.id"],
            name=op.f("fk_question_backings_question_id_questions"),
        ),
        sa.PrimaryKeyConstraint("question_id", "phone_id", name=op.f("pk_question_backings")),
    )


def downgrade() -> None:
    """Undo; votes that were held in a hall stay as rounds of their own."""
    _change_kinds(KINDS, KINDS_BEFORE, " NOT VALID")
    op.drop_table("question_backings")
    op.drop_table("stages")
    op.drop_index(op.f("ix_speaking_turns_assembly_id_item_id"), table_name="speaking_turns")
    op.drop_table("speaking_turns")
    op.drop_index(op.f("ix_questions_assembly_id_state"), table_name="questions")
    op.drop_table("questions")
    op.drop_table("poll_choices")
    op.drop_table("hand_counts")
    op.drop_index(op.f("ix_hall_votes_round_id"), table_name="hall_votes")
    op.drop_table("hall_votes")
    op.drop_index(op.f("ix_walk_ins_assembly_id"), table_name="walk_ins")
    op.drop_table("walk_ins")
    op.drop_index(op.f("ix_phones_attendee_id"), table_name="phones")
    op.drop_table("phones")
    op.drop_table("agenda_items")
    op.drop_table("screens")
    op.drop_table("paper_holders")
    op.drop_table("attendees")
    op.drop_index(op.f("ix_assembly_acts_assembly_id"), table_name="assembly_acts")
    op.drop_table("assembly_acts")
    op.drop_table("papers_given_up")
    op.drop_table("paper_ballots")
    op.drop_index(op.f("ix_assemblies_state"), table_name="assemblies")
    op.drop_index(op.f("ix_assemblies_round_id"), table_name="assemblies")
    op.drop_table("assemblies")
    op.drop_index(op.f("ix_rounds_within_id"), table_name="rounds")
    for column in reversed(COLUMNS):
        op.execute(f"ALTER TABLE rounds DROP COLUMN {column}")
