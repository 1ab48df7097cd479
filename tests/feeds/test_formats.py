"""Formats of numbers, as pages read them."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.errors import UsageError
from realtime_widgets.feeds.formats import FORMATS, number_format


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_has_its_name_and_nothing_that_was_not_asked_for(name: str):
    assert number_format(name) == {"name": name}


def test_a_unit_and_a_precision_go_with_it():
    assert number_format("number", unit="°C", precision=0) == {"name": "number", "unit": "°C", "precision": 0}


def test_an_empty_unit_is_none():
    assert number_format("number", unit="") == {"name": "number"}


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(UsageError, match="'percent': did you mean 'percentage'"):
        number_format("percent")


def test_one_like_none_of_them_lists_all():
    with pytest.raises(UsageError) as raised:
        number_format("zzz")
    assert all(repr(name) in str(raised.value) for name in FORMATS)


@pytest.mark.parametrize("precision", [-1, 13, 1.5, True, "2"])
def test_a_precision_that_cannot_be_written_is_refused(precision: Any):
    with pytest.raises(UsageError, match="pass 0 to 12, or None"):
        number_format("number", precision=precision)
