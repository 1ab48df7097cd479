"""Actions: who is told when the link or the button of a notification is used."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ..errors import reject_what_cannot_be_called
from ..feeds.notice import Notification
from ..feeds.notices import Notices
from ..runtime import get_runtime
from ..runtime.references import Part
from ..runtime.registrations import Registrations

logger = logging.getLogger(__name__)

Action = Callable[[Notification], object]


class Actions(Part):
    """Functions that are told of all notifications, and of single ones; any thread.

    Args:
        notices: the notifications.
        failed: is told on the callback thread when a function has raised: of which notification, and what.
    """

    def __init__(
        self, notices: Notices, failed: Callable[[Notification, BaseException], object] = lambda *_: None
    ) -> None:
        self._notices = notices
        self._failed = failed
        self._of_all = Registrations[Action]()
        self._of_one: dict[str, Action] = {}

    def add(self, fn: Action) -> Callable[[], None]:
        """Tell a function of all; returns the undo."""
        check_action(fn)
        return self._of_all.add(fn)

    def put(self, key: str, fn: Action | None) -> None:
        """Tell a function of one notification; None: nobody, as of what has its id anew."""
        if fn is None:
            self._of_one.pop(key, None)
            return
        if len(self._of_one) >= 2 * self._notices.keep:
            for each in list(self._of_one.copy()):  # other threads may put some meanwhile
                if not self._notices.is_known(each):
                    self._of_one.pop(each, None)
        self._of_one[key] = fn

    def use(self, key: str) -> None:
        """Tell, on the callback thread, that the action of a notification was used."""
        notification = self._notices.find(key)
        if notification is None:
            return
        own = self._of_one.get(key)
        for fn in ([] if own is None else [own]) + list(self._of_all):
            get_runtime().submit(self._call, fn, notification)

    def _call(self, fn: Action, notification: Notification) -> None:
        try:
            fn(notification)
        except BaseException as error:  # sys.exit() in one must not silence the others
            logger.exception("an action of notification %r raised: %r", notification.id, fn)
            self._failed(notification, error)


def check_action(fn: Any) -> None:
    """Refuse what cannot be called; None is nobody.

    Raises:
        WrongType: saying what to pass.
    """
    if fn is not None:
        reject_what_cannot_be_called("an action cannot be told to", fn, "the notification")
