"""What a decision notice says: whose decision it is, and the five fields that English law asks for.

Source: The Openness of Local Government Bodies Regulations 2014, regulation 7; Local Authorities
(Executive Arrangements) (Meetings and Access to Information) (England) Regulations 2012,
regulation 13.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ballots.outcome import outcome_of, paid_pence
from ballots.record import PublicRecord
from ballots.signing import Act
from ballots.signoff import sign_off_of
from ballots.stepping_in import steps_in
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round

NOTICE_FORMAT = "wardmote-notice-1"
Written = dict[str, Any]


def five_fields(
    session: Session, the_round: Round, record: PublicRecord, decision: Written, moment: datetime
) -> Written:
    """Everything a notice says of a decision on a round; whoever publishes it numbers it."""
    last = len(decision["route"]) - 1
    valid = [
        one for one in decision["signatures"] if one["bundle_sha256"] == decision["bundle_sha256"]
    ]
    said = [one for one in valid if one["place"] == last]
    shares = _shares(session, the_round)
    outcome = outcome_of(session, the_round.id)
    funded = set(outcome.winners) if outcome else set()
    projects = {project.code: project for project in projects_in(session, the_round.id)}
    return {
        "format": NOTICE_FORMAT,
        "round": the_round.id,
        "title": the_round.title,
        "community": the_round.community.name,
        "answering": the_round.community.answering.name,
        "fund": the_round.fund.name,
        "financial_year": the_round.fund.financial_year,
        "record_sha256": record.digest,
        "route": sign_off_of(session, the_round).route.name.value,
        "date": max((one["at"] for one in said), default=moment.isoformat()),
        "decided_by": [one["person"] for one in said if one["act"] == Act.DECIDE],
        "decision": _decision(
            decision,
            {code: project.title for code, project in projects.items()},
            funded,
            paid_pence(outcome) if outcome else {},
            said,
            shares,
        ),
        "reasons": [_reasons(one, shares) for one in said],
        "advice": [_reasons(one, {}) for one in valid if one["place"] != last],
        "stepped_in": steps_in(session, the_round.id),
        "alternatives": [
            {"code": code, "title": project.title, "pence": project.cost_pence}
            for code, project in projects.items()
            if code not in funded
        ],
        "interests": [one for one in decision["interests"] if one["kind"] != "none"],
    }


def words_in(value: Any) -> str:
    """Every word of a notice that somebody may search for."""
    if isinstance(value, dict):
        return "\n".join(words_in(inner) for inner in value.values())
    if isinstance(value, list):
        return "\n".join(words_in(inner) for inner in value)
    return value if isinstance(value, str) else ""


def _shares(session: Session, the_round: Round) -> dict[str, str]:
    """Who signed for which project, by name, where members share the money; else nothing."""
    sign_off = sign_off_of(session, the_round)
    names = {seat.person.id: seat.person.name for seat in sign_off.seats}
    return {code: names[person] for code, person in sign_off.standing.shares.items()}


def _decision(
    decision: Written,
    titles: Mapping[str, str],
    funded: set[str],
    paid: Mapping[str, int],
    said: Sequence[Written],
    shares: Mapping[str, str],
) -> list[Written]:
    """What was decided on each project, and on what conditions."""
    withdrawn = {one["code"]: one["why"] for one in decision["withdrawn"]}
    return [
        {
            "code": code,
            "title": titles[code],
            "residents_chose": code in funded,
            "decided": word,
            "pence": paid.get(code, 0),
            "why_withdrawn": withdrawn.get(code, ""),
            "share_of": shares.get(code, ""),
            "conditions": [
                given["condition"]
                for one in said
                for given in _own(one, shares)
                if given["code"] == code and given["condition"]
            ],
        }
        for word, codes in (
            ("carried", decision["carried"]),
            ("declined", decision["declined"]),
            ("withdrawn", withdrawn),
        )
        for code in codes
    ]


def _reasons(one: Written, shares: Mapping[str, str]) -> Written:
    """What one person gave as reasons; a question, where they would have referred it back."""
    return {
        "person": one["person"],
        "part": one["part"],
        "reasons": one["reasons"],
        "question": one["question"],
        "projects": _own(one, shares),
        "minute": one["minute"],
    }


def _own(one: Written, shares: Mapping[str, str]) -> list[Written]:
    """What somebody said on the projects they signed for: all, or those in their share."""
    return [
        given for given in one["verdicts"] if shares.get(given["code"]) in (None, one["person"])
    ]
