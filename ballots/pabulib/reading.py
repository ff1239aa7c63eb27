"""Read a `.pb` file: all of it, or an error that says where and what. Pure but for `read_file`."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path
from types import MappingProxyType

from ballots.pabulib import numerals, tables
from ballots.pabulib.election import PabulibElection, PabulibProject, VoteType
from ballots.pabulib.errors import Expected, PabulibError
from ballots.pabulib.tables import Table
from ballots.pabulib.undisturbed import undisturbed
from ballots.pabulib.votes import read_votes

# The largest real election has fewer than 300.
MAX_PROJECTS = 5_000
MAX_META_KEYS = 1_000


def read_file(path: Path) -> PabulibElection:
    """The election in a file, never loading more than the largest that may be read."""
    with path.open("rb") as file:
        return read(file.read(tables.MAX_BYTES + 1))


@undisturbed()
def read(source: bytes | str) -> PabulibElection:
    """The election in a file's content; raises PabulibError, and then nothing was half-read."""
    sections = tables.tables_of(tables.text_of(source))
    meta = _Meta(sections["META"])
    rounded: list[str] = []
    projects = _read_projects(sections["PROJECTS"], rounded)
    votes = read_votes(sections["VOTES"], projects)
    # Named first: the call below freezes `rounded`.
    budget_pence = meta.pence("budget", rounded)
    max_sum_cost_pence = (
        meta.pence("max_sum_cost", rounded) if "max_sum_cost" in meta.values else None
    )
    return PabulibElection(
        meta=MappingProxyType(meta.values),
        vote_type=meta.vote_type(),
        budget_pence=budget_pence,
        projects=projects,
        voters=votes.ballots,
        remark_columns=votes.remarks.columns,
        remarks=votes.remarks,
        duplicates=votes.duplicates,
        rounded=tuple(rounded),
        min_length=meta.whole_number("min_length"),
        max_length=meta.whole_number("max_length"),
        max_sum_cost_pence=max_sum_cost_pence,
        minimum_votes=meta.whole_number("min_project_score_threshold") or 0,
    )


class _Meta:
    """The keys and values of META; a key without a value counts as left out."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.values: dict[str, str] = {}
        self.lines: dict[str, int] = {}
        for line, key, value in table.pairs():
            if self.values.get(key, value) != value:
                raise PabulibError(Expected.META_KEY_ONCE, line, subject=key, found=value)
            if len(self.values) == MAX_META_KEYS and key not in self.values:
                raise PabulibError(Expected.FEWER_META_KEYS, line)
            if value:
                self.values[key], self.lines[key] = value, line

    def required(self, key: str) -> str:
        if key not in self.values:
            raise PabulibError(Expected.META_KEY, self.table.header_line, subject=key)
        return self.values[key]

    def vote_type(self) -> VoteType:
        name = self.required("vote_type").lower()
        if name not in set(VoteType):
            raise self.error(Expected.VOTE_TYPE, "vote_type")
        return VoteType(name)

    def pence(self, key: str, rounded: list[str]) -> int:
        pence = numerals.money_pence(self.required(key))
        if pence is None:
            raise self.error(Expected.MONEY, key)
        whole = int(pence.to_integral_value(ROUND_FLOOR))
        if whole != pence:
            rounded.append(key)
        return whole

    def whole_number(self, key: str) -> int | None:
        if key not in self.values:
            return None
        found = numerals.whole_number(self.values[key])
        if found is None:
            raise self.error(Expected.WHOLE_NUMBER, key)
        return found

    def error(self, expected: Expected, key: str) -> PabulibError:
        line = self.lines[key]
        return PabulibError(expected, line, len(key) + 2, subject=key, found=self.values[key])


def _read_projects(table: Table, rounded: list[str]) -> tuple[PabulibProject, ...]:
    """The projects; ids whose cost had fractions of a penny are added to `rounded`."""
    table.place_of("project_id"), table.place_of("cost")
    projects: dict[str, PabulibProject] = {}
    for line, cells in table:
        row = _ProjectRow(table, line, cells)
        project = row.project(rounded)
        if project.id in projects:
            raise row.error(Expected.PROJECT_ONCE, "project_id")
        if len(projects) == MAX_PROJECTS:
            raise PabulibError(Expected.FEWER_PROJECTS, line)
        projects[project.id] = project
    return tuple(projects.values())


class _ProjectRow:
    """One row of PROJECTS."""

    def __init__(self, table: Table, line: int, cells: list[str]) -> None:
        self.table, self.line = table, line
        stripped = (cell.strip() for cell in cells)
        self.cells = dict(zip(table.columns, stripped, strict=True))

    def project(self, rounded: list[str]) -> PabulibProject:
        project_id = self.cells["project_id"]
        if not project_id or "," in project_id:  # a comma parts the choices of a ballot
            raise self.error(Expected.PROJECT_ID, "project_id")
        return PabulibProject(
            id=project_id,
            name=self.cells.get("name") or project_id,
            cost_pence=self.cost_pence(rounded),
            categories=numerals.names_in(self.cells.get("category", "")),
            votes=self.whole_number("votes"),
            score=self.number("score"),
            selected=self.whole_number("selected"),
            description=self.cells.get("description", ""),
        )

    def cost_pence(self, rounded: list[str]) -> int:
        pence = numerals.money_pence(self.cells["cost"])
        if pence is None:
            raise self.error(Expected.MONEY, "cost")
        whole = int(pence.to_integral_value(ROUND_CEILING))
        if whole != pence:
            rounded.append(self.cells["project_id"])
        return whole

    def whole_number(self, column: str) -> int | None:
        text = self.cells.get(column)
        found = numerals.whole_number(text) if text else None
        if text and found is None:
            raise self.error(Expected.WHOLE_NUMBER, column)
        return found

    def number(self, column: str) -> Decimal | None:
        text = self.cells.get(column)
        found = numerals.number(text) if text else None
        if text and found is None:
            raise self.error(Expected.NUMBER, column)
        return found

    def error(self, expected: Expected, column: str) -> PabulibError:
        place = self.table.place_of(column)
        return self.table.error(expected, self.line, place, found=self.cells[column])
