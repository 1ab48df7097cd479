"""What is published together, in which order, and who is told which answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.hub.brokers import redis_groups
from realtime_widgets.hub.brokers.engine import NOWHERE
from realtime_widgets.hub.brokers.redis_groups import Groups
from realtime_widgets.hub.brokers.redis_scripts import Publication
from realtime_widgets.streams.gaps import Position


def command(number: int, channel: str | None) -> tuple[Any, ...] | Publication:
    if channel is None:
        return ("LOOK", number)
    return Publication(channel, b"%d" % number, b"d", b"{}", NOWHERE, publish)


def publish(messages: Sequence[Publication]) -> tuple[Any, ...]:
    return ("PUBLISH", messages[0].channel, *(int(one.id) for one in messages))


@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=30))
def test_each_is_in_one_command_and_those_of_a_channel_in_their_order(channels: list[str | None]):
    limit, redis_groups.MAX_GROUP = redis_groups.MAX_GROUP, 3  # type: ignore[misc]
    try:
        groups = Groups([command(n, channel) for n, channel in enumerate(channels)])
    finally:
        redis_groups.MAX_GROUP = limit  # type: ignore[misc]
    sent: dict[str | None, list[int]] = {}
    for name, *rest in groups.commands:
        if name == "LOOK":
            for each in (*set(channels), None):
                sent.setdefault(each, []).extend(rest)
        else:
            channel, *numbers = rest
            assert len(numbers) <= 3
            sent.setdefault(channel, []).extend(numbers)
    for channel, numbers in sent.items():
        if channel is not None:
            assert numbers == [n for n, each in enumerate(channels) if each in (channel, None)]


@given(st.lists(st.sampled_from(["a", "b", None]), max_size=30), st.data())
def test_each_is_told_its_own_answer(channels: list[str | None], data: st.DataObject):
    groups = Groups([command(n, channel) for n, channel in enumerate(channels)])
    answers: list[Any] = []
    want: dict[int, object] = {}
    for name, *rest in groups.commands:
        if name == "LOOK":
            answers.append(["an", "answer", rest[0]])
            want[rest[0]] = answers[-1]
        elif data.draw(st.booleans()):
            answers.append(error := ValueError("refused"))
            want |= dict.fromkeys(rest[1:], error)
        else:
            answer: list[Any] = [b"e", 10]
            offset = 10
            for place, number in enumerate(rest[1:]):
                known = data.draw(st.sampled_from([None, b"d", b"other"]))
                if known is None:
                    want[number] = (Position("e", offset), True)
                    offset += 1
                else:
                    answer += [place, b"%b before %d" % (known.hex().encode(), number)]
                    want[number] = (Position("before", number) if known == b"d" else None, False)
            answers.append(answer)
    assert groups.answers(answers) == [want[number] for number in range(len(channels))]


def test_of_none_nothing_is_sent():
    groups = Groups([])
    assert groups.commands == groups.answers([]) == []
