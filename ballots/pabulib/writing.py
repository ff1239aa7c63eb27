"""Write an election as a `.pb` file that tells nothing of who voted, or when. Pure but for
`write_file`.

Voters are numbered after their ballots were put in order of content, and no column tells more of
them. Sources: keys and columns stand in the order of pabulib.org's checker; quotes, and `none`
where a ballot has no points, are as the reference library (pabutools 1.2.3) reads them.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path

from ballots.pabulib.election import PabulibElection, PabulibProject, VoteType
from ballots.pabulib.numerals import MAX_PENCE, names_in, number
from ballots.pabulib.rows import BLANK
from ballots.pabulib.tables import SECTIONS

# Far below what a reader refuses, so that any row of such cells can be read back.
MAX_CELL = 100_000
MAX_LINES_IN_A_CELL = 200

_META_ORDER = (
    *("description", "country", "unit", "district", "subunit", "instance"),
    *("num_projects", "num_votes", "budget", "vote_type", "rule", "date_begin", "date_end"),
    *("min_length", "max_length", "min_sum_cost", "max_sum_cost"),
    *("min_points", "max_points", "min_sum_points", "max_sum_points", "default_score"),
    *("min_project_cost", "max_project_cost", "min_project_score_threshold"),
    *("neighborhoods", "subdistricts", "categories", "edition", "language", "currency"),
    *("fully_funded", "experimental", "comment", "acknowledgments"),
)

# The reference library takes a row for a new section, or for nothing, if it begins like this.
_RESERVED = {name.lower() for name in SECTIONS} | {"none"}


def write_file(election: PabulibElection, path: Path) -> None:
    """Put the election into a file; ValueError as from `write`, and then there is no file."""
    path.write_bytes(write(election).encode("utf-8"))


def write(election: PabulibElection) -> str:
    """The election as a `.pb` file; ValueError if the format cannot say what it holds.

    Reading it gives the same projects, money, limits and grouped ballots. Ids of projects must
    be without commas and spaces around them.
    """
    ids = [project.id for project in election.projects]
    for project_id in ids:
        _check_id(project_id)
    if len(set(ids)) < len(ids):
        raise ValueError("two projects share an id")
    tables = (_meta_rows(election), _project_rows(election.projects), _vote_rows(election, ids))
    lines = [
        line
        for name, rows in zip(SECTIONS, tables, strict=True)
        for line in (name, *map(";".join, rows))
    ]
    text = "\n".join([*lines, ""])
    text.encode("utf-8")  # half a character is refused here, as UnicodeError is a ValueError
    return text


def _check_id(project_id: str) -> None:
    if names_in(project_id) != (project_id,) or "\r" in project_id:
        raise ValueError(f"no ballot can name this project: {project_id!r}")
    if project_id.lower() in _RESERVED:
        raise ValueError(f"this id means something else in a .pb file: {project_id!r}")


def _meta_rows(election: PabulibElection) -> Iterator[list[str]]:
    values = {key.strip().lower(): value for key, value in election.meta.items()}
    values |= _own_values(election)
    known = [key for key in _META_ORDER if key in values]
    yield ["key", "value"]
    for key in [*known, *sorted(values.keys() - set(known))]:
        if not key or key in _RESERVED:
            raise ValueError(f"this key means something else in a .pb file: {key!r}")
        # Semicolons at the end are what a spreadsheet leaves behind, and lost on reading.
        if value := values[key].strip().rstrip(f"{BLANK}\n"):
            yield [_cell(key), _cell(value)]


def _own_values(election: PabulibElection) -> Mapping[str, str]:
    """What the election itself knows, whatever its meta says; empty where there is no limit."""
    limit = election.max_sum_cost_pence
    return {
        "num_projects": str(len(election.projects)),
        "num_votes": str(len(election.voters)),
        "budget": _money(election.budget_pence),
        "vote_type": election.vote_type.value,
        "min_length": _number(election.min_length),
        "max_length": _number(election.max_length),
        "max_sum_cost": "" if limit is None else _money(limit),
        "min_project_score_threshold": _number(election.minimum_votes or None),
    }


_PROJECT_COLUMNS: Mapping[str, Callable[[PabulibProject], str]] = {
    "project_id": lambda project: project.id,
    "cost": lambda project: _money(project.cost_pence),
    "votes": lambda project: _number(project.votes),
    "score": lambda project: _number(project.score),
    "name": lambda project: project.name or project.id,
    "category": lambda project: _categories(project.categories),
    "selected": lambda project: _number(project.selected),
    "description": lambda project: project.description,
}


def _project_rows(projects: tuple[PabulibProject, ...]) -> Iterator[list[str]]:
    columns = {
        name: [_cell(text_of(project)) for project in projects]
        for name, text_of in _PROJECT_COLUMNS.items()
    }
    needed = ("project_id", "cost", "name")
    kept = [name for name, cells in columns.items() if name in needed or any(cells)]
    yield kept
    yield from map(list, zip(*[columns[name] for name in kept], strict=True))


def _categories(names: tuple[str, ...]) -> str:
    text = ",".join(names)
    if names_in(text) != names:
        raise ValueError(f"a comma or spaces around the name of a category: {names!r}")
    return text


def _vote_rows(election: PabulibElection, ids: list[str]) -> Iterator[list[str]]:
    known = set(ids)
    with_points = election.vote_type in (VoteType.CUMULATIVE, VoteType.SCORING)
    yield ["voter_id", "vote", "points"] if with_points else ["voter_id", "vote"]
    voter = 0
    for choices, points, ballots in election.grouped_ballots():
        if not known.issuperset(choices):
            raise ValueError(f"a ballot names an unknown project: {choices!r}")
        cells = [_cell(",".join(choices))]
        if points is not None:
            cells.append(",".join(map(_number, points)) or "none")
        for _ in range(ballots):
            voter += 1
            yield [str(voter), *cells]


def _cell(text: str) -> str:
    """The text as a cell, in quotes if need be; line ends become line feeds, as on reading."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    # Other line ends than the line feed also end a line for the reference library.
    lines = text.splitlines()
    if "\0" in text or len(text) > MAX_CELL or len(lines) > MAX_LINES_IN_A_CELL:
        raise ValueError(f"too long, or with a NUL: {text[:80]!r}")
    if len(lines) > 1 or ";" in text or '"' in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def _money(pence: int) -> str:
    if not 0 <= pence <= MAX_PENCE:
        raise ValueError(f"no amount of money: {pence} pence")
    units, rest = divmod(pence, 100)
    return f"{units}.{rest:02}" if rest else str(units)


def _number(value: Decimal | int | None) -> str:
    """The number in full, without zeros after its decimals; nothing for None."""
    if value is None:
        return ""
    text = format(value, "f") if value else "0"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if number(text) is None:
        raise ValueError(f"no number that a .pb file can hold: {value}")
    return text
