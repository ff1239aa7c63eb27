"""The first schema."""

import sqlalchemy as sa
from alembic import op

from neighbourhoods.database import UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# What is published is never changed: the database itself refuses it, whoever asks.
FROZEN = ("public_records", "snapshots")


def _freeze(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} are never changed'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} are never changed'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
    )


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "communities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("ward_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'neighbourhood') = (ward_id IS NOT NULL)", name=op.f("ck_communities_ward")
        ),
        sa.CheckConstraint(
            "kind IN ('ward', 'neighbourhood', 'community-of-interest')",
            name=op.f("ck_communities_kind"),
        ),
        sa.CheckConstraint(
            "population IS NULL OR population >= 0", name=op.f("ck_communities_population")
        ),
        sa.ForeignKeyConstraint(
            ["ward_id"], ["communities.id"], name=op.f("fk_communities_ward_id_communities")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_communities")),
        sa.UniqueConstraint("slug", name=op.f("uq_communities_slug")),
    )
    with op.batch_alter_table("communities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_communities_ward_id"), ["ward_id"], unique=False)

    op.create_table(
        "letters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("to_email", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("written_at", UTCDateTime(), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
    )
    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_letters_sent_at"), ["sent_at"], unique=False)

    op.create_table(
        "menu_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("cost_pence", sa.BigInteger(), nullable=False),
        sa.Column("yearly_pence", sa.BigInteger(), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.CheckConstraint("cost_pence > 0", name=op.f("ck_menu_items_cost")),
        sa.CheckConstraint("yearly_pence >= 0", name=op.f("ck_menu_items_yearly")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_menu_items")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("joined_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_people_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("email", name=op.f("uq_people_email")),
    )
    op.create_table(
        "sign_in_codes",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.CheckConstraint("tries_left >= 0", name=op.f("ck_sign_in_codes_tries")),
        sa.PrimaryKeyConstraint("email", name=op.f("pk_sign_in_codes")),
    )
    op.create_table(
        "appointments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("office", sa.String(40), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(office = 'councillor') = (community_id IS NOT NULL)",
            name=op.f("ck_appointments_community"),
        ),
        sa.CheckConstraint(
            "office IN ('councillor', 'officer', 'facilitator')",
            name=op.f("ck_appointments_office"),
        ),
        sa.CheckConstraint(
            "ends_on IS NULL OR ends_on > starts_on", name=op.f("ck_appointments_term")
        ),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["communities.id"],
            name=op.f("fk_appointments_community_id_communities"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_appointments_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
        sa.UniqueConstraint(
            "person_id",
            "office",
            "community_id",
            "starts_on",
            name=op.f("uq_appointments_person_id_office_community_id_starts_on"),
        ),
    )
    with op.batch_alter_table("appointments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_appointments_community_id"), ["community_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_appointments_person_id"), ["person_id"], unique=False)

    op.create_table(
        "funds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("financial_year", sa.String(length=7), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.CheckConstraint("financial_year LIKE '____-__'", name=op.f("ck_funds_financial_year")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_funds_community_id_communities")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funds")),
    )
    with op.batch_alter_table("funds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_funds_community_id"), ["community_id"], unique=False)

    op.create_table(
        "postcodes",
        sa.Column("postcode", sa.String(length=8), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_postcodes_community_id_communities")
        ),
        sa.PrimaryKeyConstraint("postcode", name=op.f("pk_postcodes")),
    )
    with op.batch_alter_table("postcodes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_postcodes_community_id"), ["community_id"], unique=False
        )

    op.create_table(
        "fund_sources",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("amount_pence", sa.BigInteger(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('general-fund', 'parking-income', 'environmental-fines', 'infrastructure-levy', 'landfill-savings', 'health-partner', 'police-partner', 'grant', 'other')",
            name=op.f("ck_fund_sources_kind"),
        ),
        sa.CheckConstraint("amount_pence > 0", name=op.f("ck_fund_sources_amount")),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.id"], name=op.f("fk_fund_sources_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_sources")),
    )
    with op.batch_alter_table("fund_sources", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fund_sources_fund_id"), ["fund_id"], unique=False)

    op.create_table(
        "rounds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("promise", sa.Text(), nullable=False),
        sa.Column("budget_pence", sa.BigInteger(), nullable=False),
        sa.Column("phase", sa.String(40), nullable=False),
        sa.CheckConstraint(
            "phase IN ('set-up', 'ideas', 'screening', 'debate', 'vote', 'count', 'sign-off', 'delivery', 'review')",
            name=op.f("ck_rounds_phase"),
        ),
        sa.CheckConstraint("budget_pence > 0", name=op.f("ck_rounds_budget")),
        sa.ForeignKeyConstraint(["fund_id"], ["funds.id"], name=op.f("fk_rounds_fund_id_funds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
    )
    with op.batch_alter_table("rounds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rounds_fund_id"), ["fund_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_rounds_phase"), ["phase"], unique=False)

    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.Integer(), nullable=False),
        sa.Column("councillor_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(40), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("act = 'approve' OR reasons <> ''", name=op.f("ck_decisions_reasons")),
        sa.CheckConstraint("act IN ('approve', 'refer-back')", name=op.f("ck_decisions_act")),
        sa.CheckConstraint("sitting > 0", name=op.f("ck_decisions_sitting")),
        sa.ForeignKeyConstraint(
            ["councillor_id"], ["people.id"], name=op.f("fk_decisions_councillor_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_decisions_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint(
            "round_id",
            "sitting",
            "councillor_id",
            name=op.f("uq_decisions_round_id_sitting_councillor_id"),
        ),
    )
    op.create_table(
        "interests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("councillor_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("declared_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("kind = 'none' OR details <> ''", name=op.f("ck_interests_details")),
        sa.CheckConstraint(
            "kind IN ('none', 'other', 'pecuniary')", name=op.f("ck_interests_kind")
        ),
        sa.ForeignKeyConstraint(
            ["councillor_id"], ["people.id"], name=op.f("fk_interests_councillor_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_interests_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interests")),
        sa.UniqueConstraint(
            "round_id", "councillor_id", name=op.f("uq_interests_round_id_councillor_id")
        ),
    )
    op.create_table(
        "outcomes",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("counted_at", UTCDateTime(), nullable=False),
        sa.Column("ballots_cast", sa.Integer(), nullable=False),
        sa.Column("roll_size", sa.Integer(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.CheckConstraint("ballots_cast >= 0", name=op.f("ck_outcomes_ballots_cast")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_outcomes_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_outcomes")),
    )
    op.create_table(
        "phase_starts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(40), nullable=False),
        sa.Column("starts_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "phase IN ('set-up', 'ideas', 'screening', 'debate', 'vote', 'count', 'sign-off', 'delivery', 'review')",
            name=op.f("ck_phase_starts_phase"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_phase_starts_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phase_starts")),
        sa.UniqueConstraint("round_id", "phase", name=op.f("uq_phase_starts_round_id_phase")),
    )
    op.create_table(
        "proposals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("proposer_id", sa.Integer(), nullable=False),
        sa.Column("menu_item_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("cost_pence", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.String(length=160), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("pledge", sa.Text(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('submitted', 'smaller-asked', 'passed', 'not-passed', 'withdrawn')",
            name=op.f("ck_proposals_state"),
        ),
        sa.CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_proposals_place")
        ),
        sa.CheckConstraint("cost_pence > 0", name=op.f("ck_proposals_cost")),
        sa.CheckConstraint(
            "latitude IS NULL OR latitude BETWEEN -90 AND 90", name=op.f("ck_proposals_latitude")
        ),
        sa.CheckConstraint(
            "longitude IS NULL OR longitude BETWEEN -180 AND 180",
            name=op.f("ck_proposals_longitude"),
        ),
        sa.ForeignKeyConstraint(
            ["menu_item_id"], ["menu_items.id"], name=op.f("fk_proposals_menu_item_id_menu_items")
        ),
        sa.ForeignKeyConstraint(
            ["proposer_id"], ["people.id"], name=op.f("fk_proposals_proposer_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_proposals_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    with op.batch_alter_table("proposals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposals_proposer_id"), ["proposer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposals_round_id"), ["round_id"], unique=False)

    op.create_table(
        "public_records",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("published_at", UTCDateTime(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_public_records_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_public_records")),
    )
    op.create_table(
        "receipts",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("voter_key", sa.String(length=64), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_receipts_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_receipts")),
        sa.UniqueConstraint(
            "round_id",
            "voter_key",
            "request_hash",
            name=op.f("uq_receipts_round_id_voter_key_request_hash"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "referrals",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_referrals_answer")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["people.id"], name=op.f("fk_referrals_answered_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_referrals_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", "sitting", name=op.f("pk_referrals")),
    )
    op.create_table(
        "roll_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("postcode", sa.String(length=8), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_roll_entries_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_entries")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_roll_entries_code_hash")),
        sa.UniqueConstraint("round_id", "email", name=op.f("uq_roll_entries_round_id_email")),
        sa.UniqueConstraint(
            "round_id", "reference", name=op.f("uq_roll_entries_round_id_reference")
        ),
    )
    op.create_table(
        "round_moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("from_phase", sa.String(40), nullable=False),
        sa.Column("to_phase", sa.String(40), nullable=False),
        sa.Column("moved_at", UTCDateTime(), nullable=False),
        sa.Column("moved_by_id", sa.Integer(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["moved_by_id"], ["people.id"], name=op.f("fk_round_moves_moved_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_round_moves_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_moves")),
    )
    with op.batch_alter_table("round_moves", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_round_moves_round_id"), ["round_id"], unique=False)

    op.create_table(
        "snapshots",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_at", UTCDateTime(), nullable=False),
        sa.Column("covered", sa.Integer(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.CheckConstraint("covered >= 0", name=op.f("ck_snapshots_covered")),
        sa.CheckConstraint("version > 0", name=op.f("ck_snapshots_version")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_snapshots_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", "version", name=op.f("pk_snapshots")),
    )
    op.create_table(
        "voting_rules",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("ballot_format", sa.String(40), nullable=False),
        sa.Column("max_choices", sa.Integer(), nullable=True),
        sa.Column("min_choices", sa.Integer(), nullable=False),
        sa.Column("spending_limit_pence", sa.BigInteger(), nullable=True),
        sa.Column("rule_settings", sa.JSON(), nullable=False),
        sa.Column("disclosure_profile", sa.String(40), nullable=False),
        sa.Column("disclosure_step", sa.Integer(), nullable=False),
        sa.Column("approvals_needed", sa.Integer(), nullable=False),
        sa.Column("frozen_at", UTCDateTime(), nullable=True),
        sa.Column("frozen_text", sa.Text(), nullable=True),
        sa.Column("frozen_hash", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "ballot_format IN ('approval', 'choose-one', 'knapsack')",
            name=op.f("ck_voting_rules_ballot_format"),
        ),
        sa.CheckConstraint(
            "disclosure_profile IN ('open', 'live', 'sealed')",
            name=op.f("ck_voting_rules_disclosure_profile"),
        ),
        sa.CheckConstraint(
            "(frozen_at IS NULL) = (frozen_text IS NULL)", name=op.f("ck_voting_rules_frozen")
        ),
        sa.CheckConstraint("approvals_needed > 0", name=op.f("ck_voting_rules_approvals_needed")),
        sa.CheckConstraint("disclosure_step > 0", name=op.f("ck_voting_rules_disclosure_step")),
        sa.CheckConstraint(
            "max_choices IS NULL OR max_choices > 0", name=op.f("ck_voting_rules_max_choices")
        ),
        sa.CheckConstraint("min_choices >= 0", name=op.f("ck_voting_rules_min_choices")),
        sa.CheckConstraint(
            "spending_limit_pence IS NULL OR spending_limit_pence > 0",
            name=op.f("ck_voting_rules_spending_limit"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_voting_rules_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_voting_rules")),
    )
    op.create_table(
        "backings",
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("backed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_backings_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_backings_proposal_id_proposals")
        ),
        sa.PrimaryKeyConstraint("proposal_id", "person_id", name=op.f("pk_backings")),
    )
    op.create_table(
        "ballots",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("voter_key", sa.String(length=64), nullable=False),
        sa.Column("choices", sa.Text(), nullable=False),
        sa.Column("client_nonce", sa.String(length=64), nullable=False),
        sa.Column("server_nonce", sa.String(length=32), nullable=False),
        sa.Column("receipt_code", sa.String(length=16), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=True),
        sa.CheckConstraint("batch IS NULL OR batch > 0", name=op.f("ck_ballots_batch")),
        sa.ForeignKeyConstraint(
            ["receipt_code"], ["receipts.code"], name=op.f("fk_ballots_receipt_code_receipts")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_ballots_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", "voter_key", name=op.f("pk_ballots")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "points",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("answers_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("speaking_as", sa.String(40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("hidden_at", UTCDateTime(), nullable=True),
        sa.Column("hidden_why", sa.Text(), nullable=True),
        sa.Column("hidden_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'answer') = (answers_id IS NOT NULL)", name=op.f("ck_points_answers")
        ),
        sa.CheckConstraint(
            "kind IN ('for', 'against', 'question', 'answer')", name=op.f("ck_points_kind")
        ),
        sa.CheckConstraint(
            "speaking_as IN ('anyone', 'resident', 'councillor', 'facilitator', 'officer')",
            name=op.f("ck_points_speaking_as"),
        ),
        sa.CheckConstraint(
            "(hidden_at IS NULL) = (hidden_why IS NULL)", name=op.f("ck_points_hidden")
        ),
        sa.ForeignKeyConstraint(
            ["answers_id"], ["points.id"], name=op.f("fk_points_answers_id_points")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["people.id"], name=op.f("fk_points_author_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["hidden_by_id"], ["people.id"], name=op.f("fk_points_hidden_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_points_proposal_id_proposals")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points")),
    )
    with op.batch_alter_table("points", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_points_proposal_id"), ["proposal_id"], unique=False)

    op.create_table(
        "projects",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=120), nullable=False),
        sa.Column("place", sa.String(length=160), nullable=False),
        sa.Column("cost_pence", sa.BigInteger(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("cost_pence > 0", name=op.f("ck_projects_cost")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_projects_proposal_id_proposals")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_projects_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_projects_proposal_id")),
        sa.UniqueConstraint("round_id", "code", name=op.f("uq_projects_round_id_code")),
    )
    op.create_table(
        "proposal_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("written_at", UTCDateTime(), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["proposals.id"],
            name=op.f("fk_proposal_versions_proposal_id_proposals"),
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["people.id"], name=op.f("fk_proposal_versions_written_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_versions")),
        sa.UniqueConstraint(
            "proposal_id", "number", name=op.f("uq_proposal_versions_proposal_id_number")
        ),
    )
    op.create_table(
        "screenings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("screened_by_id", sa.Integer(), nullable=False),
        sa.Column("screened_at", UTCDateTime(), nullable=False),
        sa.Column("lawful", sa.Boolean(), nullable=False),
        sa.Column("feasible", sa.Boolean(), nullable=False),
        sa.Column("low_pence", sa.BigInteger(), nullable=False),
        sa.Column("likely_pence", sa.BigInteger(), nullable=False),
        sa.Column("high_pence", sa.BigInteger(), nullable=False),
        sa.Column("yearly_pence", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.String(40), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "result <> 'passed' OR (lawful AND feasible)", name=op.f("ck_screenings_passed")
        ),
        sa.CheckConstraint(
            "result IN ('passed', 'smaller-asked', 'not-passed')", name=op.f("ck_screenings_result")
        ),
        sa.CheckConstraint(
            "low_pence > 0 AND low_pence <= likely_pence AND likely_pence <= high_pence",
            name=op.f("ck_screenings_costs"),
        ),
        sa.CheckConstraint("yearly_pence >= 0", name=op.f("ck_screenings_yearly")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_screenings_proposal_id_proposals")
        ),
        sa.ForeignKeyConstraint(
            ["screened_by_id"], ["people.id"], name=op.f("fk_screenings_screened_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screenings")),
    )
    with op.batch_alter_table("screenings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_screenings_proposal_id"), ["proposal_id"], unique=False
        )

    op.create_table(
        "deliveries",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("committed_pence", sa.BigInteger(), nullable=False),
        sa.Column("spent_pence", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "status IN ('planned', 'started', 'finished', 'stopped')",
            name=op.f("ck_deliveries_status"),
        ),
        sa.CheckConstraint("committed_pence > 0", name=op.f("ck_deliveries_committed")),
        sa.CheckConstraint(
            "spent_pence BETWEEN 0 AND committed_pence", name=op.f("ck_deliveries_spent")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_deliveries_project_id_projects")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_deliveries_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_deliveries")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deliveries_round_id"), ["round_id"], unique=False)

    op.create_table(
        "reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("point_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("reported_at", UTCDateTime(), nullable=False),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_reports_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["point_id"], ["points.id"], name=op.f("fk_reports_point_id_points")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("point_id", "person_id", name=op.f("uq_reports_point_id_person_id")),
    )
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reports_point_id"), ["point_id"], unique=False)

    op.create_table(
        "screening_replies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("screening_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("replied_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["screening_id"],
            ["screenings.id"],
            name=op.f("fk_screening_replies_screening_id_screenings"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screening_replies")),
        sa.UniqueConstraint("screening_id", name=op.f("uq_screening_replies_screening_id")),
    )
    op.create_table(
        "delivery_updates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("spent_pence", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('planned', 'started', 'finished', 'stopped')",
            name=op.f("ck_delivery_updates_status"),
        ),
        sa.CheckConstraint("spent_pence >= 0", name=op.f("ck_delivery_updates_spent")),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["deliveries.project_id"],
            name=op.f("fk_delivery_updates_project_id_deliveries"),
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["people.id"], name=op.f("fk_delivery_updates_updated_by_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_updates")),
    )
    with op.batch_alter_table("delivery_updates", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_delivery_updates_project_id"), ["project_id"], unique=False
        )

    for table in FROZEN:
        _freeze(table)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("delivery_updates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_updates_project_id"))

    op.drop_table("delivery_updates")
    op.drop_table("screening_replies")
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reports_point_id"))

    op.drop_table("reports")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deliveries_round_id"))

    op.drop_table("deliveries")
    with op.batch_alter_table("screenings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_screenings_proposal_id"))

    op.drop_table("screenings")
    op.drop_table("proposal_versions")
    op.drop_table("projects")
    with op.batch_alter_table("points", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_points_proposal_id"))

    op.drop_table("points")
    op.drop_table("ballots")
    op.drop_table("backings")
    op.drop_table("voting_rules")
    op.drop_table("snapshots")
    with op.batch_alter_table("round_moves", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_round_moves_round_id"))

    op.drop_table("round_moves")
    op.drop_table("roll_entries")
    op.drop_table("referrals")
    op.drop_table("receipts")
    op.drop_table("public_records")
    with op.batch_alter_table("proposals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposals_round_id"))
        batch_op.drop_index(batch_op.f("ix_proposals_proposer_id"))

    op.drop_table("proposals")
    op.drop_table("phase_starts")
    op.drop_table("outcomes")
    op.drop_table("interests")
    op.drop_table("decisions")
    with op.batch_alter_table("rounds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rounds_phase"))
        batch_op.drop_index(batch_op.f("ix_rounds_fund_id"))

    op.drop_table("rounds")
    with op.batch_alter_table("fund_sources", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_fund_sources_fund_id"))

    op.drop_table("fund_sources")
    with op.batch_alter_table("postcodes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_postcodes_community_id"))

    op.drop_table("postcodes")
    with op.batch_alter_table("funds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_funds_community_id"))

    op.drop_table("funds")
    with op.batch_alter_table("appointments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appointments_person_id"))
        batch_op.drop_index(batch_op.f("ix_appointments_community_id"))

    op.drop_table("appointments")
    op.drop_table("sign_in_codes")
    op.drop_table("people")
    op.drop_table("menu_items")
    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_letters_sent_at"))

    op.drop_table("letters")
    with op.batch_alter_table("communities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_communities_ward_id"))

    op.drop_table("communities")

    if op.get_bind().dialect.name != "sqlite":
        for table in FROZEN:
            op.execute(f"DROP FUNCTION {table}_refuse()")
