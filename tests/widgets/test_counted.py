"""What a progress bar and a loop say of their task: the same, with the same words."""

from __future__ import annotations

from typing import Any

import pytest

import realtime_widgets as rw
from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.widgets.counted import Counted
from support.recorder import Recorder


@pytest.fixture(params=["Progress", "track"])
def counted(request: pytest.FixtureRequest, sent: Recorder) -> Any:
    return rw.Progress("a", total=3) if request.param == "Progress" else rw.track([1, 2, 3], "a")


def test_before_it_begins_and_at_its_end(counted: Any):
    assert isinstance(counted, Counted)
    assert (counted.done, counted.state, counted.error) == (0, "waiting", "")
    assert (counted.elapsed, counted.rate, counted.remaining) == (None, None, None)
    assert repr(counted).endswith("('a', 0 of 3, waiting)")
    counted._task.begin()
    counted._task.end("failed", "ValueError: x")
    assert (counted.state, counted.error, counted.remaining) == ("failed", "ValueError: x", None)
    assert counted.elapsed >= 0
    assert counted.stream.last["state"] == "failed"


def test_what_is_set_is_told_at_once_also_to_what_has_ended(counted: Any):
    card = counted if isinstance(counted, rw.Progress) else counted.progress
    told: list[tuple[Any, ...]] = []
    counted._task.begin()
    counted._task.end("done")
    card._rows.listen(lambda: told.append((card.total, card.description)))
    counted.total = 5
    counted.description = "loss 0.31"
    counted.description = None
    counted.total = None
    assert told == [(5, ""), (5, "loss 0.31"), (5, ""), (None, "")]
    assert repr(counted).endswith("('a', 0, done)")


def test_what_it_cannot_be_is_refused(counted: Any):
    with pytest.raises(UsageError, match="total= of a progress bar cannot be -1"):
        counted.total = -1
    with pytest.raises(WrongType, match="description"):
        counted.description = 3
    for name in ("done", "state", "error", "elapsed", "rate", "remaining", "stream"):
        with pytest.raises(AttributeError):
            setattr(counted, name, 1)
