"""The counters of a connection, and what a client shows of them."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.client import Client
from realtime_widgets.client.stats import ClientStats, ConnectionCounters
from support.servers import Server, wait_for


def test_a_connection_counts_from_nothing():
    assert set(vars(ConnectionCounters()).values()) == {0}


def test_all_that_a_connection_counts_is_shown():
    assert set(vars(ConnectionCounters())) <= set(ClientStats.__struct_fields__)


def test_frames_count_with_their_size_and_the_messages_in_them(server: Server, client: Client):
    one, two = '{"type":"x","data":1}', b'[{"type":"x","data":2},{"type":"x","data":3}]'
    server.send(one, two)
    wait_for(lambda: client.stats.messages == 3)
    assert (client.stats.frames, client.stats.bytes) == (2, len(one) + len(two))


def test_text_counts_with_the_bytes_that_it_has_on_the_wire(server: Server, client: Client):
    frame = '{"type":"x","data":"äöü€"}'
    server.send(frame)
    wait_for(lambda: client.stats.messages == 1)
    assert client.stats.bytes == len(frame.encode()) > len(frame)


def test_what_cannot_be_used_counts_as_bad_and_as_no_message(server: Server, client: Client):
    server.send("nonsense", {"type": "x", "data": 1})
    wait_for(lambda: client.stats.messages == 1)
    assert (client.stats.frames, client.stats.bad) == (2, 1)


def test_every_link_counts(server: Server, client: Client):
    assert client.stats.connects == 1
    server.close_all()
    wait_for(lambda: client.stats.connects == 2)


def test_what_was_shown_no_longer_changes(server: Server, client: Client):
    before: Any = client.stats
    server.send({"type": "x", "data": 1})
    wait_for(lambda: client.stats.messages == 1)
    assert before.messages == 0
    with pytest.raises(AttributeError):
        before.messages = 5
