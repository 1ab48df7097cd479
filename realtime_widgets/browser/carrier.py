"""Carrier: the one hidden model over whose comm all frames of this kernel travel.

Its `_esm` is the front end that all widgets of a page share, so that a page loads it once per kernel and the widgets'
own modules stay tiny; the code of each kind of widget is in its trait `_rw_modules` from the first widget of that kind
on. JupyterLab, Notebook and Voila run the `initialize` of models that are never displayed, all that a carrier needs.
marimo creates only the models that it displays: there every widget sends the front end and the code of its kind itself
(marimo loads equal modules once) and is its own carrier.
"""

from __future__ import annotations

import contextvars
import functools
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..errors import NotBuilt

STATIC = Path(__file__).parent.parent / "static"


@functools.cache
def read_static(name: str) -> str:
    """Return the text of a built front-end file.

    Raises:
        NotBuilt: when the package is run from a checkout whose front end was never built.
    """
    path = STATIC / name
    if not path.exists():
        raise NotBuilt(
            f"the front end of realtime_widgets is not built: {name!r} is missing from its static folder; "
            "run `make build` in the checkout, or install the wheel"
        )
    return path.read_text(encoding="utf-8")


@functools.cache
def read_front_end(kind: str) -> str:
    """Return the front end and the code of a kind of widget as one text, the same object for all of that kind."""
    return f"{read_static('page.js')}\n{read_static(f'{kind}.js')}"


def has_carrier() -> bool:
    """Whether the front end of the caller's notebook creates models that are never displayed."""
    marimo = sys.modules.get("marimo")
    return marimo is None or not marimo.running_in_notebook()


def is_closed(comm: Any) -> bool:
    """Whether a comm is closed, by its widget or by the notebook."""
    return comm is None or bool(getattr(comm, "_closed", False))


def parentless_context() -> contextvars.Context:
    """Return a context in which ipykernel finds no parent message for what is sent.

    A comm that is opened and used without a parent belongs to no cell: its messages appear in no cell's output, and
    ipykernel 7.4 delivers messages from its pages while a cell runs. Where the kernel keeps the parent elsewhere (or
    there is no kernel) this is simply an empty context.
    """
    context = contextvars.Context()
    kernelbase = sys.modules.get("ipykernel.kernelbase")
    if kernelbase is not None and kernelbase.Kernel.initialized():
        parent = getattr(kernelbase.Kernel.instance(), "_shell_parent", None)
        if isinstance(parent, contextvars.ContextVar):
            context.run(parent.set, {})
    return context


class Carrier(anywidget.AnyWidget):
    """A model without a view; created and used on the I/O thread only."""

    _esm = traitlets.Unicode().tag(sync=True)
    """The shared front end (`static/page.js`)."""

    _rw_carrier = traitlets.Unicode().tag(sync=True)
    """Name by which widgets refer to this kernel's carrier."""

    _rw_modules = traitlets.Dict().tag(sync=True)
    """Kind of widget → its code (`static/<kind>.js`), for the kinds that this kernel has used."""

    def __init__(self, carrier_id: str, modules: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(
            _esm=read_static("page.js"), _rw_carrier=carrier_id, _rw_modules=dict(modules), **kwargs
        )

    def bring(self, modules: Mapping[str, str]) -> None:
        """Send the code of more kinds of widget to the pages."""
        self._rw_modules = dict(modules)
