"""What a server says when it goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.protocol.goodbye import retry_after_of, to_reason


@given(st.floats(0, 1e8))
def test_the_seconds_come_back_as_they_went(seconds: float):
    reason = to_reason(seconds)
    assert retry_after_of(reason) == pytest.approx(seconds, abs=0.006)
    assert len(reason.encode()) <= 123, "as long as the reason of a close frame may be"


@pytest.mark.parametrize(
    "reason", ["", "slow", "retry_after=", "retry_after=-1", "retry_after=soon", "retry_after=inf",
               "retry_after=1e9", "retry_after=\u0661", "x retry_after=1", "retry_after=1 s", "retry_after=" + "9" * 50]
)  # fmt: skip
def test_other_reasons_have_none(reason: str):
    assert retry_after_of(reason) is None
