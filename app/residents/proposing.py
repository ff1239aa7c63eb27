"""Making, changing and withdrawing a proposal, and backing others’."""

from functools import partial

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import Who, open_to, signed_in
from app.house import db
from app.residents import residents
from app.residents.forms import ConfirmForm, ReplyForm, said
from app.residents.proposal_forms import MenuForm, ProposalForm, category_words, form_for
from app.residents.writing import Writing, alike, take_step
from app.wording import say
from neighbourhoods.phases import Action, Phase, Role, check_allowed
from neighbourhoods.proposals import (
    MenuItem,
    Proposal,
    ProposalWords,
    check_own,
    proposals_in,
    revise,
)
from neighbourhoods.proposals import back as back_proposal
from neighbourhoods.proposals import (
    menu as menu_on_offer,
)
from neighbourhoods.proposals import propose as put_proposal
from neighbourhoods.proposals import stop_backing as stop_backing_proposal
from neighbourhoods.proposals import withdraw as withdraw_proposal
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round
from neighbourhoods.screening import Screening, offer_variant, reply_to_screening, screenings_of


def page_of(proposal: Proposal, anchor: str | None = None) -> str:
    """The address of a proposal’s page."""
    return url_for(
        "public.proposal",
        round_id=proposal.round_id,
        proposal_id=proposal.id,
        _anchor=anchor,
    )


# --- a new proposal ------------------------------------------------------------------------------


@residents.route("/rounds/<int:round_id>/propose", methods=["GET", "POST"])
@open_to(Who.SIGNED_IN)
def propose(the_round: Round) -> ResponseReturnValue:
    """Take a proposal in the proposer’s own words, step by step."""
    check_allowed(Role.RESIDENT, Action.PROPOSE, the_round.phase)
    here = url_for("residents.propose", round_id=the_round.id)
    return _without_name(here) or take_step(
        Writing(
            the_round=the_round,
            form=ProposalForm(),
            action=here,
            back=url_for("public.show_round", round_id=the_round.id),
            title=_("Make a proposal"),
            lede=_("Say it in your own words. You can change it until officers screen it."),
            send_text=_("Send my proposal"),
            send=partial(_put, the_round, None),
            alike=lambda title: alike(title, proposals_in(db(), the_round)),
        )
    )


@residents.get("/rounds/<int:round_id>/menu")
@open_to(Who.ANYONE)
def menu(the_round: Round) -> ResponseReturnValue:
    """The services that officers have priced, by category."""
    shelves: dict[str, list[MenuItem]] = {}
    for item in menu_on_offer(db()):
        shelves.setdefault(category_words(item.category), []).append(item)
    is_open = the_round.phase == Phase.IDEAS
    return render_template(
        "residents/menu.html", the_round=the_round, shelves=shelves, is_open=is_open
    )


@residents.route("/rounds/<int:round_id>/menu/<int:item>", methods=["GET", "POST"])
@open_to(Who.SIGNED_IN)
def propose_from_menu(the_round: Round, item: int) -> ResponseReturnValue:
    """Take a service from the menu: its price is fixed, its place and reasons are asked."""
    menu_item = db().get(MenuItem, item) if item < 2**31 else None
    if menu_item is None:
        abort(404)
    check_allowed(Role.RESIDENT, Action.PROPOSE, the_round.phase)
    here = url_for("residents.propose_from_menu", round_id=the_round.id, item=item)
    return _without_name(here) or take_step(
        Writing(
            the_round=the_round,
            form=MenuForm(menu_item=menu_item),
            action=here,
            back=url_for("residents.menu", round_id=the_round.id),
            title=menu_item.title,
            lede=menu_item.about,
            send_text=_("Send my proposal"),
            send=partial(_put, the_round, menu_item),
        )
    )


def _without_name(here: str) -> ResponseReturnValue | None:
    """Send somebody who has no public name yet to give one, and back."""
    if signed_in().person.name:
        return None
    return redirect(url_for("residents.my_name", next=here), 303)


def _put(
    the_round: Round, menu_item: MenuItem | None, words: ProposalWords, _seen: int
) -> ResponseReturnValue:
    proposal = put_proposal(db(), the_round, signed_in().person, words, menu_item)
    db().commit()
    there = url_for("residents.proposed", round_id=the_round.id, proposal_id=proposal.id)
    return redirect(there, 303)


@residents.get("/rounds/<int:round_id>/proposals/<int:proposal_id>/sent")
@open_to(Who.SIGNED_IN)
def proposed(the_round: Round, proposal: Proposal) -> ResponseReturnValue:
    """Confirm that a proposal is public, and say what happens next."""
    check_own(proposal, signed_in().person)
    return render_template("residents/proposed.html", the_round=the_round, proposal=proposal)


# --- a proposal that is there --------------------------------------------------------------------


@residents.route("/rounds/<int:round_id>/proposals/<int:proposal_id>/edit", methods=["GET", "POST"])
@open_to(Who.SIGNED_IN)
def edit(the_round: Round, proposal: Proposal) -> ResponseReturnValue:
    """Change one’s proposal before it is screened."""
    check_own(proposal, signed_in().person)
    check_allowed(Role.RESIDENT, Action.EDIT_PROPOSAL, the_round.phase)
    return take_step(
        Writing(
            the_round=the_round,
            form=form_for(proposal),
            action=url_for("residents.edit", round_id=the_round.id, proposal_id=proposal.id),
            back=page_of(proposal),
            title=_("Change your proposal"),
            lede=_("Everybody can see what it said before and what it says now."),
            send_text=_("Save my changes"),
            send=partial(_revise, proposal),
            proposal=proposal,
        )
    )


def _revise(proposal: Proposal, words: ProposalWords, seen_version: int) -> ResponseReturnValue:
    revise(db(), proposal, signed_in().person, words, seen_version)
    db().commit()
    flash(_("Your changes are saved."), "success")
    return redirect(page_of(proposal), 303)


@residents.route(
    "/rounds/<int:round_id>/proposals/<int:proposal_id>/variant", methods=["GET", "POST"]
)
@open_to(Who.SIGNED_IN)
def variant(the_round: Round, proposal: Proposal) -> ResponseReturnValue:
    """Offer a smaller variant after officers asked for one or said no."""
    check_own(proposal, signed_in().person)
    check_allowed(Role.RESIDENT, Action.ANSWER_SCREENING, the_round.phase)
    found = screenings_of(db(), proposal)
    return take_step(
        Writing(
            the_round=the_round,
            form=form_for(proposal),
            action=url_for("residents.variant", round_id=the_round.id, proposal_id=proposal.id),
            back=page_of(proposal),
            title=_("Offer a smaller variant"),
            lede=_("Officers said: %(reasons)s", reasons=found[0].reasons) if found else "",
            send_text=_("Send my variant"),
            send=partial(_offer, proposal),
            proposal=proposal,
        )
    )


def _offer(proposal: Proposal, words: ProposalWords, seen_version: int) -> ResponseReturnValue:
    offer_variant(db(), proposal, signed_in().person, words, seen_version)
    db().commit()
    flash(_("Your variant is sent. Officers will screen it."), "success")
    return redirect(page_of(proposal), 303)


@residents.route(
    "/rounds/<int:round_id>/proposals/<int:proposal_id>/withdraw", methods=["GET", "POST"]
)
@open_to(Who.SIGNED_IN)
def withdraw(the_round: Round, proposal: Proposal) -> ResponseReturnValue:
    """Take one’s proposal out of the round, after asking once more."""
    check_own(proposal, signed_in().person)
    check_allowed(Role.RESIDENT, Action.EDIT_PROPOSAL, the_round.phase)
    form = ConfirmForm()
    if not form.validate_on_submit():
        return render_template(
            "residents/withdraw.html", the_round=the_round, proposal=proposal, form=form
        )
    withdraw_proposal(db(), proposal, signed_in().person)
    db().commit()
    flash(_("Your proposal is withdrawn."), "success")
    return redirect(page_of(proposal), 303)


@residents.post("/rounds/<int:round_id>/proposals/<int:proposal_id>/back")
@open_to(Who.SIGNED_IN)
def back(the_round: Round, proposal: Proposal) -> ResponseReturnValue:  # noqa: ARG001 - in the address
    """Back a proposal; a second press changes nothing."""
    back_proposal(db(), proposal, signed_in().person)
    db().commit()
    flash(_("You back this proposal. Thank you."), "success")
    return redirect(page_of(proposal), 303)


@residents.post("/rounds/<int:round_id>/proposals/<int:proposal_id>/stop-backing")
@open_to(Who.SIGNED_IN)
def stop_backing(the_round: Round, proposal: Proposal) -> ResponseReturnValue:  # noqa: ARG001 - in the address
    """Take one’s backing away."""
    stop_backing_proposal(db(), proposal, signed_in().person)
    db().commit()
    flash(_("You no longer back this proposal."), "success")
    return redirect(page_of(proposal), 303)


@residents.route(
    "/rounds/<int:round_id>/screenings/<int:screening_id>/reply", methods=["GET", "POST"]
)
@open_to(Who.SIGNED_IN)
def reply(the_round: Round, screening: Screening) -> ResponseReturnValue:
    """Publish the proposer’s reply beside what officers found."""
    proposal = screening.proposal
    check_own(proposal, signed_in().person)
    check_allowed(Role.RESIDENT, Action.ANSWER_SCREENING, the_round.phase)
    form, status = ReplyForm(), 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                reply_to_screening(db(), screening, signed_in().person, said(form.words))
            except Refused as refused:
                form.words.errors = [say(refused)]
            else:
                db().commit()
                flash(_("Your reply is published."), "success")
                return redirect(page_of(proposal, "screening"), 303)
    return render_template(
        "residents/reply.html",
        the_round=the_round,
        proposal=proposal,
        screening=screening,
        form=form,
        errors=status != 200,
    ), status
