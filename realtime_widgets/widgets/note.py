"""The note beside a widget in a notebook: what JupyterLab shows in its place while it has no model of it.

No code of ours runs in that page: what the notebook holds has to say it. So each widget that is displayed has an
output of HTML before its own, and a style sheet in it goes by the output of the widget:

| in the output of the widget | so | the note |
|---|---|---|
| elements | it is alive | is hidden |
| text only: "Loading widget..." | the kernel has not said yet what it has, as while a cell runs | says that it waits |
| text only and the class of an error, or it is hidden | the kernel has no such model, or closed it | says what to do |

Where styles are stripped (GitHub, a notebook that is not trusted) it says the latter over the text of the widget; other
hosts heed `hidden`.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Final

from ipywidgets import Widget

from ..feeds.text import as_unicode

_NOTE: Final = ".jp-OutputArea-child:has(>.jp-OutputArea-output>.rw-gone)"
_NEXT: Final = ".jp-OutputArea-child>.jp-OutputArea-output"
_ALONE: Final = f"{_NOTE}:not(:has(+{_NEXT}>*))"
"""The note, when the output after it has nothing in it but text of JupyterLab: not even an element."""
_WAITING: Final = f"{_ALONE}:has(+{_NEXT}:not(.jupyter-widgets,.lm-mod-hidden))"

_STYLE: Final = (
    f"{_NOTE}{{display:none}}"
    f"{_ALONE}{{display:flex}}"
    f"{_ALONE} .rw-gone{{display:block;margin:4px;padding:8px 12px;border:1px dashed var(--jp-border-color1,#bbb);"
    "border-radius:8px;color:var(--jp-ui-font-color1,inherit);font:13px/1.4 var(--jp-ui-font-family,system-ui)}"
    f"{_ALONE}+.jp-OutputArea-child:has(>.jp-OutputArea-output.jupyter-widgets){{display:none}}"
    # Most kernels answer at once: this comes after three seconds.
    f"{_WAITING}{{animation:rw-gone 3s}}"
    f"{_WAITING} .rw-gone::before{{content:attr(data-waiting)}}"
    f"{_WAITING} .rw-gone>span{{display:none}}"
    "@keyframes rw-gone{0%,99%{max-height:0;overflow:hidden;visibility:hidden}}"
)

_GONE: Final = {
    "en": "{0} was live here. Run this cell again to see it.",
    "ja": "{0} はここに表示されていました。セルを再実行すると表示されます。",
}

_WAITS: Final = {
    "en": "{0} is waiting for the kernel; while a cell runs, until that ends. If it does not appear then, "
    "run this cell again.",
    "ja": "{0} はカーネルの応答を待っています。セルの実行中は、終了後に表示されます。"
    "表示されない場合はセルを再実行してください。",
}


def note(widget: Widget) -> str:
    """Return the note of a widget, as HTML."""
    import html  # for what is displayed, not for every import

    title = getattr(widget, "title", "")
    name = f"{type(widget).__name__} “{title}”" if title else type(widget).__name__
    language = "ja" if _speaks_japanese(widget) else "en"
    gone, waits = (html.escape(as_unicode(words[language].format(name))) for words in (_GONE, _WAITS))
    return (
        f'<div class="rw-gone" data-waiting="{waits}" lang="{language}" hidden><span>{gone}</span></div>'
        f"<style>{_STYLE}</style>"
    )


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
