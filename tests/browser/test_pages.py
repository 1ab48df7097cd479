"""What pages say of themselves, and how they can be reached."""

from __future__ import annotations

import math
from typing import Any

import pytest

from realtime_widgets.browser.pages import CARRIER, PAGE_ARRIVES, PAGE_FORGOTTEN, PAGE_GONE, Pages


def word(page: str = "p", **changes: Any) -> dict[str, Any]:
    return {
        "page": page,
        "n": 1,
        "visible": True,
        "models": {"a": {"views": 1, "px": 300}},
        "need": [],
        **changes,
    }


def test_a_page_is_reached_by_the_route_of_its_last_word() -> None:
    pages = Pages()
    pages.hear(word(n=1), 0.0, CARRIER)
    pages.hear(word(n=2), 1.0, "a")
    pages.hear(word("q", n=7), 1.0, CARRIER)
    assert pages.routes_to("a") == {"a", CARRIER}
    assert (pages.answers("a"), pages.answers(CARRIER)) == ({"p": 2}, {"q": 7})


def test_a_route_that_ends_takes_its_pages_with_it() -> None:
    pages = Pages()
    pages.hear(word(), 0.0, "a")
    pages.hear(word("q"), 0.0, CARRIER)
    pages.close("a")
    assert pages.routes_to("a") == {CARRIER}


def test_only_pages_that_have_a_widget_have_a_route_to_it() -> None:
    pages = Pages()
    pages.hear(word(models={"b": {"views": 1}}), 0.0, CARRIER)
    assert pages.routes_to("a") == set()


def test_drawn_frames_a_second_are_those_between_two_words() -> None:
    pages = Pages()
    for now, draws in ((0.0, 0), (10.0, 200), (20.0, 500)):
        pages.hear(word(models={"a": {"views": 1, "draws": draws}}), now, CARRIER)
    pages.hear(word("q", models={"a": {"views": 1, "draws": 9}}), 20.0, CARRIER)
    assert pages.draw_rate("a", 20.0) == pytest.approx(30.0)
    assert pages.draw_rate("a", 20.0 + PAGE_GONE + 1) == 0.0
    assert pages.draw_rate("b", 20.0) == 0.0


def test_a_page_that_begins_to_count_anew_has_drawn_nothing_yet() -> None:
    pages = Pages()
    pages.hear(word(models={"a": {"draws": 500}}), 0.0, CARRIER)
    pages.hear(word(models={"a": {"draws": 3}}), 10.0, CARRIER)
    assert pages.draw_rate("a", 10.0) == 0.0


def test_silent_pages_are_forgotten_in_the_end() -> None:
    pages = Pages()
    pages.hear(word(), 0.0, CARRIER)
    pages.forget(PAGE_FORGOTTEN)
    assert len(pages) == 1
    pages.forget(PAGE_FORGOTTEN + 1)
    assert len(pages) == 0


def test_a_page_that_has_just_begun_may_be_about_to_show_anything() -> None:
    pages = Pages()
    for now in (10.0, 11.0):
        page = pages.hear(word(models={}), now, CARRIER)
        assert page is not None
        assert page.arrives(10.0 + PAGE_ARRIVES)
        assert not page.arrives(10.1 + PAGE_ARRIVES)


@pytest.mark.parametrize(("visible", "route"), [(False, CARRIER), (True, "b")])
def test_a_page_that_begins_hidden_or_without_the_carrier_shows_what_it_says(
    visible: bool, route: str
) -> None:
    page = Pages().hear(word(models={"b": {"views": 1}}, visible=visible), 10.0, route)
    assert page is not None
    assert not page.arrives(10.0)


def test_the_last_goodbye_of_any_page_is_kept():
    pages = Pages()
    assert pages.last_goodbye == -math.inf
    pages.hear({"page": "p", "n": 1}, 5.0, CARRIER)
    pages.hear({"page": "p", "n": 2, "gone": True}, 7.0, CARRIER)
    pages.hear({"page": "q", "n": 1}, 9.0, CARRIER)
    assert pages.last_goodbye == 7.0
