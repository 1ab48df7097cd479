"""A notification as Python says it, as a record."""

from __future__ import annotations

import datetime as dt

import pytest

from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.widgets.notification_record import record_of


def test_what_is_given_has_the_names_of_the_wire() -> None:
    assert record_of(
        title="a", message=5, type="error", action_url="u", action_label="l", auto_remove=False, duration="2s", progress=0.5
    ) == {
        "title": "a", "message": "5", "type": "error", "actionUrl": "u", "actionLabel": "l", "autoRemove": False,
        "duration": 2000.0, "progress": 0.5,
    }  # fmt: skip
    assert record_of() == {}
    assert record_of(duration=dt.timedelta(minutes=1)) == {"duration": 60_000.0}


@pytest.mark.parametrize("duration", [0, -1, "soon", 1e9, True, [5]])
def test_what_is_no_duration_is_refused(duration: object) -> None:
    with pytest.raises((UsageError, WrongType)):
        record_of(duration=duration)
