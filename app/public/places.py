"""Places: home, search, communities."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.access import Who, open_to
from app.house import db, today
from app.public import public
from app.public.decided import read_decided
from app.public.delivery_words import due_of
from app.public.finding import (
    communities_of_interest,
    find_community,
    find_records,
    find_rounds,
    funds_inside,
    funds_this_year,
    rounds_around,
    under_way,
    years_with_records,
)
from app.public.standing import (
    DONE_PHASES,
    OPEN_PHASES,
    by_urgency,
    ends_at,
    main_action,
    near_steps,
    standing,
    state_words,
    timetable,
)
from ballots.desks import around, decisions_signed, find_notices
from neighbourhoods.database import now
from neighbourhoods.funds import position_of
from neighbourhoods.people import councillors_for
from neighbourhoods.phases import Phase
from neighbourhoods.places import Community, CommunityKind, all_communities, find_areas
from neighbourhoods.rounds import Round

FEW = 6


@public.get("/")
@open_to(Who.ANYONE)
def home() -> ResponseReturnValue:
    """What is decided where you live: find an area, what is open, what was signed."""
    moment = now(db())
    open_rounds = by_urgency(find_rounds(db(), Round.phase.in_(OPEN_PHASES)))
    return render_template(
        "public/home.html",
        standings=[standing(the_round, moment) for the_round in open_rounds[:FEW]],
        more_rounds=len(open_rounds) > FEW,
        signed=find_records(db(), limit=3),
    )


@public.get("/areas")
@open_to(Who.ANYONE)
def areas() -> ResponseReturnValue:
    """Find an area by postcode or name; without words, every ward and community of interest."""
    words = request.args.get("q", "").strip()[:120]
    search = find_areas(db(), words)
    certain = len(search.areas) == 1 or (search.postcode is not None and search.areas)
    if certain:
        return redirect(url_for("public.community", slug=search.areas[0].slug))
    everything = [] if search.areas else all_communities(db())
    return render_template(
        "public/areas.html",
        search=search,
        wards=_wards_with_neighbourhoods(everything),
        interests=[found for found in everything if found.kind == CommunityKind.INTEREST],
    )


def _wards_with_neighbourhoods(
    everything: list[Community],
) -> list[tuple[Community, list[Community]]]:
    return [
        (ward, [inside for inside in everything if inside.ward_id == ward.id])
        for ward in everything
        if ward.kind == CommunityKind.WARD
    ]


@public.get("/communities/<slug>")
@open_to(Who.ANYONE)
def community(slug: str) -> ResponseReturnValue:
    """One community: its money, its round, what one can do now, who answers for it."""
    here = find_community(db(), slug) or abort(404)
    moment = now(db())
    rounds = by_urgency(rounds_around(db(), here))
    current = _current(rounds, here)
    deliveries = under_way(db(), rounds, today(), FEW)
    councillors = councillors_for(db(), here)
    decided = read_decided(find_notices(db(), around(here), limit=FEW), moment)
    told = {one.the_round.id for one in decided}
    return render_template(
        "public/community.html",
        community=here,
        money=_money(db(), here),
        money_inside=funds_inside(db(), here, moment.date()),
        current=current,
        state=state_words(current, moment) if current else None,
        action=main_action(current) if current else None,
        steps=near_steps(timetable(current)) if current else [],
        others=[
            standing(other, moment)
            for other in rounds
            if other is not current and other.phase in OPEN_PHASES
        ],
        decided=decided,
        past=[
            standing(done, moment)
            for done in rounds
            if done.phase in DONE_PHASES and done.id not in told
        ],
        deliveries=[(each, due_of(each, today())) for each in deliveries],
        years=years_with_records(db(), here),
        councillors=councillors,
        signed=decisions_signed(db(), councillors),
        interests=[] if here.kind == CommunityKind.INTEREST else communities_of_interest(db()),
    )


def _current(rounds: list[Round], here: Community) -> Round | None:
    """The round to put first: the community’s own before its ward’s, the most urgent of them."""
    shown = [found for found in rounds if found.phase in OPEN_PHASES or _is_coming(found)]
    own = [found for found in shown if found.fund.community_id == here.id]
    return next(iter(own + shown), None)


def _is_coming(the_round: Round) -> bool:
    return the_round.phase == Phase.SET_UP and ends_at(the_round) is not None


def _money(session: Session, here: Community) -> list[dict[str, object]]:
    """This year’s funds with their positions; a neighbourhood without one shows its ward’s."""
    today = now(session).date()
    funds = funds_this_year(session, here, today)
    if not funds and here.ward is not None:
        funds = funds_this_year(session, here.ward, today)
    return [{"fund": fund, "position": position_of(session, fund)} for fund in funds]
