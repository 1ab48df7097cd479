"""Looking at widgets in a page: what feeds them, finding them, waiting until they move, and whether anything hangs out."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from support.lab import LIMIT
from support.servers import wait_for

FEED = """
import os, threading, time
import ipywidgets, numpy as np
import realtime_widgets as rw

stream = rw.Stream("feed")

def feed():
    n = 0
    while True:
        n += 1
        stream.append(ts=time.time(), n=n)
        time.sleep(0.05)

threading.Thread(target=feed, daemon=True).start()
"""
"""A cell that feeds a stream from a thread, twenty times a second."""


def widgets(page: Page, kind: str) -> Locator:
    return page.locator(f".rw-root[data-rw-widget='{kind}']")


def all_of(page: Page, kind: str, count: int) -> list[Locator]:
    """So many widgets of a kind, when they are there: `all()` alone waits for nothing, and may find none."""
    found = widgets(page, kind)
    expect(found).to_have_count(count)
    return found.all()


def seen(root: Locator) -> Locator:
    """The element, scrolled to: what is not on screen is not drawn."""
    root.scroll_into_view_if_needed(timeout=LIMIT * 1000)
    return root


def last_ts(root: Locator) -> float:
    return float(root.get_attribute("data-rw-last-ts") or "nan")


def wait_until_moved(root: Locator, times: int = 3) -> None:
    """Waits until the newest datum drawn has changed so many times, where it can be seen: else nothing is drawn."""
    element = seen(root).element_handle(timeout=LIMIT * 1000)
    element.evaluate(
        """(root) => {
            root.rwMoved = 0;
            new MutationObserver(() => { root.rwMoved += 1; })
                .observe(root, { attributes: true, attributeFilter: ["data-rw-last-ts"] });
        }"""
    )
    root.page.wait_for_function(
        "([root, times]) => root.rwMoved >= times", arg=[element, times], timeout=LIMIT * 1000
    )


def clipped(root: Locator) -> list[str]:
    """Which elements of a widget hang out of it, or hide text that does not fit; not what is seen nowhere."""
    found: list[str] = root.evaluate(
        """(root) => {
            const box = root.getBoundingClientRect();
            const out = [];
            // In a second line of what shows its first one only, say: whole and within, or not there.
            const unseen = (el) => {
                const mine = el.getBoundingClientRect();
                for (let over = el.parentElement; over && over !== root; over = over.parentElement) {
                    if (getComputedStyle(over).overflowY !== "hidden") continue;
                    const { top, bottom } = over.getBoundingClientRect();
                    if (mine.top >= bottom || mine.bottom <= top) return true;
                }
                return false;
            };
            for (const el of root.querySelectorAll("*")) {
                const { left, right, width } = el.getBoundingClientRect();
                if (width && (left < box.left - 1 || right > box.right + 1) && !unseen(el)) out.push(el.className);
            }
            if (root.scrollWidth > root.clientWidth + 1) out.push("root");
            return out;
        }"""
    )
    return found


def ill_fitting(root: Locator) -> list[str]:
    """What of a widget's numbers and their units is cut, what numbers are too small to be read or in several lines."""
    found: list[str] = root.evaluate(
        """(root) => {
            const out = [];
            const within = ".rw-value, .rw-foot, .rw-lone, .rw-reading";
            for (const el of [root, ...root.querySelectorAll(within), ...root.querySelectorAll(`:is(${within}) *`)])
                if (el.clientWidth && el.scrollWidth > el.clientWidth)
                    out.push(`${el.className} is cut: ${el.textContent}`);
            for (const el of root.querySelectorAll(".rw-number")) {
                if (parseFloat(getComputedStyle(el).fontSize) < 12) out.push(`too small: ${el.textContent}`);
                const range = document.createRange();
                range.selectNodeContents(el);
                const lines = new Set([...range.getClientRects()].map(({ bottom }) => Math.round(bottom)));
                if (lines.size > 1 && el.closest("[data-rw-fit]")?.dataset.rwFit !== "lines")
                    out.push(`in pieces: ${el.textContent}`);
            }
            return out;
        }"""
    )
    return found


def red_columns(chart: Locator) -> dict[str, Any]:
    """Where a chart's red line is: its width, how much within is missing, and what is free to its right, in pixels."""
    result: dict[str, Any] = chart.locator("canvas").first.evaluate(
        """(canvas) => {
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            const red = [];
            for (let x = 0; x < width; x++) {
                let found = false;
                for (let y = 0; y < height && !found; y++) {
                    const i = 4 * (y * width + x);
                    found = data[i + 3] > 128 && data[i] > 180 && data[i + 1] < 80;
                }
                red.push(found);
            }
            const first = red.indexOf(true), last = red.lastIndexOf(true);
            const inside = red.slice(first, last + 1);
            return { span: last - first + 1, missing: inside.filter((x) => !x).length, free: width - 1 - last, width };
        }"""
    )
    return result


def listen(page: Page) -> None:
    """Notes what widgets announce from here on."""
    page.evaluate(
        """() => {
            const noted = window.rwHeard = []; // its own: those who listened before note elsewhere
            for (const region of document.querySelectorAll("[data-rw-announcer]")) {
                new MutationObserver(() => {
                    for (const { lang, textContent } of region.children) {
                        noted.push(`${region.getAttribute("aria-live")} ${lang} ${textContent}`);
                    }
                }).observe(region, { childList: true });
            }
        }"""
    )


def heard(page: Page) -> list[str]:
    """What has been announced since `listen()`: how, in which language, and what."""
    announced: list[str] = page.evaluate("window.rwHeard")
    return announced


def wait_until_heard(page: Page, *words: str) -> None:
    """Waits until all of these have been announced."""
    page.wait_for_function(
        "(words) => words.every((word) => window.rwHeard.some((text) => text.includes(word)))",
        arg=words,
        timeout=LIMIT * 1000,
    )


def wait_until_it_fits(root: Locator) -> None:
    """Waits until nothing of a widget hangs out of it: what comes on screen has its new width in a moment."""
    seen(root)
    found: list[str] = []

    def fits() -> bool:
        found[:] = clipped(root)
        return not found

    try:
        wait_for(fits)
    except AssertionError as error:
        raise AssertionError(f"it hangs out: {found}") from error
