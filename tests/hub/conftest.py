"""Fixtures: hubs over real sockets, and HTTP to one of them."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from realtime_widgets.hub import Hub
from support.scripted_client import LIMIT


@pytest.fixture(scope="module")
def shared() -> Iterator[Hub]:
    """A hub for the tests that leave it as it was."""
    with Hub(origins=["http://app.example"]) as hub:
        yield hub


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as hub:
        yield hub


@pytest.fixture
def web(shared: Hub) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {shared.token}"}
    with httpx.Client(base_url=shared.address, headers=headers, trust_env=False, timeout=LIMIT) as web:
        yield web
