"""What every test may ask for: real servers and a real browser, started when first asked."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

pytest_plugins = ["tests.servers", "tests.browser", "tests.council"]

# Drawn alike each time, so that a run fails for its change alone; `make fuzz` looks further.
settings.register_profile("alike", derandomize=True)
settings.load_profile("default" if os.environ.get("FUZZ") else "alike")

# Folders of files that each take a minute or two.
LONG = ("journey", "in_browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: begun last, one would be waited for while the other processes rest."""
    items.sort(key=lambda item: item.path.parent.name not in LONG)


@pytest.fixture(scope="session", autouse=True)
def no_green_copies() -> Iterator[None]:
    """No test loads eventlet: its changed copies of sockets hang whoever uses threads later."""
    assert "eventlet" not in sys.modules
    yield
    assert "eventlet" not in sys.modules
