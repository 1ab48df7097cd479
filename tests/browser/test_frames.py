"""The wire: a round trip, its alignment, what it refuses, and the golden file that both languages read."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from realtime_widgets.browser.frames import WIRE, Frame, Part, pack
from realtime_widgets.feeds.feed import Payload
from support.page_model import Cursor, PageBuckets
from support.unpacking import unpack
from support.wire import golden

GOLDEN = Path(__file__).parents[1] / "golden" / "wire.json"

columns = st.dictionaries(
    st.sampled_from(["k", "lo", "hi", "x", "breaks"]),
    st.sampled_from(["<f8", "<i4", "u1"]).flatmap(lambda dtype: hnp.arrays(dtype, st.integers(0, 9))),
)
payloads = st.builds(
    Payload,
    st.integers(1, 2**53),
    st.integers(0, 2**53),
    st.booleans(),
    st.dictionaries(
        st.text(max_size=5), st.one_of(st.none(), st.text(max_size=5), st.floats(allow_nan=False))
    ),
    columns,
)
frames = st.builds(
    Frame,
    st.integers(0, 2**53),
    st.floats(0, 1e12),
    st.lists(st.builds(Part, st.text(max_size=3), st.text(max_size=3), payloads), max_size=4).map(tuple),
    st.dictionaries(st.text(max_size=3), st.integers(0, 99), max_size=2),
)


@given(frames)
def test_a_frame_comes_back_as_it_went(frame: Frame) -> None:
    content, buffers = pack(frame)
    again = unpack(json.loads(json.dumps(content)), buffers)
    assert (again.mid, again.t, again.heard) == (frame.mid, frame.t, frame.heard)
    for part, back in zip(frame.parts, again.parts, strict=True):
        assert (part.to, part.feed) == (back.to, back.feed)
        for name in ("first", "last", "key", "body"):
            assert getattr(part.payload, name) == getattr(back.payload, name)
        assert part.payload.columns.keys() == back.payload.columns.keys()
        for name, column in part.payload.columns.items():
            np.testing.assert_array_equal(column, back.payload.columns[name])


@given(frames)
def test_no_field_of_a_frame_is_called_id(frame: Frame) -> None:
    content, _ = pack(frame)
    assert "id" not in content  # ipykernel 7.4 would keep it for good


def test_every_column_starts_at_a_multiple_of_eight_bytes() -> None:
    payload = Payload(1, 1, True, {}, {"k": np.arange(3, dtype=np.int32), "breaks": np.ones(5, np.uint8)})
    _, (buffer,) = pack(Frame(1, 0.0, (Part("a", "0", payload),)))
    assert len(buffer) == 16 + 8 == payload.nbytes


def test_the_buffer_is_a_copy_of_the_data() -> None:
    values = np.zeros(4)
    _, (buffer,) = pack(Frame(1, 0.0, (Part("a", "0", Payload(1, 1, True, {}, {"lo": values})),)))
    values[:] = 9.0
    assert np.frombuffer(buffer).tolist() == [0.0] * 4


def test_a_column_type_that_the_wire_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="column 'lo' is float32"):
        pack(Frame(1, 0.0, (Part("a", "0", Payload(1, 1, True, {}, {"lo": np.zeros(1, np.float32)})),)))


def test_another_version_of_the_wire_is_refused() -> None:
    with pytest.raises(ValueError, match=r"wire version 99: this is version 2"):
        unpack({"rw": 99}, [])


def test_a_buffer_of_another_length_than_described_is_refused() -> None:
    content, buffers = pack(Frame(1, 0.0, (Part("a", "0", Payload(1, 1, True, {}, {"lo": np.zeros(2)})),)))
    with pytest.raises(ValueError, match="its parts describe 16"):
        unpack(content, [buffers[0] + b"\0" * 8])


def test_the_golden_file_is_what_the_kernel_sends_and_a_page_makes_of_it() -> None:
    """After a deliberate change of the wire: `python -m support.wire`, in tests/, writes the file anew."""
    recorded = json.loads(GOLDEN.read_text())
    assert recorded["wire"] == WIRE
    assert recorded == json.loads(json.dumps(golden()))


def test_a_page_comes_to_the_states_of_the_golden_file() -> None:
    recorded = json.loads(GOLDEN.read_text())
    cursor, buckets = Cursor(), PageBuckets()
    for step in recorded["steps"]:
        frame = unpack(step["content"], [base64.b64decode(buffer) for buffer in step["buffers"]])
        meanings: list[Any] = []
        for part in frame.parts:
            meaning = cursor.offer(part.payload)
            meanings.append(meaning)
            if meaning == "replace":
                buckets.replace(part.payload)
            elif meaning == "append" and part.payload.body:
                buckets.append(part.payload)
        assert meanings == step["meanings"]
        assert buckets.state() == step["state"]


HALF = "cut \ud83d"


def test_no_text_of_a_frame_stops_it():
    payload = Payload(1, 1, True, {"error": HALF, HALF: [HALF, {"series": (HALF,)}]})
    content, _ = pack(Frame(1, 0.0, (Part("w1", "0", payload),), {HALF: 3}))
    assert json.loads(json.dumps(content, ensure_ascii=False).encode())["heard"] == {"cut \ufffd": 3}
    assert content["parts"][0]["body"] == {
        "error": "cut \ufffd",
        "cut \ufffd": ["cut \ufffd", {"series": ("cut \ufffd",)}],
    }
