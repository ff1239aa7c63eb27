"""A council in one TOML file: its places, people and menu; `flask set-up-council FILE` reads it."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.display import read_pounds
from ballots.stages import SIGNING_OFFICES
from neighbourhoods.people import Appointment, Office, appoint, find_or_add_person
from neighbourhoods.places import (
    Community,
    CommunityKind,
    Postcode,
    add_community,
    add_postcodes,
    slug_for,
    tidy_postcode,
)
from neighbourhoods.proposals import MenuItem

Entry = Mapping[str, Any]


class CouncilFileError(Exception):
    """The file cannot be read, or an entry in it lacks something; says where."""


def read_council_file(file: Path) -> Entry:
    """The contents of a council file."""
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise CouncilFileError(f"{file}: {wrong}") from wrong


def set_up_council(session: Session, contents: Entry) -> None:
    """Add every place and person that the file names and the database does not know yet."""
    term = contents.get("term_starts", date(2026, 5, 7))
    for entry in contents.get("wards", []):
        ward = _community(session, CommunityKind.WARD, entry, None)
        _councillors(session, ward, entry, term)
        for inner in entry.get("neighbourhoods", []):
            _community(session, CommunityKind.NEIGHBOURHOOD, inner, ward)
    for entry in contents.get("communities_of_interest", []):
        community = _community(session, CommunityKind.INTEREST, entry, None)
        _councillors(session, community, entry, term)
    for office in (Office.OFFICER, Office.FACILITATOR, Office.SCRUTINEER, *SIGNING_OFFICES):
        for entry in contents.get(f"{office.value.replace('-', '_')}s", []):
            _appoint(session, entry, office, None, term)
    for entry in contents.get("menu", []):
        _menu_item(session, entry)
    session.flush()


def _need(entry: Entry, name: str) -> Any:
    if name not in entry:
        raise CouncilFileError(f"{name} is missing in {dict(entry)!r:.200}")
    return entry[name]


def _community(
    session: Session, kind: CommunityKind, entry: Entry, ward: Community | None
) -> Community:
    name = _need(entry, "name")
    community = session.scalar(select(Community).where(Community.slug == slug_for(name)))
    if community is None:
        about, population = entry.get("about", ""), entry.get("population")
        community = add_community(
            session, kind, name, ward=ward, about=about, population=population
        )
    _postcodes(session, community, entry.get("postcodes", []))
    return community


def _postcodes(session: Session, community: Community, written: Sequence[str]) -> None:
    wrong = [postcode for postcode in written if tidy_postcode(postcode) is None]
    if wrong:
        raise CouncilFileError(f"{community.name}: {', '.join(wrong)} is not a postcode")
    tidy = {tidy_postcode(postcode) or "" for postcode in written}
    known = set(session.scalars(select(Postcode.postcode).where(Postcode.postcode.in_(tidy))))
    add_postcodes(session, community, sorted(tidy - known))


def _councillors(session: Session, community: Community, entry: Entry, term: date) -> None:
    for person in entry.get("councillors", []):
        _appoint(session, person, Office.COUNCILLOR, community, term)


def _appoint(
    session: Session, entry: Entry, office: Office, community: Community | None, term: date
) -> None:
    person = find_or_add_person(session, _need(entry, "email"), _need(entry, "name"))
    community_id = community.id if community else None
    known = session.scalar(
        select(Appointment).where(
            Appointment.person_id == person.id,
            Appointment.office == office,
            Appointment.community_id == community_id,
        )
    )
    if known is None:
        appoint(session, person, office, community, term)


def _menu_item(session: Session, entry: Entry) -> None:
    title = _need(entry, "title")
    if session.scalar(select(MenuItem).where(MenuItem.title == title)) is not None:
        return
    cost, yearly = read_pounds(str(_need(entry, "cost"))), read_pounds(str(entry.get("yearly", 0)))
    if cost is None or yearly is None:
        raise CouncilFileError(f"{title}: cost and yearly are sums in pounds")
    session.add(
        MenuItem(
            title=title,
            about=_need(entry, "about"),
            category=_need(entry, "category"),
            cost_pence=cost,
            yearly_pence=yearly,
        )
    )
