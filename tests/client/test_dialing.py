"""Dialing: the options of a connection, and what an address becomes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from realtime_widgets.client.dialing import Options, checked_options, dial
from realtime_widgets.client.masking import Mask
from realtime_widgets.client.sansio.backoff import Reconnect
from realtime_widgets.client.sansio.last_event_id import LastEventId
from realtime_widgets.client.sansio.outbox import Outbox
from realtime_widgets.client.transports.base import Transport
from realtime_widgets.client.transports.event_request import of_the_system
from realtime_widgets.client.transports.eventsource import EventSource
from realtime_widgets.client.transports.websocket import WebSocketTransport
from realtime_widgets.errors import ConnectionLost, ConnectionRejected, UsageError, WrongType
from realtime_widgets.runtime import get_runtime
from support.event_server import Events
from support.servers import LIMIT, Server, refusing

PACE = Reconnect(3, 3)


# Options


def test_options_that_can_be_are_taken_as_they_are():
    assert checked_options(PACE, 25, 1000) == Options(PACE, 25.0, 1000)


def test_no_pace_stays_none():
    assert checked_options(None, None, 1).reconnect is None


def test_no_heartbeat_is_none():
    assert checked_options(PACE, None, 1).heartbeat is None


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ((3, 25, 1000), WrongType, "pass rw.Reconnect"),
        ((PACE, 0, 1000), UsageError, "heartbeat=0"),
        ((PACE, float("nan"), 1000), UsageError, "heartbeat=nan"),
        ((PACE, float("inf"), 1000), UsageError, "heartbeat=inf"),
        ((PACE, "a", 1000), WrongType, "heartbeat='a' is no number"),
        ((PACE, True, 1000), WrongType, "heartbeat=True is no number"),
        ((PACE, 25, 0), UsageError, "max_size=0"),
        ((PACE, 25, "a"), WrongType, "max_size='a' is no number"),
        ((PACE, 25, float("nan")), UsageError, "max_size=nan"),
        ((PACE, 25, None), WrongType, "max_size=None is no number"),
    ],
)
def test_others_are_refused_with_advice(options: Any, error: type[Exception], words: str):
    with pytest.raises(error, match=words):
        checked_options(*options)


# Links


def dialled(url: str, use: Callable[[Transport], object]) -> None:
    """Dial, do something with the link, and end it."""

    async def main() -> None:
        link = await dial(
            url,
            {"X-Key": "mine"},
            (),
            Options(PACE, None, 1000),
            place="here",
            clock=asyncio.get_running_loop(),
            outbox=Outbox(),
            last_event_id=LastEventId(),
            complain=print,
            miss=print,
            mask=Mask(),
        )
        use(link)
        running = asyncio.create_task(link.run(print, print))
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait({running})

    get_runtime().run(main()).result(LIMIT)


def test_an_address_of_a_websocket_becomes_one():
    kinds: list[type] = []
    with Server() as server:
        dialled(server.url, lambda link: kinds.append(type(link)))
        assert server.headers[0]["X-Key"] == "mine"
    assert kinds == [WebSocketTransport]


def test_an_address_of_http_becomes_a_stream_of_events():
    kinds: list[type] = []
    with Events() as server:
        dialled(server.url, lambda link: kinds.append(type(link)))
        assert server.requests[0]["x-key"] == "mine"
    assert kinds == [EventSource]


@pytest.mark.parametrize("scheme", ["ws", "http"])
def test_where_nobody_listens_the_link_is_lost(scheme: str):
    with pytest.raises(ConnectionLost, match="nothing listens there") as lost:
        dialled(f"{scheme}://127.0.0.1:1/", print)
    assert lost.value.__cause__ is not None


def test_a_websocket_that_is_refused_for_good_is_rejected():
    with Server(process_request=refusing(403)) as server, pytest.raises(ConnectionRejected, match="HTTP 403"):
        dialled(server.url, print)


def test_a_stream_that_is_refused_for_good_is_rejected():
    with Events() as server:
        server.status = "403 Forbidden"
        with pytest.raises(ConnectionRejected, match="HTTP 403"):
            dialled(server.url, print)


@pytest.mark.parametrize("scheme", ["ws", "http"])
def test_what_is_shown_of_an_error_is_what_the_system_said_and_no_circle(scheme: str):
    with pytest.raises(ConnectionLost) as lost:
        dialled(f"{scheme}://127.0.0.1:1/", print)
    assert isinstance(lost.value.__cause__, OSError)
    with Server(process_request=refusing(503)) as server, pytest.raises(ConnectionLost) as lost:
        dialled(server.url.replace("ws://", f"{scheme}://"), print)
    assert lost.value.__cause__ is None
    assert of_the_system(lost.value) is None
    lost.value.__cause__ = lost.value
    assert of_the_system(lost.value) is None
