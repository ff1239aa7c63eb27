"""Routes to a decision: stages, interests by project, signatures over a bundle, notices."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from neighbourhoods.database import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OFFICES_BEFORE = "office IN ('councillor', 'officer', 'facilitator', 'scrutineer')"
OFFICES = (
    "office IN ('councillor', 'officer', 'facilitator', 'scrutineer', 'finance-officer', "
    "'legal-officer', 'cabinet-member', 'committee-clerk', 'delegated-officer', "
    "'monitoring-officer')"
)
# SQLite cannot change a table: Alembic builds it anew and has to be told of its checks.
APPOINTMENTS = {
    "community": "(office = 'councillor') = (community_id IS NOT NULL)",
    "term": "ends_on IS NULL OR ends_on > starts_on",
}
FORMATS = "'approval', 'choose-one', 'knapsack', 'ranking', 'points', 'scores', 'yes-no'"
VOTING_RULES = {
    "ballot_format": f"ballot_format IN ({FORMATS})",
    "disclosure_profile": "disclosure_profile IN ('open', 'live', 'sealed')",
    "max_choices": "max_choices IS NULL OR max_choices > 0",
    "min_choices": "min_choices >= 0",
    "spending_limit": "spending_limit_pence IS NULL OR spending_limit_pence > 0",
    "points_paper": "(ballot_format = 'points') = (points_to_give IS NOT NULL)",
    "points_to_give": "points_to_give IS NULL OR points_to_give BETWEEN 1 AND 1000000",
    "most_points_on_one": (
        "most_points_on_one IS NULL OR (points_to_give IS NOT NULL "
        "AND most_points_on_one BETWEEN 1 AND points_to_give)"
    ),
    "scores_paper": "(ballot_format = 'scores') = (highest_score IS NOT NULL)",
    "highest_score": "highest_score IS NULL OR highest_score BETWEEN 1 AND 1000000",
    "disclosure_step": "disclosure_step > 0",
    "tie_rule": "tie_rule IN ('by-cost', 'draw')",
    "draw_source": "tie_rule <> 'draw' OR draw_source <> ''",
    "frozen": "(frozen_at IS NULL) = (frozen_text IS NULL)",
}
# In an order in which they can be dropped.
NEW = (
    "weekly_digests",
    "digest_refusals",
    "sheet_drafts",
    "withdrawals",
    "signed_verdicts",
    "notice_corrections",
    "duty_interests",
    "substitutions",
    "stage_runs",
    "signatures",
    "quiet_exceptions",
    "officer_notes",
    "decision_notices",
    "decision_routes",
    "registered_interests",
    "passkeys",
    "quiet_periods",
    "interests",
    "referrals",
)
APPROVALS = {"approvals_needed": "approvals_needed > 0"}


def _checks(table: str, checks: dict[str, str]) -> tuple[sa.CheckConstraint, ...]:
    return tuple(
        sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{check}"))
        for check, condition in checks.items()
    )


def _change_offices(before: str, after: str) -> None:
    name = op.f("ck_appointments_office")
    standing = _checks("appointments", APPOINTMENTS | {"office": before})
    with op.batch_alter_table("appointments", reflect_args=standing) as table:
        table.drop_constraint(name, type_="check")
        table.create_check_constraint(name, after)


def upgrade() -> None:
    """Apply; what councillors declared and signed is carried over to the new tables."""
    _change_offices(OFFICES_BEFORE, OFFICES)
    standing = _checks("voting_rules", VOTING_RULES | APPROVALS)
    with op.batch_alter_table("voting_rules", reflect_args=standing) as table:
        table.drop_constraint(op.f("ck_voting_rules_approvals_needed"), type_="check")
        table.drop_column("approvals_needed")
    # In the rounds there are, nothing waits to be called in.
    op.add_column(
        "rounds",
        sa.Column("waiting_pence", sa.BigInteger(), nullable=False, server_default="0"),
    )
    before = {table: _rows(table) for table in ("interests", "decisions", "referrals")}
    for table_name in before:
        op.drop_table(table_name)
    op.create_table(
        "weekly_digests",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("monday", sa.Date(), nullable=False),
        sa.Column("taken_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_weekly_digests_person_id_people")
        ),
        sa.PrimaryKeyConstraint("person_id", "monday", name=op.f("pk_weekly_digests")),
    )
    op.create_table(
        "digest_refusals",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("refused_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_digest_refusals_person_id_people")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_digest_refusals")),
    )
    op.create_table(
        "quiet_periods",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_quiet_periods_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiet_periods")),
    )
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("added_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint("uses >= 0", name=op.f("ck_passkeys_uses")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_passkeys_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
    )
    op.create_index(op.f("ix_passkeys_person_id"), "passkeys", ["person_id"], unique=False)
    op.create_table(
        "registered_interests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind <> 'none' AND words <> ''", name=op.f("ck_registered_interests_words")
        ),
        sa.CheckConstraint(
            "kind IN ('none', 'other', 'pecuniary')", name=op.f("ck_registered_interests_kind")
        ),
        sa.CheckConstraint(
            "ended_on IS NULL OR ended_on >= registered_on",
            name=op.f("ck_registered_interests_ended"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_registered_interests_person_id_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registered_interests")),
    )
    op.create_index(
        op.f("ix_registered_interests_person_id"),
        "registered_interests",
        ["person_id"],
        unique=False,
    )
    op.create_table(
        "decision_routes",
        sa.Column("fund_id", sa.Integer(), nullable=False),
        sa.Column("route", sa.String(length=40), nullable=False),
        sa.Column("agreement", sa.String(length=40), nullable=False),
        sa.Column("call_in_days", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "agreement <> 'shares' OR route = 'ward-members'",
            name=op.f("ck_decision_routes_shares"),
        ),
        sa.CheckConstraint(
            "agreement IN ('any-one', 'majority', 'unanimous', 'shares')",
            name=op.f("ck_decision_routes_agreement"),
        ),
        sa.CheckConstraint(
            "route IN ('ward-members', 'cabinet-member', 'area-committee', 'officer', 'advisory')",
            name=op.f("ck_decision_routes_route"),
        ),
        sa.CheckConstraint(
            "call_in_days BETWEEN 0 AND 90", name=op.f("ck_decision_routes_call_in_days")
        ),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["funds.id"], name=op.f("fk_decision_routes_fund_id_funds")
        ),
        sa.PrimaryKeyConstraint("fund_id", name=op.f("pk_decision_routes")),
    )
    op.create_table(
        "decision_notices",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("published_at", UTCDateTime(), nullable=False),
        sa.Column("call_in_until", UTCDateTime(), nullable=False),
        sa.Column("called_in_at", UTCDateTime(), nullable=True),
        sa.Column("called_in_why", sa.Text(), nullable=False),
        sa.Column("called_in_ended_at", UTCDateTime(), nullable=True),
        sa.Column("lodge_by", sa.Date(), nullable=True),
        sa.Column("lodged_on", sa.Date(), nullable=True),
        sa.Column("lodged_receipt", sa.String(length=120), nullable=False),
        sa.Column("money_moved_at", UTCDateTime(), nullable=True),
        sa.Column("told_up_to", sa.Integer(), nullable=False),
        sa.Column("told_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "(called_in_at IS NULL) = (called_in_why = '')",
            name=op.f("ck_decision_notices_called_in"),
        ),
        sa.CheckConstraint(
            "(lodged_on IS NULL) = (lodged_receipt = '')", name=op.f("ck_decision_notices_lodged")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_decision_notices_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_decision_notices")),
        sa.UniqueConstraint("number", name=op.f("uq_decision_notices_number")),
    )
    op.create_table(
        "officer_notes",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=False),
        sa.Column("written_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('finance', 'legal', 'equality')", name=op.f("ck_officer_notes_kind")
        ),
        sa.CheckConstraint("words <> ''", name=op.f("ck_officer_notes_words")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_officer_notes_round_id_rounds")
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["people.id"], name=op.f("fk_officer_notes_written_by_id_people")
        ),
        sa.PrimaryKeyConstraint("round_id", "kind", name=op.f("pk_officer_notes")),
    )
    op.create_table(
        "quiet_exceptions",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("why <> ''", name=op.f("ck_quiet_exceptions_why")),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["people.id"], name=op.f("fk_quiet_exceptions_made_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_quiet_exceptions_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_quiet_exceptions")),
    )
    op.create_table(
        "signatures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("refer_to", sa.String(length=40), nullable=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=True),
        sa.Column("minute", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("bundle_sha256", sa.String(length=64), nullable=False),
        sa.Column("proof", sa.String(length=40), nullable=True),
        sa.Column("signed_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "(act = 'refer-back') = (refer_to IS NOT NULL) AND (act = 'decide' OR (reasons <> '' AND question <> ''))",
            name=op.f("ck_signatures_referral"),
        ),
        sa.CheckConstraint(
            "(part = 'committee') = (minute IS NOT NULL)", name=op.f("ck_signatures_minute")
        ),
        sa.CheckConstraint("act IN ('decide', 'refer-back')", name=op.f("ck_signatures_act")),
        sa.CheckConstraint(
            "part IN ('member', 'finance', 'legal', 'cabinet-member', 'committee', 'officer', 'monitoring-officer')",
            name=op.f("ck_signatures_part"),
        ),
        sa.CheckConstraint(
            "proof IS NULL OR proof IN ('code', 'passkey')", name=op.f("ck_signatures_proof")
        ),
        sa.CheckConstraint(
            "refer_to IS NULL OR refer_to IN ('officers', 'residents')",
            name=op.f("ck_signatures_refer_to"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_signatures_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_signatures_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signatures")),
        sa.UniqueConstraint(
            "round_id",
            "sitting",
            "place",
            "person_id",
            "bundle_sha256",
            name=op.f("uq_signatures_round_id_sitting_place_person_id_bundle_sha256"),
        ),
    )
    op.create_index(op.f("ix_signatures_person_id"), "signatures", ["person_id"], unique=False)
    op.create_table(
        "stage_runs",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("began_at", UTCDateTime(), nullable=False),
        sa.Column("deadline_at", UTCDateTime(), nullable=False),
        sa.Column("extended_by_id", sa.Integer(), nullable=True),
        sa.Column("extended_why", sa.Text(), nullable=False),
        sa.Column("reminded", sa.Integer(), nullable=False),
        sa.Column("escalated_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("standing", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "standing IS NULL OR standing IN ('waiting', 'done', 'referred-back', 'split', 'all-conflicted', 'silent')",
            name=op.f("ck_stage_runs_standing"),
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (standing IS NULL)", name=op.f("ck_stage_runs_ended")
        ),
        sa.CheckConstraint("deadline_at > began_at", name=op.f("ck_stage_runs_deadline")),
        sa.CheckConstraint("place >= 0", name=op.f("ck_stage_runs_place")),
        sa.CheckConstraint("reminded BETWEEN 0 AND 2", name=op.f("ck_stage_runs_reminded")),
        sa.CheckConstraint("sitting > 0", name=op.f("ck_stage_runs_sitting")),
        sa.ForeignKeyConstraint(
            ["extended_by_id"], ["people.id"], name=op.f("fk_stage_runs_extended_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_stage_runs_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", "sitting", "place", name=op.f("pk_stage_runs")),
    )
    op.create_table(
        "substitutions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("named_by_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("named_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("why <> ''", name=op.f("ck_substitutions_why")),
        sa.ForeignKeyConstraint(
            ["named_by_id"], ["people.id"], name=op.f("fk_substitutions_named_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_substitutions_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_substitutions_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitutions")),
    )
    op.create_index(op.f("ix_substitutions_round_id"), "substitutions", ["round_id"], unique=False)
    op.create_table(
        "duty_interests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("duty", sa.String(length=40), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("declared_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "(duty = 'screen') = (proposal_id IS NOT NULL)", name=op.f("ck_duty_interests_proposal")
        ),
        sa.CheckConstraint("duty IN ('screen', 'run')", name=op.f("ck_duty_interests_duty")),
        sa.CheckConstraint(
            "kind = 'none' OR details <> ''", name=op.f("ck_duty_interests_details")
        ),
        sa.CheckConstraint(
            "kind IN ('none', 'other', 'pecuniary')", name=op.f("ck_duty_interests_kind")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_duty_interests_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_duty_interests_proposal_id_proposals")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_duty_interests_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_interests")),
    )
    op.create_index(
        op.f("ix_duty_interests_round_id_person_id"),
        "duty_interests",
        ["round_id", "person_id"],
        unique=False,
    )
    op.create_table(
        "sheet_drafts",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.JSON(), nullable=False),
        sa.Column("bundle_sha256", sa.String(length=64), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("saved_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_sheet_drafts_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_sheet_drafts_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", "person_id", name=op.f("pk_sheet_drafts")),
    )
    op.create_table(
        "notice_corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("words <> ''", name=op.f("ck_notice_corrections_words")),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["people.id"], name=op.f("fk_notice_corrections_made_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"],
            ["decision_notices.round_id"],
            name=op.f("fk_notice_corrections_round_id_decision_notices"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_corrections")),
    )
    op.create_index(
        op.f("ix_notice_corrections_round_id"), "notice_corrections", ["round_id"], unique=False
    )
    op.create_table(
        "signed_verdicts",
        sa.Column("signature_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("ground", sa.String(length=40), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(verdict = 'conditions') = (condition <> '')",
            name=op.f("ck_signed_verdicts_condition"),
        ),
        sa.CheckConstraint(
            "(verdict = 'decline') = (ground IS NOT NULL) AND (verdict <> 'decline' OR length(reasons) >= 50)",
            name=op.f("ck_signed_verdicts_declined"),
        ),
        sa.CheckConstraint(
            "ground IS NULL OR ground IN ('unlawful', 'outside-power', 'safety', 'over-budget', 'duty-to-others')",
            name=op.f("ck_signed_verdicts_ground"),
        ),
        sa.CheckConstraint(
            "verdict IN ('endorse', 'conditions', 'decline')",
            name=op.f("ck_signed_verdicts_verdict"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_signed_verdicts_project_id_projects")
        ),
        sa.ForeignKeyConstraint(
            ["signature_id"],
            ["signatures.id"],
            name=op.f("fk_signed_verdicts_signature_id_signatures"),
        ),
        sa.PrimaryKeyConstraint("signature_id", "project_id", name=op.f("pk_signed_verdicts")),
    )
    op.create_table(
        "withdrawals",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("withdrawn_by_id", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("why <> ''", name=op.f("ck_withdrawals_why")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_withdrawals_project_id_projects")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_withdrawals_round_id_rounds")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["people.id"], name=op.f("fk_withdrawals_withdrawn_by_id_people")
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_withdrawals")),
    )
    op.create_index(op.f("ix_withdrawals_round_id"), "withdrawals", ["round_id"], unique=False)
    _create_interests()
    _create_referrals()
    _carry_over(before)


def _rows(table: str) -> list[dict[str, Any]]:
    return [
        dict(row) for row in op.get_bind().execute(sa.text(f"SELECT * FROM {table}")).mappings()
    ]


def _add(table: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        names = list(rows[0])
        values = ", ".join(f":{name}" for name in names)
        into = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})"
        op.get_bind().execute(sa.text(into), rows)


def _carry_over(before: dict[str, list[dict[str, Any]]]) -> None:
    """What was declared on a round counts for each of its projects; who sent it back, as asked."""
    projects = _rows("projects")
    _add(
        "interests",
        [
            {
                "round_id": one["round_id"],
                "person_id": one["councillor_id"],
                "project_id": project["id"],
                "kind": one["kind"],
                "details": one["details"],
                "dispensation": "",
                "declared_at": one["declared_at"],
            }
            for one in before["interests"]
            for project in projects
            if project["round_id"] == one["round_id"]
        ],
    )
    _add(
        "signatures",
        [
            {
                "round_id": one["round_id"],
                "sitting": one["sitting"],
                "place": 0,
                "person_id": one["councillor_id"],
                "part": "member",
                "act": "decide" if one["act"] == "approve" else "refer-back",
                "reasons": one["reasons"],
                "refer_to": None if one["act"] == "approve" else "officers",
                "question": "" if one["act"] == "approve" else one["reasons"],
                # No bundle was signed then: whoever is still asked signs again.
                "bundle_sha256": "0" * 64,
                "signed_at": one["decided_at"],
            }
            for one in before["decisions"]
        ],
    )
    asked = {
        (one["round_id"], one["sitting"]): one["reasons"]
        for one in before["decisions"]
        if one["act"] == "refer-back"
    }
    _add(
        "referrals",
        [
            {
                "round_id": one["round_id"],
                "sitting": one["sitting"],
                "refer_to": "officers",
                "question": asked.get((one["round_id"], one["sitting"]), ""),
                "answer": one["answer"],
                "answered_by_id": one["answered_by_id"],
                "answered_at": one["answered_at"],
            }
            for one in before["referrals"]
        ],
    )
    for one in _rows("rounds"):
        if one["phase"] == "sign-off":
            answered = [
                referral
                for referral in before["referrals"]
                if referral["round_id"] == one["id"] and referral["answer"] is not None
            ]
            _begin_stage(one["id"], 1 + len(answered))


def _begin_stage(round_id: int, sitting: int) -> None:
    moment = datetime.now(UTC)
    runs = sa.table(
        "stage_runs",
        *(sa.column(name) for name in ("round_id", "sitting", "place", "reminded", "extended_why")),
        sa.column("began_at", UTCDateTime()),
        sa.column("deadline_at", UTCDateTime()),
    )
    op.execute(
        runs.insert().values(
            round_id=round_id,
            sitting=sitting,
            place=0,
            reminded=0,
            extended_why="",
            began_at=moment,
            deadline_at=moment + timedelta(days=28),
        )
    )


def _create_interests() -> None:
    op.create_table(
        "interests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("dispensation", sa.String(120), nullable=False),
        sa.Column("declared_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("kind = 'none' OR details <> ''", name=op.f("ck_interests_details")),
        sa.CheckConstraint(
            "kind IN ('none', 'other', 'pecuniary')", name=op.f("ck_interests_kind")
        ),
        sa.CheckConstraint(
            "dispensation = '' OR kind = 'pecuniary'", name=op.f("ck_interests_dispensation")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_interests_round_id_rounds")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_interests_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_interests_project_id_projects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interests")),
        sa.UniqueConstraint(
            "round_id",
            "person_id",
            "project_id",
            name=op.f("uq_interests_round_id_person_id_project_id"),
        ),
    )
    op.create_index(op.f("ix_interests_person_id"), "interests", ["person_id"])


def _create_referrals() -> None:
    op.create_table(
        "referrals",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.Integer(), nullable=False),
        sa.Column("refer_to", sa.String(40), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_referrals_answer")
        ),
        sa.CheckConstraint(
            "refer_to IN ('officers', 'residents')", name=op.f("ck_referrals_refer_to")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["people.id"], name=op.f("fk_referrals_answered_by_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rounds.id"], name=op.f("fk_referrals_round_id_rounds")
        ),
        sa.PrimaryKeyConstraint("round_id", "sitting", name=op.f("pk_referrals")),
    )


def downgrade() -> None:
    """Undo; of what was signed only who, when and with what reasons fits the old tables."""
    before = {table: _rows(table) for table in ("interests", "signatures", "referrals")}
    for table_name in NEW:
        op.drop_table(table_name)
    op.drop_column("rounds", "waiting_pence")
    _create_old_tables()
    declared = {(one["round_id"], one["person_id"]): one for one in before["interests"]}
    _add(
        "interests",
        [
            {
                "round_id": one["round_id"],
                "councillor_id": one["person_id"],
                "kind": one["kind"],
                "details": one["details"],
                "declared_at": one["declared_at"],
            }
            for one in declared.values()
        ],
    )
    signed = {
        (one["round_id"], one["sitting"], one["person_id"]): one for one in before["signatures"]
    }
    _add(
        "decisions",
        [
            {
                "round_id": one["round_id"],
                "sitting": one["sitting"],
                "councillor_id": one["person_id"],
                "act": "approve" if one["act"] == "decide" else "refer-back",
                "reasons": one["reasons"],
                "decided_at": one["signed_at"],
            }
            for one in signed.values()
        ],
    )
    kept = ("round_id", "sitting", "answer", "answered_by_id", "answered_at")
    _add("referrals", [{name: one[name] for name in kept} for one in before["referrals"]])
    with op.batch_alter_table(
        "voting_rules", reflect_args=_checks("voting_rules", VOTING_RULES)
    ) as table:
        table.add_column(
            sa.Column("approvals_needed", sa.Integer(), nullable=False, server_default="1")
        )
        table.create_check_constraint(
            op.f("ck_voting_rules_approvals_needed"), APPROVALS["approvals_needed"]
        )
    op.execute(f"DELETE FROM appointments WHERE NOT ({OFFICES_BEFORE})")
    _change_offices(OFFICES, OFFICES_BEFORE)


def _create_old_tables() -> None:
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
