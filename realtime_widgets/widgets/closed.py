"""Closed: what a closed widget says where it is shown or used again, instead of nothing."""

from __future__ import annotations

from typing import Any

from ipywidgets import Widget

from ..errors import UsageError
from .note import publish_note


class SaysClosed(Widget):  # type: ignore[misc]
    """A widget that says what to do once it is closed."""

    @property
    def model_id(self) -> str:
        """The id of its model in the pages, as other widgets refer to it.

        Raises:
            UsageError: when it is closed.
        """
        if self.comm is None:
            raise UsageError(f"a closed widget cannot be shown: {why_closed(self)}")
        return str(self.comm.comm_id)

    def close(self) -> None:
        """Takes the widget off the pages."""
        super().close()
        self.__dict__.pop(
            "_repr_mimebundle_", None
        )  # ipywidgets sets it to None: nothing but the repr would show

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if self.comm is None:
            return {"text/plain": why_closed(self)}
        publish_note(self)
        return super()._repr_mimebundle_(**kwargs)


def why_closed(widget: Widget) -> str:
    """Return that a widget is closed, and what to do, as a sentence for the reader."""
    return (
        f"{widget!r} is closed, by close() or because its cell was run again; run that cell once more, "
        "and keep in a name what is to stay"
    )
