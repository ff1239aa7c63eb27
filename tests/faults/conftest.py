"""What every fault may ask for: two processes behind nginx, on servers that can be stopped."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.evening import Evening, open_evening
from tests.servers import Restartable, restartable_postgres, restartable_valkey

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder takes a minute, and is asked for by name: make faults."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.faults)


@pytest.fixture
def valkey() -> Iterator[Restartable]:
    with restartable_valkey() as one:
        yield one


@pytest.fixture
def postgres() -> Iterator[Restartable]:
    with restartable_postgres() as one:
        yield one


@pytest.fixture
def evening(postgres: Restartable, valkey: Restartable) -> Iterator[Evening]:
    """A vote's last evening: two processes behind nginx, and everybody who may vote."""
    with open_evening(postgres.url, valkey.url) as evening:
        yield evening
