"""The decision page of one outcome: everything somebody needs to decide, and what to do next."""

from flask import render_template
from flask.typing import ResponseReturnValue

from app.access import Who, open_to, signed_in
from app.councillors import councillors
from app.councillors.acting import next_step
from app.councillors.papers import papers_on
from app.councillors.trust import trust_in
from app.house import db
from app.public.promises import rules_in_words, terms_of
from app.public.records import count_in_words
from app.public.signed import read_signed
from app.public.sitting import read_sign_off
from ballots.outcome import outcome_of
from ballots.signoff import sign_off_of
from ballots.stages import route_promised
from ballots.voting_rules import rules_of
from neighbourhoods.phases import Phase
from neighbourhoods.projects import titles_in
from neighbourhoods.rounds import Round


@councillors.get("/decisions/<int:round_id>")
@open_to(Who.SIGNER)
def decision(the_round: Round) -> ResponseReturnValue:
    """Everything that whoever signs needs to decide, and the one thing to do next."""
    stored, rules = outcome_of(db(), the_round.id), rules_of(db(), the_round.id)
    if stored is None or rules is None:
        return render_template("councillors/not_yet.html", the_round=the_round)
    titles = titles_in(db(), the_round.id)
    terms = terms_of(rules, the_round, route_promised(db(), the_round), titles)
    sign_off = sign_off_of(db(), the_round)
    counted = count_in_words(db(), the_round, stored)
    return render_template(
        "councillors/decision.html",
        the_round=the_round,
        counted=counted,
        trust=trust_in(db(), the_round, stored, counted),
        papers=papers_on(db(), the_round, sign_off),
        promises=rules_in_words(terms),
        rules=rules,
        sign_off=read_sign_off(db(), the_round),
        signed=read_signed(db(), the_round),
        step=next_step(db(), the_round, sign_off, signed_in().person),
        waiting=the_round.phase == Phase.SIGN_OFF,
    )
