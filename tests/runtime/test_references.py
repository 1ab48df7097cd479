"""What nothing holds any more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from realtime_widgets.runtime import references
from realtime_widgets.runtime.references import unheld


class Thing:
    """An object with parts."""

    def __init__(self) -> None:
        self.parts: list[Any] = []

    def method(self) -> None: ...


def with_cycles() -> Thing:
    thing = Thing()
    thing.parts += [thing, {"back": thing}, thing.method, lambda: thing, (thing, [thing])]
    return thing


def judged(registry: list[Thing], count: int) -> list[bool]:
    free = unheld(registry)
    assert len(registry) == count
    return [id(registry[i]) in free for i in range(count)]


def test_what_only_registries_and_its_own_parts_hold_is_unheld():
    registry = [Thing(), with_cycles()]
    assert judged(registry, 2) == [True, True]


def test_things_that_hold_each_other_are_unheld_together():
    registry = [Thing(), Thing()]
    registry[0].parts.append(registry[1])
    registry[1].parts.append(registry[0])
    assert judged(registry, 2) == [True, True]
    name = registry[1]
    assert judged(registry, 2) == [False, False], "the named one holds the other"
    del name


HOLDERS: dict[str, Callable[[Thing], object]] = {
    "a name": lambda thing: thing,
    "a list": lambda thing: [thing],
    "a closure": lambda thing: lambda: thing,
    "a bound method": lambda thing: thing.method,
    "a part of it": lambda thing: thing.parts,
    "an attribute": lambda thing: type("Holder", (), {})().__dict__ | {"thing": thing},
    "a generator": lambda thing: (_ for _ in [thing]),
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_what_is_held_is_held(holder: str):
    registry = [with_cycles(), Thing()]
    held = HOLDERS[holder](registry[0])
    # What holds a part of it holds it when that leads back.
    assert judged(registry, 2) == [False, True]
    del held
    assert judged(registry, 2) == [True, True]


def test_a_running_thread_holds_its_local_variables():
    registry = [Thing()]
    known, done = threading.Event(), threading.Event()

    def run() -> None:
        local = registry[0]
        known.set()
        done.wait(30)
        del local

    thread = threading.Thread(target=run)
    thread.start()
    known.wait(30)
    try:
        assert judged(registry, 1) == [False]
    finally:
        done.set()
        thread.join()
    assert judged(registry, 1) == [True]


def test_very_long_containers_are_not_looked_into(monkeypatch: pytest.MonkeyPatch):
    registry = [Thing()]
    registry[0].parts.extend([registry[0]] * 20)
    assert judged(registry, 1) == [True]
    monkeypatch.setattr(references, "MAX_LENGTH", 10)
    assert judged(registry, 1) == [False]


def test_a_reference_by_another_registry_does_not_count():
    things = [Thing(), Thing()]
    registry = dict(enumerate(things))
    assert unheld(things) == set()
    assert unheld(things, registered=registry.values()) == set(map(id, things))


def test_what_a_part_of_another_class_leads_back_to_is_looked_into_when_asked():
    class Link:
        def __init__(self, thing: Thing) -> None:
            self.thing = thing

    things = [Thing()]
    things[0].parts.append(Link(things[0]))
    assert unheld(things) == set()
    assert unheld(things, inner=lambda part: isinstance(part, Link)) == {id(things[0])}
