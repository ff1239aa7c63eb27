"""What a check is given, and what it finds."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from app.settings import Settings
from neighbourhoods.database import Database

ROOT = Path(__file__).parents[2]
_SOME = re.compile("0*[1-9][0-9]{0,3}")


def machine_time() -> datetime:
    """What this machine takes for the time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Installation:
    """Everything that can be looked at."""

    settings: Settings
    database: Database
    environ: Mapping[str, str] = field(default_factory=dict)
    static: Path = ROOT / "static"
    clock: Callable[[], datetime] = machine_time

    @property
    def processes_written(self) -> str:
        """How many processes serve, as somebody wrote it; 1 where nobody did."""
        return self.environ.get("WARDMOTE_PROCESSES", "").strip() or "1"

    @property
    def says_processes(self) -> bool:
        """Whether what is written is a number of processes."""
        return bool(_SOME.fullmatch(self.processes_written))

    @property
    def processes(self) -> int:
        """How many processes serve; 1 where what is written is no number of them."""
        return int(self.processes_written) if self.says_processes else 1


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong, and what to do about it; or only worth knowing."""

    words: str
    do: str
    is_note: bool = False


Check = Callable[[Installation], Iterator[Wrong]]
