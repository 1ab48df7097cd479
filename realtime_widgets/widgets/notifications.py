"""Notifications: what has happened, for somebody's attention: once, calmly, and with a record of it."""

from __future__ import annotations

import hashlib
import inspect
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

import msgspec
import traitlets
from ipywidgets import Layout

from ..client import Client
from ..feeds.freshness import Facts
from ..feeds.notice import TYPES, NoticeType, Notification, checked_id
from ..feeds.notices import Notices, key_of
from ..feeds.notifications import NotificationsFeed
from ..runtime import get_runtime
from ..runtime.log_handler import Event, LogHandler
from ..streams import Stream
from ..streams.amounts import Duration
from .base import LiveWidget, named_keywords
from .derived import Derived, DerivedChanges
from .notification_actions import Actions, check_action
from .notification_handle import NotificationHandle
from .notification_progress import NotificationProgress, told
from .notification_record import record_of, text_of
from .notification_sources import Link, streams_of
from .settings import Setting, flag, optional, seconds, whole

T = TypeVar("T")

MAX_RECORDS = 10_000
"""Records kept of what Python has said."""


class Notifications(LiveWidget):
    """A panel of notifications: those of this moment, the unread ones counted, and the history behind them.

    At most `max_visible` are shown, the newest first. Info and success leave by themselves after their `duration` on
    screen; warnings, errors and what asks for something to be done stay until they are dismissed. Whatever leaves is
    kept in the history. The time only counts while somebody can see the panel, and not while the pointer or the focus
    is on it; what comes while nobody looks is one line more, not a flood. One that was before somebody's eyes for
    `auto_read` seconds is read, and fades. `max_visible`, `max_history`, `auto_read`, `do_not_disturb` and `title` can
    be set later.

    Its records come from Python (`info`, `success`, `warning`, `error`), from the hub, or from any stream. A record of
    a notification has `title`, `message`, `type`, and what else the wire has: `id`, `actionUrl`, `actionLabel`,
    `autoRemove`, `duration` (in ms), `timestamp`, `read`; one of a log, with `level` and `source`, is one too. Two with
    the same `id` are one that is counted.

    Args:
        source: a client (its channels `notifications` and `alerts`), a stream, or a list of these; None: Python alone.
        max_visible: most notifications shown outside the history, 1 to 20.
        max_history: most notifications kept, 10 to 1000; the oldest go first, those that are shown last.
        auto_read: after how many seconds before somebody's eyes one is read; None: only when somebody says so.
        do_not_disturb: whether what comes goes into the history without being shown or announced; unread it is.
        title: heading; None: "Notifications", in the reader's language.
        theme: `auto` (the host's), `light` or `dark`.
        locale: language of words and times, such as `ja`; None: the browser's.
        tz: time zone that times are shown in, an IANA name such as "Asia/Tokyo" or "UTC"; None: the reader's.
        layout: an `ipywidgets.Layout`, as for every ipywidget.

    Raises:
        WrongType: for a source that is none.
        UsageError: when a setting is out of its range; TypeError names the nearest keyword.

    Example:
        `n = Notifications(); n.warning("Disk", "91 % full", id="disk")`
    """

    max_visible = Setting(5, whole("max_visible", 1, 20, "")).tag(sync=True)
    """Most notifications shown outside the history."""

    max_history = Setting(200, whole("max_history", 10, 1000, ""))
    """Most notifications kept."""

    auto_read = Setting(3.0, optional(seconds("auto_read", 0, 86_400))).tag(sync=True)
    """Seconds before somebody's eyes after which one is read; None: only when somebody says so."""

    do_not_disturb = Setting(False, flag("do_not_disturb")).tag(sync=True)
    """Whether what comes goes into the history without being shown or announced."""

    unread_count = Derived(0, lambda panel: panel._notices.unread)
    """How many are not read, exact whenever it is read. Nobody sets it; `n.observe(fn, "unread_count")` calls `fn` on
    the callback thread, with or without a page, at most ten times a second."""

    _unread: DerivedChanges | None = None
    _observed = False

    @named_keywords
    def __init__(
        self,
        source: Client | Stream | Iterable[Client | Stream] | None = None,
        *,
        max_visible: int = 5,
        max_history: int = 200,
        auto_read: Duration | None = 3.0,
        do_not_disturb: bool = False,
        title: str | None = None,
        theme: Literal["auto", "light", "dark"] = "auto",
        locale: str | None = None,
        tz: Any = None,
        layout: Layout | dict[str, Any] | None = None,
    ) -> None:
        self._own = Stream("notifications", max_points=MAX_RECORDS)
        streams = list(dict.fromkeys([self._own, *streams_of(source)]))  # or all of one would be there twice
        self._notices = Notices(streams, 200, time.monotonic)
        self._actions = Actions(self._notices, self._action_failed)
        self._handlers: list[LogHandler] = []
        self._followed = streams
        feeds = {"0": NotificationsFeed(self._notices)}
        links = {str(i): Link(stream) for i, stream in enumerate(streams) if stream.source is not None}
        super().__init__(
            "notifications",
            streams,
            {**feeds, **links},
            title=title,
            max_visible=max_visible,
            max_history=max_history,
            auto_read=auto_read,
            do_not_disturb=do_not_disturb,
            theme=theme,
            locale=locale,
            tz=tz,
            layout=layout,
        )
        if self._observed:  # by a class that is derived from this one
            self._follow_unread()

    # Saying something

    @named_keywords
    def notify(
        self,
        title: Any = "",
        message: Any = "",
        *,
        type: NoticeType = "info",
        id: str | None = None,
        action_url: str | None = None,
        action_label: str | None = None,
        on_action: Callable[[Notification], object] | None = None,
        auto_remove: bool | None = None,
        duration: Duration | None = None,
        ts: Any = None,
    ) -> NotificationHandle:
        """Add a notification, or one more of an id. Any thread, never waits.

        Args:
            title: in a few words; anything that has a text.
            message: in full, likewise.
            type: info, success, warning or error.
            id: two with the same id are one, which is counted; None: one of its own.
            action_url: an address to go to: http, https or mailto; any other is shown as text, and one of more than
                8,000 characters is not shown.
            action_label: what the link says; without an address a button, whose press `on_action` is told of.
            on_action: called with the notification, on the callback thread, when its link or button is used.
            auto_remove: whether it leaves by itself; None: info and success without an action do.
            duration: after how long on screen it does: seconds, a timedelta or "5s"; None: 5 seconds.
            ts: when it happened, as `Stream.append` takes it; None: now.

        Returns:
            Its handle, to update, dismiss, or mark it as read.

        Raises:
            UsageError: for an unknown type, or a duration that is none.
        """
        check_action(on_action)
        said = record_of(
            title=title,
            message=message,
            type=type,
            action_url=action_url,
            action_label=action_label,
            auto_remove=auto_remove,
            duration=duration,
        )
        return self._add(said, id, ts, on_action)

    def info(self, title: Any = "", message: Any = "", **options: Any) -> NotificationHandle:
        """Add one of type `info`; options as for `notify`."""
        return self.notify(title, message, type="info", **options)

    def success(self, title: Any = "", message: Any = "", **options: Any) -> NotificationHandle:
        """Add one of type `success`; options as for `notify`."""
        return self.notify(title, message, type="success", **options)

    def warning(self, title: Any = "", message: Any = "", **options: Any) -> NotificationHandle:
        """Add one of type `warning`, which stays; options as for `notify`."""
        return self.notify(title, message, type="warning", **options)

    def error(self, title: Any = "", message: Any = "", **options: Any) -> NotificationHandle:
        """Add one of type `error`, which stays, and is announced at once; options as for `notify`."""
        return self.notify(title, message, type="error", **options)

    def progress(self, title: Any, message: Any = "", *, id: str | None = None) -> NotificationProgress:
        """Add one that follows some work: `with n.progress("Epoch 1/10") as p: p(0.3)`.

        It stays while the work goes on, ends as `success`, or with the exception as `error`.
        """
        said = record_of(title=title, message=message, type="info", progress=float("nan"))
        return NotificationProgress(self._add(said, id, None, None))

    async def track(
        self,
        work: Awaitable[T],
        pending: Any = "",
        *,
        success: Any = "",
        error: Any = "",
        id: str | None = None,
    ) -> T:
        """Follow something that is awaited: `await n.track(fit(), "Fitting", success="Done: {}", error="Failed: {}")`.

        Args:
            work: a coroutine, a task, a future.
            pending: the title while it runs.
            success: the message when it has returned; `{}` is what it returned. Empty: that it is done.
            error: the message when it has raised; `{}` is what. Empty: the exception.
            id: as for `notify`.

        Returns:
            What it returns; what it raises is raised.
        """
        progress = self.progress(pending, id=id)
        try:
            result = await work
        except BaseException as raised:
            progress.fail(_filled(error or "{}", told(raised)))
            raise
        progress.done(_filled(success or "", result))
        return result

    def logging_handler(self, level: str | int = "WARNING") -> LogHandler:
        """Return a handler for a logger: `logging.getLogger().addHandler(n.logging_handler())`.

        What is logged again and again, word by word, is one notification that is counted. The handler ends with the
        panel.

        Args:
            level: the least severe level to take, a name or a number of `logging`.

        Raises:
            UsageError: for an unknown level, naming the nearest.
        """
        handler = LogHandler(self._log, level)
        self._handlers.append(handler)
        return handler

    def _log(self, event: Event) -> None:
        what = "\0".join(str(event[name]) for name in ("level", "source", "message"))
        id = hashlib.sha1(what.encode(errors="replace"), usedforsecurity=False).hexdigest()[:16]
        message = event["message"]
        reason = str(event.get("details", "")).rpartition("\n")[2]
        self._own.append(
            {
                "id": f"log-{id}",
                "title": event["source"],
                "message": f"{message}\n{reason}" if reason else message,
                "type": event["level"],
            },
            ts=event["ts"],
        )

    def _action_failed(self, notification: Notification, error: BaseException) -> None:
        """Tell who has pressed a button that what it should have done has failed: nobody reads the log then."""
        what = notification.action_label or notification.title
        self.error(what, told(error), id=f"{notification.id} failed")

    def _add(
        self,
        said: Mapping[str, Any],
        id: str | None,
        ts: Any,
        on_action: Callable[[Notification], object] | None,
    ) -> NotificationHandle:
        name = checked_id(text_of(id) or "") or uuid.uuid4().hex[:12]
        self._actions.put(key_of(0, name), on_action)
        self._own.append({"id": name, **said}, ts=ts)
        return NotificationHandle(name, said.get("title", ""), self._own, self._notices, self._wake)

    # What becomes of them

    @property
    def stream(self) -> Stream:
        """What Python has said, one record for each word of it, to be followed like any other stream."""
        return self._own

    @property
    def items(self) -> list[Notification]:
        """All notifications that are kept, the newest first."""
        return self._notices.items()

    def find(self, id: str) -> Notification | None:
        """Return the newest with an id, of whatever source; None: there is none."""
        return next((item for item in self.items if item.id == str(id)), None)

    def mark_read(self, id: str, read: bool = True) -> None:
        """Mark those with an id as read, or as unread, whatever source they are of."""
        self._notices.mark_read(self._seen(id), read)
        self._wake()

    def dismiss(self, id: str) -> None:
        """Take those with an id out of what is shown; they stay in the history, as read."""
        self._notices.dismiss(self._seen(id))
        self._wake()

    def remove(self, id: str) -> None:
        """Remove those with an id for good."""
        self._notices.remove(self._seen(id))
        self._wake()

    def _seen(self, id: str) -> list[tuple[str, int | None]]:
        return [(key, None) for key in self._notices.keys_of(str(id))]

    def mark_all_read(self) -> None:
        """Mark all as read."""
        self._notices.mark_all_read()
        self._wake()

    def clear(self) -> None:
        """Remove all of them, the history too; `undo` brings them back."""
        self._notices.clear(uuid.uuid4().hex[:12])
        self._wake()

    def undo(self) -> None:
        """Bring back what `clear`, here or in a page, has removed last; called again, what the one before has.

        The latest clears are remembered, up to twice `max_history` notifications. With none it does nothing.
        """
        self._notices.undo()
        self._wake()

    def on_action(self, fn: Callable[[Notification], object]) -> Callable[[], None]:
        """Have `fn(notification)` called, on the callback thread, when a link or button of any is used.

        A notebook cell that is run again removes what its last run has added.

        Returns:
            The undo.
        """
        return self._actions.add(fn)

    def observe(self, handler: Any, names: Any = traitlets.All, type: Any = "change") -> None:
        """Have a function called when a trait changes, as for every ipywidget."""
        super().observe(handler, names, type)
        if names is traitlets.All or "unread_count" in ([names] if isinstance(names, str) else names):
            self._observed = True
            self._follow_unread()

    def _follow_unread(self) -> None:
        """Count the unread as they come; what nobody observes is counted when it is asked for."""
        if self._unread is None and hasattr(self, "_feeds"):
            sources = [stream.listen for stream in self._followed]
            self._unread = DerivedChanges(self, ["unread_count"], sources)

    # What happens

    def _wake(self) -> None:
        super()._wake()
        if self._unread is not None:
            self._unread.look()

    @traitlets.observe("do_not_disturb", "max_history", "max_visible")
    def _set(self, _: Any) -> None:
        self._notices.silent = self.do_not_disturb
        self._notices.visible = self.max_visible
        self._notices.keep = self.max_history
        self._wake()

    def _facts(self) -> Facts:
        """What is known: that nothing has happened for long is no fault."""
        facts = super()._facts()
        return msgspec.structs.replace(facts, empty=False, missing=False, age=None, pace="usual")

    def _asked(self, what: str, about: Any) -> None:
        match what, about:
            case (("read" | "hide" | "dismiss" | "remove"), {"seen": list(seen)}):
                act = {
                    "read": self._notices.mark_read,
                    "hide": self._notices.hide,
                    "dismiss": self._notices.dismiss,
                    "remove": self._notices.remove,
                }[what]
                act(_checked_seen(seen))
            case "read_all", {"turn": int(turn)}:
                self._notices.mark_all_read(turn)
            case (("clear" | "undo"), {"turn": int(turn), "group": str(group), "known": int(known)}):
                (self._notices.clear if what == "clear" else self._notices.undo)(group, turn, known)
            case "quiet", bool(on):
                get_runtime().submit(setattr, self, "do_not_disturb", on)  # users may observe it
            case "act", {"key": str(key)}:
                self._actions.use(key)
            case _:
                super()._asked(what, about)
        self._wake()

    def close(self) -> None:
        """Take the panel off the pages; its handlers leave their loggers."""
        for handler in getattr(self, "_handlers", ()):
            handler.close()
        if self._unread is not None:
            self._unread.close()
        super().close()

    def __repr__(self) -> str:
        items = self.items
        return f"Notifications({len(items)} kept, {self.unread_count} unread, {self.data_state})"


def _show_options() -> None:
    """Have `info` and the like show their options, for completion and `help()`."""
    whole = inspect.signature(Notifications.notify)
    rest = [each for name, each in whole.parameters.items() if name != "type"]
    for name in TYPES:
        vars(Notifications)[name].__signature__ = whole.replace(parameters=rest)


_show_options()


def _checked_seen(seen: list[Any]) -> list[tuple[str, int]]:
    return [(key, turn) for key, turn in seen if isinstance(key, str) and isinstance(turn, int)]


def _filled(text: Any, about: Any) -> str:
    """Put what it is about in the place of `{}`; any other braces stay as they are."""
    return (text_of(text) or "").replace("{}", text_of(about) or "None")
