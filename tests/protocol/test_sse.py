"""Server-sent events: each rule of the standard, and that it does not matter how the bytes are cut."""

from __future__ import annotations

import copy
import pickle
import re
from itertools import cycle
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.errors import UsageError
from realtime_widgets.protocol.sse import COMMENT, MAX_LINE, MAX_RETRY, Data, Decoder, encode, encode_retry

Event = tuple[str, str, str]
State = tuple[list[Event], str, int | None, int]


def shown(events: list[Data]) -> list[Event]:
    return [(str(each), each.event, each.event_id) for each in events]


def chunks(raw: bytes, sizes: list[int]) -> list[bytes]:
    """The bytes, cut at these sizes over and over."""
    found, at, turns = [], 0, cycle(sizes)
    while at < len(raw):
        size = next(turns)
        found.append(raw[at : at + size])
        at += size
    return found


def decode(raw: bytes, sizes: list[int] | None = None, **bounds: int) -> State:
    """What a decoder makes of a stream: the events, and what it knows in the end."""
    decoder = Decoder(**bounds)
    events = [
        event for chunk in (chunks(raw, sizes) if sizes else [raw]) for event in shown(decoder.feed(chunk))
    ]
    return events, decoder.last_id, decoder.retry, decoder.oversized


def texts(raw: bytes | str, **bounds: int) -> list[str]:
    raw = raw.encode() if isinstance(raw, str) else raw
    return [text for text, _, _ in decode(raw, **bounds)[0]]


def reference(text: str, max_line: int = 10**9, max_event: int = 10**9) -> State:
    """The standard, word by word, over the whole text at once; and our bounds."""
    *lines, unfinished = re.split("\r\n|\r|\n", text.removeprefix("\ufeff"))
    events: list[Event] = []
    data, kind, last_id_buffer, last_id, retry = "", "", "", "", None
    oversized, lost = 0, False
    for line in lines:
        if line == "":
            last_id = last_id_buffer
            if data != "" and not lost:
                events.append((data.removesuffix("\n"), kind or "message", last_id))
            data, kind, lost = "", "", False
            continue
        if line.startswith(":"):
            continue
        too_large = len(line.encode()) > max_line
        if not too_large:
            field, value = line.split(":", 1) if ":" in line else (line, "")
            value = value.removeprefix(" ")
            if field == "event":
                kind = value
            elif field == "data":
                data += value + "\n"
                too_large = len(data.encode()) - 1 > max_event
            elif field == "id" and "\0" not in value:
                last_id_buffer = value
            elif field == "retry" and re.fullmatch("[0-9]+", value):
                retry = min(int(value), MAX_RETRY)
        if too_large and not lost:
            lost = True
            oversized += 1
    if len(unfinished.encode()) > max_line and not unfinished.startswith(":") and not lost:
        oversized += 1
    return events, last_id, retry, oversized


# The rules


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        ("data: YHOO\ndata: +2\ndata: 10\n\n", [("YHOO\n+2\n10", "message", "")]),
        (
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            [
                ("first event", "message", "1"),
                ("second event", "message", ""),
                (" third event", "message", ""),
            ],
        ),
        ("data\n\ndata\ndata\n\ndata:", [("", "message", ""), ("\n", "message", "")]),
        ("data:test\n\ndata: test\n\n", [("test", "message", ""), ("test", "message", "")]),
        ("event: add\ndata: 73857293\n\ndata: 2153\n\n", [("73857293", "add", ""), ("2153", "message", "")]),
    ],
    ids=["lines of data", "ids", "empty data", "a space", "types"],
)
def test_the_examples_of_the_standard_come_out_as_it_says(stream: str, events: list[Event]):
    assert decode(stream.encode())[0] == events


@pytest.mark.parametrize(
    "stream", ["data: a\ndata: b\n\n", "data: a\rdata: b\r\r", "data: a\r\ndata: b\r\n\r\n"]
)
def test_a_line_ends_with_lf_cr_or_both(stream: str):
    assert texts(stream) == ["a\nb"]
    assert decode(stream.encode(), [1])[0] == [("a\nb", "message", "")]


def test_the_ends_may_be_mixed():
    assert texts("data: a\rdata: b\ndata: c\r\n\rdata: d\n\r\n") == ["a\nb\nc", "d"]
    assert texts("data: a\n\rdata: b\n\n") == ["a", "b"]  # LF, then CR: two ends


@pytest.mark.parametrize("other", "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e")
def test_nothing_else_ends_a_line(other: str):
    assert texts(f"data: a{other}b\n\n") == [f"a{other}b"]


def test_a_crlf_that_two_chunks_share_is_one_end():
    decoder = Decoder()
    assert decoder.feed(b"data: a\r") == []
    assert decoder.feed(b"") == []
    assert decoder.feed(b"\ndata: b\r") == []
    assert decoder.feed(b"\n") == []
    assert decoder.feed(b"\n") == ["a\nb"]
    assert decoder.feed(b"data: c\n\n") == ["c"]


def test_an_event_comes_with_the_first_byte_that_ends_it():
    decoder = Decoder()
    assert decoder.feed(b"data: a\r\n\r") == ["a"]
    assert decoder.feed(b"\ndata: b\n") == []
    assert decoder.feed(b"\n") == ["b"]


@pytest.mark.parametrize(
    ("line", "data"),
    [
        ("data:x", "x"),
        ("data: x", "x"),
        ("data:  x", " x"),
        ("data:\tx", "\tx"),
        ("data: x ", "x "),
        ("data:a:b", "a:b"),
        ("data::", ":"),
        ("data", ""),
        ("data:", ""),
        ("data: ", ""),
    ],
)
def test_a_value_is_what_follows_the_colon_and_one_space(line: str, data: str):
    assert texts(f"{line}\n\n") == [data]


@pytest.mark.parametrize(
    "line", [" data: x", "Data: x", "DATA: x", "data : x", "dat: x", "datas: x", "x", "é: x"]
)
def test_a_field_that_is_not_known_is_passed_over(line: str):
    assert texts(f"{line}\n\n") == []
    assert texts(f"data: a\n{line}\ndata: b\n\n") == ["a\nb"]


@pytest.mark.parametrize("line", [":", ": x", ":data: x", "::"])
def test_a_comment_says_nothing(line: str):
    assert texts(f"{line}\n\n") == []
    assert texts(f"data: a\n{line}\ndata: b\n\n") == ["a\nb"]


def test_signs_of_life_dispatch_nothing_even_after_an_id():
    assert decode(b"id: 7\ndata: a\n\n" + 3 * COMMENT) == ([("a", "message", "7")], "7", None, 0)


def test_blank_lines_alone_are_no_event():
    assert texts("\n\n\r\n\r\rdata: a\n\n\n\n") == ["a"]


def test_an_event_without_data_is_none_and_leaves_no_type_behind():
    assert decode(b"event: add\n\ndata: a\n\n")[0] == [("a", "message", "")]


def test_the_last_of_several_types_or_ids_counts():
    assert decode(b"event: a\nevent: b\nid: 1\nid: 2\ndata: x\n\n")[0] == [("x", "b", "2")]
    assert decode(b"event: a\nevent\ndata: x\n\n")[0] == [("x", "message", "")]


def test_what_the_stream_breaks_off_in_is_no_event():
    assert decode(b"id: 1\ndata: a\n\nid: 2\ndata: b\n") == ([("a", "message", "1")], "1", None, 0)
    assert texts("data: a\n\ndata: b") == ["a"]


# Ids


def test_an_id_counts_from_the_blank_line_on_and_stays():
    decoder = Decoder()
    decoder.feed(b"id: 1\ndata: a\n")
    assert decoder.last_id == ""
    assert decoder.feed(b"\n")[0].event_id == "1"
    assert decoder.last_id == "1"
    assert decoder.feed(b"data: b\n\n")[0].event_id == "1"


def test_an_id_counts_even_without_data():
    events, last_id, _, _ = decode(b"id: 1\n\ndata: a\n\nid: 2\n\n")
    assert events == [("a", "message", "1")]
    assert last_id == "2"


def test_an_empty_id_takes_the_last_one_back():
    assert decode(b"id: 1\ndata: a\n\nid\ndata: b\n\n")[0][1] == ("b", "message", "")
    assert decode(b"id: 1\ndata: a\n\nid:\n\n")[1] == ""


def test_an_id_with_a_nul_is_passed_over():
    assert decode(b"id: 1\nid: 2\x003\ndata: a\n\n")[0] == [("a", "message", "1")]


def test_a_stream_that_goes_on_keeps_the_id_of_the_one_before():
    decoder = Decoder("c4f1:17")
    assert decoder.last_id == "c4f1:17"
    assert decoder.feed(b"data: a\n\n")[0].event_id == "c4f1:17"
    assert decoder.feed(b"id: c4f1:18\ndata: b\n\n")[0].event_id == decoder.last_id == "c4f1:18"


# Retry


@pytest.mark.parametrize(
    ("value", "retry"),
    [
        ("1500", 1500),
        ("0", 0),
        ("000", 0),
        ("0015", 15),
        (str(MAX_RETRY), MAX_RETRY),
        (str(MAX_RETRY + 1), MAX_RETRY),
        ("9" * 10_000, MAX_RETRY),  # more digits than int() takes
        ("0" * 10_000 + "7", 7),
        ("", None),
        (" 1", None),
        ("1 ", None),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("1_000", None),
        ("0x10", None),
        ("١٢", None),  # digits, but not of ASCII
        ("²", None),
    ],
)
def test_retry_takes_ascii_digits_only(value: str, retry: int | None):
    assert decode(f"retry: {value}\n".encode())[2] == retry


def test_the_last_retry_that_could_be_read_counts_at_once():
    assert decode(b"retry: 10\nretry: 20\nretry: soon\n") == ([], "", 20, 0)


# Text


def test_one_byte_order_mark_is_taken_off_the_beginning():
    assert texts("\ufeffdata: a\n\n") == ["a"]
    assert texts("\ufeff\ufeffdata: a\n\n") == []
    assert texts("\n\ufeffdata: a\n\n") == []
    assert texts("data: \ufeffa\n\n") == ["\ufeffa"]


def test_characters_may_be_cut():
    raw = "\ufeffevent: é\nid: 名\ndata: 🙂\u2028é\n\n".encode()
    assert decode(raw, [1])[0] == [("🙂\u2028é", "é", "名")]


@pytest.mark.parametrize(
    ("raw", "data"),
    [
        (b"\xff", "\ufffd"),
        (b"a\xc3", "a\ufffd"),  # the line ends within a character
        (b"\xf0\x9f\x99", "\ufffd"),
        (b"\xe0\x80", "\ufffd\ufffd"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
    ],
)
def test_bytes_that_are_no_text_are_replaced_and_cost_nothing_else(raw: bytes, data: str):
    assert texts(b"data: " + raw + b"\ndata: b\n\n") == [f"{data}\nb"]


# Bounds


def test_a_line_may_be_as_long_as_the_bound_and_no_longer():
    assert decode(b"data: 4567\n\n", max_line=10)[0] == [("4567", "message", "")]
    assert decode(b"data: 45678\n\n", max_line=10) == ([], "", None, 1)
    assert decode("data: 45é\n\n".encode(), max_line=10)[3] == 0
    assert decode("data: 456é\n\n".encode(), max_line=10)[3] == 1  # bytes, not characters


def test_an_event_may_be_as_large_as_the_bound_and_no_larger():
    assert texts("data: 12\ndata: 45\n\n", max_event=5) == ["12\n45"]
    assert decode(b"data: 12\ndata: 456\n\n", max_event=5) == ([], "", None, 1)
    assert decode(b"data\n" * 7 + b"\n", max_event=5) == ([], "", None, 1)


@pytest.mark.parametrize(
    "large",
    [
        b"data: 0123456789\n",
        b"data: a\ndata: 0123456789\ndata: b\n",
        b"data: a\nunknown: 0123456789\n",
        b"data: 0123\ndata: 4567\ndata: 89\n",
        b"data: 0123456789\ndata: 0123456789\n",
        b"0123456789012345678901234567890123456789\ndata: a\n",
    ],
)
@pytest.mark.parametrize("sizes", [None, [1], [7], [64, 1]])
def test_what_is_too_large_costs_one_event(large: bytes, sizes: list[int] | None):
    raw = b"data: before\n\nevent: e\n" + large + b"\ndata: after\n\n"
    events = [("before", "message", ""), ("after", "message", "")]
    assert decode(raw, sizes, max_line=12, max_event=8) == (events, "", None, 1)


def test_each_event_that_is_too_large_is_counted():
    assert decode(b"data: 0123456789\n\n" * 3 + b"data: a\n\n", max_event=8)[3] == 3


def test_what_is_too_large_is_counted_before_its_end():
    decoder = Decoder(max_line=8)
    decoder.feed(b"data: 0123")
    assert decoder.oversized == 1
    decoder.feed(b"456789" * 9)
    assert decoder.oversized == 1


def test_the_id_and_the_retry_of_an_event_that_is_too_large_count():
    raw = b"id: 7\ndata: 0123456789\nretry: 5\n\ndata: a\n\n"
    assert decode(raw, max_event=8) == ([("a", "message", "7")], "7", 5, 1)
    raw = b"data: 0123456789\nid: 7\n\n"
    assert decode(raw, max_event=8)[1] == "7"


@pytest.mark.parametrize("sizes", [None, [1], [7]])
def test_a_comment_that_is_too_long_costs_nothing(sizes: list[int] | None):
    raw = b"\xef\xbb\xbf:" + b"x" * 50 + b"\ndata: a\n:" + b"x" * 50 + b"\ndata: b\n\n"
    assert decode(raw, sizes, max_line=12) == ([("a\nb", "message", "")], "", None, 0)


def held(decoder: Decoder) -> int:
    """Bytes of all that it holds, whatever it is."""
    return len(pickle.dumps(vars(decoder)))


@pytest.mark.parametrize("beginning", [b"data: ", b": ", b"id: ", b""])
def test_a_line_without_end_is_not_kept(beginning: bytes):
    decoder = Decoder()
    decoder.feed(beginning)
    chunk = b"x" * 64_000
    small = held(decoder) + 100
    for _ in range(50_000_000 // len(chunk)):
        decoder.feed(chunk)
        assert held(decoder) <= MAX_LINE + len(chunk) + small
    assert held(decoder) <= small
    assert decoder.oversized == (beginning != b": ")
    assert decoder.feed(b"\n\ndata: a\n\n") == ["a"]


def test_an_event_without_end_is_not_kept():
    decoder = Decoder(max_event=10_000)
    chunk = b"data\ndata: x\n" * 100
    small = held(decoder) + 100
    for _ in range(1000):
        decoder.feed(chunk)
        assert held(decoder) <= 10_000 + len(chunk) + small
    assert decoder.oversized == 1
    assert decoder.feed(b"\ndata: a\n\n") == ["a"]


# Properties

sizes = st.lists(st.integers(0, 9), max_size=6).map(lambda some: [*some, 1])
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=8)
bodies = st.lists(words | st.sampled_from(["\r", "\n", "\r\n", "\0", " ", ":"]), max_size=6).map("".join)
events = st.fixed_dictionaries(
    {
        "data": bodies,
        "id": st.none() | words,
        "event": st.none() | words,
        "retry": st.none() | st.integers(0, 10**6),
    }
)
tokens = st.sampled_from(
    [
        *("data", "event", "id", "retry", "x", "data: a\n", "id: 1\n", "event: e\n", "retry: 9\n", "\n\n"),
        *(":", " ", "\r", "\n", "\r\n", "\0", "0", "42", "\ufeff", "é", "🙂", "\u2028", "\x85", "\x0b"),
        *(": comment\n", "data:", "data: "),
    ]
)
broken = st.sampled_from([b"\xff", b"\xc3", b"\xa9", b"\xf0\x9f", b"\xe0\x80", b"\xef\xbb", b"\xbf"])


@given(st.lists(events, max_size=5), sizes, st.booleans())
def test_what_is_written_is_read_however_it_is_cut(some: list[dict[str, Any]], sizes: list[int], alive: bool):
    wanted, last_id, retry = [], "", None
    for one in some:
        last_id = last_id if one["id"] is None else one["id"]
        retry = retry if one["retry"] is None else one["retry"]
        wanted.append((re.sub("\r\n?", "\n", one["data"]), one["event"] or "message", last_id))
    raw = (COMMENT if alive else b"").join(encode(**one) for one in some)
    assert decode(raw, sizes) == (wanted, last_id, retry, 0)


@given(st.binary(max_size=200), sizes, st.integers(4, 20), st.integers(0, 20))
def test_any_bytes_mean_the_same_however_they_are_cut(
    raw: bytes, sizes: list[int], max_line: int, max_event: int
):
    assert decode(raw, sizes) == decode(raw)
    assert decode(raw, sizes, max_line=max_line, max_event=max_event) == decode(
        raw, max_line=max_line, max_event=max_event
    )


@given(st.lists(tokens.map(str.encode) | broken, max_size=40).map(b"".join), sizes)
def test_the_standard_read_word_by_word_agrees(raw: bytes, sizes: list[int]):
    wanted = reference(raw.decode("utf-8", "replace"))
    assert decode(raw) == wanted
    assert decode(raw, sizes) == wanted


@given(st.lists(tokens, max_size=40).map("".join), sizes, st.integers(4, 12), st.integers(0, 8))
def test_it_agrees_within_bounds_too(text: str, sizes: list[int], max_line: int, max_event: int):
    wanted = reference(text, max_line, max_event)
    assert decode(text.encode(), max_line=max_line, max_event=max_event) == wanted
    assert decode(text.encode(), sizes, max_line=max_line, max_event=max_event) == wanted


# The data


def test_data_are_text_that_knows_what_it_came_as():
    data = Decoder().feed(b'event: add\nid: 7\ndata: {"a": 1}\n\n')[0]
    assert data == '{"a": 1}'
    assert (data.event, data.event_id) == ("add", "7")
    assert (Data("x").event, Data("x").event_id) == ("message", "")


def test_data_are_as_light_as_can_be_and_survive_copies():
    data = Data("x", event="add", event_id="7")
    assert not hasattr(data, "__dict__")
    for twin in (copy.deepcopy(data), pickle.loads(pickle.dumps(data))):
        assert (twin, twin.event, twin.event_id) == ("x", "add", "7")


def test_plain_text_of_it_suits_who_takes_no_subclass():
    assert msgspec.json.decode(str(Data("[1]"))) == [1]


# Writing


@pytest.mark.parametrize(
    ("event", "raw"),
    [
        ({"data": "a"}, b"data: a\n\n"),
        ({"data": ""}, b"data: \n\n"),
        ({"data": "a\nb\r\nc\rd"}, b"data: a\ndata: b\ndata: c\ndata: d\n\n"),
        ({"data": "a\n"}, b"data: a\ndata: \n\n"),
        ({"data": "é\u2028"}, "data: é\u2028\n\n".encode()),
        (
            {"data": " a", "id": "7", "event": "e", "retry": 5},
            b"retry: 5\nid: 7\nevent: e\ndata:  a\n\n",
        ),
        ({"data": "a", "id": "", "retry": 0}, b"retry: 0\nid: \ndata: a\n\n"),
    ],
)
def test_an_event_is_written_like_this(event: dict[str, Any], raw: bytes):
    assert encode(**event) == raw


@pytest.mark.parametrize("bad", ["\r", "\n", "\0", "a\r\nb", "data\n\ndata: forged"])
@pytest.mark.parametrize("name", ["id", "event"])
def test_an_id_or_a_type_cannot_leave_its_line(name: str, bad: str):
    with pytest.raises(UsageError, match="has a line end or a NUL; pass") as caught:
        encode("a", **{name: bad})
    assert f"{name}={bad!r}" in str(caught.value)


def test_a_complaint_shows_the_beginning_of_a_long_value_only():
    with pytest.raises(UsageError) as caught:
        encode("a", id="x" * 10_000 + "\n")
    assert len(str(caught.value)) < 200


def test_a_client_can_be_asked_to_wait_without_an_event():
    assert decode(encode_retry(1234)) == ([], "", 1234, 0)


def test_a_negative_retry_is_refused():
    with pytest.raises(UsageError, match="retry=-1 is negative; pass milliseconds"):
        encode("a", retry=-1)


@pytest.mark.parametrize("event", [{"data": "\ud800"}, {"data": "a", "id": "\ud800"}])
def test_half_a_character_is_refused(event: dict[str, Any]):
    with pytest.raises(UnicodeEncodeError):
        encode(**event)
