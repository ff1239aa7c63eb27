"""Rules for Python source that ruff, mypy and import-linter do not know."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.house.sources import ROOT, calls, imported_modules, our_files, problems_in

LONGEST_FILE = 400
ASYNC_LIBRARIES = {"eventlet", "gevent", "psycogreen"}
# The one room that knows each.
CARRIERS = {
    "eventlet": set((ROOT / "app" / "on_eventlet").glob("*.py")),
    "gevent": {ROOT / "app" / "on_gevent.py"},
}
CLOCKS = {
    f"{module}{name}"
    for module in ("", "datetime.", "dt.")
    for name in ("datetime.now", "datetime.utcnow", "datetime.today", "date.today")
} | {"time.time", "time.time_ns"}
# A form's words are said in these arguments; the first positional one is the label.
SAID_IN_FORMS = {"label", "description", "message"}


def printing(source: str) -> Iterator[str]:
    """Lines that print; packages log."""
    yield from (f"{line}: print(" for line, name, _ in calls(source) if name == "print")


def reading_the_clock(source: str) -> Iterator[str]:
    """Lines that ask the clock; below `app`, `now` is passed in or the database is asked."""
    yield from (f"{line}: {name}()" for line, name, _ in calls(source) if name in CLOCKS)


def knowing_the_async_library(source: str) -> Iterator[str]:
    """Lines that import an async library."""
    for line, module in imported_modules(source):
        if module.split(".")[0] in ASYNC_LIBRARIES:
            yield f"{line}: import {module}"


def words_not_translatable(source: str) -> Iterator[str]:
    """Labels and messages of forms, and flashed lines, that are plain strings."""
    for line, name, call in calls(source):
        function = name.rsplit(".", 1)[-1]
        is_form = function.endswith("Field") or name.startswith("validators.")
        said = [keyword.value for keyword in call.keywords if keyword.arg in SAID_IN_FORMS]
        if function.endswith("Field") or function == "flash":
            said += call.args[:1]
        for words in said if is_form or function == "flash" else []:
            if isinstance(words, (ast.Constant, ast.JoinedStr)) and _says_something(words):
                yield f"{line}: {ast.unparse(words)} is not translatable"


def _says_something(words: ast.Constant | ast.JoinedStr) -> bool:
    if isinstance(words, ast.JoinedStr):
        return True
    return isinstance(words.value, str) and any(map(str.isalpha, words.value))


@pytest.mark.parametrize("folder", ["app", "ballots", "neighbourhoods"])
def test_no_file_is_too_long_to_read(folder: str) -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in our_files(folder, ending=".py")
        if path.parent.name != "versions"  # a migration is written once, in one piece
        # Anybody downloads it, and has to read no second file.
        and path != ROOT / "ballots" / "verify.py"
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_packages_do_not_print() -> None:
    assert problems_in(our_files("app", "ballots", "neighbourhoods", ending=".py"), printing) == []


def test_the_lower_floors_do_not_read_the_clock() -> None:
    paths = our_files("ballots", "neighbourhoods", ending=".py")
    assert problems_in(paths, reading_the_clock) == []


def test_only_wsgi_and_one_room_each_know_the_async_libraries() -> None:
    # The floors that the program is measured against are the bare libraries themselves.
    known = {ROOT / "wsgi.py"} | set().union(*CARRIERS.values())
    paths = (
        path
        for path in our_files(ending=".py")
        if path not in known and not (path.name == "bare.py" and "benchmarks" in path.parts)
    )
    assert problems_in(paths, knowing_the_async_library) == []
    for library, room in CARRIERS.items():
        words = [line for path in room for line in knowing_the_async_library(path.read_text())]
        assert {line.split()[-1].split(".")[0] for line in words} == {library}


def test_no_other_module_even_names_the_library_that_is_to_be_left() -> None:
    # The settings offer it by name.
    known = CARRIERS["eventlet"] | {ROOT / "app" / "settings.py"}
    naming = {path for path in our_files("app", ending=".py") if "eventlet" in path.read_text()}
    assert naming - known == set()


def test_what_forms_say_is_translatable() -> None:
    assert problems_in(our_files("app", ending=".py"), words_not_translatable) == []


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        (printing, "print('hello')"),
        (reading_the_clock, "datetime.now(UTC)"),
        (reading_the_clock, "datetime.datetime.utcnow()"),
        (reading_the_clock, "date.today()"),
        (reading_the_clock, "time.time()"),
        (knowing_the_async_library, "import eventlet.wsgi"),
        (knowing_the_async_library, "from gevent import monkey"),
        (words_not_translatable, "cost = IntegerField('Cost')"),
        (words_not_translatable, "cost = IntegerField(label='Cost')"),
        (words_not_translatable, "cost = IntegerField(_l('Cost'), description='In pounds')"),
        (words_not_translatable, "validators.Length(max=9, message='Too long')"),
        (words_not_translatable, "flash(f'Saved {name}')"),
    ],
)
def test_the_rule_notices(rule: object, broken: str) -> None:
    assert callable(rule)
    assert len(list(rule(broken))) == 1


@pytest.mark.parametrize(
    ("rule", "fine"),
    [
        (printing, "log.info('print')"),
        (reading_the_clock, "select(func.now())"),
        (reading_the_clock, "why_not_open(the_round, now=now)"),
        (knowing_the_async_library, "from app import eventlets"),
        (words_not_translatable, "cost = IntegerField(_l('Cost'), description='')"),
        (words_not_translatable, "flash(_('Saved'), 'success')"),
    ],
)
def test_the_rule_leaves_alone(rule: object, fine: str) -> None:
    assert callable(rule)
    assert list(rule(fine)) == []
