"""What error messages show of what is not ours."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets.protocol.quoting import quote, shown


def test_a_frame_is_quoted_from_its_beginning():
    assert quote("x" * 1000) == repr("x" * 80 + "…")
    assert quote(b"short") == "'short'"
    assert quote(b"\xff") == "'\ufffd'"


class Poison:
    def __repr__(self) -> str:
        raise RuntimeError("not today")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"),
        ("a'b", '"a\'b"'),
        ("x" * 1000, "'" + "x" * 79 + "…"),
        (["x" * 1000], "['" + "x" * 78 + "…"),
        (Poison(), "an object of type Poison"),
    ],
)
def test_a_value_is_shown_from_its_beginning(value: Any, text: str):
    assert shown(value) == text
