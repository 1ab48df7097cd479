"""What a link to Redis shall follow, and what it does for certain."""

from __future__ import annotations

import asyncio

from realtime_widgets.hub.brokers.topics import MAX_NAMES, Topics


def test_wishes_are_told_in_their_order_and_together_where_they_can_be():
    async def main() -> None:
        topics = Topics(str.encode)
        topics.begin(["a", "b"])
        assert await topics.next() == [(True, [b"a", b"b"])]
        waiting = asyncio.create_task(topics.next())
        await asyncio.sleep(0)
        for follow, channel in ((False, "a"), (True, "c"), (True, "d"), (False, "c")):
            topics.wish(channel, follow=follow)
        assert await waiting == [(False, [b"a"]), (True, [b"c", b"d"]), (False, [b"c"])]
        assert [topics.channel(name) for name in (b"a", b"b", b"c", b"d")] == [None, "b", None, "d"]

    asyncio.run(main())


def test_many_are_told_in_pieces():
    async def main() -> None:
        topics = Topics(str.encode)
        topics.begin(str(i) for i in range(2 * MAX_NAMES + 1))
        assert [len(names) for _, names in await topics.next()] == [MAX_NAMES, MAX_NAMES, 1]

    asyncio.run(main())


def test_who_left_and_came_back_is_there_when_all_is_confirmed():
    async def main() -> None:
        topics = Topics(str.encode)
        topics.begin(["a"])
        await topics.next()
        topics.wish("a", follow=False)
        topics.wish("a", follow=True)
        await topics.next()
        assert [topics.confirm(b"a"), topics.confirm(b"a")] == [None, "a"]

    asyncio.run(main())


def test_a_new_link_follows_what_is_wished_now_and_waits_for_its_own_confirmations():
    async def main() -> None:
        topics = Topics(str.encode)
        topics.begin(["a"])
        await topics.next()
        topics.wish("b", follow=True)
        topics.begin(["b"])
        assert await topics.next() == [(True, [b"b"])]
        assert topics.channel(b"a") is None
        assert topics.confirm(b"b") == "b"
        assert topics.confirm(b"x") is None, "one that nobody asked for"

    asyncio.run(main())
