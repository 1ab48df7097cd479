"""What a client asks for, by values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.hub import requests
from realtime_widgets.hub.requests import (
    MAX_NAMED,
    MAX_NAMED_CHARACTERS,
    MAX_ODD,
    MAX_TOGETHER,
    Complaint,
    Hello,
    Read,
    Request,
    data_of,
    hello_of,
    named_in,
    read_frame,
)
from realtime_widgets.hub.turns import whole
from realtime_widgets.protocol import pieces
from realtime_widgets.protocol.envelope import new_envelope, write
from realtime_widgets.protocol.limits import MAX_FRAME_BYTES, MAX_NAME_LENGTH, MAX_RECENT
from realtime_widgets.streams.gaps import Position

PING = '{"type":"ping"}'


def read(frame: str | bytes) -> Read:
    """What a frame has."""
    return whole(read_frame(frame))


def asking(data: Any, type: str = "subscribe") -> Request:
    """A request as it comes: read from a frame."""
    (request,), complaint = read(json.dumps({"type": type, "data": data}))
    assert complaint is None
    return request


def test_a_request_names_its_channels():
    assert named_in(asking({"streams": ["a", "*", ""]})).channels == ["a", "*", ""]
    assert named_in(asking({"streams": [], "mood": [7]})).channels == []


def test_names_are_what_they_are_on_the_wire():
    assert named_in(asking({"streams": ["a\ud800"]})).channels == ["a\ufffd"]


def test_a_request_may_say_what_it_has_and_wants():
    named = named_in(
        asking(
            {
                "streams": ["a", "b", "c"],
                "recent": {"a": 3, "b": MAX_RECENT + 1},
                "positions": {"a": ["e", 1], "b": ["e", -1], "c": 7, "d": ["e", 2]},
            }
        )
    )
    assert named.recent == {"a": 3, "b": MAX_RECENT}
    assert named.positions == {"a": Position("e", 1)}
    assert named_in(asking({"streams": ["a"], "positions": [1]})).positions == {}


@pytest.mark.parametrize("recent", [None, [1], {"a": -1}, {"a": True}, {"a": "1"}, {"a": 1.5}])
def test_what_is_no_number_of_recent_messages_is_said(recent: Any):
    with pytest.raises(Complaint, match="how many recent messages") as complaint:
        named_in(asking({"streams": ["a"], "recent": recent}))
    assert complaint.value.code == "bad_request"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            {"batch": True, "recovery": True, "acks": True, "client": "me", "max_size": 7},
            Hello(True, 7, True, True, "me"),
        ),
        ({"batch": 1, "recovery": "true", "acks": [True], "client": 7, "max_size": True}, Hello()),
        ({"client": "", "max_size": 0}, Hello()),
        ({"client": "x" * MAX_NAME_LENGTH, "max_size": -1}, Hello(client="x" * MAX_NAME_LENGTH)),
        ({"client": "x" * (MAX_NAME_LENGTH + 1), "max_size": "7", "more": [1]}, Hello()),
        ({"client": "x" * 100_000, "max_size": [[]] * 10_000}, Hello()),
        ({"client": "\x01" * MAX_NAME_LENGTH}, Hello(client="\x01" * MAX_NAME_LENGTH)),
        (None, Hello()),
        ([1], Hello()),
    ],
)
def test_a_hello_says_what_its_client_can(data: Any, said: Hello):
    assert hello_of(asking(data, "hello")) == said


def test_without_data_a_hello_says_nothing_and_what_is_published_is_null():
    (hello, publish, ping), complaint = read(
        '[{"type": "hello"}, {"type": "publish", "channel": "a"}, {"type": "ping"}]'
    )
    assert complaint is None
    assert hello_of(hello) == Hello()
    assert (bytes(data_of(publish)), publish.channel, ping.type) == (b"null", "a", "ping")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ('{ "a" : [1,\n 2.50, "b c"] }', '{"a":[1,2.50,"b c"]}'),
        ("[NaN, -Infinity, 1e999]", "[null,null,null]"),
        (r'"\ud800"', r'"\ufffd"'),
        ("null", "null"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
    ],
)
def test_what_is_published_is_handed_on_as_any_reader_takes_it(data: str, expected: str):
    frame = f'{{"type": "publish", "id": 7, "channel": "a", "data": {data}, "timestamp": "soon"}}'
    for raw in (frame, frame.encode(), f"[{frame}]"):
        (request,), complaint = read(raw)
        assert complaint is None
        assert (request.type, request.id, request.channel) == ("publish", 7, "a")
        assert bytes(data_of(request)) == expected.encode()


def publication(data: str) -> str:
    return f'{{"type": "publish", "channel": "a", "data": {data}}}'


def test_what_is_not_quite_json_is_read_in_small_frames_and_refused_in_large_ones():
    small, large = publication("1"), publication(f'"{"x" * MAX_ODD}"')
    assert len(read(f"{small}\n{small}")[0]) == 2
    assert len(read(small.encode("utf-16"))[0]) == 1
    assert len(read(large)[0]) == 1
    assert len(read(f"\ufeff{large}")[0]) == 1
    for frame in (f"{large}\n{small}", large.replace('"data"', '"payload"'), "x\n" * 2000, "1 " * 3000):
        requests, complaint = read(frame)
        assert requests == []
        assert complaint is not None
        assert complaint.code == "unreadable"


def test_what_is_wrong_in_a_large_list_affects_nothing_else():
    good, wrong = publication(f'"{"x" * 1000}"'), '{"type": "publish", "channel": "a", "payload": 1}'
    requests, complaint = read(f"[{','.join([good, wrong, '1', good, '[]', '{}', good])}]")
    assert len(requests) == 3
    assert complaint is not None
    assert read(f"[{','.join([good] * 10)}]")[1] is None
    assert len(read(f"[{','.join([good] * 10)},{publication('NaN')}]")[0]) == 11


def test_a_frame_has_so_many_envelopes_and_no_more():
    assert len(read(f"[{','.join([PING] * MAX_TOGETHER)}]")[0]) == MAX_TOGETHER
    requests, complaint = read(f"[{','.join([PING] * (MAX_TOGETHER + 1))}]")
    assert requests == []
    assert complaint is not None
    assert "10,001 envelopes" in str(complaint)


def test_numbers_that_are_infinite_as_floats_are_null_and_the_others_stay():
    (request,), _ = read(publication(f"[{'9' * 250}e99, 0.{'5' * 350}e400, 1e-400, {'7' * 305}]"))
    assert bytes(data_of(request)).decode() == f"[null,null,1e-400,{'7' * 305}]"


def test_a_client_may_have_a_name_all_of_whose_characters_are_escaped():
    name = "\U0001f600" * MAX_NAME_LENGTH
    frame = json.dumps({"type": "hello", "data": {"client": name}}, ensure_ascii=True)
    ((hello,), _) = read(frame)
    assert hello_of(hello).client == name


@pytest.mark.parametrize("data", ["[]," * 300_000 + "0", "NaN," * 200_000 + "0", '"",' * 300_000 + "0"])
def test_a_large_frame_is_read_in_steps(data: str):
    steps = read_frame(f'{{"type": "publish", "channel": "a", "data": [{data}]}}')
    assert sum(1 for _ in steps) >= 10


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
        {"streams": [""] * 200_000},
        {"streams": ["a"], "recent": {str(number): 1 for number in range(50_000)}},
        {"streams": ["a"], "positions": {str(number): ["e", 1] for number in range(50_000)}},
    ],
)
def test_a_request_that_names_none_or_too_many_is_refused_shortly(data: Any):
    with pytest.raises(Complaint) as complaint:
        named_in(asking(data))
    assert complaint.value.code == "bad_request"
    assert len(str(complaint.value)) < 200


def test_an_answer_that_repeats_all_names_fits_into_a_frame():
    names = ["\x01" * 200] * (MAX_NAMED_CHARACTERS // 200)
    assert named_in(asking({"streams": names})).channels == names
    assert len(write(new_envelope("error", {"streams": names}))) < MAX_FRAME_BYTES


def test_a_frame_that_is_none_is_not_repeated():
    messages, complaint = read('[{"type": "ping"}, {"secret": 1}]')
    assert [message.type for message in messages] == ["ping"]
    assert complaint is not None
    assert "secret" not in str(complaint)
    assert read("[" * 100_000)[0] == []


# Long frames


DATA = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=5), inner, max_size=6),
    max_leaves=15,
)
ENVELOPES = st.fixed_dictionaries(
    {"type": st.sampled_from(["publish", "ping", "x"]) | st.text()},
    optional={
        "data": DATA,
        "channel": st.text() | st.none(),
        "id": st.integers(0, 9) | st.text(),
        "offset": st.integers() | st.text(),
        "more": DATA,
        "e": st.lists(st.none(), max_size=2),
    },
)


def comparable(found: Read) -> Any:
    requests, complaint = found
    values = [(r.type, bytes(r.data), r.id, r.channel, r.epoch, r.offset) for r in requests]
    return values, complaint and (complaint.code, str(complaint))


@given(
    ENVELOPES | st.lists(ENVELOPES | st.integers(), max_size=4),
    st.sampled_from([None, 1]),
    st.sampled_from(["", "\ufeff", " \n"]),
    st.sampled_from(["", "NaN", "1e999", "]", ',"x":0']) | st.text(max_size=3),
)
def test_a_long_frame_is_read_as_a_short_one(said: Any, indent: int | None, before: str, put_in: str):
    text = json.dumps(said, indent=indent)
    place = len(text) // 2
    frame = before.encode() + (text[:place] + put_in + text[place:]).encode("utf-8", "surrogatepass")
    short = read(frame)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(pieces, "LONG", 10)
        monkeypatch.setattr(pieces, "STEP", 8)
        monkeypatch.setattr(requests, "MAX_LOOSE", 10_000)
        long = read(frame)
    assert comparable(long) == comparable(short)


def test_a_long_envelope_with_many_members_of_its_own_is_refused():
    frame = b'{"type":"publish","channel":"x","data":1,%s"y":0}' % (b'"x":0,' * 150_000)
    (_, complaint) = whole(read_frame(frame))
    assert complaint is not None
    assert complaint.code == "unreadable"
    assert read(b'{"type":"publish","channel":"x","data":1,%s"y":0}' % (b'"x":0,' * 1000))[1] is None


def test_a_list_of_far_too_many_envelopes_is_not_split():
    requests, complaint = read(b"[" + b"{}," * 100_000 + b"{}]")
    assert requests == []
    assert "a frame of more than 10,000 envelopes is too large" in str(complaint)


def test_data_of_a_long_frame_are_handed_on_as_they_came():
    data = json.dumps([{"a": i, "b": ["x", {}]} for i in range(25_000)])
    frame = f'{{"type": "publish", "data": {data} , "channel": "x", "id": "k"}}'
    assert len(frame) > pieces.LONG
    for whole_frame, count in ((frame, 1), (f"[{frame}, {frame}]", 2)):
        found, complaint = whole(read_frame(whole_frame))
        assert complaint is None
        assert [(each.type, each.channel, each.id, bytes(each.data).decode()) for each in found] == [
            ("publish", "x", "k", data)
        ] * count
