"""The note beside a widget in a notebook: what JupyterLab shows in its place when the kernel that had it is gone.

JupyterLab says "model not found" then, and no code of ours runs in that page: what the notebook holds has to say it.
So each widget that is displayed has an output of HTML before its own. A style sheet in it hides it where the widget
after it is alive, and hides JupyterLab's sentence where it is not. Where styles are stripped (GitHub, a notebook that
is not trusted) the note stands over the text of the widget; other hosts heed `hidden`.
"""

from __future__ import annotations

import html
import os
import sys
from typing import Any, Final

from ipywidgets import Widget

from ..feeds.text import as_unicode

_NOTE: Final = ".jp-OutputArea-child:has(>.jp-OutputArea-output>.rw-gone)"
_NEXT: Final = ".jp-OutputArea-child>.jp-OutputArea-output"
_DEAD: Final = f"{_NOTE}:not(:has(+{_NEXT}>*))"
"""The note, when the output after it has nothing in it but text of JupyterLab: not even an element."""

_STYLE: Final = (
    f"{_NOTE}{{display:none}}"
    # While a widget loads there is text, too: the note comes after three seconds.
    f"{_DEAD}{{display:flex;animation:rw-gone 3s}}"
    f"{_DEAD} .rw-gone{{display:block;margin:4px;padding:8px 12px;border:1px dashed var(--jp-border-color1,#bbb);"
    "border-radius:8px;color:var(--jp-ui-font-color1,inherit);font:13px/1.4 var(--jp-ui-font-family,system-ui)}"
    f"{_DEAD}+.jp-OutputArea-child:has(>.jp-OutputArea-output.jupyter-widgets){{display:none}}"
    "@keyframes rw-gone{0%,99%{max-height:0;overflow:hidden;visibility:hidden}}"
)

_WORDS: Final = {
    "en": "{0} was live here. Run this cell again to see it.",
    "ja": "{0} はここに表示されていました。セルを再実行すると表示されます。",
}


def note(widget: Widget) -> str:
    """Return the note of a widget, as HTML."""
    title = getattr(widget, "title", "")
    name = f"{type(widget).__name__} “{title}”" if title else type(widget).__name__
    language = "ja" if _speaks_japanese(widget) else "en"
    text = html.escape(as_unicode(_WORDS[language].format(name)))
    return f'<div class="rw-gone" lang="{language}" hidden>{text}</div><style>{_STYLE}</style>'


def _speaks_japanese(widget: Widget) -> bool:
    """Whether the reader does, as far as the kernel can know it."""
    asked = getattr(widget, "locale", "") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return str(asked).lower().startswith("ja")


def publish_note(widget: Widget) -> None:
    """Publish the note of a widget that is about to be displayed, where there is a notebook to take it."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or getattr(shell, "kernel", None) is None or "google.colab" in sys.modules:
        return
    shell.display_pub.publish({"text/html": note(widget)})
