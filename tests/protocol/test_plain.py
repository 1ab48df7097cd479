"""Plain JSON, checked and mended without being read: beside what reading and writing it gives."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from realtime_widgets.hub.turns import whole
from realtime_widgets.protocol import plain
from realtime_widgets.protocol.envelope import encode_data
from realtime_widgets.streams.text import well_formed_values


def checked(data: bytes) -> bytes:
    return whole(plain.check(data))


def without_infinity(value: Any) -> Any:
    """A value as the hub has always written it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [without_infinity(each) for each in value]
    if isinstance(value, dict):
        return {key: without_infinity(each) for key, each in value.items()}
    return value


texts = st.text(
    st.sampled_from('aeENI09.+-"\\/\x00\n\u00e9\u65e5\U0001f600\ud83d\ude00\ud800'), max_size=12
) | st.sampled_from(["NaN", "-Infinity", "1e999", "0" * 301, "\\ud800", '", NaN, "', "\\", "e999"])
numbers = st.floats() | st.integers() | st.sampled_from([1e300, -1e-300, 10**20, -(10**25)])
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(values, st.booleans(), st.sampled_from([None, 1, "\t"]))
@example('\\" NaN', False, None)
@example(["\\\\", math.nan, "\\\\\\"], True, 1)
def test_what_python_writes_becomes_what_all_can_read(value: Any, ascii: bool, indent: Any):
    text = json.dumps(value, ensure_ascii=ascii, indent=indent)
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return  # no bytes of JSON
    found = checked(data)
    assert json.loads(found, parse_constant=pytest.fail) == without_infinity(
        well_formed_values(json.loads(text))
    )
    assert checked(found) == found
    short = plain.compact(found)
    assert json.loads(short) == json.loads(found)
    assert plain.compact(short) == short
    assert len(short) <= len(found)


@given(values)
def test_what_is_plain_stays_as_it_is(value: Any):
    data = encode_data(without_infinity(well_formed_values(value)))
    assert checked(data) == data
    assert plain.compact(data) == data


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"1e999", b"null"),
        (b"[0.%se400]" % (b"5" * 350), b"[null]"),
        (b"[0.%s%se400]" % (b"0" * 200, b"5" * 300), b"[0.%s%se400]" % (b"0" * 200, b"5" * 300)),
        (b"[0.%s%se400]" % (b"0" * 200, b"5" * 100_000), b"[0.%s%se400]" % (b"0" * 200, b"5" * 100_000)),
        (b"[0.%s%se400]" % (b"0" * 300, b"5" * 300), b"[0.%s%se400]" % (b"0" * 300, b"5" * 300)),
        (b"[1,%se99]" % (b"9" * 250), b"[1,null]"),
        (b"[1,-%se99,2]" % (b"9" * 220), b"[1,null,2]"),
        (b"[1,%se9]" % (b"9" * 250), b"[1,%se9]" % (b"9" * 250)),
        (b"1" * 305, b"1" * 305),
        (b"[-1e999,1E+400,12.5e308,-0.1e310]", b"[null,null,null,null]"),
        (b"[1e-999,1e0000001,0.0001e310,1e300]", b"[1e-999,1e0000001,0.0001e310,1e300]"),
        (b"[%s1e-400]" % (b"1" * 290), b"[%s1e-400]" % (b"1" * 290)),
        (b"0." + b"1" * 400, b"0." + b"1" * 400),
        (b"1e-" + b"0" * 400 + b"1", b"1e-" + b"0" * 400 + b"1"),
        (b"1e" + b"0" * 400 + b"1", b"1e" + b"0" * 400 + b"1"),
        (b'"%s"' % (b"7" * 1000), b'"%s"' % (b"7" * 1000)),
        (rb'"\ud800"', rb'"\ufffd"'),
        (rb'"\uD83D\uDE00 \ude00 \ud83d\ud83d\ude00"', rb'"\uD83D\uDE00 \ufffd \ufffd\ud83d\ude00"'),
        (rb'"\\ud800"', rb'"\\ud800"'),
        (rb'["\\", NaN, "\"", -Infinity, "\\\" NaN"]', rb'["\\", null, "\"", null, "\\\" NaN"]'),
        (b'{"NaN":NaN}', b'{"NaN":null}'),
    ],
)
def test_only_what_is_odd_is_mended(data: bytes, expected: bytes):
    assert checked(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nan",
        b"[NaN",
        b"+Infinity",
        b"NaN NaN",
        b'"a\nb"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"\\ud800",
        b"[" * 100_000,
        b"[" * 100_000 + b"NaN",
        b"1" * 310,
        b"-" + b"1" * 10_000,
        b"1" * 310 + b".5",
        b"[0." + b"5" * 350 + b"e400",
        b"e999",
        b"1.e999",
        b"01",
        b"1 2",
        rb'"\ud8"',
    ],
)
def test_what_is_no_json_is_refused(data: bytes):
    with pytest.raises((ValueError, RecursionError)):
        checked(data)


@pytest.mark.parametrize("shift", range(0, 40, 3))
@pytest.mark.parametrize("odd", [b"NaN", b"-Infinity", b"-12.5e99999", rb'"\ud800"', rb'"\ud83d\ude00"'])
def test_what_is_odd_is_found_wherever_a_step_ends(odd: bytes, shift: int):
    before = b'"%s"' % (b"x" * (plain.STEP - 20 + shift))
    found = checked(b"[%s,%s,%s,1e999]" % (before, odd, before))
    value = "\U0001f600" if b"de00" in odd else "\ufffd" if b"u" in odd else None
    assert json.loads(found) == [json.loads(before), value, json.loads(before), None]


@pytest.mark.parametrize(
    "one", [b"NaN,", b"1e999,", rb'"\ud800",', b'"",', b"[],", b'"%s",' % (b"0" * 400), b"    "]
)
def test_long_texts_are_looked_through_in_many_steps(one: bytes):
    data = b"[%sNaN]" % (one * (2**20 // len(one)))
    steps = plain.check(data)
    count = sum(1 for _ in steps)
    assert count >= 16
    with pytest.raises(msgspec.MsgspecError):
        msgspec.json.decode(data)


digits = (
    st.text("0123456789", max_size=3)
    | st.integers(190, 320).map(lambda size: "7" * size)
    | st.integers(190, 420).map(lambda size: "0" * size)
)
written = st.builds(
    lambda sign, whole, part, exponent: f"{sign}{whole.lstrip('0') or '0'}{part}{exponent}",
    st.sampled_from(["", "-"]),
    digits,
    digits.map(lambda part: f".{part}" if part else ""),
    st.builds(lambda e, number: f"{e}{number}" if number else "", st.sampled_from(["e", "E+", "e-"]), digits),
)


@given(st.lists(written, min_size=1, max_size=4))
def test_all_numbers_that_are_left_are_finite_and_as_they_were(numbers: list[str]):
    text = f"[{','.join(numbers)}]"
    try:
        found = checked(text.encode()).decode()
    except ValueError:
        assert any(math.isinf(float(number)) and "e" not in number.lower() for number in numbers)
        return
    expected = ["null" if math.isinf(float(number)) else number for number in numbers]
    assert found == f"[{','.join(expected)}]"
    msgspec.json.decode(found, type=list[float | None])
