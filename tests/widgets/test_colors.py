"""What can be a CSS colour passes; what cannot be one in any browser is refused."""

from __future__ import annotations

import pytest

from realtime_widgets.errors import UsageError, WrongType
from realtime_widgets.widgets.colors import checked_color


@pytest.mark.parametrize(
    "color",
    [
        "#abc",
        "#ABCD",
        "#2563eb",
        "#2563eb80",
        "teal",
        "RebeccaPurple",
        "CanvasText",
        "rgb(37 99 235 / 50%)",
        "hsl(210, 50%, 50%)",
        "color-mix(in oklab, red 40%, var(--jp-brand-color1))",
    ],
)
def test_what_css_has_passes(color: str):
    assert checked_color(f" {color} ") == color


@pytest.mark.parametrize(
    "color",
    ["notacolour", "#12", "#ggg", "12", "", "red; x: y", "rgb(1,2,3", "tab:blue", "C0", "foo(1)", "url(x)"],
)
def test_what_no_browser_takes_is_refused(color: str):
    with pytest.raises(UsageError, match="is no CSS colour"):
        checked_color(color)


def test_a_misspelled_name_has_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'purple'"):
        checked_color("purpel")


def test_what_is_no_text_is_refused():
    with pytest.raises(WrongType, match="is no colour"):
        checked_color((1, 2, 3))
