"""The limits that a client and a hub share."""

from __future__ import annotations

import json

import pytest

from realtime_widgets.client import Client
from realtime_widgets.errors import UsageError
from realtime_widgets.hub.channels import encode_publication
from realtime_widgets.protocol.envelope import write
from realtime_widgets.protocol.limits import MAX_DATA_BYTES, MAX_FRAME_BYTES, MAX_NAME_LENGTH

WIDEST = "\x01"
"""A character that JSON spells with six."""


def test_the_largest_data_fit_into_a_frame_whatever_the_envelope_says():
    name = WIDEST * MAX_NAME_LENGTH
    message = encode_publication(name, "x" * (MAX_DATA_BYTES - 2), type=name)
    message.id, message.epoch, message.offset = name, "c4f1c4f1", 2**53
    frame = write(message)
    assert len(json.dumps(name)) == 6 * MAX_NAME_LENGTH + 2
    assert MAX_DATA_BYTES < len(frame.encode()) <= MAX_FRAME_BYTES


def test_a_name_that_a_client_may_follow_is_one_that_a_hub_may_publish_on():
    longest = "日" * MAX_NAME_LENGTH
    with Client("ws://127.0.0.1:1/", subscribe=[longest]) as client:
        client.disconnect()
    assert encode_publication(longest, 1).channel == longest


def test_a_longer_name_is_refused_on_both_sides():
    longer = "x" * (MAX_NAME_LENGTH + 1)
    with pytest.raises(UsageError):
        Client("ws://127.0.0.1:1/", subscribe=[longer])
    with pytest.raises(UsageError):
        encode_publication(longer, 1)
