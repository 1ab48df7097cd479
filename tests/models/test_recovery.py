"""The model test of recovery: whatever happens to the link and to the hub, nothing is lost unseen or heard twice."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st

from realtime_widgets.client.sansio.outbox import MAX_AGE
from realtime_widgets.hub.brokers import NotKept
from realtime_widgets.protocol.envelope import Message
from realtime_widgets.streams.gaps import Gap, Position
from support.engines import engine_server
from support.real_engines import Real, Served
from support.recovery_world import World, narrow, patched
from support.schedules import BLOCKS, Schedules, seed_of_run
from support.threadless_brokers import Storage
from support.timeless import Timeless

Step = tuple[str, Any]

STEPS: dict[str, st.SearchStrategy[Any]] = {
    "publish": st.tuples(
        st.sampled_from("ab"), st.sampled_from([1, 2, 5, 12, 30]), st.sampled_from([0, 0, 900])
    ),
    "send": st.sampled_from("ab"),
    "run": st.sampled_from([0.0, 0.01, 0.3, 1.0, 3.0, 12.0, 45.0]),
    "cut": st.none(),
    "half_open": st.none(),
    "stall": st.booleans(),
    "restart": st.booleans(),
    "lose": st.integers(1, 4),
    "repeat": st.integers(1, 4),
    "latency": st.sampled_from([0.0, 0.02, 0.5]),
    "freeze": st.sampled_from([0.5, 6.0, 50.0]),
    "down": st.booleans(),
    "refuse": st.sampled_from([None, 503]),
    "token": st.none(),
    "again": st.none(),
    "slow": st.booleans(),
}

WAY_STEPS: dict[str, st.SearchStrategy[Any]] = {
    "at": st.integers(0, 1),
    "listen": st.tuples(st.integers(0, 1), st.booleans()),
    "cut_way": st.integers(0, 1),
    "late": st.tuples(st.integers(0, 1), st.sampled_from([0.0, 0.005, 0.2, 1.5])),
    "no_way": st.tuples(st.integers(0, 1), st.booleans()),
    "blocked": st.tuples(st.integers(0, 1), st.booleans()),
    "deafen": st.integers(0, 1),
    "drop": st.tuples(st.integers(0, 1), st.integers(1, 4)),
    "unanswered": st.tuples(st.integers(0, 1), st.lists(st.integers(0, 3), min_size=1, max_size=3)),
    "pause": st.booleans(),
    "forget": st.none(),
    "lose_end": st.tuples(st.integers(1, 12), st.booleans()),
}
"""What happens between hubs and the engine that they share; the first numbers say to which hub."""

OFTEN = ["publish", "publish", "publish", "run", "run", "send", "slow", "cut"]


def schedules_of(steps: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[list[Step]]:
    one = st.sampled_from([*sorted(steps), *OFTEN]).flatmap(
        lambda name: steps[name].map(lambda value: (name, value))
    )
    return st.lists(one, min_size=6, max_size=30)


REAL_STEPS = {name: values for name, values in (STEPS | WAY_STEPS).items() if name != "lose_end"}

SCHEDULES = {
    "memory": schedules_of(STEPS),
    "sqlite": schedules_of(STEPS),
    "linked": schedules_of(STEPS | WAY_STEPS),
    "real": schedules_of(REAL_STEPS),
}


CHANCE = st.integers(0, 1000)
"""Seeds of all that is random in a world, the waits before attempts too."""


def take(world: World, step: Step) -> None:
    name, value = step
    does: dict[str, Callable[[], object]] = {
        "publish": lambda: world.publish(*value),
        "send": lambda: world.send(value),
        "run": lambda: world.run(value),
        "cut": world.cut,
        "half_open": world.half_open,
        "stall": lambda: world.stall(value),
        "restart": lambda: world.restart(anew=value),
        "lose": lambda: setattr(world, "losing", value),
        "repeat": lambda: setattr(world, "repeating", value),
        "latency": lambda: setattr(world, "latency", value),
        "freeze": lambda: world.freeze(value),
        "down": lambda: (setattr(world, "down", value), value and world.cut()),
        "refuse": lambda: setattr(world, "refuses", value),
        "token": lambda: setattr(world, "expired_tokens", 1),
        "slow": lambda: setattr(world.runtime, "slow", True) if value else world.runtime.let_go(),
        "again": lambda: (world.client.disconnect(), world.client.connect()),
        "at": lambda: setattr(world, "which", value),
        "listen": lambda: world.hubs[value[0]].ear.listen(value[1]),
        "cut_way": lambda: world.cut_way(value),
        "late": lambda: setattr(world.ways[value[0]], "latency", value[1]),
        "no_way": lambda: (setattr(world.ways[value[0]], "down", value[1]), world.cut_way(value[0])),
        "blocked": lambda: setattr(world.ways[value[0]], "blocked", value[1]),
        "deafen": lambda: world.ways[value].deafen(),
        "drop": lambda: setattr(world.ways[value[0]], "dropping", value[1]),
        "unanswered": lambda: world.ways[value[0]].forgetting.extend(value[1]),
        "pause": lambda: world.pause(value),
        "forget": lambda: world.forget(),
        "lose_end": lambda: world.lose_end(value[0], publishes=value[1]),
    }
    does[name]()


def check(world: World, channel: str, things: list[Message | Gap]) -> None:
    """Every offset is there once, or in one gap."""
    here = world.beginning[channel]
    for thing in things:
        if isinstance(thing, Gap):
            assert thing.after == here, f"{thing!r} does not begin where we are, {here}"
            assert thing.until is not None
            assert thing.until != here, "a gap of nothing"
            assert thing.until.epoch != here.epoch or thing.until.offset > here.offset
            here = thing.until
        else:
            there = Position(thing.epoch or "", thing.offset or 0)
            assert there == (here.epoch, here.offset + 1), f"{there} came after {here}"
            assert thing.data == world.published[channel][there]
            here = there
    assert here == world.storage.position(channel), "it is not up to date"


def streamed(world: World, channel: str) -> list[Message | Gap]:
    """What a stream has, as if it had been heard."""
    stream = world.streams[channel]
    things: list[Message | Gap] = []
    gaps = list(stream.gaps)
    for seq, number in enumerate(stream.read()["n"].tolist() if len(stream) else [], 1):
        while gaps and (gaps[0].seq or 0) < seq:
            things.append(gaps.pop(0))
        here = things[-1] if things else None
        epoch = here.until.epoch if isinstance(here, Gap) and here.until else getattr(here, "epoch", None)
        # One that was sent again to another hub is in both of its lives.
        (epoch, offset), data = next(
            (position, data)
            for position, data in world.published[channel].items()
            if data["n"] == number and epoch in (None, position.epoch)
        )
        things.append(Message("x", data, None, None, channel, epoch, offset))
    return things + gaps


def check_deliveries(world: World, *, on_purpose: bool) -> None:
    """What was acknowledged is there, once in every run of the hub, and in its order; nothing is open.

    Args:
        world: which.
        on_purpose: the client disconnected: what it sent right before has no answer.
    """
    mine = {
        channel: [(position, data["n"]) for position, data in messages.items() if "mine" in data]
        for channel, messages in world.published.items()
    }
    for channel, found in mine.items():
        for epoch in {position.epoch for position, _ in found}:
            numbers = [number for position, number in found if position.epoch == epoch]
            assert len(numbers) == len(set(numbers)), f"{channel}: {numbers} have one twice"
            # The last words of a link that was ended on purpose may come after the first of the next.
            assert on_purpose or numbers == sorted(numbers), f"{channel}: {numbers} are in another order"
    there = {position for found in mine.values() for position, _ in found}
    for delivery in world.deliveries:
        assert delivery.done
        assert delivery.state in {"acknowledged", "failed"} | ({"sent"} if on_purpose else set()), delivery
        if delivery.state == "acknowledged":
            assert delivery.position in there
        assert (delivery.error is not None) == (delivery.state == "failed")


@pytest.fixture(scope="module")
def loop() -> Iterator[Timeless]:
    loop = Timeless()
    logging.disable(logging.CRITICAL)
    try:
        yield loop
    finally:
        logging.disable(logging.NOTSET)
        loop.close()


def check_hubs(world: World) -> None:
    """What they have published is there, once, unless it has failed; and they have heard all in its order."""
    for hub in world.all_hubs:
        assert hub.ear.complaint is None, hub.ear.complaint
    assert not world.mistakes, world.mistakes
    numbers = {data["n"] for found in world.published.values() for data in found.values()}
    for hub, channel in itertools.product(world.hubs, world.published):
        assert hub.ear.here[channel] in (None, world.storage.position(channel)), "it is not up to date"
    for found in world.published.values():
        for epoch, hub in itertools.product({position.epoch for position in found}, world.all_hubs):
            mine = {data["n"] for _, data, _, by in world.publications if by is hub}
            order = [data["n"] for there, data in sorted(found.items()) if there.epoch == epoch]
            order = [number for number in order if number in mine]
            assert order == sorted(set(order)), f"{order} are in another order, or one is there twice"
    for channel, data, placed, hub in world.publications:
        if hub.killed and (not placed.done() or placed.cancelled()):
            continue
        assert placed.done()
        if (error := placed.exception()) is None:
            assert world.published[channel][placed.result()] == data
        else:
            assert isinstance(error, NotKept), error
            assert data["n"] not in numbers or "is not known" in str(error), f"{data} was kept, but {error}"


def live(
    loop: Timeless, schedule: list[Step], broker: str | Callable[[World], Storage], chance: int = 0
) -> None:
    world = World(loop, chance, broker=broker)
    try:
        live_in(world, schedule)
    except AssertionError as error:
        error.add_note(str(world))
        raise


def live_in(world: World, schedule: list[Step]) -> None:
    steps = dict(schedule)
    with patched(world), narrow():
        world.run(0.1)
        assert world.client.state == "connected"
        world.run(0.9)  # a disk takes its time
        assert world.client._connection.is_confirmed({"a", "b"})
        for step in schedule:
            take(world, step)
        world.heal()
        if "drop" in steps:  # news are missed when others come
            world.publish("a")
            world.publish("b")
        world.run(60.0)  # a dead link is noticed, and what is lost at the end of a channel
        for channel in ("a", "b"):
            check(world, channel, world.heard[channel])
        world.publish("a")
        world.publish("b")
        world.run(60.0)
        for channel in ("a", "b"):
            reasons = {thing.reason for thing in world.heard[channel] if isinstance(thing, Gap)}
            # What a network of today can do, TCP, is no loss: all that the history has is had again.
            assert "lose" in steps or "lost" not in reasons
            assert {"restart", "forget", "lose_end"} & set(steps) or "epoch_changed" not in reasons
            check(world, channel, world.heard[channel])
            check(world, channel, streamed(world, channel))
        world.run(MAX_AGE)
        check_deliveries(world, on_purpose="again" in steps)
        check_hubs(world)
        world.end()


@pytest.mark.parametrize("broker", ["memory", "sqlite", "linked"])
@pytest.mark.parametrize("block", range(BLOCKS))
def test_nothing_is_lost_unseen_in_any_of_thousands_of_schedules(
    loop: Timeless, block: int, broker: str, schedules: Schedules
) -> None:
    # One that failed is in hypothesis' own database: the next run begins with it.
    @seed(seed_of_run() * BLOCKS + block)
    @settings(
        max_examples=schedules.count(300 if broker == "linked" else 1000),
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(schedule=SCHEDULES[broker], chance=CHANCE)
    def any_schedule(schedule: list[Step], chance: int) -> None:
        note(f"the schedule: {schedule}, {chance}")
        live(loop, schedule, broker, chance)

    any_schedule()


@pytest.mark.parametrize(
    "schedule",
    [
        # A client asks for what is missing while the hub tells it of another epoch.
        [("stall", True), ("lose", 3), ("publish", ("b", 5, 900)), ("lose_end", (6, False))],
    ],
)
def test_schedules_that_have_failed_before(loop: Timeless, schedule: list[Step]) -> None:
    live(loop, schedule, "linked")


@pytest.fixture
def real_loop() -> Iterator[Real]:
    loop = Real()
    logging.disable(logging.CRITICAL)
    try:
        yield loop
    finally:
        logging.disable(logging.NOTSET)
        loop.close()


@pytest.mark.parametrize("engine", ["redis", "nats"])
def test_nothing_is_lost_unseen_over_a_real_engine(
    real_loop: Real, engine: str, tmp_path: Path, schedules: Schedules
) -> None:
    with engine_server(engine, tmp_path) as server:

        @seed(seed_of_run())
        @settings(max_examples=schedules.count(20), print_blob=True, suppress_health_check=list(HealthCheck))
        @given(schedule=SCHEDULES["real"], chance=CHANCE)
        def any_schedule(schedule: list[Step], chance: int) -> None:
            note(f"the schedule: {schedule}, {chance}")
            live(
                real_loop,
                schedule,
                lambda world: Served(real_loop, server, world.history, world.note),
                chance,
            )

        any_schedule()
