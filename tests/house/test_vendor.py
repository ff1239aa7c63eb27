"""Other people's files lie in a folder with their licence and checksums, and match them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.house.sources import ROOT

VENDORED = sorted(
    folder
    for vendor in (ROOT / "static" / "vendor", ROOT / "tests" / "vendor")
    if vendor.exists()
    for folder in vendor.iterdir()
    if folder.is_dir()
)


@pytest.mark.parametrize("folder", VENDORED, ids=lambda folder: folder.name)
def test_a_vendored_library_brings_its_licence(folder: Path) -> None:
    assert [path for path in folder.rglob("*") if path.name.upper().startswith("LICEN")]


@pytest.mark.parametrize("folder", VENDORED, ids=lambda folder: folder.name)
def test_a_vendored_library_is_what_its_checksums_say(folder: Path) -> None:
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    expected = {
        name.strip().lstrip("*./"): checksum
        for checksum, name in (line.split(maxsplit=1) for line in lines)
    }
    found = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }
    assert {name: found.get(name) for name in expected} == expected
    assert {name for name in found if name.endswith((".js", ".css", ".ttf", ".woff2"))} <= set(
        expected
    )
