"""What a check is given, and what it finds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from app.settings import Settings
from neighbourhoods.database import Database

ROOT = Path(__file__).parents[2]


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
    def processes(self) -> int:
        """How many processes serve, as the environment says."""
        written = self.environ.get("WARDMOTE_PROCESSES", "1")
        return max(int(written), 1) if written.isdecimal() else 1


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong, and what to do about it; or only worth knowing."""

    words: str
    do: str
    is_note: bool = False


Check = Callable[[Installation], Iterator[Wrong]]
