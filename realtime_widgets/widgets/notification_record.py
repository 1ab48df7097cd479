"""A notification as Python says it, checked, as a record of a stream: with the names that it has on the wire."""

from __future__ import annotations

from typing import Any

from ..errors import UsageError, did_you_mean, shown
from ..feeds.notice import MAX_DURATION, TYPES
from ..streams.amounts import to_duration


def record_of(
    *,
    title: Any = None,
    message: Any = None,
    type: Any = None,
    action_url: Any = None,
    action_label: Any = None,
    auto_remove: Any = None,
    duration: Any = None,
    progress: float | None = None,
) -> dict[str, Any]:
    """Return the fields that are given; those that are None say nothing.

    Raises:
        UsageError: for an unknown type, or what is no duration.
        WrongType: likewise.
    """
    said: dict[str, Any] = {
        "title": text_of(title),
        "message": text_of(message),
        "type": None if type is None else checked_type(type),
        "actionUrl": text_of(action_url),
        "actionLabel": text_of(action_label),
        "autoRemove": None if auto_remove is None else bool(auto_remove),
        "duration": None if duration is None else 1000 * _checked_duration(duration),
        "progress": progress,
    }
    return {name: value for name, value in said.items() if value is not None}


def checked_type(type: Any) -> str:
    """Return a type of notification.

    Raises:
        UsageError: for an unknown one, naming the nearest.
    """
    if not isinstance(type, str) or type not in TYPES:
        hint = did_you_mean(str(type), TYPES) or f"; pass one of {', '.join(map(repr, TYPES))}"
        raise UsageError(f"type={shown(type)} is no type of notification{hint}")
    return str(type)


def _checked_duration(duration: Any) -> float:
    seconds = to_duration(duration, "duration= of a notification", above=0.0)
    if seconds > MAX_DURATION:
        raise UsageError(
            f"duration={duration!r} cannot be used: pass at most a day, or auto_remove=False for one that stays"
        )
    return seconds


def text_of(value: Any) -> str | None:
    """Return anything as text; None says nothing."""
    if value is None or isinstance(value, str):
        return value
    try:
        return str(value)
    except Exception as error:  # an object of a user, perhaps the very one that has failed
        return f"<a {value.__class__.__name__} whose text raised {error.__class__.__name__}>"
