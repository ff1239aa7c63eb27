"""benchmarks/results.json: the figures of each line as last measured, and on what machine."""

import json
import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.hall.figures import Findings

FILE = Path(__file__).parents[1] / "results.json"
_PACKAGES = ("eventlet", "flask", "flask-socketio", "numpy", "psycopg2-binary", "sqlalchemy")


def keep(line: str, found: Findings, share: float, seconds: float) -> None:
    """Write what a line found in place of what was known of it."""
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    known[line] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "share": share,
        "seconds": round(seconds, 1),
        "machine": _machine(),
        "figures": [
            {name: value for name, value in asdict(figure).items() if value is not None}
            | {"holds": figure.holds}
            for figure in found.figures
        ],
    }
    FILE.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")


def _machine() -> dict[str, object]:
    """What the figures depend on, besides the program: how busy it was is part of it."""
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "packages": {name: version(name) for name in _PACKAGES},
    }
