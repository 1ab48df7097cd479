"""What linked brokers and their engines have in common: addresses without secrets, and what a message says of itself."""

from __future__ import annotations

import pytest

from realtime_widgets.hub.brokers.engine import numbered, place_of, read_wake
from realtime_widgets.protocol.envelope import new_envelope, write
from realtime_widgets.streams.gaps import Position


def test_any_text_is_shown_without_what_is_before_an_at():
    assert place_of("nonsense") == "nonsense"
    assert place_of("redis://a:b@c@host/1?x#y") == "redis://host/1"


def test_a_message_that_is_told_has_its_position_before_it():
    body = write(new_envelope("t", [1, "a b"], channel="a")).encode()
    there, rest = read_wake(b"e-7 12 " + body)
    assert (there, rest) == (("e-7", 12), body)
    message = numbered(body, there)
    assert message is not None
    assert (message.epoch, message.offset, message.channel) == ("e-7", 12, "a")


@pytest.mark.parametrize("data", [b"", b"e", b"e 1", b"e x {}", b"\xff 1 {}"])
def test_what_no_hub_has_told_is_refused(data: bytes):
    with pytest.raises(ValueError):  # noqa: PT011  # of any kind
        read_wake(data)
    assert numbered(b"[]", Position("e", 1)) is None
