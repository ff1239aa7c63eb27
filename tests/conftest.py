"""What every test may ask for: real servers and a real browser, started when first asked."""

import sys
from collections.abc import Iterator

import pytest

pytest_plugins = ["tests.servers", "tests.browser", "tests.council"]


@pytest.fixture(scope="session", autouse=True)
def no_green_copies() -> Iterator[None]:
    """No test loads eventlet: its changed copies of sockets hang whoever uses threads later."""
    assert "eventlet" not in sys.modules
    yield
    assert "eventlet" not in sys.modules
