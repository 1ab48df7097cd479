"""What a feed hands out at one moment, and how large that is on its way."""

from __future__ import annotations

import numpy as np
import pytest

from realtime_widgets.feeds.feed import ALIGNMENT, Payload, padded


@pytest.mark.parametrize(("nbytes", "taken"), [(0, 0), (1, 8), (7, 8), (8, 8), (9, 16)])
def test_a_column_takes_up_whole_steps_of_the_alignment(nbytes: int, taken: int):
    assert ALIGNMENT == 8
    assert padded(nbytes) == taken


def test_a_payload_is_as_large_as_its_columns_padded():
    columns = {"x": np.zeros(3), "k": np.zeros(3, np.int32), "flag": np.zeros(3, np.uint8)}
    assert Payload(1, 3, False, {}, columns).nbytes == 24 + 16 + 8


def test_a_body_that_carries_the_data_counts_too():
    assert Payload(1, 1, False, {"rows": ["text"]}, body_bytes=17).nbytes == 17


def test_the_few_numbers_of_a_body_do_not_count():
    assert Payload(1, 0, False, {"newest": 1.0}).nbytes == 0
