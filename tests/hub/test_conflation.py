"""Conflation: what a slow client is sent of a channel of which only the newest message counts."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

import pytest

from realtime_widgets.hub import ChannelPolicy, Hub
from realtime_widgets.hub.channels import Channels
from realtime_widgets.hub.conflation import Newest
from realtime_widgets.protocol.envelope import Message
from support.scripted_client import client, run, small_socket

NO_CHANNELS: Any = Channels.__new__(Channels)


def frames(newest: Newest) -> list[Any]:
    return [json.loads(frame) for frame in asyncio.run(newest.next(NO_CHANNELS, 1))]


def hear(newest: Newest, offset: int) -> None:
    newest.hear(Message("x", None, None, None, "x", "e", offset), json.dumps({"offset": offset}))


def test_a_single_message_that_waited_is_simply_sent():
    newest = Newest("x", tells=True)
    hear(newest, 1)
    assert frames(newest) == [{"offset": 1}]
    assert newest.over


def test_of_several_the_newest_is_sent_with_what_was_left_out_before_it():
    newest = Newest("x", tells=True)
    for offset in (1, 2, 3):
        hear(newest, offset)
    assert not newest.over
    head, message = frames(newest)
    assert head["type"] == "history"
    assert (head["offset"], head["data"]) == (3, {"after": 2, "reason": "overflow"})
    assert message == {"offset": 3}
    hear(newest, 4)
    assert not newest.over, "one that came since then waits"
    assert frames(newest) == [{"offset": 4}]
    assert newest.over


def test_a_client_that_knows_no_heads_gets_the_message_alone():
    newest = Newest("x", tells=False)
    hear(newest, 1)
    hear(newest, 2)
    assert frames(newest) == [{"offset": 2}]


@pytest.mark.parametrize("recovery", [True, False])
def test_a_slow_client_gets_the_newest_of_one_channel_and_all_of_another(recovery: bool):
    count, text = 3_000, "x" * 2_000

    async def main(hub: Hub) -> None:
        async with client(hub, sock=small_socket(hub), max_queue=1) as slow:
            await slow.hello("price", recovery=recovery)
            if recovery:
                await slow.say("subscribe", {"streams": ["log"]})
                await slow.settled()
            for number in range(count):
                hub.publish("price", {"number": number, "text": text})
                if recovery:
                    hub.publish("log", number)
                if number % 100 == 0:
                    await asyncio.sleep(0)
            seen: dict[str, list[int]] = {"price": [], "log": []}
            heads: list[Any] = []
            ends = {"price": count - 1} | ({"log": count - 1} if recovery else {})
            while any(seen[name][-1:] != [last] for name, last in ends.items()):
                message = await slow.next()
                if message["type"] == "history":
                    heads.append(message)
                elif message["type"] == "price":
                    seen["price"].append(message["data"]["number"])
                elif message["type"] == "log":
                    seen["log"].append(message["data"])
            prices = seen["price"]
            assert prices == sorted(set(prices))
            assert len(prices) < count / 2, "most were left out"
            told = [each for each in heads if each["channel"] == "price" and each["data"]["reason"]]
            holes = sum(1 for one, next in itertools.pairwise(prices) if next != one + 1)
            assert {each["data"]["reason"] for each in told} <= {"overflow"}
            assert len(told) == (holes if recovery else 0)
            assert holes
            if recovery:
                assert seen["log"] == list(range(count)), "nothing of the other is lost"

    with Hub(channels={"price": ChannelPolicy(conflate=True)}, history=10_000) as hub:
        run(main(hub))
