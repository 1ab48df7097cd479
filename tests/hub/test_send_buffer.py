"""The send buffer: a queue with a bound."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.hub import send_buffer
from realtime_widgets.hub.send_buffer import MAX_BYTES, SendBuffer


@given(
    st.lists(st.one_of(st.text(max_size=30), st.just(None))),
    st.integers(0, 60),
)
def test_a_send_buffer_is_a_queue_with_a_bound(actions: list[str | None], most: int):
    limit, send_buffer.MAX_BYTES = send_buffer.MAX_BYTES, 64  # type: ignore[misc]
    try:
        buffer, model = SendBuffer(), []

        def size(frames: list[str]) -> int:
            return sum(len(frame.encode()) for frame in frames)

        for action in actions:
            if action is None:
                taken = buffer.take(most)
                assert taken == model[: len(taken)]
                del model[: len(taken)]
                assert size(taken) <= most or len(taken) == 1
                assert not model or taken
                assert not model or size([*taken, model[0]]) > most
            else:
                fits = not model or size([*model, action]) <= 64
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
