"""Whether a loop was left by an exception."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from realtime_widgets.widgets.unwinding import Stretch, frame_above, passed, places_of, stretches

left: list[list[Stretch]] = []


def watched(items: Iterable[Any]) -> Iterator[Any]:
    began = places_of(sys._getframe(1))
    try:
        yield from items
    except GeneratorExit:
        left.append(stretches(began, places_of(sys._getframe(1))))
        raise


def again(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:  # noqa: UP028 (another loop)
        yield item


def where() -> list[Stretch]:
    [places] = left
    return places


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    left.clear()
    yield
    left.clear()


def broken(wrap: Callable[[Any], Any]) -> None:
    for _ in wrap(watched([1, 2])):
        break


def returning(wrap: Callable[[Any], Any]) -> int:
    for _ in wrap(watched([1, 2])):
        return 1
    return 0


def closing(wrap: Callable[[Any], Any]) -> None:
    iterator = watched([1, 2])
    next(iterator)
    iterator.close()


def forgetting(wrap: Callable[[Any], Any]) -> None:
    iterator = wrap(watched([1, 2]))
    next(iter(iterator))
    del iterator


def breaking_after_an_error(wrap: Callable[[Any], Any]) -> list[Exception]:
    kept = []
    for _ in wrap(watched([1, 2, 3])):
        try:
            raise ValueError("caught")
        except ValueError as error:
            kept.append(error)
        if len(kept) == 2:
            break
    return kept


def in_a_handler(wrap: Callable[[Any], Any]) -> None:
    try:
        raise ValueError("another one")
    except ValueError:
        for _ in wrap(watched([1, 2])):
            break


WRAPS = [lambda items: items, enumerate, again, lambda items: zip(items, [1, 2], strict=False)]


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize(
    "leave", [broken, returning, closing, forgetting, breaking_after_an_error, in_a_handler]
)
def test_an_exception_that_comes_later_has_not_left_the_loop(
    leave: Callable[..., object], wrap: Callable[..., Any]
):
    def fail() -> None:
        leave(wrap)
        raise ValueError("boo")

    with pytest.raises(ValueError, match="boo") as caught:
        fail()
    assert not passed(caught.value, where())


def test_nor_has_one_that_is_raised_behind_a_loop_in_the_same_frame():
    def fail() -> None:
        for _ in watched([1, 2]):
            break
        raise ValueError("boo")

    with pytest.raises(ValueError, match="boo") as caught:
        fail()
    assert not passed(caught.value, where())


@pytest.mark.parametrize("wrap", WRAPS)
def test_nor_has_one_that_is_raised_before_a_loop_in_the_next_turn_of_another(wrap: Callable[..., Any]):
    def fail() -> None:
        for turn in range(2):
            [0][turn]
            for _ in wrap(watched([1, 2])):
                break

    with pytest.raises(IndexError) as caught:
        fail()
    assert not passed(caught.value, where())


def test_in_a_frame_that_has_not_asked_for_its_first_item_a_loop_went_from_the_beginning():
    assert stretches([(1, 5), (3, 5)], [(1, 9), (2, 7)]) == [(1, 5, 9), (2, 0, 7)]


def test_above_the_first_frame_there_is_none():
    assert frame_above(0) is sys._getframe()
    assert frame_above(10_000) is None


def raising(wrap: Callable[[Any], Any]) -> None:
    for _ in wrap(watched([1, 2])):
        raise ValueError("boo")


def dividing(wrap: Callable[[Any], Any]) -> None:
    for _ in wrap(watched([1, 2])):
        1 / 0  # noqa: B018


def deep(wrap: Callable[[Any], Any]) -> None:
    def fail(depth: int) -> None:
        if depth:
            fail(depth - 1)
        raise ValueError("boo")

    for _ in wrap(watched([1, 2])):
        fail(100)


def raising_again(wrap: Callable[[Any], Any]) -> None:
    for _ in wrap(watched([1, 2])):
        try:
            raise ValueError("boo")
        except ValueError:
            gc.collect()
            raise


def within_blocks(wrap: Callable[[Any], Any]) -> None:
    for _ in wrap(watched([1, 2])):
        try:
            with contextlib.nullcontext():
                {}["x"]
        finally:
            gc.collect()


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("fail", [raising, dividing, deep, raising_again, within_blocks])
def test_a_loop_that_an_exception_leaves_has_failed(fail: Callable[..., object], wrap: Callable[..., Any]):
    with pytest.raises((ValueError, ZeroDivisionError, KeyError)) as caught:
        fail(wrap)
    assert passed(caught.value, where())


def test_another_exception_has_not_passed():
    with pytest.raises(ValueError, match="boo"):
        raising(iter)
    assert not passed(KeyError("never raised"), where())
    assert places_of(None) == []
