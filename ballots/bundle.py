"""The bundle: all that somebody signs. Whatever changes in it voids the signatures given."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.ledger import EntryKind, find_entry, hash_of
from ballots.outcome import funded_projects, outcome_of, paid_pence
from ballots.referrals import referrals_of, sent_back_in
from ballots.refusals import BallotRefusal
from ballots.signing import OfficerNote
from ballots.stages import withdrawn_in
from ballots.voting_rules import rules_of
from neighbourhoods.projects import Project, projects_in
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round
from neighbourhoods.screening import Screening

FORMAT = "wardmote-bundle-1"


def bundle_of(session: Session, the_round: Round) -> dict[str, object]:
    """What is signed: count, rules, projects with findings, officers’ notes, what was answered."""
    outcome, rules = outcome_of(session, the_round.id), rules_of(session, the_round.id)
    if outcome is None or rules is None:
        raise Refused(BallotRefusal.NOT_COUNTED)
    tallied = find_entry(session, the_round.id, EntryKind.TALLIED)
    paid = paid_pence(outcome)
    withdrawn = withdrawn_in(session, the_round.id)
    findings = _findings(session, the_round.id)
    return {
        "format": FORMAT,
        "round": the_round.id,
        "rules_sha256": rules.frozen_hash,
        "tallied": tallied.hash if tallied else None,
        "result_sha256": hash_of(outcome.result),
        "projects": [
            {
                "code": project.code,
                "title": project.title,
                "cost_pence": project.cost_pence,
                "paid_pence": paid.get(project.code, 0),
                "withdrawn": withdrawn[project.id].why if project.id in withdrawn else None,
                "finding": _finding(findings.get(project.id)),
            }
            for project in projects_in(session, the_round.id)
        ],
        # Once it was answered: what is asked now is signed by whoever asks.
        "answers": [
            {"question": one.question, "answer": one.answer}
            for one in referrals_of(session, the_round.id)
            if one.answer is not None
        ],
        "notes": {note.kind.value: note.words for note in notes_on(session, the_round.id)},
        **_sent_back(session, the_round.id),
    }


def _sent_back(session: Session, round_id: int) -> dict[str, object]:
    """Why an earlier decision came back; nothing where none did."""
    sent = [
        {"notice": one.number, "why": one.why, "by": one.sent_by.name}
        for one in sent_back_in(session, round_id)
    ]
    return {"sent_back": sent} if sent else {}


def bundle_hash(session: Session, the_round: Round) -> str:
    """SHA-256 of the bundle as it stands now, in hex."""
    return hash_of(bundle_of(session, the_round))


def costs_to_sign(session: Session, the_round: Round) -> dict[str, int]:
    """What each project that residents funded would receive, in pence by code, in their order.

    Without those that were withdrawn since.
    """
    outcome = outcome_of(session, the_round.id)
    if outcome is None:
        raise Refused(BallotRefusal.NOT_COUNTED)
    paid, withdrawn = paid_pence(outcome), withdrawn_in(session, the_round.id)
    return {
        project.code: paid[project.code]
        for project in funded_projects(session, outcome)
        if project.id not in withdrawn
    }


def notes_on(session: Session, round_id: int) -> list[OfficerNote]:
    """Officers’ advice on an outcome: finance, legal, equality, as far as it was written."""
    query = select(OfficerNote).where(OfficerNote.round_id == round_id)
    found = session.scalars(query.execution_options(populate_existing=True))
    return sorted(found, key=lambda note: note.kind.value)


def _findings(session: Session, round_id: int) -> dict[int, Screening]:
    """The newest finding on each project of a round, by project id."""
    query = (
        select(Project.id, Screening)
        .join(Screening, Screening.proposal_id == Project.proposal_id)
        .where(Project.round_id == round_id)
        .order_by(Screening.id)
    )
    return {row.id: row.Screening for row in session.execute(query)}


def _finding(found: Screening | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "lawful": found.lawful,
        "feasible": found.feasible,
        "low_pence": found.low_pence,
        "likely_pence": found.likely_pence,
        "high_pence": found.high_pence,
        "yearly_pence": found.yearly_pence,
        "reasons": found.reasons,
    }
