"""Every route × every role × another ward's object, held against a table anybody can read.

The table is `access_table.txt`; removing or opening an address is a change in it, made on purpose:
`WRITE_ACCESS_TABLE=1 .venv/bin/pytest tests/app/test_access.py`, then read the difference.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, session
from werkzeug.exceptions import HTTPException

from app.access import Who, check_every_route, open_to
from ballots.stages import SIGNING_OFFICES
from neighbourhoods.people import Office, Person, appointed
from neighbourhoods.phases import Phase
from tests.app.world import VALUES_OF_ITS_OWN, World, addresses, make_world
from tests.builders import Town
from tests.council import Site


def holder_of(office: Office) -> Callable[[Town], Person | None]:
    """Whoever holds an office in the world, if anybody does."""
    return lambda town: next(iter(appointed(town.session, office)), None)


TABLE = Path(__file__).with_name("access_table.txt")
ROLES: dict[str, Callable[[Town], Person | None]] = {
    "anyone": lambda _town: None,
    "resident": lambda town: town.resident,
    "councillor": lambda town: town.councillor,
    "other-ward": lambda town: town.other_councillor,
    "facilitator": lambda town: town.facilitator,
    "scrutineer": lambda town: town.scrutineer,
    "officer": lambda town: town.officer,
    # Those who act at the stages of a route.
    **{office.value: holder_of(office) for office in SIGNING_OFFICES},
}
COLUMN = 19
HEAD = (
    "# yes: may open it; sign-in: is asked to sign in; no: 403. Rounds belong to the councillor’s\n"
    "# ward; “other-ward” is a councillor of another one.\n"
)


@pytest.fixture
def world(town: Town) -> World:
    return make_world(town)


def answer(app: Flask, address: str, method: str, person: Person | None) -> str:
    """What the guards say, before any view runs."""
    with app.test_request_context(address, method=method):
        if person is not None:
            session["person_id"] = person.id
        try:
            turned = app.preprocess_request()
        except HTTPException as error:
            return {403: "no", 404: "gone"}.get(error.code or 0, str(error.code))
    if turned is None:
        return "yes"
    location = app.make_response(turned).headers.get("Location", "")
    return "sign-in" if "/sign-in" in location else "yes"


def lines(app: Flask, world: World) -> list[str]:
    rows = []
    for method in ("GET", "POST"):
        done = set()
        for rule, _, address in addresses(app, world, method):
            if rule.rule in done:
                continue
            done.add(rule.rule)
            answers = [answer(app, address, method, who(world.town)) for who in ROLES.values()]
            rows.append(f"{rule.rule:<75} {method:<5}" + "".join(f"{a:<{COLUMN}}" for a in answers))
    return [row.rstrip() for row in sorted(rows)]


def test_every_route_admits_exactly_whom_the_table_says(site: Site, world: World) -> None:
    heading = f"{'':<75} {'':<5}" + "".join(f"{role:<{COLUMN}}" for role in ROLES)
    found = HEAD + "\n".join([heading.rstrip(), *lines(site.app, world)]) + "\n"
    if os.environ.get("WRITE_ACCESS_TABLE"):
        TABLE.write_text(found)
    assert found == TABLE.read_text()


def test_every_route_is_in_the_table(app: Flask) -> None:
    known = TABLE.read_text()
    for rule in app.url_map.iter_rules():
        assert f"\n{rule.rule} " in known, rule.rule


def test_what_hangs_from_another_round_is_not_found_by_anybody(site: Site, town: Town) -> None:
    here, there = make_world(town), make_world(town, town.other_ward)
    nested = {"proposal_id", "screening_id", "point_id", "delivery_id"}
    tried = 0
    for rule in site.app.url_map.iter_rules():
        inner = nested & rule.arguments
        if not inner or "round_id" not in rule.arguments:
            continue
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        values = here.values_for(here.rounds[Phase.DELIVERY])
        foreign = there.values_for(there.rounds[Phase.DELIVERY])
        mixed = {name: (foreign if name in inner else values)[name] for name in rule.arguments}
        address = site.app.url_map.bind("localhost").build(rule.endpoint, mixed, method=method)
        for who in (town.officer, town.councillor, town.resident):
            assert answer(site.app, address, method, who) in ("gone", "no"), address
            tried += 1
        assert answer(site.app, address, method, town.officer) == "gone", address
    assert tried > 20


def test_the_app_refuses_to_start_with_a_route_that_says_nothing(app: Flask) -> None:
    app._got_first_request = False
    app.add_url_rule("/forgotten", "forgotten", lambda: "")
    with pytest.raises(RuntimeError, match="forgotten"):
        check_every_route(app)


def test_what_is_for_developers_is_not_there_in_production(production_app: Flask) -> None:
    for rule in production_app.url_map.iter_rules():
        view = production_app.view_functions[rule.endpoint]
        if Who.DEVELOPER in getattr(view, "open_to", ()):
            address = production_app.url_map.bind("localhost").build(
                rule.endpoint, {name: VALUES_OF_ITS_OWN[name] for name in rule.arguments}
            )
            with production_app.test_request_context(address), pytest.raises(HTTPException) as gone:
                production_app.preprocess_request()
            assert gone.value.code == 404


def test_marking_a_view_keeps_the_view() -> None:
    def view() -> str:
        return "here"

    assert open_to(Who.ANYONE)(view) is view
