"""Fixtures: a machine that sleeps."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.client import sleep as sleep_module
from support.fake_clock import FakeClock


@pytest.fixture
def sleep(monkeypatch: pytest.MonkeyPatch, fake_clock: FakeClock) -> Any:
    """Lets the machine sleep: the time of day goes on, and the loop's clock does not."""
    asleep = [0.0]
    monkeypatch.setattr(sleep_module, "_wall", lambda: asleep[0] + fake_clock.time())

    def sleep() -> None:
        fake_clock.turn(6)
        asleep[0] += 3600
        fake_clock.turn(6)

    return sleep
