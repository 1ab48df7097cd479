"""The model test of the last hop: whatever is dropped, stalled or reloaded, every page is right again in time."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from realtime_widgets.browser.delivery import KEYFRAME_INTERVAL
from realtime_widgets.feeds import log as event_log
from realtime_widgets.feeds.log import EventLogFeed
from realtime_widgets.feeds.series import SeriesFeed
from realtime_widgets.feeds.windows import points
from realtime_widgets.streams import Stream
from support.hop import Numbers, NumbersStore, World
from support.page_model import ASK_AT_LEAST, MUTED, REPORT_INTERVAL, Log, PageBuckets
from support.schedules import BLOCKS, Schedules

HEALED = KEYFRAME_INTERVAL + 1.2
"""Seconds after the last fault within which every page must be right: a reminder or keyframe, the page's next
permitted word (one a second), and a tick or two for the answer."""


def let_it_heal(world: World) -> None:
    """Where words did not arrive, a page may have fallen silent: it tries again after a minute."""
    world.run(HEALED + (MUTED + REPORT_INTERVAL if world.unheard else 0.0))


def run_schedule(world: World, change: Callable[[str], None], events: int) -> None:
    """A random life: data, losses, stalls, reloads, hidden pages, second tabs, running cells."""
    random = world.random
    world.open_page()
    for _ in range(events):
        event = random.randrange(16)
        page = random.choice(world.pages) if world.pages else None
        if event < 5:
            for to in world.feeds:
                if random.random() < 0.7:
                    change(to)
        elif event == 5:
            world.loss = random.choice([0.0, 0.3, 0.9, 1.0])
        elif event == 6:
            world.stalled = not world.stalled
        elif event == 7 and page:
            world.close_page(page, goodbye=random.random() < 0.5)
            world.open_page()
        elif event == 8 and page:
            page.show(not page.visible)
        elif event == 9 and len(world.pages) < 3:
            world.open_page()
        elif event == 10 and len(world.pages) > 1 and page:
            world.close_page(page, goodbye=False)
        elif event == 11:
            world.run_cell(not world.cell)
        elif event == 12:
            world.change_carrier()
        elif event == 13:
            world.loss_upwards = random.choice([0.0, 0.5, 1.0])
        elif event == 14 and page:
            page.scroll()
        world.run(random.choice([0.0, 0.05, 0.3, 1.0, 2.5, 12.0]))
    # The faults end here, with data still to come: losses that nothing follows are the hardest.
    world.loss, world.loss_upwards, world.detours, world.stalled = 0.0, 0.0, 0.0, False
    if random.random() < 0.5:
        world.run_cell(
            False
        )  # what has waited in the main shell comes now, behind what it should have come before
        world.run(0.1)
        for to in world.feeds:
            change(to)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_page_equals_the_kernel_after_any_of_10_000_schedules(block: int, schedules: Schedules) -> None:
    for seed in schedules.seeds(block, 1000):
        feeds = {"a": Numbers(), "b": Numbers()}
        world = World(seed, feeds, NumbersStore, opens_during_cells=seed % 3 == 0)

        def change(to: str, feeds: dict[str, Numbers] = feeds, world: World = world) -> None:
            for _ in range(world.random.choice([1, 1, 3, 60])):
                feeds[to].append(world.random.random())

        run_schedule(world, change, events=25)
        let_it_heal(world)
        for page in world.pages:
            for to, feed in feeds.items():
                if page.visible and feed.last:
                    store = page.stores.get((to, "0"))
                    assert store is not None, f"seed {seed}: {page.name} never had {to}"
                    assert store.state() == feed.state(), f"seed {seed}: {page.name} is wrong about {to}"


@pytest.mark.parametrize("seed", range(200))
def test_charts_on_every_page_equal_the_kernels_buckets_after_random_schedules(seed: int) -> None:
    time = [1_795_000_000.0]
    streams = {
        to: Stream(to, max_points=400, clock=lambda: time[0], fields=["a", "b"])
        for to in ("raw", "dense", "points")
    }
    lines = {
        "raw": SeriesFeed(streams["raw"], ["a", "b"], 20.0),
        "dense": SeriesFeed(streams["dense"], ["a", "b"], 2.0),
        "points": SeriesFeed(streams["points"], ["a"], points(100)),
    }
    for line in lines.values():
        line.resize(50)
    world = World(seed, lines, PageBuckets, wire=True)
    random = world.random

    def change(to: str) -> None:
        if random.random() < 0.03:
            streams[to].clear()
            return
        count = random.choice([1, 2, 30, 300])
        time[0] += random.choice([0.01, 0.2, 3.0])
        ts = np.sort(np.array([time[0] + random.uniform(-0.5, 0.0) for _ in range(count)]))
        if random.random() < 0.2:
            ts = ts[::-1]
        values = np.array([random.choice([math.nan, math.inf, random.random(), random.random()]) for _ in ts])
        streams[to].extend({"ts": ts, "a": values, "b": np.arange(count)})
        if random.random() < 0.05:
            lines[to].resize(random.choice([50, 60, 120]))

    run_schedule(world, change, events=40)
    let_it_heal(world)
    for page in world.pages:
        for to, line in lines.items():
            if not page.visible:
                continue
            shown = page.stores[to, "0"].state()
            truth = PageBuckets()
            truth.replace(line.take(True, 0.0))
            assert shown == truth.state(), f"{page.name} is wrong about {to}"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_logs_on_every_page_have_each_event_once_or_count_it_after_random_schedules(
    block: int, schedules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what there is room for is fetched: in the end nothing is left out that the kernel still has."""
    monkeypatch.setattr(event_log, "MAX_PART_ROWS", 12)
    monkeypatch.setattr(event_log, "MAX_PART_BYTES", 1000)
    most = 60
    for seed in schedules.seeds(block, 100):
        stream = Stream("events", max_points=80, clock=lambda: 1_795_000_000.0)
        feed = EventLogFeed(stream, "debug", most)
        world = World(seed, {"log": feed}, lambda: Log(most), opens_during_cells=seed % 3 == 0, wire=True)

        def change(_to: str, stream: Stream = stream, world: World = world) -> None:
            if world.random.random() < 0.03:
                stream.clear()
                return
            for _ in range(world.random.choice([1, 1, 3, 30, 100])):
                stream.append(level="info", message=f"event {stream.last_seq + 1}")

        run_schedule(world, change, events=25)
        if world.cell:
            world.run_cell(False)
        let_it_heal(world)
        world.run(2 * ASK_AT_LEAST + 10 * HEALED)
        for page in world.pages:
            if not page.visible or not stream.last_seq:
                continue
            log = page.stores["log", "0"]
            assert isinstance(log, Log)
            about = f"seed {seed}: {page.name}"
            upper = stream.last_seq
            for row in reversed(log.rows):
                count = row[1] if len(row) == 2 else 1
                assert row[0] == upper, f"{about} has {log.rows}"
                assert len(row) == 2 or row[4] == f"event {row[0]}"
                upper -= count
            assert log.open is None, f"{about} could have fetched {log.open}"
            have = {row[0] for row in log.rows if len(row) == 5}
            kept = [row[0] for row in feed.take(True, 0.0).body["rows"] if len(row) == 5]
            assert have >= set(kept), f"{about} lacks {sorted(set(kept) - have)}"
