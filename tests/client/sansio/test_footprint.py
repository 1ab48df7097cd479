"""How much memory data take, about."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from realtime_widgets.client.sansio.footprint import MAX_VALUES, footprint_of


@pytest.mark.parametrize(
    "make",
    [
        lambda text: text,
        lambda text: text.encode(),
        lambda text: {"a": [{"b": text}]},
        lambda text: {text: 1},
        lambda text: {"a": 0.5, "b": text},
        lambda text: MappingProxyType({"a": (text,)}),
        lambda text: np.zeros(len(text), dtype=np.int8),
    ],
)
def test_what_is_large_counts_wherever_it_is(make: Any):
    assert footprint_of(make("")) < 2000
    assert 1_000_000 < footprint_of(make("x" * 1_000_000)) < 1_100_000


class Poison:
    def __sizeof__(self) -> int:
        raise RuntimeError("not today")


def test_nothing_stops_it():
    endless: list[Any] = []
    endless.append(endless)
    assert footprint_of(Poison()) > 0
    assert footprint_of(endless) > MAX_VALUES
