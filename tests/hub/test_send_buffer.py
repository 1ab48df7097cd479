"""The send buffer: a queue with a bound."""

from __future__ import annotations

import sys

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.hub import send_buffer
from realtime_widgets.hub.send_buffer import MAX_BYTES, SendBuffer, batches


@given(
    st.lists(st.one_of(st.text(max_size=30), st.just(None))),
    st.integers(0, 400),
)
def test_a_send_buffer_is_a_queue_with_a_bound(actions: list[str | None], most: int):
    limit, send_buffer.MAX_BYTES = send_buffer.MAX_BYTES, 300  # type: ignore[misc]
    try:
        buffer, model = SendBuffer(), []

        def size(frames: list[str]) -> int:
            return sum(sys.getsizeof(frame) for frame in frames)

        for action in actions:
            if action is None:
                taken = buffer.take(most)
                assert taken == model[: len(taken)]
                del model[: len(taken)]
                assert size(taken) <= most or len(taken) == 1
                assert not model or taken
                assert not model or size([*taken, model[0]]) > most
            else:
                fits = not model or size([*model, action]) <= 300
                assert buffer.put(action) is fits
                if fits:
                    model.append(action)
    finally:
        send_buffer.MAX_BYTES = limit  # type: ignore[misc]


def test_a_single_frame_has_always_room():
    buffer = SendBuffer()
    assert buffer.put("x" * (2 * MAX_BYTES))
    assert not buffer.put("y")
    assert buffer.take(0) == ["x" * (2 * MAX_BYTES)]
    assert buffer.put("y")
    buffer.clear()
    assert buffer.take(100) == []


def test_what_counts_is_the_memory_that_a_frame_takes():
    buffer = SendBuffer()
    wide = "x" * (MAX_BYTES // 8) + "\N{GRINNING FACE}"  # all of its characters take four bytes each
    assert buffer.put("first")
    assert buffer.put(wide)
    assert not buffer.put(wide)


def test_frames_are_joined_to_arrays_of_so_many_bytes_and_a_larger_one_stays_alone():
    assert list(batches(["1", "2", "3"], 100)) == ["[1,2,3]"]
    assert list(batches(['"é"', "1"], 8)) == ['"é"', "1"], "of UTF-8"
    assert list(batches(['"é"', "1"], 9)) == ['["é",1]']
    assert list(batches(["x" * 50, "1", "2"], 10)) == ["x" * 50, "[1,2]"]
    assert list(batches([], 10)) == []
