"""Whether a loop was left by an exception."""

from __future__ import annotations

import contextlib
import gc
import itertools
import operator
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from realtime_widgets.widgets.unwinding import (
    MOST_ORIGINS,
    UNREFERENCED,
    Exit,
    Place,
    Stretch,
    exit_of,
    passed,
    places_above,
    with_origins,
)

left: list[Exit] = []


def watched(items: Iterable[Any]) -> Iterator[Any]:
    began = places_above(1)
    try:
        yield from items
    except GeneratorExit as closing:
        left.append(exit_of(began, places_above(1), closing.__context__))
        raise


def again(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:  # noqa: UP028 (another loop)
        yield item


def where() -> list[Stretch]:
    [way] = left
    return way.stretches


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


def breaking_in_a_handler(wrap: Callable[[Any], Any]) -> None:
    for _ in wrap(watched([1, 2])):
        try:
            raise ValueError("caught")
        except ValueError:
            break
    len([])


LEAVE = [broken, returning, closing, forgetting, in_a_handler, breaking_in_a_handler]
WRAPS = [lambda items: items, enumerate, again, lambda items: zip(items, [1, 2], strict=False)]


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("leave", [*LEAVE, breaking_after_an_error])
def test_an_exception_that_comes_later_has_not_left_the_loop(
    leave: Callable[..., object], wrap: Callable[..., Any]
):
    def fail() -> None:
        leave(wrap)
        raise ValueError("boo")

    with pytest.raises(ValueError, match="boo") as caught:
        fail()
    assert not passed(caught.value, where())


@pytest.mark.parametrize("leave", LEAVE)
def test_that_none_has_is_known_at_once_as_no_traceback_refers_to_its_frame(leave: Callable[..., object]):
    leave(iter)
    assert where() == []


def test_nor_has_one_that_is_raised_at_the_same_place_in_the_next_turn():
    def fail() -> None:
        for turn in range(2):
            for _ in watched([1, 2]):
                if turn:
                    raise ValueError("boo")
                break

    with pytest.raises(ValueError, match="boo") as caught:
        fail()
    assert [passed(caught.value, way.stretches) for way in left] == [False, True]


def test_nor_one_that_is_raised_behind_a_loop_that_was_left_in_a_handler():
    """Handlers stand at the end of a code object, behind what comes after them."""

    def fail() -> None:
        for _ in watched([1, 2]):
            try:
                raise ValueError("caught")
            except ValueError:
                break
        raise ValueError("boo")

    with pytest.raises(ValueError, match="boo") as caught:
        fail()
    assert not passed(caught.value, where())


def test_a_frame_is_told_from_a_later_one_with_its_id():
    def first() -> list[Stretch]:
        [place] = places_above(0)
        return [Stretch(place.frame, place.code, 0, 1_000)]

    def fail() -> None:
        raise ValueError("boo")

    with pytest.raises(ValueError, match="boo") as caught:
        fail()
    [one] = first()
    assert caught.tb is not None
    frame = caught.tb.tb_next.tb_frame  # type: ignore[union-attr]
    assert not passed(caught.value, [one._replace(frame=id(frame))])
    assert passed(caught.value, [one._replace(frame=id(frame), code=frame.f_code)])


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


def place(frame: int, at: int, references: int = UNREFERENCED) -> Place:
    return Place(frame, place.__code__, at, references)


def test_in_a_frame_that_has_not_asked_for_its_first_item_a_loop_went_from_the_beginning():
    more = UNREFERENCED + 1
    way = exit_of([place(1, 1005), place(3, 5)], [place(1, 1009, more), place(2, 7, more), place(3, 6)], None)
    code = place.__code__
    assert way == ([Stretch(1, code, 1005, 1009), Stretch(2, code, 0, 7)], False)


def test_above_the_first_frame_there_is_none():
    assert places_above(0)[0].code is sys._getframe().f_code
    assert places_above(10_000) == []
    assert exit_of([], [], None) == ([], False)


# Whether a `for` came to its end


def zipped() -> None:
    for _ in zip([1, 2], watched([1, 2, 3]), strict=False):
        pass


def zipped_with_a_body() -> None:
    for _, item in zip([1, 2], watched([1, 2, 3]), strict=False):
        if item > 5:
            break


@pytest.mark.parametrize(
    "ask",
    [
        zipped,
        zipped_with_a_body,
    ],
)
def test_a_loop_whose_source_has_no_more_has_ended(ask: Callable[[], object]):
    ask()
    assert left == [([], True)]


IN_C = [
    lambda function: list(map(function, watched([1, 2]))),
    lambda function: sum(map(operator.add, map(function, watched([1, 2])), watched([1, 2, 3]))),
    lambda function: [*zip(map(function, watched([1, 2])), [3, 4], strict=False)],
]


@pytest.mark.parametrize("ask", IN_C)
def test_what_iterates_in_c_is_always_asked(ask: Callable[..., object]):
    """An exception is on its way there before the frame is in its traceback."""
    with pytest.raises(ZeroDivisionError) as caught:
        ask(lambda item: item / (item - 2))
    assert [(passed(caught.value, way.stretches), way.ended) for way in left] == [(True, False)] * len(left)
    assert left


def test_and_what_has_ended_well_there_waits_in_vain():
    list(zip([1, 2], watched([1, 2, 3]), strict=False))
    assert not left[0].ended
    with pytest.raises(ValueError, match="boo") as caught:
        raising(iter)
    assert not passed(caught.value, left[0].stretches)


@pytest.mark.parametrize("leave", [*LEAVE, breaking_after_an_error])
@pytest.mark.parametrize("wrap", WRAPS)
def test_one_that_is_left_by_itself_was_not(leave: Callable[..., object], wrap: Callable[..., Any]):
    leave(wrap)
    assert not left[0].ended


def test_nor_was_one_whose_source_has_raised():
    def source() -> Iterator[int]:
        yield 1
        raise ValueError("boo")

    with pytest.raises(ValueError, match="boo") as caught:
        for _ in zip(watched([1, 2]), source(), strict=False):
            pass
    assert not left[0].ended
    assert passed(caught.value, where())


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


def test_what_an_exception_was_raised_in_or_from_is_known_and_what_is_in_a_group():
    cause, context, member = ValueError("cause"), KeyError("context"), OSError("member")
    error = ExceptionGroup("group", [member, context])
    error.__cause__, error.__context__ = cause, context
    cause.__context__ = error  # a circle
    assert with_origins(error) == [error, cause, context, member]
    assert with_origins(member) == [member]


def test_of_a_long_chain_the_newest_are():
    errors = [ValueError(i) for i in range(2 * MOST_ORIGINS)]
    for error, other in itertools.pairwise(errors):
        error.__context__ = other
    assert with_origins(errors[0]) == errors[:MOST_ORIGINS]
