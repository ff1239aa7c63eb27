"""Every page, in every phase, for whoever may open it: no error, and nothing for the linter."""

import re

from tests.app.test_access import ROLES
from tests.app.world import World, addresses, make_world
from tests.builders import Town
from tests.council import Site

# Where each role's own pages lie; what everybody sees is walked once signed out, once signed in.
OWN = {
    "officer": re.compile("/office"),
    "councillor": re.compile("/councillors|/decisions/[0-9]|/desk"),
    "facilitator": re.compile("/assemblies"),
    "scrutineer": re.compile("/rounds/[0-9]+/scrutiny"),
}


def whose(address: str) -> str | None:
    """The role whose own page lies at an address."""
    return next((role for role, pages in OWN.items() if pages.match(address)), None)


def walk(site: Site, world: World, method: str) -> tuple[int, list[str]]:
    """Ask for every address as each role; how many opened, and everything that was wrong."""
    opened, wrong = 0, []
    for role in ("anyone", "resident", *OWN):
        client = site.as_(ROLES[role](world.town))
        for _, phase, address in addresses(site.app, world, method):
            if role != whose(address) and not (role not in OWN and whose(address) is None):
                continue
            if address == "/sign-out":
                continue
            try:
                answer = client.open(address, method=method, data={} if method == "POST" else None)
            except AssertionError as lint:
                wrong.append(f"{role}, {phase}: {lint}")
                continue
            answer.close()
            opened += answer.status_code == 200
            if answer.status_code >= 500:
                wrong.append(f"{role}, {phase}: {address} answered {answer.status_code}")
    return opened, wrong


def test_every_page_opens_in_every_phase_without_an_error(site: Site, town: Town) -> None:
    opened, wrong = walk(site, make_world(town), "GET")
    assert not wrong, "\n".join(wrong)
    assert opened > 300


def test_an_empty_form_is_refused_or_sent_back_and_never_an_error(site: Site, town: Town) -> None:
    _, wrong = walk(site, make_world(town), "POST")
    assert not wrong, "\n".join(wrong)
