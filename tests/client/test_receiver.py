"""What comes in: good frames become records, bad ones cost only themselves."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_widgets.client import Client, connection
from realtime_widgets.client.transports.handshake import MIN_MAX_SIZE
from realtime_widgets.errors import BadMessage, CallbackFailed, ClientError
from support.fed_receiver import Fed, rows
from support.servers import LIMIT, Server, wait_for


@pytest.mark.parametrize(
    ("data", "row"),
    [
        ({"cpu": 0.5, "host": "a"}, {"cpu": 0.5, "host": "a"}),
        (7, {"value": 7}),
        ("text", {"value": "text"}),
        (True, {"value": True}),
        ([1, 2], {"value": [1, 2]}),
        ({"deep": {"er": [1]}}, {"deep": {"er": [1]}}),
    ],
)
def test_data_of_every_kind_become_records(data: Any, row: dict[str, Any]):
    one, several = Fed(), Fed()
    streams = one.stream("x"), several.stream("x")
    one.take({"type": "x", "data": data})
    several.take({"type": "x", "data": data}, [{"type": "x", "data": data}])
    assert rows(streams[0]) == [row]
    assert rows(streams[1]) == [row, row]
    assert one.errors == several.errors == []


def test_data_without_a_field_are_no_record():
    fed = Fed()
    stream = fed.stream("x")
    assert len(fed.take({"type": "x", "data": {}})) == 1  # a message all the same
    assert (rows(stream), fed.errors) == ([], [])


def test_the_time_is_the_messages_in_milliseconds_or_the_datas_own_in_seconds():
    fed = Fed()
    stream = fed.stream("x")
    fed.take(
        {"type": "x", "data": {"a": 1}, "timestamp": 1_795_456_052_100},
        {"type": "x", "data": {"a": 2, "ts": 1_795_456_000}, "timestamp": 1_795_456_052_100},
    )
    assert stream.read().ts.tolist() == [1_795_456_052.1, 1_795_456_000.0]


def test_a_list_of_mappings_is_as_many_records_each_with_its_time():
    fed = Fed()
    stream = fed.stream("x")
    two = [{"a": 1, "ts": 1_795_456_000}, {"b": 2}]
    messages = fed.take({"type": "x", "data": two, "timestamp": 1_795_456_052_100})
    assert [message.data for message in messages] == [two]  # for who asks for messages it is one
    assert [dict(row) for row in rows(stream)] == [{"a": 1}, {"b": 2}]
    assert stream.read().ts.tolist() == [1_795_456_000.0, 1_795_456_052.1]
    fed.take({"type": "x", "data": [{"a": 1}, 2]}, {"type": "x", "data": []})
    assert stream.last_seq == 4  # other lists are values
    assert fed.errors == []


def test_without_a_time_it_is_now():
    fed = Fed()
    stream = fed.stream("x")
    fed.take({"type": "x", "data": 1}, {"type": "x", "data": 2, "timestamp": 1000})
    first, second = stream.read().ts.tolist()
    assert (first > 1.7e9, second) == (True, 1.0)


def test_channels_come_by_name_or_by_type():
    fed = Fed()
    metrics, events, mine = fed.stream("metrics"), fed.stream("events"), fed.stream("mine")
    fed.take(
        {"type": "metrics_update", "data": 1},
        {"type": "system_event", "data": 2},
        {"type": "metrics_update", "channel": "mine", "data": 3},
        {"type": "nobody", "data": 4},
    )
    assert [rows(stream) for stream in (metrics, events, mine)] == [
        [{"value": 1}],
        [{"value": 2}],
        [{"value": 3}],
    ]


def test_two_types_of_one_channel_keep_their_order():
    fed = Fed()
    stream = fed.stream("x")
    fed.take([{"type": kind, "channel": "x", "data": i} for i, kind in enumerate("abbabaab")])
    assert [row["value"] for row in rows(stream)] == list(range(8))


def test_what_is_about_the_link_is_no_data():
    fed = Fed()
    streams = [fed.stream(kind) for kind in ("ping", "pong", "hello", "error")]
    fed.take(*({"type": kind, "data": 1} for kind in ("ping", "pong", "hello", "error")))
    assert all(len(stream) == 0 for stream in streams)


def test_a_frame_that_cannot_be_read_costs_only_itself():
    fed = Fed()
    stream = fed.stream("x")
    fed.take(
        {"type": "x", "data": 1}, "nonsense", [{"type": "x", "data": 2}, {"no": 1}], {"type": "x", "data": 3}
    )
    assert [row["value"] for row in rows(stream)] == [1, 2, 3]
    assert [type(error) for error in fed.errors] == [BadMessage, BadMessage]


def test_a_record_that_does_not_fit_costs_only_itself():
    fed = Fed()
    stream = fed.stream("x")
    fed.take(*({"type": "x", "data": {"a": i}, "timestamp": 1e21 if i == 1 else i} for i in range(3)))
    assert [row["a"] for row in rows(stream)] == [0, 2]
    assert "its timestamp 1e+21 is not a moment" in str(fed.errors[0])


@pytest.mark.parametrize("decode", [None, json.loads])
def test_names_that_streams_reserve_may_be_in_data_that_are_not_ours(decode: Any):
    fed = Fed(decode)
    stream = fed.stream("t")
    fed.take(
        {"type": "t", "data": {"seq": 7, "v": 1}},
        {"type": "t", "data": {"ts": "2026-01-01T00:00:00Z", "v": 2}, "timestamp": 1_795_456_052_100},
        {"type": "t", "data": {"ts": 1_795_456_052_100, "v": 3}},
        {"type": "t", "data": {"ts": None, "": 0, "v": 4}, "timestamp": 1_795_456_052_200},
        {"type": "t", "data": {"ts": "late", "__class__": "x", "v": 5}, "timestamp": 1_795_456_052_300},
    )
    assert fed.errors == []
    assert [row["v"] for row in rows(stream)] == [1, 2, 3, 4, 5]
    assert set(stream.fields) == {"v", "seq_", "_", "ts_", "__class___"}
    assert stream.read().ts.tolist()[1:] == [
        1_767_225_600.0,
        1_795_456_052.1,
        1_795_456_052.2,
        1_795_456_052.3,
    ]


def test_any_mapping_is_a_record():
    fed = Fed(lambda raw: {"channel": "x", "data": MappingProxyType({"price": float(raw)})})
    stream = fed.stream("x")
    fed.take("1", "2")
    assert rows(stream) == [{"price": 1.0}, {"price": 2.0}]


def test_null_and_nan_are_missing():
    fed = Fed()
    stream = fed.stream("x")
    fed.take({"type": "x", "data": 1.0}, {"type": "x", "data": None}, '{"type": "x", "data": NaN}')
    assert str(stream.read()["value"].tolist()) == "[1.0, nan, nan]"


def test_records_that_are_unlike_stand_beside_each_other():
    fed = Fed()
    stream = fed.stream("x")
    fed.take(
        {"type": "x", "data": {"a": 1}},
        {"type": "x", "data": {"b": 2}},
        {"type": "x", "data": {"a": 3, "b": 4}},
    )
    batch = stream.read()
    assert str(batch.numbers("a").tolist()) == "[1.0, nan, 3.0]"
    assert str(batch.numbers("b").tolist()) == "[nan, 2.0, 4.0]"


def test_a_decoder_that_raises_costs_only_that_frame():
    def decode(frame: str) -> Any:
        return {"channel": "x", "data": 1 / int(frame)}

    fed = Fed(decode)
    stream = fed.stream("x")
    fed.take("1", "0", "2")
    assert [row["value"] for row in rows(stream)] == [1.0, 0.5]
    assert isinstance(fed.errors[0], CallbackFailed)
    assert str(fed.errors[0]) == (
        "decode() raised ZeroDivisionError: division by zero; the frame was '0', and the rest of it is left out"
    )
    assert isinstance(fed.errors[0].__cause__, ZeroDivisionError)


def test_a_foreign_servers_words_are_data_whatever_they_are_called():
    fed = Fed(json.loads)
    stream = fed.stream("ping")
    fed.take({"type": "ping", "data": 1})
    assert rows(stream) == [{"value": 1}]


@pytest.mark.parametrize("decode", [None, lambda raw: None if raw == "idle" else json.loads(raw)])
def test_that_nothing_can_be_read_is_known_after_a_few_frames_and_until_one_can(decode: Any):
    fed = Fed(decode)
    fed.take("bad", "bad")
    assert not fed.receiver.unreadable
    fed.take("bad")
    assert fed.receiver.unreadable
    if decode is not None:
        fed.take("idle")  # has nothing to give, which says nothing
        assert fed.receiver.unreadable
    fed.take({"type": "x", "data": 1})
    assert not fed.receiver.unreadable


@pytest.mark.parametrize(
    "decode", [None, json.loads, lambda raw: {"channel": "x", "price": raw}, lambda raw: raw.x]
)
def test_a_huge_bad_frame_is_neither_shown_nor_kept(decode: Any):
    for raw in ("x" * 4_000_000, '{"type": "' + "x" * 4_000_000, json.dumps(["x" * 1000] * 4000)):
        fed = Fed(decode)
        fed.take(raw)
        (error,) = fed.errors[:1]
        assert len(str(error)) <= 1000
        assert error.__cause__ is None, "it would keep the frame"


def test_one_bad_frame_among_good_ones_is_not_that_nothing_can_be_read():
    fed = Fed()
    for _ in range(5):
        fed.take("bad", "bad", {"type": "x", "data": 1})
        assert not fed.receiver.unreadable


FOREIGN = [
    {"type": "ticker"},
    {"type": "ticker", "price": 1},
    {"type": "error", "message": "no such product"},
    {"type": ["ticker"], "price": 1},
]


@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_frame_of_another_protocol_says_so_and_costs_only_itself(foreign: Any):
    fed = Fed()
    stream = fed.stream("x")
    assert len(fed.take({"type": "x", "data": 1}, foreign, [foreign, {"type": "x", "data": 2}])) == 2
    assert rows(stream) == [{"value": 1}, {"value": 2}]
    assert ["pass decode=" in str(error) for error in fed.errors] == [True, True]


def test_another_protocol_is_seen_as_one_that_cannot_be_read():
    fed = Fed()
    fed.take(*[{"type": "ticker"}] * 3)
    assert fed.receiver.unreadable
    heartbeats = Fed()
    heartbeats.take(*[{"type": "heartbeat"}] * 3)
    assert not heartbeats.receiver.unreadable
    assert heartbeats.errors == []


# Over a socket


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client(server.url, max_size=1000) as made:
        made.wait_until("connected", LIMIT)
        wait_for(lambda: server.open)
        yield made
        made.disconnect()
    gc.collect()


@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_server_of_another_protocol_is_said_to_need_a_decoder(server: Server, client: Client, foreign: Any):
    stream = client.stream("ticker")
    server.send(foreign)
    wait_for(lambda: client.last_error)
    assert "pass decode=" in str(client.last_error)
    server.send({"type": "ticker", "data": 1})
    wait_for(lambda: len(stream))
    assert rows(stream) == [{"value": 1}]


def test_a_decoder_that_fails_on_every_frame_is_seen_in_the_status(server: Server):
    def decode(frame: str) -> Any:
        return {"channel": "x", "data": json.loads(frame)["price"]}

    with Client(server.url, decode=decode) as client, Client(server.url) as other:
        stream = client.stream("x")
        client.wait_until("connected", LIMIT)
        wait_for(lambda: server.open)
        changes: list[bool] = []
        undo = client.listen(lambda: changes.append(client.status.unreadable))
        for _ in range(3):
            server.send({"type": "x", "data": {"prise": 1}})
        wait_for(lambda: client.status.unreadable)
        assert stream.source is not None
        assert stream.source.status == client.status
        assert "KeyError: 'price'" in repr(client)
        assert not other.status.unreadable  # for its envelopes all is well
        server.send({"price": 1})
        wait_for(lambda: len(stream))
        wait_for(lambda: not client.status.unreadable)
        wait_for(lambda: changes[-1] is False)
        assert True in changes
        assert "KeyError" not in repr(client)
        undo()
        client.disconnect()
        other.disconnect()


def test_text_and_binary_frames_are_the_same(server: Server, client: Client):
    stream = client.stream("x")
    server.send('{"type": "x", "data": 1}', b'{"type": "x", "data": 2}')
    wait_for(lambda: len(stream) == 2)
    assert client.last_error is None


def test_a_frame_over_the_limit_is_left_out_and_the_link_stays(server: Server, client: Client):
    stream = client.stream("x")
    server.send({"type": "x", "data": "y" * 1500}, {"type": "x", "data": "fits"})
    wait_for(lambda: len(stream))
    assert rows(stream) == [{"value": "fits"}]
    assert "a message was skipped: its frame has 1,525 bytes, more than 1,000; raise max_size=" in str(
        client.last_error
    )
    assert (client.state, client.stats.bad, client.stats.connects) == ("connected", 1, 1)


def test_a_frame_far_over_the_limit_ends_the_link_which_comes_back(server: Server, client: Client):
    server.send({"type": "x", "data": "y" * MIN_MAX_SIZE})
    wait_for(lambda: client.stats.connects == 2)
    assert "a frame was far over the size limit; raise max_size=" in str(client.last_error)


def test_what_goes_wrong_is_counted_and_told_in_the_log_now_and_then(
    server: Server, client: Client, caplog: pytest.LogCaptureFixture
):
    for _ in range(50):
        server.send("nonsense")
    wait_for(lambda: client.stats.bad == 50)
    assert [record.getMessage()[:35] for record in caplog.records] == ["a message was skipped: 'nonsense' i"]
    assert client.state == "connected"


def test_the_users_own_traceback_is_in_the_log(server: Server, caplog: pytest.LogCaptureFixture):
    def decode(frame: str) -> Any:
        raise KeyError("price")

    with Client(server.url, decode=decode) as client:
        client.wait_until("connected", LIMIT)
        wait_for(lambda: server.open)
        server.send("x")
        wait_for(lambda: client.last_error)
        client.disconnect()
    assert "KeyError: 'price'" in caplog.text
    assert 'raise KeyError("price")' in caplog.text


def test_who_sees_trouble_finds_it_in_the_log(server: Server, monkeypatch: pytest.MonkeyPatch):
    seen = []

    def decode(frame: str) -> Any:
        raise KeyError("price")

    with Client(server.url, decode=decode) as client:
        monkeypatch.setattr(connection.logger, "log", lambda *_: seen.append(client.last_error))
        client.wait_until("connected", LIMIT)
        wait_for(lambda: server.open)
        server.send("x")
        wait_for(lambda: client.last_error)
        assert seen == [None]


# What a decoder may say


class Poison(Fraction):
    """A value that no stream can take in."""

    def __float__(self) -> float:
        raise RuntimeError("not today")

    __repr__ = __str__ = __hash__ = __float__  # type: ignore[assignment]


class Unnamed:
    """A name that cannot be told."""

    __str__ = Poison.__repr__


@pytest.mark.parametrize("bad", [{"value": Poison()}, {"value": 1, Unnamed(): 2}])
@pytest.mark.parametrize("beside", [0, 3])
def test_a_record_that_cannot_be_used_costs_only_itself(bad: dict[str, Any], beside: int):
    good = {"channel": "x", "data": {"value": 7}}
    fed = Fed(lambda raw: [good] * beside + [{"channel": "x", "data": bad}] + [good] * beside)
    stream = fed.stream("x")
    fed.take("frame")
    assert rows(stream) == [{"value": 7.0}] * 2 * beside
    assert [type(error) for error in fed.errors] == [BadMessage]
    assert "a message of channel 'x' is no record" in str(fed.errors[0])


def test_a_decoder_that_ends_the_program_ends_only_its_frame():
    def decode(raw: Any) -> Any:
        sys.exit("enough")

    fed = Fed(decode)
    fed.take("frame")
    assert "decode() raised SystemExit: enough" in str(fed.errors[0])


def test_what_a_generator_gave_before_it_raised_is_kept():
    def decode(raw: Any) -> Any:
        yield {"channel": "x", "data": 1}
        raise ValueError("no more")

    fed = Fed(decode)
    stream = fed.stream("x")
    fed.take("frame")
    assert rows(stream) == [{"value": 1.0}]
    assert "decode() raised ValueError: no more; the frame was 'frame', and the rest of it" in str(
        fed.errors[0]
    )


TOKENS = st.sampled_from(
    b'{ } [ ] : , null true NaN 1e999 -1 18446744073709551616 "x" "\\ud800" \xff "type" "data" "epoch" "offset" '
    b'"channel" "history" "hello"'.split()
)


ENVELOPES = st.fixed_dictionaries(
    {"type": st.sampled_from(["x", "history", "hello", "pong", "ack", "gap", "error", ""])},
    optional={
        "data": st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3),
                st.dictionaries(
                    st.sampled_from(["positions", "after", "reason", "recovery", "acks", "ts", "x", "id"]),
                    inner,
                    max_size=4,
                ),
            ),
            max_leaves=8,
        ),
        "channel": st.sampled_from(["x", "y", "history"]),
        "epoch": st.sampled_from(["e", "f", ""]),
        "offset": st.integers(-2, 2**70),
        "timestamp": st.one_of(st.none(), st.floats(), st.integers()),
        "id": st.one_of(st.text(max_size=3), st.integers()),
    },
)


# Whatever comes


@settings(max_examples=500)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.text(max_size=60),
            st.lists(TOKENS, max_size=30).map(b"".join),
            ENVELOPES.map(lambda envelope: json.dumps(envelope)),
            st.lists(ENVELOPES, max_size=4).map(lambda envelopes: json.dumps(envelopes)),
        ),
        max_size=20,
    )
)
def test_no_frame_whatsoever_stops_it(frames: list[Any]):
    """What cannot be used is complained of, and a good message after it arrives."""
    fed = Fed()
    held = fed.stream("x"), fed.stream("good")
    fed.take(*frames)
    fed.take({"type": "good", "data": 7})
    assert rows(held[1])[-1] == {"value": 7.0}
    assert all(isinstance(error, ClientError) for error in fed.errors)


def test_the_messages_of_a_channel_are_a_stream_too_whatever_their_types():
    fed = Fed()
    messages = fed.receiver.message_stream("room", 0, asks=True)
    assert fed.receiver.message_stream("room", 0, asks=True) is messages
    one = {"type": "said", "data": {"text": "hi"}, "id": "a", "channel": "room", "epoch": "e", "offset": 1}
    fed.take(one, {**one, "type": "left", "data": None, "offset": 2}, {"type": "other", "data": 1})
    fed.take([{**one, "id": "b", "offset": 5}, {**one, "id": "c", "offset": 6}])
    found = [(m.type, m.id, m.offset) for m in messages.read()["message"]]
    assert found == [("said", "a", 1), ("left", "a", 2), ("said", "b", 5), ("said", "c", 6)]
    assert [gap.missed for gap in messages.gaps] == [2]
    assert fed.receiver.channels == {"room"}


def test_a_stream_of_messages_lives_beside_that_of_their_data():
    fed = Fed()
    messages, data = fed.receiver.message_stream("x", 0, asks=False), fed.stream("x")
    fed.take({"type": "x", "data": {"a": 1}})
    assert [m.data for m in messages.read()["message"]] == [{"a": 1}]
    assert rows(data) == [{"a": 1}]


def test_nobody_asks_the_server_for_what_it_sends_by_itself():
    fed = Fed()
    messages = fed.receiver.message_stream("answers", 0, asks=False)
    fed.take({"type": "answers", "data": [1], "id": "q"})
    assert [(m.id, m.data) for m in messages.read()["message"]] == [("q", [1])]
    assert fed.receiver.channels == set()
    asking = fed.receiver.message_stream("answers", 0, asks=True)
    assert fed.receiver.channels == {"answers"}
    del asking, messages
    gc.collect()
    assert fed.receiver.channels == set()
