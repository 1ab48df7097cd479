"""A kernel, a lossy channel and some pages under one clock that is turned by hand: the world of the model test.

Downwards the channel may drop frames or stall (hold them back, then deliver all), but never reorders.
Upwards, words may get lost, and wait while a cell runs. A kernel may let them through; but not those that
went to its main shell, which later ones overtake.
"""

from __future__ import annotations

import itertools
import json
import random
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from realtime_widgets.browser.delivery import Feed, FrameDelivery
from realtime_widgets.browser.frames import Frame, pack
from realtime_widgets.feeds.feed import Payload
from support.page_model import PageModel, Store
from support.unpacking import unpack

TICK = 0.05


class Numbers:
    """The smallest feed: the newest 40 of a row of numbers."""

    KEPT = 40

    def __init__(self) -> None:
        self.values: deque[float] = deque(maxlen=self.KEPT)
        self.last = 0
        self._sent = 0

    def append(self, value: float) -> None:
        self.values.append(value)
        self.last += 1

    def changed(self) -> bool:
        return self.last > self._sent

    def take(self, key: bool, now: float) -> Payload:
        first, self._sent = self._sent + 1, self.last
        new = list(self.values) if key else list(self.values)[-(self.last - first + 1) or self.KEPT :]
        if not key and self.last < first:
            new = []
        return Payload(first, self.last, key, {"count": self.last}, {"v": np.array(new, float)})

    def state(self) -> list[float]:
        return list(self.values)


class NumbersStore:
    """What a page keeps of `Numbers`."""

    def __init__(self) -> None:
        self.values: deque[float] = deque(maxlen=Numbers.KEPT)

    def replace(self, part: Payload) -> None:
        self.values.clear()
        self.append(part)

    def append(self, part: Payload) -> None:
        self.values.extend(part.columns["v"].tolist())

    def state(self) -> list[float]:
        return list(self.values)


class World:
    """Everything between `append` and the page, with faults to switch on and off."""

    def __init__(
        self,
        seed: int,
        feeds: dict[str, Feed],
        store: Callable[[], Store],
        *,
        wire: bool = False,
        opens_during_cells: bool = False,
    ) -> None:
        self.random = random.Random(seed)
        self.now = 1000.0
        self.feeds = feeds
        self.delivery = FrameDelivery()
        self.pages: list[PageModel] = []
        self.loss = 0.0
        self.loss_upwards = 0.0
        self.detours = 0.1  # how many words go to the main shell; the first of a page always does
        self.words_lost = False
        self.stalled = False
        self.cell = False
        self.opens_during_cells = opens_during_cells
        self.frames = 0
        self._store = store
        self._wire = wire
        self._names = itertools.count()
        self._down: deque[tuple[list[PageModel], Frame]] = deque()
        self._up: deque[dict[str, Any]] = deque()
        self._to_main: deque[dict[str, Any]] = deque()  # words for the shell in which cells run
        self._last_tick = -1e9
        for to, feed in feeds.items():
            self.delivery.add(to, "0", feed, self.now)

    # Faults and events

    def open_page(self) -> PageModel:
        """A new page; its models are made at once, or one after another."""
        slow = self.random.choice([0.0, 0.0, 0.5, 3.0])
        arrivals = {to: self.now + self.random.uniform(0.0, slow) for to in self.feeds}
        page = PageModel(f"p{next(self._names)}", arrivals, self._store)
        page.arrive(self.now)
        self.pages.append(page)
        return page

    def close_page(self, page: PageModel, *, goodbye: bool) -> None:
        self.pages.remove(page)
        if goodbye:
            self._up.append({"rw": 2, "page": page.name, "gone": True})

    def run_cell(self, running: bool) -> None:
        self.cell = running
        (self.delivery.cell_started if running else self.delivery.cell_ended)(self.now)

    def change_carrier(self) -> None:
        """What the old carrier had under way is lost; the kernel starts anew on another."""
        self._down.clear()
        self.delivery.rekey()

    # Time

    def run(self, seconds: float) -> None:
        """Lets everything happen that is due within `seconds`."""
        end = self.now + seconds
        while True:
            due = self._next_due()
            if due > end:
                break
            self.now = max(self.now, due)
            self._step()
        self.now = end

    @property
    def unheard(self) -> bool:
        """Whether words of the pages have not reached the kernel: they were lost, or wait in its main shell."""
        return self.words_lost or (self.opens_during_cells and bool(self._to_main))

    @property
    def _open(self) -> bool:
        return not self.cell or self.opens_during_cells

    def _next_due(self) -> float:
        times = [due(self.now) for page in self.pages for due in (page.report_due, page.ask_due)]
        times += [page.arrival_due() for page in self.pages]
        if self._down and not self.stalled:
            times.append(self.now)
        kernel = self.delivery.next_due(self.now)
        if (
            any(feed.changed() for feed in self.feeds.values())
            or (self._up and self._open)
            or (self._to_main and not self.cell)
        ):
            kernel = self.now if kernel is None else min(kernel, self.now)
        if kernel is not None:
            times.append(max(kernel, self._last_tick + TICK))
        return min(times, default=float("inf"))

    def _step(self) -> None:
        for page in self.pages:
            page.arrive(self.now)
            report = page.report(self.now)
            for word in [*([report] if report else []), *page.asks(self.now)]:
                if self.random.random() < self.loss_upwards:
                    self.words_lost = True
                elif word.get("n") == 1 or self.random.random() < self.detours:
                    self._to_main.append(word)
                else:
                    self._up.append(word)
        for words, open_ in ((self._up, self._open), (self._to_main, not self.cell)):
            while words and open_:
                self._hear(words.popleft())
        if self.now - self._last_tick >= TICK - 1e-9:
            self._tick()
        if not self.stalled:
            while self._down:
                pages, frame = self._down.popleft()
                for page in pages:
                    if page in self.pages:
                        page.receive(frame, self.now)

    def _hear(self, word: dict[str, Any]) -> None:
        feed: Any = self.feeds.get(word.get("to", ""))
        if "do" in word:
            feed.fetch(**word["about"])
        else:
            self.delivery.report(word, self.now)

    def _tick(self) -> None:
        self._last_tick = self.now
        for outgoing in self.delivery.frames(self.now):
            self.frames += 1
            frame = Frame(self.frames, self.now, outgoing.parts, outgoing.heard)
            if self.random.random() >= self.loss:
                self._down.append((list(self.pages), self._carried(frame)))

    def _carried(self, frame: Frame) -> Frame:
        if not self._wire:
            return frame
        content, buffers = pack(frame)
        return unpack(json.loads(json.dumps(content)), buffers)
