"""What a `.pb` file should have held, and where it did not. Pure."""

from enum import StrEnum


class Expected(StrEnum):
    """What should have stood where the file cannot be read."""

    SMALLER_FILE = "smaller-file"
    UTF_8 = "utf-8"
    NO_NUL = "no-nul"
    SHORTER_LINE = "shorter-line"
    CLOSING_QUOTE = "closing-quote"
    SECTION = "section"
    SECTION_ONCE = "section-once"
    COLUMN = "column"
    COLUMN_ONCE = "column-once"
    FEWER_COLUMNS = "fewer-columns"
    AS_MANY_CELLS_AS_COLUMNS = "as-many-cells-as-columns"
    META_KEY = "meta-key"
    META_KEY_ONCE = "meta-key-once"
    FEWER_META_KEYS = "fewer-meta-keys"
    VOTE_TYPE = "vote-type"
    MONEY = "money"
    WHOLE_NUMBER = "whole-number"
    NUMBER = "number"
    PROJECT_ID = "project-id"
    PROJECT_ONCE = "project-once"
    FEWER_PROJECTS = "fewer-projects"
    KNOWN_PROJECT = "known-project"
    FEWER_NUMBERS = "fewer-numbers"
    FEWER_REPEATS = "fewer-repeats"
    NO_MORE_POINTS_THAN_CHOICES = "no-more-points-than-choices"


class PabulibError(Exception):
    """The file is unreadable at `line` and `column` (characters, from 1): what was expected.

    `subject` names the section, column or key in question; `found` is what stood there, cut to
    80 characters, and as untrusted as the file.
    """

    def __init__(
        self, expected: Expected, line: int, column: int = 1, *, subject: str = "", found: str = ""
    ) -> None:
        super().__init__(expected.value, line, column, subject[:80], found[:80])
        self.expected, self.line, self.column = expected, line, column
        self.subject, self.found = subject[:80], found[:80]
