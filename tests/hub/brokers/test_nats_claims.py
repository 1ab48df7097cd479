"""Which hub makes a stream: one of all that want to, whenever they say so."""

from __future__ import annotations

import asyncio
import random

from realtime_widgets.hub.brokers import nats_claims
from realtime_widgets.hub.brokers.nats_claims import Claims


class Hubs:
    """Hubs that want to make one stream, over a network that hands on at once what they say."""

    def __init__(self, count: int) -> None:
        self.claims = [Claims(self.say) for _ in range(count)]
        self.making = self.made = self.most = 0

    async def say(self, said: bytes) -> None:
        for each in self.claims:
            await each.hear(said)

    async def work(self) -> None:
        self.making += 1
        self.most = max(self.most, self.making)
        await asyncio.sleep(2 * nats_claims.WAIT)
        self.making -= 1
        self.made += 1


def test_of_hubs_that_come_at_once_or_one_after_the_other_one_makes_it_at_a_time():
    async def one(hubs: Hubs, claims: Claims, late: float) -> bool:
        await asyncio.sleep(late)
        return await claims.make("s", hubs.work)

    async def main() -> None:
        rng = random.Random(1)
        for spread in (0.0, 0.5, 1.0, 3.0):
            hubs = Hubs(8)
            lates = [rng.uniform(0, spread * nats_claims.WAIT) for _ in hubs.claims]
            made = await asyncio.gather(*map(one, [hubs] * 8, hubs.claims, lates))
            assert hubs.most == 1
            assert hubs.made == sum(made) >= 1

    asyncio.run(main())


def test_who_makes_it_objects_to_all_who_want_to_and_to_no_other_stream():
    async def main() -> None:
        hubs = Hubs(2)
        one, two = hubs.claims
        making = asyncio.create_task(one.make("s", hubs.work))
        while not hubs.making:
            await asyncio.sleep(0.001)
        assert await one.make("s", hubs.work) is False
        assert await asyncio.gather(two.make("s", hubs.work), two.make("t", hubs.work)) == [False, True]
        assert await making
        assert await two.make("s", hubs.work), "nobody does any more"

    asyncio.run(main())


def test_what_no_hub_has_said_changes_nothing():
    async def main() -> None:
        hubs = Hubs(1)
        (one,) = hubs.claims
        making = asyncio.create_task(one.make("s", hubs.work))
        await asyncio.sleep(0)
        for said in (b"", b"\xff", b"claim s", b"object s other", b"greet s x", b"claim t 0", b"object t 0"):
            await one.hear(said)
        assert await making

    asyncio.run(main())
