"""Who is told of what a reader does with a notification."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets import Stream
from realtime_widgets.errors import WrongType
from realtime_widgets.feeds.notices import Notices
from realtime_widgets.runtime import get_runtime
from realtime_widgets.widgets.notification_actions import Actions, check_action


def made(*ids: str) -> tuple[Actions, Notices, list[Any]]:
    stream = Stream()
    for id in ids:
        stream.append({"id": id, "title": id})
    notices = Notices([stream], 4, lambda: 0.0)
    return Actions(notices), notices, []


def settle() -> None:
    get_runtime().submit(lambda: None).result(30)


def test_its_own_function_is_told_first_and_then_those_of_all() -> None:
    actions, _, told = made("a", "b")
    undo = actions.add(lambda item: told.append(("all", item.id)))
    actions.put("0:a", lambda item: told.append(("own", item.id)))
    for key in ("0:a", "0:b", "0:?"):
        actions.use(key)
    settle()
    assert told == [("own", "a"), ("all", "a"), ("all", "b")]
    undo()
    actions.put("0:a", None)
    actions.use("0:a")
    settle()
    assert len(told) == 3


def test_functions_of_what_is_no_more_are_let_go_but_not_of_what_can_come_back() -> None:
    actions, notices, told = made("a", "b")
    actions.put("0:a", lambda item: told.append(item.id))
    notices.clear("g")
    for i in range(100):
        actions.put(f"0:{i}", lambda item: told.append(item.id))
    assert len(actions._of_one) <= 9
    notices.undo()
    actions.use("0:a")
    settle()
    assert told == ["a"]


def test_one_that_raises_is_told_of_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    stream = Stream()
    stream.append({"id": "a", "title": "a"})
    told: list[Any] = []
    actions = Actions(
        Notices([stream], 4, lambda: 0.0), lambda item, error: told.append((item.id, repr(error)))
    )

    def leave(_: object) -> None:
        raise SystemExit(3)

    actions.put("0:a", lambda _: 1 / 0)
    actions.add(leave)
    actions.add(lambda item: told.append(item.title))
    actions.use("0:a")
    settle()
    assert told == [("a", "ZeroDivisionError('division by zero')"), ("a", "SystemExit(3)"), "a"]
    assert "an action of notification 'a' raised" in caplog.text


def test_one_that_does_not_take_the_notification_is_refused() -> None:
    with pytest.raises(WrongType, match="it will be called with the notification, and it takes"):
        check_action(lambda: None)


@pytest.mark.parametrize("fn", [5, "print", []])
def test_what_cannot_be_called_is_refused(fn: Any) -> None:
    with pytest.raises(WrongType, match="an action cannot be told to"):
        check_action(fn)
    check_action(None)
