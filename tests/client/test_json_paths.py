"""Paths: what they lead to; what they may be is in the tests of the decoders."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.client.json_paths import all_at, first_at, is_almost_at


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a", [{"b": [1, 2]}]),
        ("a.b", [[1, 2]]),
        ("a.b.1", [2]),
        ("a.b.-3", []),
        ("a.b.c", []),
        ("l.v", [1, 2]),
        ("l.-1.v", [2]),
        ("l.1" + "0" * 20, []),
        ("n", []),
        ("d.o.t", [7]),
        (lambda thing: thing["a"]["b"], [[1, 2]]),
        (lambda thing: None, []),
    ],
)
def test_a_path_leads_to_all_that_is_there(path: Any, found: list[Any]):
    thing = {"a": {"b": [1, 2]}, "l": [{"v": 1}, {"w": 0}, {"v": None}, {"v": 2}], "n": None, "d": {"o.t": 7}}
    assert list(all_at(path, thing)) == found
    assert first_at(path, thing) == (found[0] if found else None)


def test_no_path_leads_nowhere():
    assert first_at(None, {"a": 1}) is None


@pytest.mark.parametrize(
    ("path", "almost"),
    [
        ("a.b", True),  # which is there
        ("a.c", True),
        ("a.n", True),
        ("l.0.v", True),
        ("l.1.v", False),
        ("x.c", False),
        ("a.x.c", False),
        ("n.c", False),
        ("c", False),
        (lambda thing: None, False),
    ],
)
def test_a_path_of_which_only_the_last_key_is_missing_almost_leads_there(path: Any, almost: bool):
    thing = {"a": {"b": 1, "n": None}, "l": [{"w": 0}], "n": None}
    assert is_almost_at(path, thing) is almost
