"""The envelope."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.protocol.envelope import (
    Message,
    channel_of,
    new_id,
    quote,
    read,
    type_of,
    write,
)

texts = st.text(max_size=20)
data = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)
messages = st.builds(
    Message,
    type=texts,
    data=data,
    timestamp=st.none() | st.floats(0, 1e13),
    id=st.none() | texts,
    channel=st.none() | texts,
    epoch=st.none() | texts,
    offset=st.none() | st.integers(0, 2**53),
)


@given(messages)
def test_a_message_comes_back_as_it_went(message: Message):
    assert read(write(message)) == ([message], None)
    assert read(write(message).encode()) == ([message], None)


@given(st.lists(messages, max_size=5))
def test_so_does_an_array(some: list[Message]):
    assert read("[" + ",".join(map(write, some)) + "]") == (some, None)


def test_a_message_has_only_the_keys_that_say_something():
    assert json.loads(write(Message("ping", {}))) == {"type": "ping", "data": {}}


def test_keys_that_are_not_known_are_passed_over():
    assert read('{"type": "x", "mood": 7, "data": 1}') == ([Message("x", 1)], None)


@pytest.mark.parametrize(
    "frame",
    [
        '{"data": 1}',
        "nonsense",
        '"text"',
        "7",
        "",
        b"\xff\xfe",
        '{"type": 7}',
        "[" * 100_000,
        '{"type": "x"',
        "null",
    ],
)
def test_what_is_no_envelope_is_said_in_one_line(frame: Any):
    found, error = read(frame)
    assert found == []
    assert str(error).startswith("a message was skipped: ")
    assert len(str(error)) < 400
    assert "\n" not in str(error)


def test_one_bad_envelope_in_an_array_costs_only_itself():
    found, error = read('[{"type": "a"}, {"typ": "b"}, {"type": "c", "data": [1]}]')
    assert found == [Message("a"), Message("c", [1])]
    assert '\'{"typ": "b"}\' is no envelope' in str(error)


def test_a_complaint_quotes_the_beginning_only():
    assert quote("x" * 1000) == repr("x" * 80 + "…")
    assert quote(b"short") == "'short'"


@pytest.mark.parametrize(
    ("kind", "channel"),
    [
        ("metrics_update", "metrics"),
        ("alert", "alerts"),
        ("system_event", "events"),
        ("notification", "notifications"),
        ("trades", "trades"),
    ],
)
def test_types_and_channels_name_each_other(kind: str, channel: str):
    assert channel_of(Message(kind)) == channel
    assert type_of(channel) == kind


def test_a_channel_that_is_named_counts_more_than_the_type():
    assert channel_of(Message("metrics_update", channel="mine")) == "mine"


def test_ids_differ():
    assert len({new_id() for _ in range(1000)}) == 1000


def test_nan_travels_as_nothing():
    assert read(write(Message("x", {"a": float("nan")})))[0] == [Message("x", {"a": None})]


@pytest.mark.parametrize("field", ["type", "data", "id", "channel", "epoch"])
def test_lone_surrogates_leave_as_replacement_characters_wherever_they_are(field: str):
    message = msgspec.structs.replace(Message("t", {"a": 1}), **{field: "x\ud800"})
    assert json.loads(write(message).encode())[field] == "x\ufffd"
    deep = Message("t", {"k\ud800": [{"b": "\udc00"}], "raw": msgspec.Raw(b"[1]")})
    assert json.loads(write(deep).encode())["data"] == {"k\ufffd": [{"b": "\ufffd"}], "raw": [1]}


def test_data_that_are_encoded_already_stay_as_they_are():
    message = Message("t", msgspec.Raw(b'{"a": 1.50}'), id="\ud800")
    assert '"data":{"a": 1.50}' in write(message)
