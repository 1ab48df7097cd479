"""What axe-core has to say of the widgets in a page: the rules of the W3C, as far as a machine can judge them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"

WHOLE = "html, body, #main { height: 100vh; overflow: visible !important; }"
"""How far the page goes: JupyterLab's body has no height, and rules about contrast judge only what is within it."""

_JUDGE = """
async () => {
  document.querySelector(".rw-board, .rw-host").scrollIntoView();
  const here = { include: [[".rw-host"], [".rw-board"]], exclude: [[".rw-board-grid > :not(.rw-host)"]] };
  const { violations, incomplete, passes } = await axe.run(here, { elementRef: true });
  const told = (results) =>
    results.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
  const short = ({ any }) => any.some(({ data }) => data?.messageKey === "shortTextContent"); // a single digit
  for (const each of incomplete) each.nodes = each.nodes.filter((node) => !short(node));
  const contrast = passes.find(({ id }) => id === "color-contrast")?.nodes ?? [];
  const seen = new Set(contrast.map(({ element }) => element.closest(".rw-root")));
  const unseen = [...document.querySelectorAll(".rw-root")].filter((root) => root.innerText.trim() && !seen.has(root));
  return { wrong: told(violations), unsure: told(incomplete), unseen: unseen.map(({ outerHTML }) => outerHTML) };
}
"""

KEPT: dict[str, list[str]] = {"wrong": [], "unsure": [], "unseen": []}
"""The verdict on widgets that keep all rules."""


def judged(page: Page) -> dict[str, Any]:
    """Judges all widgets of a page, for which the window must be tall enough.

    Returns: what is wrong; what cannot be told; and the widgets of which the contrast of nothing could be judged.
    """
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
        page.add_style_tag(content=WHOLE)
    verdict: dict[str, Any] = page.evaluate(_JUDGE)
    return verdict
