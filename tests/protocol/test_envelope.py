"""The envelope."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.protocol.envelope import (
    CONTROL,
    EMPTY,
    Message,
    channel_of,
    encode_data,
    new_id,
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
    timestamp=st.none() | st.floats(0, 1e8, exclude_max=True) | st.floats(1e11, 1e13),
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
        b"\xff\xfd",
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
    assert "decode=" in str(error)


@pytest.mark.parametrize("frame", ["", b"", " \r\n\t", "\ufeff", b"\xef\xbb\xbf", "\x1e", "[]"])
def test_a_frame_without_a_value_is_a_sign_of_life(frame: Any):
    assert read(frame) == ([], None)


A, B = '{"type": "x", "data": 1}', '{"type": "y", "data": [2]}'


@pytest.mark.parametrize(
    "frame",
    [
        f"{A}\n{B}",
        f"{A}\r\n{B}\r\n",
        f"{A}{B}",
        f"{A} [{B}]",
        f"{A}\x1e{B}\x1e",
        f"\ufeff{A}\n\n{B}",
        f"{A}\n{B}".encode("utf-8-sig"),
        f"[{A}, {B}]".encode("utf-16"),
    ],
)
def test_several_values_in_a_frame_are_several_messages(frame: Any):
    assert read(frame) == ([Message("x", 1), Message("y", [2])], None)


def test_a_bad_line_costs_only_itself():
    found, error = read(f'{A}\n{{"type": "x", "da\n{B}')
    assert found == [Message("x", 1), Message("y", [2])]
    assert '{"type": "x", "da' in str(error)


def test_nan_and_infinity_are_read():
    (message,), error = read('{"type": "x", "data": {"a": NaN, "b": Infinity, "c": -Infinity, "d": 1}}')
    assert (str(message.data), error) == ("{'a': nan, 'b': inf, 'c': -inf, 'd': 1}", None)


def test_a_lone_surrogate_is_replaced_when_it_is_read():
    assert read(r'{"type": "x", "data": {"\ud800a": ["\udfff", "\ud83d\ude00"]}}')[0][0].data == {
        "\ufffda": ["\ufffd", "\U0001f600"]
    }


@pytest.mark.parametrize(
    "foreign",
    [
        {"type": "ticker"},
        {"type": "ticker", "price": "1.0"},
        {"type": "ticker", "id": 7, "timestamp": 1_795_456_052_100, "channel": "x"},
        {"type": "subscriptions", "channels": []},
        {"type": "heartbeat", "sequence": 7},
        {"type": "error", "message": "no", "reason": "x"},
        {"type": "error"},
        {"type": "hello", "server": "theirs"},
        {"type": "publish", "channel": "x", "payload": 1},
        {"type": ["ticker"], "price": 1},
        {"type": {"of": "ticker"}},
        {"type": None, "price": 1},
    ],
)
def test_another_protocol_that_has_types_too_is_told_to_pass_a_decoder(foreign: Any):
    for frame in (json.dumps(foreign), json.dumps([foreign]), f"{json.dumps(foreign)}\n"):
        found, error = read(frame)
        assert found == []
        assert "pass decode= for another protocol" in str(error)


keys = st.sampled_from(["type", "data", "timestamp", "id", "channel", "epoch", "offset", "price", "\ud800"])


@given(st.dictionaries(keys, data, max_size=4), st.booleans())
def test_whatever_stands_in_a_frame_it_is_read_or_said_to_be_none(value: Any, requests: bool):
    found, error = read(json.dumps(value), requests=requests)
    assert (len(found), error is None) in ((1, True), (0, False))


@pytest.mark.parametrize("kind", sorted(EMPTY))
def test_what_says_nothing_but_itself_needs_no_data_and_others_may_add_to_it(kind: str):
    for frame in ({"type": kind}, {"type": kind, "id": 7}, {"type": kind, "at": "noon"}):
        (message,), error = read(json.dumps(frame))
        assert (message.type, message.data, error) == (kind, None, None)


def test_a_heartbeat_of_a_server_of_envelopes_is_no_foreign_message():
    assert read('{"type": "heartbeat"}') == ([Message("heartbeat")], None)
    assert read('{"type": "heartbeat", "id": 7}') == ([Message("heartbeat", id=7)], None)


def test_data_that_are_null_are_data():
    assert read('{"type": "tick", "data": null, "mood": 7}') == ([Message("tick")], None)


@pytest.mark.parametrize("kind", sorted([*CONTROL, "tick"]))
def test_what_we_send_always_has_data(kind: str):
    """Or our own hub and client would take a message of nothing for one of another protocol."""
    assert json.loads(write(Message(kind))) == {"type": kind, "data": None}
    assert json.loads(write(Message(kind, id="\ud800"))) == {"type": kind, "data": None, "id": "\ufffd"}
    assert read(write(Message(kind))) == ([Message(kind)], None)


@pytest.mark.parametrize("kind", sorted([*CONTROL, "tick"]))
def test_a_server_takes_requests_without_data_which_it_answers_by_their_type(kind: str):
    assert read(json.dumps({"type": kind, "id": 7}), requests=True) == ([Message(kind, id=7)], None)


def test_a_server_is_not_asked_to_publish_what_stands_under_another_name():
    for frame in ('{"type": "publish", "channel": "x", "payload": 1}', '{"type": "tick", "payload": 1}'):
        found, error = read(frame, requests=True)
        assert found == []
        assert "it has 'payload' and no data" in str(error)
    assert read('{"type": "subscribe", "topics": ["x"]}', requests=True) == ([Message("subscribe")], None)


@pytest.mark.parametrize(
    "timestamp",
    [
        1_795_456_052_100,
        1_795_456_052.1,
        1_795_456_052_100_000,
        1_795_456_052_100_000_000,
        "2026-11-23T17:47:32.100Z",
        "1795456052100",
    ],
)
def test_the_time_is_in_milliseconds_whatever_the_server_wrote(timestamp: Any):
    frame = json.dumps({"type": "x", "data": 1, "timestamp": timestamp})
    for raw in (frame, f"[{frame}]"):
        (message,), error = read(raw)
        assert message.timestamp == pytest.approx(1_795_456_052_100)
        assert error is None


@pytest.mark.parametrize("timestamp", ["soon", True, [1], 1e21, float("nan")])
def test_what_is_no_time_is_refused_in_words(timestamp: Any):
    found, error = read(json.dumps({"type": "x", "data": 1, "timestamp": timestamp}))
    assert found == []
    assert "its timestamp " in str(error)
    assert "pass milliseconds" in str(error)


def test_one_bad_envelope_in_an_array_costs_only_itself():
    found, error = read('[{"type": "a", "data": 0}, {"typ": "b"}, {"type": "c", "data": [1]}]')
    assert found == [Message("a", 0), Message("c", [1])]
    assert '\'{"typ": "b"}\' is no envelope' in str(error)


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


def test_nan_travels_as_null_which_a_stream_reads_as_missing():
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


class Odd:
    pass


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (np.float32(0.5), "0.5"),
        (
            {"loss": np.float64("nan"), "step": np.int64(3), "on": np.bool_(True)},
            '{"loss":null,"step":3,"on":true}',
        ),
        (np.arange(3), "[0,1,2]"),
        (
            [pd.Timestamp("2026-11-29T12:00:00Z"), {1: Decimal("2.5")}],
            '["2026-11-29T12:00:00+00:00",{"1":2.5}]',
        ),
        ({"a\ud800": np.float32(1)}, '{"a\ufffd":1.0}'),
    ],
)
def test_values_of_other_libraries_are_the_values_in_them(data: Any, expected: str):
    assert encode_data(data).decode() == expected
    assert json.loads(write(Message("x", data)))["data"] == json.loads(expected)


@pytest.mark.parametrize("data", [Odd(), [Odd()], {"a": {"b": Odd()}}])
def test_what_json_has_no_words_for_is_refused(data: Any):
    for encode in (encode_data, lambda data: write(Message("x", data))):
        with pytest.raises(TypeError, match="of type Odd is nothing that JSON has"):
            encode(data)
