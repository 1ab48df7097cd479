"""References: which objects nothing holds any more but themselves and registries that hold everything.

A widget is in a registry of its library for as long as its comm is open, so the garbage collector never takes it. This
is the collector's own reckoning, over the few objects that belong to the widgets in question: a reference that is not
found among these objects is somebody else's, such as a name, a list, a closure or the local variable of a thread.
"""

from __future__ import annotations

import gc
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable
from functools import partial
from types import CellType, FunctionType, MethodType
from typing import Any, Final

PLAIN: Final = (dict, list, tuple, set, frozenset, deque, partial, MethodType, CellType, FunctionType)
"""Types of objects that hold others, and are looked into."""
MAX_LENGTH: Final = 10_000
"""Containers with more elements are not looked into: what they hold counts as held."""


class Part:
    """An object of ours that belongs to one widget and refers to widgets: what it refers to is not held by that."""


def unheld(
    things: list[Any],
    *,
    inner: Callable[[object], bool] = lambda _: False,
    registered: Iterable[object] = (),
) -> set[int]:
    """Return the ids of those things that are held by nothing but each other, their parts, and registries.

    Their parts are containers, bound methods, closures, and objects for which `inner` holds, that can be reached from
    them through such. An interpreter without reference counts holds everything.

    Args:
        things: objects in question; that they are in this list does not count.
        inner: which other objects are parts, to be looked into; classes and modules must not be among them.
        registered: one element for each reference by a registry, which does not count.
    """
    if not hasattr(sys, "getrefcount"):
        return set()
    nodes: dict[int, object] = {id(thing): thing for thing in things}
    wanted = list(nodes)
    counted = Counter(id(thing) for thing in things)
    pending = list(nodes.values())
    edges: dict[int, list[int]] = {}
    thing: Any
    while pending:
        thing = pending.pop()
        parts = edges[id(thing)] = []
        for part in _referents(thing):
            if id(part) not in nodes:
                if not (isinstance(part, PLAIN) or inner(part)):
                    continue
                nodes[id(part)] = part
                pending.append(part)
            counted[id(part)] += 1
            parts.append(id(part))
    thing = part = None  # or they would count
    for key in map(id, registered):
        if key in nodes:
            counted[key] += 1
    return _unreached(wanted, nodes, edges, counted)


def _unreached(
    wanted: list[int],
    nodes: dict[int, object],
    edges: dict[int, list[int]],
    counted: Counter[int],
) -> set[int]:
    # Counted like one that nothing but `nodes` holds: versions of Python differ in how many references that takes.
    nodes[0] = object()
    references = {key: sys.getrefcount(nodes[key]) for key in nodes}
    own = references.pop(0)
    reached = [key for key, count in references.items() if count - own > counted[key]]
    held = set(reached)
    while reached:
        for part in edges.get(reached.pop(), ()):
            if part not in held:
                held.add(part)
                reached.append(part)
    return {key for key in wanted if key not in held}


def _referents(thing: Any) -> Iterable[object]:
    if isinstance(thing, FunctionType):  # not its globals, which are everybody's
        return [part for part in (thing.__closure__, thing.__defaults__, thing.__kwdefaults__) if part]
    if isinstance(thing, dict | list | tuple | set | frozenset | deque) and len(thing) > MAX_LENGTH:
        return ()
    return gc.get_referents(thing)
