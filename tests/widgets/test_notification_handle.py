"""The handle of a notification: more is said of it, and it is done with."""

from __future__ import annotations

import pytest

from realtime_widgets.errors import UsageError
from realtime_widgets.widgets.notifications import Notifications
from support.recorder import Recorder


def titles(n: Notifications) -> list[str]:
    return [item.title for item in n.items]


def test_a_handle_updates_dismisses_and_reads_its_notification(sent: Recorder) -> None:
    n = Notifications()
    handle = n.info("Run", "began")
    other = n.success("Other")
    handle.update(message="at 40 %", action_label="Stop")
    assert handle.item is not None
    assert (handle.item.message, handle.item.action_label, handle.item.count) == ("at 40 %", "Stop", 1)
    assert n.unread_count == 2
    handle.mark_read()
    assert (n.unread_count, handle.item.read, handle.item.shown) == (1, True, True)
    handle.update(type="error", message="stopped")
    assert (n.unread_count, handle.item.type) == (2, "error")
    handle.dismiss()
    assert (n.unread_count, handle.item.shown) == (1, False)
    assert titles(n) == ["Other", "Run"]
    assert repr(handle) == f"<NotificationHandle {handle.id!r}: error, 'Run', read>"
    n.clear()
    assert handle.item is None
    assert repr(handle).endswith(": removed>")
    handle.update(message="too late")
    assert titles(n) == []
    n.undo()
    assert titles(n) == ["Other", "Run"]
    n.mark_all_read()
    assert n.unread_count == 0
    assert other.item is not None


def test_what_cannot_be_said_is_refused_and_changes_nothing(sent: Recorder) -> None:
    n = Notifications()
    handle = n.info("Run", "began")
    with pytest.raises(UsageError, match="type='done' is no type"):
        handle.update(type="done", message="over")
    with pytest.raises(TypeError, match="did you mean 'message'"):
        handle.update(mesage="over")  # type: ignore[call-arg]
    handle.update()
    assert handle.item is not None
    assert (handle.item.message, n.stream.last_seq) == ("began", 1)
