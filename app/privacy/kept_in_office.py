"""What is kept of those in office, of money and delivery, and what holds nobody."""

from flask_babel import lazy_gettext as _l

from app.privacy.kept import Basis, Kept, Then, Topic
from app.privacy.periods import Period

BY_LAW = _l("It stays, with the name: the law asks for a public record of decisions.")
WITH_RECORD = _l(
    "At least six years, as the law asks; with the public record of the decision, for good."
)

IN_OFFICE = (
    # --- decisions -------------------------------------------------------------------------------
    Kept(
        Topic.DECISIONS,
        _l("Who was appointed to which office, and who was named in place of others."),
        ("appointments", "substitutions"),
        (
            "appointments.person_id",
            "substitutions.person_id",
            "substitutions.named_by_id",
            "substitutions.why",
        ),
        Basis.DUTY,
        until=WITH_RECORD,
        erased=_l("It stays, with the name. The e-mail address goes once the office is over."),
        names_stay=True,
    ),
    Kept(
        Topic.DECISIONS,
        _l("What was signed at each stage of a decision, by whom, and with which reasons."),
        ("signatures", "signed_verdicts", "stage_runs", "referrals", "sent_back"),
        (
            "signatures.person_id",
            "signatures.reasons",
            "signatures.question",
            "signatures.minute",
            "signed_verdicts.reasons",
            "signed_verdicts.condition",
            "stage_runs.extended_by_id",
            "stage_runs.extended_why",
            "referrals.answered_by_id",
            "referrals.question",
            "referrals.answer",
            "sent_back.sent_by_id",
            "sent_back.why",
        ),
        Basis.DUTY,
        until=WITH_RECORD,
        erased=BY_LAW,
        names_stay=True,
    ),
    Kept(
        Topic.DECISIONS,
        _l("The public record, and the notice of the decision with what was put right in it."),
        ("public_records", "decision_notices", "notice_corrections"),
        (
            "public_records.document",
            "decision_notices.document",
            "decision_notices.words",
            "decision_notices.called_in_why",
            "notice_corrections.made_by_id",
            "notice_corrections.words",
        ),
        Basis.DUTY,
        until=_l("For good. They name those who acted in office, and no resident."),
        erased=BY_LAW,
        names_stay=True,
    ),
    Kept(
        Topic.DECISIONS,
        _l("Interests declared before screening, running a meeting, or deciding."),
        ("interests", "duty_interests"),
        (
            "interests.person_id",
            "interests.details",
            "interests.dispensation",
            "duty_interests.person_id",
            "duty_interests.details",
        ),
        Basis.DUTY,
        until=WITH_RECORD,
        erased=BY_LAW,
        names_stay=True,
    ),
    Kept(
        Topic.DECISIONS,
        _l("The standing register of members’ interests."),
        ("registered_interests",),
        ("registered_interests.person_id", "registered_interests.words"),
        Basis.DUTY,
        until=_l("%(time)s after the interest ended."),
        period=Period.REGISTER,
        then=Then.DELETED,
        erased=BY_LAW,
        names_stay=True,
    ),
    Kept(
        Topic.DECISIONS,
        _l("A sheet that a councillor or officer has not signed yet."),
        ("sheet_drafts",),
        ("sheet_drafts.person_id", "sheet_drafts.sheet"),
        until=_l("%(time)s after it was last saved."),
        period=Period.DRAFTS,
        then=Then.DELETED,
        erased=_l("It is deleted."),
    ),
    Kept(
        Topic.DECISIONS,
        _l("What officers find and advise, and how a round was moved on: who, when and why."),
        (
            "screenings",
            "officer_notes",
            "round_moves",
            "withdrawals",
            "quiet_exceptions",
        ),
        (
            "screenings.screened_by_id",
            "screenings.reasons",
            "officer_notes.written_by_id",
            "officer_notes.words",
            "round_moves.moved_by_id",
            "round_moves.why",
            "withdrawals.withdrawn_by_id",
            "withdrawals.why",
            "quiet_exceptions.made_by_id",
            "quiet_exceptions.why",
        ),
        Basis.DUTY,
        until=WITH_RECORD,
        erased=BY_LAW,
        names_stay=True,
    ),
    # --- money -----------------------------------------------------------------------------------
    Kept(
        Topic.MONEY,
        _l("Every movement of money: who entered it in office, and why."),
        ("money_entries", "money_lines", "money_balances"),
        ("money_entries.by_id", "money_entries.why"),
        Basis.DUTY,
        until=_l("For good: nobody can change or delete it."),
        erased=BY_LAW,
        names_stay=True,
    ),
    Kept(
        Topic.MONEY,
        _l("Reports of how a project comes on, its milestones, and photos of it."),
        ("deliveries", "delivery_updates", "delivery_photos", "milestones", "reports_back"),
        (
            "delivery_updates.updated_by_id",
            "delivery_updates.note",
            "milestones.owner",
            "milestones.note",
        ),
        until=WITH_RECORD,
        erased=BY_LAW,
        names_stay=True,
    ),
    # --- nobody ----------------------------------------------------------------------------------
    Kept(
        Topic.NOBODY,
        _l("Places and postcodes, funds, rounds and their dates, projects and the menu."),
        (
            "communities",
            "postcodes",
            "funds",
            "fund_sources",
            "decision_routes",
            "rounds",
            "phase_starts",
            "quiet_periods",
            "projects",
            "menu_items",
        ),
        basis=Basis.NONE,
    ),
)
