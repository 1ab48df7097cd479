"""What a client asks for, by values."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.hub.requests import (
    MAX_NAMED,
    MAX_NAMED_CHARACTERS,
    Complaint,
    named_channels,
    read_frame,
)
from realtime_widgets.protocol.envelope import Message, new_envelope, write
from realtime_widgets.protocol.limits import MAX_FRAME_BYTES


def test_a_request_names_its_channels():
    assert named_channels(Message("subscribe", {"streams": ["a", "*", ""]})) == ["a", "*", ""]
    assert named_channels(Message("subscribe", {"streams": []})) == []


def test_names_are_what_they_are_on_the_wire():
    assert named_channels(Message("subscribe", {"streams": ["a\ud800"]})) == ["a\ufffd"]


@pytest.mark.parametrize(
    "data",
    [
        None,
        "x",
        {},
        {"streams": "x"},
        {"streams": [1]},
        {"streams": {"a": 1}},
        {"streams": ["x"] * (MAX_NAMED + 1)},
        {"streams": ["x" * (MAX_NAMED_CHARACTERS + 1)]},
    ],
)
def test_a_request_that_names_none_or_too_many_is_refused_shortly(data: Any):
    with pytest.raises(Complaint) as complaint:
        named_channels(Message("subscribe", data))
    assert complaint.value.code == "bad_request"
    assert len(str(complaint.value)) < 200


def test_an_answer_that_repeats_all_names_fits_into_a_frame():
    names = ["\x01" * 200] * (MAX_NAMED_CHARACTERS // 200)
    assert named_channels(Message("subscribe", {"streams": names})) == names
    assert len(write(new_envelope("error", {"streams": names}))) < MAX_FRAME_BYTES


def test_a_frame_that_is_none_is_not_repeated():
    messages, complaint = read_frame('[{"type": "ping"}, {"secret": 1}]')
    assert [message.type for message in messages] == ["ping"]
    assert complaint is not None
    assert "secret" not in str(complaint)
    assert read_frame("[" * 100_000)[0] == []
