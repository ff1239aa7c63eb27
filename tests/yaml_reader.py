"""Reads the part of YAML that compose.yaml is written in: blocks, one-line lists, anchors, merges.

What it does not know it refuses, so that nothing is silently read as something else.
"""

from __future__ import annotations

import re
from typing import Any

ENTRY = re.compile(r"^(?P<key>[\w<.-]+):(?: +(?P<rest>.*))?$")
ANCHOR = re.compile(r"^&(?P<name>[\w-]+)(?: +|$)")
WORDS = re.compile(r'\s*("[^"]*"|[^,"\[\]]+)\s*(?:,|$)')


class YamlError(Exception):
    """Something that this reader does not know."""


def read_yaml(text: str) -> Any:
    """What the document says."""
    lines = [line.rstrip() for line in text.splitlines()]
    reader = _Reader([line for line in lines if line and not line.lstrip().startswith("#")])
    document = reader.block(0)
    if reader.at < len(reader.lines):
        raise YamlError(reader.lines[reader.at])
    return document


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self.lines, self.at, self.anchors = lines, 0, dict[str, Any]()

    def _indent(self) -> int:
        if self.at >= len(self.lines):
            return -1
        line = self.lines[self.at]
        return len(line) - len(line.lstrip())

    def block(self, indent: int) -> Any:
        """The list or mapping that begins here."""
        is_list = self.lines[self.at].lstrip().startswith("- ")
        return self._list(indent) if is_list else self._mapping(indent)

    def _list(self, indent: int) -> list[Any]:
        found = []
        while self._indent() == indent and self.lines[self.at][indent:].startswith("- "):
            rest = self.lines[self.at][indent + 2 :]
            if ENTRY.match(rest) and not rest.startswith('"'):
                self.lines[self.at] = " " * (indent + 2) + rest
                found.append(self._mapping(indent + 2))
            else:
                self.at += 1
                found.append(self._value(rest, indent))
        return found

    def _mapping(self, indent: int) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        while self._indent() == indent:
            entry = ENTRY.match(self.lines[self.at].strip())
            if entry is None or entry["key"] in own:
                raise YamlError(self.lines[self.at])
            self.at += 1
            value = self._value(entry["rest"] or "", indent)
            if entry["key"] == "<<":
                merged |= value
            else:
                own[entry["key"]] = value
        return merged | own

    def _value(self, written: str, indent: int) -> Any:
        anchor = ANCHOR.match(written)
        if anchor:
            written = written[anchor.end() :]
        value = self._plain(written) if written else self._nested(indent)
        if anchor:
            self.anchors[anchor["name"]] = value
        return value

    def _nested(self, indent: int) -> Any:
        return self.block(self._indent()) if self._indent() > indent else None

    def _plain(self, written: str) -> Any:
        if written.startswith("*"):
            return self.anchors[written[1:]]
        if written == "{}":
            return {}
        if written.startswith("["):
            if not written.endswith("]"):
                raise YamlError(written)
            return [_scalar(word.strip()) for word in WORDS.findall(written[1:-1])]
        return _scalar(written)


def _scalar(written: str) -> Any:
    if written.startswith('"'):
        if not re.fullmatch(r'"[^"\\]*"', written):
            raise YamlError(written)
        return written[1:-1]
    if written in ("true", "false"):
        return written == "true"
    if re.search(r"^[&*!|>'%@`{\[]| #|: ", written):
        raise YamlError(written)
    return int(written) if re.fullmatch(r"\d+", written) else written
