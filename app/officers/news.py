"""Who is told by letter of what officers and the count have done."""

from flask import url_for

from app.counting_room import breathe
from app.house import db, settings, today
from app.post import post_letter, word_letter
from app.public.delivery_words import read_milestones
from ballots.referrals import Referral
from neighbourhoods.delivery import Delivery, DeliveryUpdate, Milestone
from neighbourhoods.letters import write_letters
from neighbourhoods.people import councillors_for
from neighbourhoods.projects import proposal_behind
from neighbourhoods.proposals import people_following
from neighbourhoods.rounds import Round, RoundKind
from neighbourhoods.screening import Screening


def tell_councillors(the_round: Round, letter: str, referral: Referral | None = None) -> None:
    """Write to every councillor who answers for a round that it waits for their decision.

    To nobody about a rehearsal: it waits for no decision.
    """
    if the_round.kind == RoundKind.PRACTICE:
        return
    link = _whole(url_for("councillors.decision", round_id=the_round.id))
    for person in councillors_for(db(), the_round.community):
        post_letter(
            person.email, letter, the_round=the_round, to=person, link=link, referral=referral
        )


def tell_proposer(screening: Screening) -> None:
    """Write to a proposer what officers found, and what they can do next."""
    proposal = screening.proposal
    link = _whole(url_for("public.proposal", round_id=proposal.round_id, proposal_id=proposal.id))
    post_letter(
        proposal.proposer.email, "screened", proposal=proposal, screening=screening, link=link
    )


def tell_followers(update: DeliveryUpdate) -> int:
    """Write to a project's proposer and all its backers how far it has come; how many were told.

    Once it is finished, they are asked what it changed.
    """
    return _tell(update.delivery, "delivery_moved", update=update)


def tell_of_milestone(milestone: Milestone) -> int:
    """Write to a project's proposer and all its backers that a milestone is reached."""
    return _tell(milestone.delivery, "milestone_reached", milestone=milestone)


def _tell(delivery: Delivery, letter: str, **figures: object) -> int:
    proposal = proposal_behind(db(), delivery.project)
    if proposal is None:  # an imported election's project: nobody proposed it here
        return 0
    link = _whole(url_for("public.delivery", round_id=delivery.round_id))
    rate = url_for("residents.rate", round_id=delivery.round_id, delivery_id=delivery.project_id)
    milestones = read_milestones(delivery, today())

    def worded(*, is_proposer: bool) -> tuple[str, str]:
        return word_letter(
            letter,
            delivery=delivery,
            milestones=milestones,
            rate_link=_whole(rate),
            project=delivery.project,
            is_proposer=is_proposer,
            link=link,
            **figures,
        )

    # Thousands may have backed it: their letters are the same.
    to_proposer, to_backers = worded(is_proposer=True), worded(is_proposer=False)
    letters = [
        (person.email, *(to_proposer if person.id == proposal.proposer_id else to_backers))
        for person in people_following(db(), proposal)
    ]
    return write_letters(db(), letters, breathe)


def _whole(path: str) -> str:
    return settings().public_url + path
