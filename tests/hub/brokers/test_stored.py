"""Stored messages: what is read back is what was written."""

from __future__ import annotations

import msgspec
import pytest

from realtime_widgets.hub.brokers.stored import read_stored
from realtime_widgets.protocol.envelope import new_envelope, write


@pytest.mark.parametrize("data", [None, 5, "ä", {"x": [1.5, None]}])
def test_what_was_written_is_read_with_its_data_as_they_are(data: object):
    message = new_envelope("t", data, channel="a")
    found = read_stored(write(message).encode())
    assert msgspec.json.decode(found.data) == data
    assert write(found) == write(message)
    assert (found.type, found.id, found.channel, found.offset) == ("t", message.id, "a", None)


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'{"data": 1}', b"\xff"])
def test_what_is_no_message_is_told(body: bytes):
    with pytest.raises((msgspec.MsgspecError, ValueError)):
        read_stored(body)
