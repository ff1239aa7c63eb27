"""The files the house rules are about."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("app", "ballots", "neighbourhoods")
# Made here by tools, or other people's work: none of it is ours to lint.
NOT_OURS = {".git", "var", "vendor", "build", "dist", "htmlcov", "test-artefacts", "__pycache__"}


def our_files(*folders: str, ending: str = "") -> Iterator[Path]:
    """Every file of ours below the folders (the whole repository when none is named)."""
    for start in [ROOT / folder for folder in folders] or [ROOT]:
        for path in sorted(start.rglob(f"*{ending}")):
            inside = path.relative_to(ROOT).parts[:-1]
            hidden = any(part.startswith(".") and part != ".ci" for part in inside)
            if path.is_file() and not hidden and not NOT_OURS.intersection(inside):
                yield path


def calls(source: str) -> Iterator[tuple[int, str, ast.Call]]:
    """Every call in the source: its line, what is called as written, and the call."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func), node


def imported_modules(source: str) -> Iterator[tuple[int, str]]:
    """Every absolute import in the source: its line and the module's full name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module


def problems_in(paths: Iterator[Path], find: object) -> list[str]:
    """`find(source)` of every file, each problem with the file's name in front."""
    assert callable(find)
    return [
        f"{path.relative_to(ROOT)}:{problem}"
        for path in paths
        for problem in find(path.read_text(encoding="utf-8"))
    ]
