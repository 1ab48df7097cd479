"""The event of a crossing."""

import pytest

from realtime_widgets.alerts.events import STATES, AlertEvent


def test_an_event_is_a_value_that_says_all_of_itself():
    event = AlertEvent("raised", 2.0, 0.95, 0.9, "machine", "cpu", "error", 1.0, 1.0)
    assert event == AlertEvent("raised", 2.0, 0.95, 0.9, "machine", "cpu", "error", 1.0, 1.0)
    assert repr(event).startswith(
        "AlertEvent(state='raised', ts=2.0, value=0.95, threshold=0.9, stream='machine'"
    )
    with pytest.raises(AttributeError):
        event.state = "cleared"


def test_states_are_in_the_order_of_their_gravity():
    assert max(["pending", "normal", "raised"], key=STATES.index) == "raised"
