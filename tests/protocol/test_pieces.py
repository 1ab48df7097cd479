"""Pieces of a long JSON text: together they are JSON exactly when the whole is, and say where it is not."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from realtime_widgets.hub.turns import whole
from realtime_widgets.protocol import pieces

read = msgspec.json.Decoder(msgspec.Raw).decode


@pytest.fixture(autouse=True)
def short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "STEP", 8)


def good(data: bytes) -> bool:
    try:
        read(data)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True


def checked(data: bytes) -> bool:
    try:
        whole(pieces.check(data))
    except (ValueError, RecursionError):
        return False
    return True


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)
TRICKS = st.text(alphabet='[]{},:"\\ 0a', max_size=60)


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_all_that_is_json_is_taken(value: Any, ascii: bool, indent: int | None):
    data = json.dumps(value, ensure_ascii=ascii, indent=indent).encode("utf-8", "surrogatepass")
    assert checked(data)


@given(TRICKS)
@example("[0,1,2,3,]")
@example("[0,1,2,3,,4]")
@example('{"a":0,"b":1,}')
@example('{"a":0,"b":1,2}')
@example('["aaaaaaaa",{"b":1]')
@example('["aaaaaaaa"],"b"')
@example('["aaaaaaaa"]]]],"b"')
@example('[["aaaaaaaa",0],{"b":1,"c"}]')
@example('["aaaaaaa\\\\",0,"\\",1]')
@example('["\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\"],[",0,1]')
@example('"aaaaaaaaaaaa')
@example("")
@example("[,null]")
@example('{,"a":0}')
def test_what_is_none_is_refused_and_nothing_else(text: str):
    assert checked(text.encode()) == good(text.encode())


@given(VALUES, st.integers(0, 10_000), st.sampled_from('[]{},:"\\0'))
def test_one_byte_that_is_wrong_is_seen_wherever_it_is(value: Any, place: int, by: str):
    data = json.dumps(value)
    at = place % len(data)
    for changed in (data[:at] + by + data[at + 1 :], data[:at] + by + data[at:], data[:at] + data[at + 1 :]):
        assert checked(changed.encode()) == good(changed.encode()), changed


def test_it_says_where():
    data = b"[" + b"0," * 100 + b"x,0]"
    with pytest.raises(ValueError, match=r"invalid character \(byte 201\)"):
        whole(pieces.check(data))


@pytest.mark.parametrize("depth", [20, 500, 100_000])
def test_what_is_nested_too_deeply_is_refused_as_by_a_check_of_the_whole(depth: int):
    for data in (b"[" * depth + b"]" * depth, b"[0," * depth + b"0" + b"]" * depth):
        assert checked(data) == good(data)


@given(st.lists(VALUES), st.sampled_from([None, 1]))
@example([[], "[,],", {"": [0, 1]}], None)
def test_members_of_a_list_are_counted_in_pieces(values: list[Any], indent: int | None):
    data = json.dumps(values, indent=indent).encode()
    assert whole(pieces.members(data, 1_000_000)) == len(values)


def test_no_more_members_are_counted_than_may_be_and_only_those_of_a_list():
    steps = pieces.members(b"[" + b"[]," * 100_000 + b"x", 10)
    assert 10 < whole(steps) < 20
    for data in (b'{"a":0,"b":[0,0,0,0,0]}', b"0", b"[0,0,0,0,0,0],0", b"[0,0,0,0,0,0,0,0,]", b""):
        with pytest.raises((ValueError, msgspec.MsgspecError)):
            whole(pieces.members(data, 10))


@given(VALUES, st.integers(2, 4), st.data())
def test_what_is_left_out_is_put_in_again(value: Any, depth: int, data: st.DataObject):
    envelope = {"type": "x", "data": value, "more": [value], "id": "last"}
    levels = [envelope] * data.draw(st.integers(1, 3)) if depth == 3 else envelope
    text = json.dumps(levels).encode()
    found = whole(pieces.hollow(text, depth))
    assert good(found.text)
    given = msgspec.json.decode(
        found.text, type=list[dict[str, msgspec.Raw]] if depth == 3 else dict[str, msgspec.Raw]
    )
    for each in given if isinstance(given, list) else [given]:
        assert {name: json.loads(bytes(found.fill(part))) for name, part in each.items()} == envelope
        assert bytes(found.fill(each["data"])) == json.dumps(value).encode()


@pytest.mark.parametrize(
    "data",
    [
        [[]] * 50_000,
        {str(i): {"x": i} for i in range(20_000)},
        ["x" * 20] * 30_000,
        [[[["x", 0.123] * 4] * 4] * 4] * 2_000,
        "a, [b], " * 60_000,
        '"\\' * 100_000,
    ],
)
def test_of_a_long_text_little_is_left(data: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
    text = json.dumps({"type": "publish", "data": data, "channel": "x"}).encode()
    found = whole(pieces.hollow(text, 2))
    assert found.loose <= 3
    assert len(found.text) < 3 * pieces.STEP or isinstance(data, str)
    parts = msgspec.json.decode(found.text, type=dict[str, msgspec.Raw])
    assert bytes(found.fill(parts["data"])) == json.dumps(data).encode()
    assert json.loads(bytes(parts["channel"])) == "x"
