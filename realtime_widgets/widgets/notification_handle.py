"""NotificationHandle: one notification that Python made, to say more of it or to be done with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import named_keywords
from ..feeds.notice import Notification
from ..feeds.notices import Notices, key_of
from ..streams import Stream
from .notification_record import record_of


class NotificationHandle:
    """One notification; made by `Notifications.notify` and the methods like it.

    Args:
        id: its id.
        title: what it says when it was cleared and something new is to be told of it.
        stream: where what is said of it goes.
        notices: the notifications that it is one of.
        wake: has the pages told.
    """

    def __init__(
        self, id: str, title: str, stream: Stream, notices: Notices, wake: Callable[[], object]
    ) -> None:
        self.id = id
        """Its id."""
        self._title = title
        self._stream = stream
        self._notices = notices
        self._wake = wake

    @named_keywords
    def update(
        self,
        *,
        title: Any = None,
        message: Any = None,
        type: str | None = None,
        action_url: str | None = None,
        action_label: str | None = None,
        auto_remove: bool | None = None,
        duration: Any = None,
    ) -> None:
        """Say something else of it, in its place; another type makes it unread and shown again. Any thread.

        Args:
            title, message: new texts; None: as they are.
            type: info, success, warning or error.
            action_url, action_label: its link; empty: none.
            auto_remove: whether it leaves by itself.
            duration: after how long it does: seconds, a timedelta or "5s".

        Raises:
            UsageError: for an unknown type, or a duration that is none.
        """
        self.say(
            record_of(
                title=title,
                message=message,
                type=type,
                action_url=action_url,
                action_label=action_label,
                auto_remove=auto_remove,
                duration=duration,
            )
        )

    def mark_read(self, read: bool = True) -> None:
        """Mark it as read, or as unread."""
        self._notices.mark_read([(self._key, None)], read)
        self._wake()

    def dismiss(self) -> None:
        """Take it out of what is shown; it stays in the history, as read."""
        self._notices.dismiss([(self._key, None)])
        self._wake()

    @property
    def item(self) -> Notification | None:
        """It, as it is at this moment; None: it was removed, or cleared."""
        return self._notices.find(self._key)

    @property
    def _key(self) -> str:
        return key_of(0, self.id)

    def say(self, said: Mapping[str, Any]) -> None:
        """Say something of it, as `record_of` has it; for what is made of it, such as `NotificationProgress`.

        Another type may bring back what was cleared, so its title is said with it.
        """
        if not said:
            return
        self._title = said.get("title", self._title)
        title = {"title": self._title} if "type" in said else {}
        self._stream.append({"id": self.id, "updated": True, **title, **said})

    def __repr__(self) -> str:
        item = self.item
        if item is None:
            return f"<NotificationHandle {self.id!r}: removed>"
        state = "read" if item.read else "unread"
        return f"<NotificationHandle {self.id!r}: {item.type}, {item.title!r}, {state}>"
