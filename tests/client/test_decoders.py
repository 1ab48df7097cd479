"""Decoders: the JSON of other servers, by what is where in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import realtime_widgets as rw
from realtime_widgets.client import Client
from realtime_widgets.client.address import identity
from realtime_widgets.errors import BadMessage, CallbackFailed, UsageError
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.protocol.sse import Data
from support.fed_receiver import Fed, rows
from support.servers import LIMIT, Server, wait_for

MOMENT = 1_795_456_052.1
MS = 1_795_456_052_100


def read(decode: Any, *frames: Any) -> list[tuple[str | None, Any, float | None]]:
    """What a decoder makes of frames: channel, data and time of each record."""
    raws = [frame if isinstance(frame, str | bytes) else json.dumps(frame) for frame in frames]
    return [(each.channel, each.data, each.timestamp) for raw in raws for each in decode(raw)]


# What servers send


def test_binance_combined_streams():
    decode = rw.decoders.json("stream", data="data", time="T", numbers=True)
    frames = [
        {"result": None, "id": 1},
        {
            "stream": "btcusdt@trade",
            "data": {"e": "trade", "s": "BTCUSDT", "T": MS, "p": "0.00100", "q": "100"},
        },
    ]
    assert read(decode, *frames) == [
        ("btcusdt@trade", {"e": "trade", "s": "BTCUSDT", "p": 0.001, "q": 100}, MS)
    ]


def test_kraken_version_2_has_several_records_in_a_message():
    decode = rw.decoders.json("channel", data="data", time="timestamp")
    ticks = [
        {"symbol": "BTC/USD", "bid": 1.5, "timestamp": "2026-11-23T17:47:32.100000Z"},
        {"symbol": "ETH/USD", "bid": 2},
    ]
    frames = [{"channel": "heartbeat"}, {"channel": "ticker", "type": "update", "data": ticks}]
    assert read(decode, *frames) == [
        ("ticker", {"symbol": "BTC/USD", "bid": 1.5}, pytest.approx(MS)),
        ("ticker", {"symbol": "ETH/USD", "bid": 2}, None),
    ]


def test_kraken_version_1_names_nothing():
    decode = rw.decoders.json("-2", data="1", numbers=True)
    frame = [340, {"a": ["5525.40", 1, "1.0"], "b": ["5525.10", 1, "1.0"]}, "ticker", "XBT/USD"]
    assert read(decode, {"event": "heartbeat"}, frame) == [
        ("ticker", {"a": [5525.4, 1, 1.0], "b": [5525.1, 1, 1.0]}, None)
    ]


def test_coinbase_has_lists_in_lists_and_one_time_for_all():
    decode = rw.decoders.json("channel", data="events.tickers", time="timestamp", numbers=["price"])
    ticker = {"product_id": "1", "price": "2.5"}
    frame = {
        "channel": "ticker",
        "timestamp": "2026-11-23T17:47:32.1Z",
        "events": [{"type": "snapshot", "tickers": [ticker, ticker]}, {"tickers": [ticker]}],
    }
    assert read(decode, frame) == [("ticker", {"product_id": "1", "price": 2.5}, pytest.approx(MS))] * 3


def test_a_device_that_sends_one_kind_of_thing():
    decode = rw.decoders.json(time="t", flatten=True, default="device")
    frame = {"t": MOMENT, "board": {"temp": 21.5, "fans": [1, 2], "net": {"up": True}}}
    assert read(decode, frame, "7") == [
        ("device", {"board.temp": 21.5, "board.fans": [1, 2], "board.net.up": True}, pytest.approx(MS)),
        ("device", 7, None),
    ]


def test_a_function_may_say_the_channel():
    decode = rw.decoders.json(lambda trade: f"trades.{trade['s']}")
    assert read(decode, [{"s": "a", "p": 1}, {"s": "b", "p": 2}]) == [
        ("trades.a", {"s": "a", "p": 1}, None),
        ("trades.b", {"s": "b", "p": 2}, None),
    ]


def test_functions_may_say_the_data_and_the_time():
    decode = rw.decoders.json(
        default="x", data=lambda one: [*one["rows"], 3] if "rows" in one else None, time=lambda row: MS
    )
    assert read(decode, {"rows": [{"a": 1}]}, {}) == [("x", {"a": 1}, MS), ("x", 3, MS)]


def delta(**fields: Any) -> Any:
    return {
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": fields, "finish_reason": None}],
    }


ANSWER = rw.decoders.json(data="choices.0.delta.content")


def test_a_language_models_answer_is_its_pieces_of_text():
    frames = [
        delta(role="assistant"),
        delta(content="Hel"),
        delta(content="lo"),
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {"choices": [], "usage": {"total_tokens": 9}},
        "[DONE]",
    ]
    assert read(ANSWER, *frames) == [("message", "Hel", None), ("message", "lo", None)]


def test_a_model_that_thinks_before_it_says_anything_is_no_wrong_path():
    """However long it thinks: each object has the place of the data, only not the data."""
    decode = rw.decoders.json(data="choices.0.delta.content", numbers=["thinking"])
    frames = [each for i in range(9) for each in (delta(reasoning_content=f"{i}"), delta(content=None))]
    assert read(decode, *frames, delta(content="7")) == [("message", "7", None)]
    wrong = rw.decoders.json(data="choice.0.delta.content", numbers=["thinking"])
    with pytest.raises(BadMessage, match=r"'choice\.0\.delta\.content' leads nowhere in an object"):
        read(wrong, *frames)


def test_where_no_channel_is_named_it_is_the_type_of_the_event():
    decode = rw.decoders.json(data="delta.text")
    events = [Data('{"delta": {"text": "Hel"}}', event="content_block_delta"), '{"delta": {"text": "lo"}}']
    assert read(decode, *events) == [("content_block_delta", "Hel", None), ("message", "lo", None)]


def test_what_is_no_object_is_the_data_itself_and_the_same_in_a_stream():
    fed = Fed(rw.decoders.json(data="v", time="t"))
    stream = fed.stream("message")
    fed.take({"v": "a"}, {"v": [[1, 2]]}, {"v": [[{"x": 1}]]}, {"v": "b", "t": 7})
    assert [row["value"] for row in rows(stream)] == ["a", [1, 2], [{"x": 1}], "b"]
    assert stream.latest(1).rows()[0]["ts"] == 7
    assert [data for _, data, _ in read(rw.decoders.json(data="v"), {"v": ["a", [1], [{"x": 1}]]})] == [
        "a",
        [1],
        {"value": [{"x": 1}]},  # as data it would be the records of a list
    ]


# What the arguments mean


@pytest.mark.parametrize(
    ("path", "thing", "channel"),
    [
        ("a", {"a": "x"}, "x"),
        ("a.b", {"a": {"b": "x"}}, "x"),
        ("a.b", {"a.b": "x", "a": {"b": "y"}}, "x"),
        ("a.b.c", {"a": {"b.c": "x"}}, "x"),
        ("a.0", {"a": ["x", "y"]}, "x"),
        ("a.-1", {"a": ["x", "y"]}, "y"),
        ("a.b", {"a": [{"c": 1}, {"b": "x"}]}, "x"),
        ("a", {"a": 340}, "340"),
    ],
)
def test_a_path_leads_through_objects_and_lists(path: str, thing: Any, channel: str):
    assert [each for each, _, _ in read(rw.decoders.json(path), thing)] == [channel]


@pytest.mark.parametrize(
    "thing", [{}, {"a": None}, {"a": ""}, {"a": True}, {"a": {}}, {"a": []}, [], 7, "x", None]
)
def test_what_has_no_channel_is_left_out_or_of_the_default(thing: Any):
    frame = json.dumps(thing)
    assert read(rw.decoders.json("a"), frame) == []
    assert {channel for channel, _, _ in read(rw.decoders.json("a", default="d"), frame)} <= {"d"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.50", 1.5),
        ("-7", -7),
        ("0", 0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("NaN", float("nan")),
        ("-Infinity", float("-inf")),
        ("9007199254740992", 9007199254740992),
        ("9007199254740993", None),
        ("007", None),
        ("", None),
        ("+", None),
        (".", None),
        ("e5", None),
        ("+1.25", 1.25),
        ("+5", 5),
        ("+05", None),
        ("1e999", None),
        ("1_000", None),
        ("1,5", None),
        ("０", None),
        (" 1", 1),
        ("0x10", None),
        ("nan", None),
        ("1" * 100_000, None),
    ],
)
def test_text_that_is_a_number_becomes_one(text: str, number: float | None):
    decode = rw.decoders.json(default="x", numbers=True)
    ((_, data, _),) = read(decode, {"a": text, "b": [{"c": text}]})
    right = text if number is None else number
    assert str(data) == str({"a": right, "b": [{"c": right}]})
    assert type(data["a"]) is type(right)


def test_only_the_named_fields_become_numbers():
    decode = rw.decoders.json(default="x", numbers=("a.b",), flatten=True)
    assert read(decode, {"a": {"b": "1", "c": "1"}}) == [("x", {"a.b": 1, "a.c": "1"}, None)]


def test_flat_fields_lose_nothing():
    decode = rw.decoders.json(default="x", flatten=True)
    ((_, data, _),) = read(decode, {"a.b": 1, "a": {"b": 2, "": 3, "c": {}, "d": []}})
    assert data == {"a.b": 1, "a.b_": 2, "a.": 3, "a.c": {}, "a.d": []}


def test_what_is_too_deep_stays_an_object():
    thing: Any = 1
    for _ in range(100):
        thing = {"a": thing}
    ((_, data, _),) = read(rw.decoders.json(default="x", flatten=True), thing)
    ((name, inner),) = data.items()
    assert name.count(".") == 31
    assert isinstance(inner, dict)


@pytest.mark.parametrize(
    "time", [MOMENT, MS, MS * 1000, MS * 10**6, str(MS), str(MOMENT), "2026-11-23T17:47:32.1Z"]
)
def test_the_time_may_be_in_any_unit(time: Any):
    fed = Fed(rw.decoders.json(default="x", time="t"))
    stream = fed.stream("x")
    fed.take({"t": time, "v": 1})
    assert (rows(stream), stream.read().ts.tolist()) == ([{"v": 1.0}], [pytest.approx(MOMENT)])


@pytest.mark.parametrize("time", [0, 0.5, 5.0, 86_400, 200_000, 99_999_999])
def test_a_simulations_seconds_are_seconds(time: float):
    fed = Fed(rw.decoders.json(default="x", time="t"))
    stream = fed.stream("x")
    fed.take({"t": time, "v": 1, "ts": "mine"})
    assert (rows(stream), stream.read().ts.tolist()) == ([{"v": 1.0, "ts_": "mine"}], [time])


def test_a_time_of_null_is_that_around_it_or_the_arrival():
    decode = rw.decoders.json(default="x", data="d", time="t")
    assert read(decode, {"t": MS, "d": [{"t": None, "v": 1}]}, {"t": None, "d": {"t": None, "v": 2}}) == [
        ("x", {"v": 1}, MS),
        ("x", {"v": 2}, None),
    ]


def test_another_ts_in_the_data_is_not_the_time():
    fed = Fed(rw.decoders.json(default="x", time="T"))
    stream = fed.stream("x")
    fed.take({"T": MS, "ts": 5, "v": 1})
    assert (rows(stream), stream.read().ts.tolist()) == ([{"v": 1.0, "ts_": 5.0}], [MOMENT])


# What goes wrong


def test_what_cannot_be_used_costs_only_itself():
    fed = Fed(rw.decoders.json(default="x", time="t"))
    stream = fed.stream("x")
    fed.take(
        '{"v": 1}\n{"v": \n{"v": 2, "t": "soon"}\n{"v": 3, "gpu": NaN}',
        "\ufeff" + '{"v": 4}{"v": 5}',
        "",
        b"\xff",
    )
    assert [row["v"] for row in rows(stream)] == [1, 3, 4, 5]
    assert [type(error) for error in fed.errors] == [BadMessage, BadMessage]
    assert "is no JSON" in str(fed.errors[0])
    fed.take('{"t": "soon"}')
    assert "the time of a record of 'x' is 'soon': pass milliseconds, seconds" in str(fed.errors[2])


@pytest.mark.parametrize("frame", ["", "\n", "pong", b"PING", "heartbeat", "[]"])
def test_signs_of_life_are_no_errors(frame: Any):
    assert read(rw.decoders.json("type"), *[frame] * 10) == []


def test_a_function_that_raises_costs_only_its_object():
    fed = Fed(rw.decoders.json(lambda one: one["s"]))
    stream = fed.stream("x")
    fed.take([{"s": "x", "v": 1}, {}, {"s": "x", "v": 2}])
    assert [row["v"] for row in rows(stream)] == [1, 2]
    assert isinstance(fed.errors[0], CallbackFailed)
    assert "decode() raised KeyError: 's'" in str(fed.errors[0])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"channel": "tpye"}, "no channel was found so far: 'tpye' leads nowhere in an object with ['type', 'data']; did you mean 'type'?"),
        ({"channel": "type", "data": "payload"}, "no data was found so far: 'payload' leads nowhere"),
        ({"channel": "type", "data": "data", "time": "stamp"}, "no time was found so far: 'stamp' leads nowhere in an object with ['v']; pass another time="),
    ],
)  # fmt: skip
def test_a_path_that_leads_nowhere_is_said_after_a_few_objects(options: Any, words: str):
    fed = Fed(rw.decoders.json(**options))
    fed.take(*[{"type": "x", "data": {"v": 1}}] * 2)
    assert fed.errors == []
    fed.take({"type": "x", "data": {"v": 1}})
    assert words in str(fed.errors[0])


def test_answers_between_data_are_not_said():
    fed = Fed(rw.decoders.json("type", data="data", time="t"))
    fed.take(
        {"type": "x", "data": {"v": 1, "t": 1}},
        *[{"result": None}, {"type": "x"}, {"type": "x", "data": {}}] * 9,
    )
    assert fed.errors == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "neither channel= nor default="),
        ({"channel": ""}, "channel='': it has an empty key"),
        ({"channel": "a", "data": "b..c"}, "data='b..c': it has an empty key"),
        ({"channel": "a", "time": 7}, "time=7: pass a key, keys with dots"),
        ({"channel": ["a"]}, "channel=['a']: pass a key"),
        ({"default": 7}, "default=7: pass the name of a channel"),
        ({"channel": "a", "flatten": "yes"}, "flatten='yes': pass True or False"),
        ({"channel": "a", "numbers": "p"}, "numbers='p': pass True, or a list of fields, ['p']"),
        ({"channel": "a", "numbers": 7}, "numbers=7: pass True, False or a list"),
        ({"channel": "a", "numbers": [7]}, "the names of fields are texts"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_made(arguments: Any, words: str):
    with pytest.raises(UsageError) as raised:
        rw.decoders.json(**arguments)
    assert words in str(raised.value)


def test_a_coroutine_function_is_refused():
    async def channel(one: Any) -> str:
        return "x"

    with pytest.raises(UsageError, match="a coroutine function"):
        rw.decoders.json(channel)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["1.5", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "data", "t", "ts", "seq", "", "a.b"]), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(
    JSON,
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, "data", "0", "a.b"]),
    st.sampled_from([None, "t", "data.t"]),
)
def test_no_json_whatsoever_stops_it(
    thing: Any, flatten: bool, numbers: bool, data: str | None, time: str | None
):
    fed = Fed(
        rw.decoders.json("type", data=data, time=time, flatten=flatten, numbers=numbers, default="good")
    )
    stream = fed.stream("good")
    fed.take(json.dumps(thing))
    assert all(isinstance(error, BadMessage) for error in fed.errors)
    fed.take({"data": {"v": 1}, "0": {"v": 1}, "a.b": {"v": 1}, "v": 1})
    assert len(stream) >= 1


# In a client


def test_decoders_that_were_made_alike_are_one():
    """A cell that is run again goes on with its streams."""

    def make(key: str = "type") -> Any:
        return rw.decoders.json(lambda one: one["type"], data=key, numbers=["a", "b"])

    kept = make()
    assert identity(make()) == identity(kept)
    assert identity(make("other")) != identity(kept)


def test_the_data_of_events_are_read():
    assert read(rw.decoders.json("type"), Data('{"type": "x", "v": 1}', event="e", event_id="1"))[0][0] == "x"
    assert isinstance(next(iter(rw.decoders.json("type")('{"type": "x"}'))), Message)


def test_a_client_reads_a_foreign_server(server: Server):
    with Client(server.url, decode=rw.decoders.json("s", time="E", flatten=True, numbers=True)) as client:
        stream = client.stream("BTC")
        client.wait_until("connected", LIMIT)
        wait_for(lambda: server.open)
        server.send({"s": "BTC", "E": MS, "book": {"bid": "1.5", "ask": "1.6"}})
        wait_for(lambda: len(stream))
        assert rows(stream) == [{"s": "BTC", "book.bid": 1.5, "book.ask": 1.6}]
        assert stream.newest_ts == MOMENT
        client.disconnect()
