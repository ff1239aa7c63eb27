"""Who is told by letter of what councillors decided, in the same transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from flask import url_for
from sqlalchemy import CompoundSelect, select, union
from sqlalchemy.orm import Session

from app.counting_room import breathe
from app.house import db, settings
from app.post import post_letter, word_letter
from app.public.notice_words import decided_words, why_of
from app.public.notices import address_of
from ballots.notices import notice_of
from ballots.signing import Signature
from ballots.signoff import SignOff
from neighbourhoods.letters import write_letters
from neighbourhoods.people import Office, Person, appointed
from neighbourhoods.projects import Project
from neighbourhoods.proposals import Backing, Proposal
from neighbourhoods.rounds import Round

# Letters that are worded between two pauses: some hundredths of a second.
LETTERS_AT_ONCE = 25


def tell_of_referral(the_round: Round, decision: Signature) -> None:
    """Write to every officer that an outcome was referred back and waits for their answer."""
    link = _whole(url_for("officers.referral", round_id=the_round.id))
    for officer in appointed(db(), Office.OFFICER):
        post_letter(
            officer.email,
            "referred_back",
            to=officer,
            the_round=the_round,
            decision=decision,
            link=link,
        )


def tell_whose_turn(the_round: Round, sign_off: SignOff) -> None:
    """Write to whoever acts at the stage that has just begun that it is their turn."""
    link = _whole(url_for("councillors.decision", round_id=the_round.id))
    for seat in sign_off.seats:
        if sign_off.waits_for(seat.person):
            post_letter(
                seat.person.email, "outcome_waits", the_round=the_round, to=seat.person, link=link
            )


def tell_of_signature(the_round: Round) -> None:
    """Write to officers, and to whoever proposed or backed a project, that it is decided.

    The people on the roll are written to by the clerk at the clock, a few hundred at a time.
    """
    record = _whole(url_for("public.record", round_id=the_round.id))
    desk = _whole(url_for("officers.the_round", round_id=the_round.id))
    notice = notice_of(db(), the_round.id)
    contents = notice.contents if notice else {"decision": [], "reasons": []}
    for officer in appointed(db(), Office.OFFICER):
        post_letter(
            officer.email,
            "outcome_signed_officers",
            to=officer,
            the_round=the_round,
            notice=notice,
            link=desk,
            record=record,
        )
    decided = {one["code"]: one for one in contents["decision"]}
    link = _whole(address_of(notice)) if notice else record
    write_letters(db(), _letters_to_followers(the_round, decided, contents["reasons"], link))


def _letters_to_followers(
    the_round: Round, decided: Mapping[str, Any], reasons: Any, link: str
) -> Iterator[tuple[str, str, str]]:
    """A letter to each, worded one by one: whoever visits meanwhile is served between them."""
    for number, (person, projects) in enumerate(followers_of(db(), the_round).items(), start=1):
        if number % LETTERS_AT_ONCE == 0:
            breathe()
        subject, body = word_letter(
            "outcome_signed",
            to=person,
            the_round=the_round,
            decided=[
                (project, decided_words(one)[0], why_of(one, reasons))
                for project in projects
                if (one := decided.get(project.code)) is not None
            ],
            not_funded=[project for project in projects if project.code not in decided],
            link=link,
        )
        yield person.email, subject, body


def followers_of(session: Session, the_round: Round) -> dict[Person, list[Project]]:
    """Everybody who proposed or backed a project of a round, with the projects they follow."""
    pairs = _following(the_round).subquery()
    query = (
        select(Person, Project)
        .join(pairs, pairs.c.person_id == Person.id)
        .join(Project, pairs.c.project_id == Project.id)
        .order_by(Person.id, Project.id)
    )
    found: dict[Person, list[Project]] = defaultdict(list)
    for person, project in session.execute(query):
        found[person].append(project)
    return found


def followers_among(session: Session, the_round: Round, addresses: Collection[str]) -> set[str]:
    """Those of some addresses whose people proposed or backed a project of a round."""
    pairs = _following(the_round).subquery()
    query = select(Person.email).join(pairs, pairs.c.person_id == Person.id)
    return set(session.scalars(query.where(Person.email.in_(addresses))))


def _following(the_round: Round) -> CompoundSelect[Any]:
    """Who proposed or backed which project of a round, by their numbers."""
    on_paper = (Project.round_id == the_round.id, Project.proposal_id == Proposal.id)
    proposers = select(Proposal.proposer_id.label("person_id"), Project.id.label("project_id"))
    backers = select(Backing.person_id, Project.id).join(
        Proposal, Proposal.id == Backing.proposal_id
    )
    return union(proposers.where(*on_paper), backers.where(*on_paper))


def _whole(path: str) -> str:
    return settings().public_url + path
