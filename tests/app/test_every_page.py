"""Every page, in every phase, for whoever may open it: no error, and nothing for the linter."""

from tests.app.test_access import ROLES
from tests.app.world import addresses, make_world
from tests.builders import Town
from tests.council import Site


def test_every_page_opens_in_every_phase_without_an_error(site: Site, town: Town) -> None:
    world = make_world(town)
    opened = 0
    for role in ("anyone", "resident", "councillor", "facilitator", "officer"):
        person = ROLES[role](town)
        client = site.as_(person)
        for _, phase, address in addresses(site.app, world, "GET"):
            answer = client.get(address)
            assert answer.status_code < 500, (role, phase, address)
            opened += answer.status_code == 200
    assert opened > 300


def test_an_empty_form_is_refused_or_sent_back_and_never_an_error(site: Site, town: Town) -> None:
    world = make_world(town)
    for role in ("anyone", "resident", "councillor", "officer"):
        for _, phase, address in addresses(site.app, world, "POST"):
            if address == "/sign-out":
                continue
            answer = site.as_(ROLES[role](town)).post(address, data={})
            assert answer.status_code < 500, (role, phase, address)
