"""Alerts whose timers, clock and callback thread are turned by hand."""

from __future__ import annotations

import pytest

from realtime_widgets.alerts.alert import Alert
from support.hand_scheduler import HandScheduler


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> HandScheduler:
    scheduler = HandScheduler()
    monkeypatch.setattr(Alert, "_scheduler", staticmethod(lambda: scheduler))
    monkeypatch.setattr(Alert, "_clock", staticmethod(scheduler.clock))
    monkeypatch.setattr(Alert, "_wall", staticmethod(lambda: scheduler.now + 1e9))
    return scheduler
