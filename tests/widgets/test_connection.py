"""The connection indicator in Python: what it sends of a link, and what its reader may ask for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from realtime_widgets.browser.frames import Frame
from realtime_widgets.client.sansio.state import STATES, Status
from realtime_widgets.errors import ConnectionLost, UsageError, WrongType
from realtime_widgets.widgets import base
from realtime_widgets.widgets.connection import ConnectionFeed, ConnectionIndicator
from support.client_stand_in import StandIn
from support.recorder import Recorder, bodies, settle

LOST = ConnectionLost("ws://host could not be reached: refused; it is tried again")


def said(state: str, indicator: Any) -> Callable[[Frame], bool]:
    return lambda frame: any(body.get("state") == state for body in bodies(frame, indicator))


def word(indicator: Any, what: Any) -> dict[str, Any]:
    return {"rw": 2, "page": "p", "to": indicator._rw_id, "do": what}


# What is said


def test_a_link_is_told_in_lengths_of_time():
    client = StandIn(Status("reconnecting", 90.0, 3, 104.5, LOST, 95.0))
    part = ConnectionFeed(client).take(False, 100.0)
    assert part.body == {
        "state": "reconnecting",
        "attempts": 3,
        "since_age": 10.0,
        "retry_in": 4.5,
        "reason": str(LOST),
        "reason_age": 5.0,
        "label": "ws://host/ws",
    }


def test_what_is_not_known_is_left_out():
    body = ConnectionFeed(StandIn(Status("connected", 90.0))).take(True, 100.0).body
    assert set(body) == {"state", "attempts", "since_age", "label"}


def test_lengths_of_time_are_never_negative():
    body = ConnectionFeed(StandIn(Status("reconnecting", 101.0, 1, 99.0, LOST, 101.0))).take(True, 100.0).body
    assert (body["since_age"], body["retry_in"], body["reason_age"]) == (0.0, 0.0, 0.0)


def test_every_part_stands_alone_and_only_changes_are_numbered():
    client = StandIn()
    feed = ConnectionFeed(client)
    assert feed.changed()
    parts = [feed.take(False, 1.0), feed.take(True, 2.0)]
    assert not feed.changed()
    client.become("connected", 3.0)
    assert feed.changed()
    parts.append(feed.take(False, 4.0))
    assert [(part.first, part.last, part.key) for part in parts] == [(1, 1, True), (1, 1, True), (2, 2, True)]


def test_a_change_of_the_link_reaches_the_pages(sent: Recorder):
    client = StandIn()
    indicator = ConnectionIndicator(client)
    sent.wait_for(said("connecting", indicator))
    client.become("connected", time.monotonic())
    assert sent.wait_for(said("connected", indicator))


def test_a_closed_indicator_listens_no_more(sent: Recorder):
    client = StandIn()
    indicators = [ConnectionIndicator(client), ConnectionIndicator(client)]
    settle()
    assert len(client.listeners) == 1
    for indicator in indicators:
        indicator.close()
    settle()
    assert client.listeners == []


def test_states_are_told_in_python_too(sent: Recorder):
    client = StandIn()
    indicator = ConnectionIndicator(client)
    states = []
    for state in STATES:
        client.become(state)
        states.append((indicator.state, indicator.data_state))
    assert states == [
        ("connecting", "loading"),
        ("connected", "live"),
        ("reconnecting", "disconnected"),
        ("disconnected", "disconnected"),
        ("error", "error"),
    ]
    assert repr(indicator) == "ConnectionIndicator('ws://host/ws', error)"


# What is asked


@pytest.mark.parametrize("what", ["retry", "connect"])
def test_a_click_connects(sent: Recorder, what: str):
    client = StandIn(Status("disconnected"))
    indicator = ConnectionIndicator(client)
    base.get_frame_loop().receive(word(indicator, what))
    sent.wait_for(said("connecting", indicator))
    assert client.asked == ["connect"]


def test_what_is_unknown_malformed_or_for_nobody_does_nothing(sent: Recorder):
    client = StandIn(Status("disconnected"))
    indicator = ConnectionIndicator(client)
    made = base.get_frame_loop()
    for strange in (
        word(indicator, "explode"),
        word(indicator, None),
        word(indicator, ["retry"]),
        {**word(indicator, "retry"), "to": "nobody"},
        {**word(indicator, "retry"), "to": ["a", "list"]},
        {**word(indicator, "retry"), "rw": 99},
        {"rw": 2, "do": "retry"},
    ):
        made.receive(strange)
    client.become("error", 1.0)
    sent.wait_for(said("error", indicator))  # everything before it has been dealt with
    assert client.asked == []


def test_a_closed_indicator_is_asked_no_more(sent: Recorder):
    client, other = StandIn(Status("disconnected")), StandIn(Status("disconnected"))
    closed, indicator = ConnectionIndicator(client), ConnectionIndicator(other)
    closed.close()
    base.get_frame_loop().receive(word(closed, "retry"))
    base.get_frame_loop().receive(word(indicator, "retry"))
    sent.wait_for(said("connecting", indicator))
    assert client.asked == []


def test_a_client_that_raises_is_logged_and_the_rest_goes_on(
    sent: Recorder, caplog: pytest.LogCaptureFixture
):
    class Broken(StandIn):
        def connect(self) -> None:
            raise UsageError("this client is closed")

    client = Broken(Status("disconnected"))
    indicator = ConnectionIndicator(client)
    base.get_frame_loop().receive(word(indicator, "retry"))
    client.become("error", 1.0)
    sent.wait_for(said("error", indicator))
    assert "'retry', could not be done" in caplog.text


def test_a_pause_that_the_kernel_made_ends_with_its_readers_word(sent: Recorder):
    from realtime_widgets import MetricCard

    card = MetricCard("x", 1)
    card.pause()
    resumed: list[bool] = []
    card.observe(lambda change: resumed.append(change["new"]), "paused")
    base.get_frame_loop().receive(word(card, "resume"))
    card.update(2)
    sent.wait_for(lambda frame: any(body.get("value") == 2.0 for body in bodies(frame, card)))
    base.get_runtime().submit(lambda: None).result(30)  # behind it on the callback thread
    assert (resumed, card.paused) == ([False], False)


# What is refused


def test_that_nothing_can_be_read_is_shown(sent: Recorder):
    client = StandIn(Status("connected", 1.0, error=LOST, error_at=2.0, unreadable=True))
    body = ConnectionFeed(client).take(True, 1000.0).body  # type: ignore[arg-type]
    assert (body["state"], body["unreadable"], body["reason"]) == ("connected", True, str(LOST))
    indicator = ConnectionIndicator(client)  # type: ignore[arg-type]
    assert (indicator.state, indicator.data_state) == ("connected", "error")
    client.become("connected", 1.0)
    assert "unreadable" not in ConnectionFeed(client).take(True, 1000.0).body  # type: ignore[arg-type]
    assert indicator.data_state == "live"


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ConnectionIndicator("ws://host"), WrongType, "pass what rw.connect() returns"),
        (lambda: ConnectionIndicator(StandIn), WrongType, "pass what rw.connect() returns"),
        (lambda: ConnectionIndicator(StandIn(), grace=-1), UsageError, "0 to 3600 seconds"),
        (lambda: ConnectionIndicator(StandIn(), grace=None), UsageError, "grace= cannot be None"),
        (lambda: ConnectionIndicator(StandIn(), graze=1), TypeError, "did you mean 'grace'?"),
    ],
)
def test_what_is_no_connection_is_refused_with_advice(
    sent: Recorder, make: Callable[[], object], error: type[Exception], message: str
):
    with pytest.raises(error) as raised:
        make()
    assert message in str(raised.value)
