"""A recorder in place of the browser: what widgets send, as frames."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from realtime_widgets.browser.frames import Frame
from realtime_widgets.runtime import get_runtime
from support.unpacking import unpack


class Recorder:
    """Stands where the carrier's comm would be, and waits for what is to come."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.routes: list[str] = []
        self._new = threading.Condition()

    def __call__(self, route: str, content: dict[str, Any], buffers: list[bytes]) -> None:
        with self._new:
            self.routes.append(route)
            self.frames.append(unpack(content, buffers))
            self._new.notify_all()

    def wait_for(self, found: Callable[[Frame], object]) -> Frame:
        """The first frame, past or to come, for which `found` holds."""
        with self._new:
            self._new.wait_for(lambda: any(found(frame) for frame in self.frames), timeout=30)
            return next(frame for frame in self.frames if found(frame))


def settle() -> None:
    """Waits until the I/O thread has done all that was handed over to it so far."""
    done = threading.Event()
    get_runtime().call_soon(done.set)
    assert done.wait(30)


def bodies(frame: Frame, widget: Any) -> list[dict[str, Any]]:
    return [part.payload.body for part in frame.parts if part.to == widget._rw_id]


def value_of(frame: Frame, widget: Any) -> Any:
    return next(
        (body.get("text", body["value"]) for body in bodies(frame, widget) if "value" in body), "nothing"
    )
