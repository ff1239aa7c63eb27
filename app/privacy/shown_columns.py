"""Of every column that leads to a person: what its row is to them, and what of it they may see.

Where a row is about somebody else too (a check-in at the door, say), only their own part of it.
"""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

Shown = Mapping[str, tuple[str, tuple[str, ...]]]

_PROPOSAL = (
    "id", "round_id", "state", "title", "what", "why", "category", "cost_pence", "place",
    "latitude", "longitude", "pledge", "made_at",
)  # fmt: skip

AS_RESIDENT: Shown = {
    "proposals.proposer_id": (_l("Your proposals"), _PROPOSAL),
    "proposal_versions.written_by_id": (
        _l("Versions of proposals you wrote"),
        ("proposal_id", "number", "written_at", "words"),
    ),
    "points.author_id": (
        _l("What you said in debates"),
        (
            "proposal_id", "kind", "speaking_as", "words", "made_at", "hidden_at", "hidden_why",
        ),
    ),
    "backings.person_id": (_l("Proposals you back"), ("proposal_id", "backed_at")),
    "reports.person_id": (
        _l("What you reported to moderators"),
        ("point_id", "why", "reported_at", "settled_at"),
    ),
    "passkeys.person_id": (
        _l("Your passkeys"),
        ("name", "credential_id", "public_key", "uses", "added_at", "used_at"),
    ),
    "digest_refusals.person_id": (_l("That you want no weekly letter"), ("refused_at",)),
    "weekly_digests.person_id": (_l("Weekly letters to you"), ("monday", "taken_at")),
}  # fmt: skip

IN_OFFICE: Shown = {
    "appointments.person_id": (
        _l("Offices you hold or held"),
        ("office", "community_id", "starts_on", "ends_on"),
    ),
    "substitutions.person_id": (
        _l("Where you were named in place of others"),
        ("round_id", "sitting", "place", "why", "named_at"),
    ),
    "substitutions.named_by_id": (
        _l("Whom you named, without the names"),
        ("round_id", "sitting", "place", "why", "named_at"),
    ),
    "signatures.person_id": (
        _l("What you signed"),
        (
            "round_id", "sitting", "place", "part", "act", "reasons", "refer_to", "question",
            "answer_by", "bundle_sha256", "proof", "signed_at",
        ),
    ),
    "sheet_drafts.person_id": (
        _l("Sheets you have not signed yet"),
        ("round_id", "sitting", "place", "sheet", "saved_at"),
    ),
    "interests.person_id": (
        _l("Interests you declared"),
        ("round_id", "project_id", "kind", "details", "dispensation", "declared_at"),
    ),
    "duty_interests.person_id": (
        _l("Interests you declared before a duty"),
        ("round_id", "duty", "proposal_id", "kind", "details", "declared_at"),
    ),
    "registered_interests.person_id": (
        _l("You in the register of interests"),
        ("kind", "words", "registered_on", "ended_on"),
    ),
    "screenings.screened_by_id": (
        _l("Your findings"),
        ("proposal_id", "version", "screened_at", "lawful", "feasible", "result", "reasons"),
    ),
    "officer_notes.written_by_id": (
        _l("Your advice"), ("round_id", "kind", "words", "written_at"),
    ),
    "referrals.answered_by_id": (
        _l("Your answers to referrals"), ("round_id", "sitting", "answer", "answered_at"),
    ),
    "sent_back.sent_by_id": (
        _l("Decisions you sent back to whoever signed them"), ("round_id", "why", "sent_at"),
    ),
    "round_moves.moved_by_id": (
        _l("Rounds you moved on"), ("round_id", "from_phase", "to_phase", "moved_at", "why"),
    ),
    "stage_runs.extended_by_id": (
        _l("Stages you were the last to give more days"),
        ("round_id", "sitting", "place", "extended_why"),
    ),
    "stage_extensions.extended_by_id": (
        _l("Each time you gave a stage more days"),
        ("round_id", "sitting", "place", "number", "days", "why", "extended_at"),
    ),
    "withdrawals.withdrawn_by_id": (
        _l("Projects you withdrew"), ("round_id", "project_id", "why", "withdrawn_at"),
    ),
    "quiet_exceptions.made_by_id": (
        _l("Exceptions you made in quiet periods"), ("round_id", "why", "made_at"),
    ),
    "notice_corrections.made_by_id": (
        _l("Corrections you made to notices"), ("number", "words", "made_at"),
    ),
    "draw_readings.person_id": (
        _l("What you entered of draws"), ("round_id", "value", "read_at"),
    ),
    "money_entries.by_id": (_l("Money you entered"), ("fund_id", "act", "at", "why")),
    "delivery_updates.updated_by_id": (
        _l("Your reports of delivery"), ("project_id", "status", "note", "updated_at"),
    ),
    "points.hidden_by_id": (
        _l("Words you hid, without the words"), ("proposal_id", "hidden_at", "hidden_why"),
    ),
    "hall_votes.opened_by_id": (_l("Votes you opened in a hall"), ("round_id", "opened_at")),
    "hand_counts.teller_id": (_l("Hands you counted"), ("item_id", "hands", "counted_at")),
    "paper_ballots.first_teller_id": (_l("Papers you read first"), ("round_id", "number")),
    "paper_ballots.second_teller_id": (_l("Papers you read second"), ("round_id", "number")),
    "papers_given_up.by_id": (_l("Papers you gave up"), ("round_id", "papers", "why")),
    "assembly_acts.by_id": (
        _l("What you did in meetings"), ("assembly_id", "kind", "acted_at", "undone"),
    ),
    "attendees.checked_in_by_id": (
        _l("Whom you checked in, without the names"), ("assembly_id", "checked_in_at"),
    ),
    "attendees.approved_by_id": (
        _l("Walk-ins you approved, without the names"), ("assembly_id", "checked_in_at"),
    ),
    "walk_ins.asked_by_id": (
        _l("Walk-ins you asked for, without the names"), ("assembly_id", "asked_at"),
    ),
}  # fmt: skip

SHOWN: Shown = {**AS_RESIDENT, **IN_OFFICE}
