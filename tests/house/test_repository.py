"""Nothing in the repository tells whose machine it was made on, or binds it to one registry."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import ROOT, our_files

# Put together from parts, so that this file does not hold what it forbids.
REGISTRIES = ["pypi" + ".org", "python" + "hosted.org", "registry.npm" + "js.org"]
OPTIONS = ["--index" + "-url", "--extra-index" + "-url", "--find" + "-links", "--trusted" + "-host"]
FOLDERS = ["/" + "root/", "/" + "opt/py", "/" + "opt/wheels", "/" + "Users/", "/" + "home/"]
HERE = [str(ROOT), str(Path.home())]


def addresses_in(text: str) -> Iterator[str]:
    """Lines that name a folder of one machine, or a package registry."""
    forbidden = [word for word in [*REGISTRIES, *FOLDERS, *HERE] if len(word) > 1]
    for number, line in enumerate(text.splitlines(), start=1):
        for word in forbidden:
            if re.search(rf"(?<![\w.]){re.escape(word)}", line):
                yield f"{number}: {word}"


def unlocked_lines(lock: str) -> Iterator[str]:
    """Lines of a lock file that are neither a pinned version, nor a hash, nor a comment."""
    for number, line in enumerate(lock.splitlines(), start=1):
        allowed = r"(#.*|\s+#.*|[\w.-]+==[\w.!+]+( ; .*)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|)"
        if not re.fullmatch(allowed, line):
            yield f"{number}: {line}"


def pinned(name: str) -> dict[str, str]:
    """What a lock file pins: each package with its version, or versions by Python."""
    versions: dict[str, str] = {}
    for line in (ROOT / name).read_text().splitlines():
        if "==" in line and line[0].isalpha():
            package, version = line.rstrip(" \\").split("==", 1)
            versions[package] = f"{versions.get(package, '')}|{version}"
    return versions


def test_no_file_names_this_machine_or_a_registry() -> None:
    problems = []
    for path in our_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a typeface
        problems += [f"{path.relative_to(ROOT)}:{line}" for line in addresses_in(text)]
    assert problems == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_a_lock_file_holds_nothing_but_pinned_versions_and_hashes(name: str) -> None:
    assert list(unlocked_lines((ROOT / name).read_text())) == []


def test_what_is_tested_is_what_is_run() -> None:
    assert pinned("requirements.txt").items() <= pinned("requirements-dev.txt").items()


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[<>=\[; ]", line)[0] for line in project["dependencies"]}
    assert names <= pinned("requirements.txt").keys()


def test_an_upper_bound_stands_below_its_reason() -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    bounded = [i for i, line in enumerate(lines) if re.match(r'\s+"[\w-]+.*<', line)]
    assert bounded
    assert [lines[i] for i in bounded if not lines[i - 1].strip().startswith("#")] == []


@pytest.mark.parametrize("word", [*REGISTRIES, *FOLDERS, str(ROOT)])
def test_the_address_rule_notices(word: str) -> None:
    assert list(addresses_in(f"see {word}x")) != []


def test_the_address_rule_leaves_addresses_of_ours_alone() -> None:
    assert list(addresses_in("GET /rounds/3 and /homes/")) == []


@pytest.mark.parametrize("option", OPTIONS)
def test_the_lock_rule_notices(option: str) -> None:
    assert list(unlocked_lines(f"{option} file:///x\nflask==3.1\n")) != []
