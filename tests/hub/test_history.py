"""Pages of history: by values on a real broker, and over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from realtime_widgets.hub import Hub
from realtime_widgets.hub.brokers import make_broker
from realtime_widgets.hub.channels import Channels, encode_publication
from realtime_widgets.hub.history import MAX_PAGE_BYTES, BadQuery, Query, page_of, read_query
from realtime_widgets.hub.policies import Policies
from realtime_widgets.hub.turns import Turn, Turns
from realtime_widgets.streams.gaps import Position

Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(params=["memory", "sqlite"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., None]:
    """Run a test with channels, of which some messages are kept, and a function that reads pages of channel x."""
    name = {"memory": "memory", "sqlite": f"sqlite:///{tmp_path / 'hub.db'}"}[request.param]

    async def opened(test: Callable[[Channels, Ask], Awaitable[None]], kept: int) -> None:
        broker = make_broker(name, Policies(history=kept, history_age=None))
        await broker.open()
        channels, turn = Channels(broker), Turn(Turns(), "x")

        async def ask(since: Any = None, **more: Any) -> dict[str, Any]:
            if isinstance(since, int):
                since = Position((await channels.position("x")).epoch, since)
            found: dict[str, Any] = json.loads(
                b"".join(await page_of(channels, "x", Query(since, **more), turn))
            )
            return found

        try:
            await test(channels, ask)
        finally:
            await broker.close()

    return lambda test, kept=1000: asyncio.run(opened(test, kept))


async def publish(channels: Channels, *data: Any) -> str:
    for each in data:
        epoch = (await channels.publish(encode_publication("x", each))).epoch
    return epoch


def data_of(page: Mapping[str, Any]) -> list[Any]:
    return [message["data"] for message in page["messages"]]


def test_pages_lead_from_the_oldest_to_the_newest(run: Callable[..., None]):
    async def test(channels: Channels, ask: Ask) -> None:
        epoch = await publish(channels, *range(1, 8))
        page = await ask(limit=3)
        assert data_of(page) == [1, 2, 3]
        assert page["messages"][0].keys() == {
            "type", "data", "timestamp", "id", "channel", "epoch", "offset"
        }  # fmt: skip
        assert {name: page[name] for name in page if name != "messages"} == {
            "channel": "x", "epoch": epoch, "offset": 7, "next": f"{epoch}:3", "more": True, "reason": None
        }  # fmt: skip
        seen = []
        while page["more"]:
            seen += data_of(page)
            page = await ask(read_query({"since": page["next"]}).since, limit=3)
        assert seen + data_of(page) == [1, 2, 3, 4, 5, 6, 7]
        assert (page["next"], page["more"]) == (f"{epoch}:7", False)
        again = await ask(7)
        assert (data_of(again), again["next"], again["reason"]) == ([], f"{epoch}:7", None)
        await publish(channels, 8)
        assert data_of(await ask(7)) == [8], "so that one can ask on and on"

    run(test)


def test_pages_lead_from_the_newest_to_the_oldest(run: Callable[..., None]):
    async def test(channels: Channels, ask: Ask) -> None:
        await publish(channels, *range(1, 8))
        page = await ask(limit=3, reverse=True)
        assert (data_of(page), page["more"], page["reason"]) == ([7, 6, 5], True, None)
        page = await ask(read_query({"since": page["next"]}).since, limit=3, reverse=True)
        assert (data_of(page), page["more"]) == ([4, 3, 2], True)
        page = await ask(read_query({"since": page["next"]}).since, limit=3, reverse=True)
        assert (data_of(page), page["more"], page["reason"]) == ([1], False, None)
        page = await ask(read_query({"since": page["next"]}).since, limit=3, reverse=True)
        assert (data_of(page), page["more"], page["reason"]) == ([], False, None)

    run(test)


def test_what_is_not_kept_any_more_is_said(run: Callable[..., None]):
    async def test(channels: Channels, ask: Ask) -> None:
        await publish(channels, *range(1, 8))
        assert (data_of(await ask(2)), (await ask(2))["reason"]) == ([5, 6, 7], "trimmed")
        assert (data_of(await ask(4)), (await ask(4))["reason"]) == ([5, 6, 7], None)
        whole = await ask()
        assert (data_of(whole), whole["reason"]) == ([5, 6, 7], None), "nobody asked for what was before"
        page = await ask(6, reverse=True)
        assert (data_of(page), page["more"], page["reason"]) == ([5], False, None)
        assert (await ask(4, reverse=True))["reason"] == "trimmed"

    run(test, kept=3)


def test_another_numbering_begins_anew_and_is_said(run: Callable[..., None]):
    async def test(channels: Channels, ask: Ask) -> None:
        await publish(channels, 1, 2)
        for reverse, found in ((False, [1, 2]), (True, [2, 1])):
            for since in (Position("another", 1), 9):
                page = await ask(since, reverse=reverse)
                assert (data_of(page), page["reason"]) == (found, "epoch_changed")

    run(test)


def test_a_channel_on_which_nobody_has_published_is_empty(run: Callable[..., None]):
    async def test(channels: Channels, ask: Ask) -> None:
        for reverse in (False, True):
            page = await ask(reverse=reverse)
            assert (page["messages"], page["offset"], page["more"], page["reason"]) == ([], 0, False, None)
            follow = await ask(read_query({"since": page["next"]}).since, reverse=reverse)
            assert (follow["messages"], follow["reason"]) == ([], None)

    run(test)


def test_a_page_is_bounded_in_bytes_and_has_a_message_at_least(run: Callable[..., None]):
    async def test(channels: Channels, ask: Ask) -> None:
        big = "x" * 60_000
        await publish(channels, *[f"{number}{big}" for number in range(8)])
        page, back = await ask(), await ask(reverse=True)
        assert [each[0] for each in data_of(page)] == ["0", "1", "2", "3", "4"]
        assert [each[0] for each in data_of(back)] == ["7", "6", "5", "4"]
        assert page["more"]
        assert back["more"]
        assert sum(map(len, data_of(back))) <= MAX_PAGE_BYTES
        assert [each[0] for each in data_of(await ask(4))] == ["4", "5", "6", "7"]

    run(test)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, Query()),
        ({"since": "c4f1:17", "limit": "300"}, Query(Position("c4f1", 17), 300)),
        ({"reverse": "1"}, Query(reverse=True)),
        ({"reverse": "TRUE"}, Query(reverse=True)),
        ({"reverse": ""}, Query(reverse=True)),
        ({"reverse": "0"}, Query()),
    ],
)
def test_a_query_is_read(query: dict[str, str], expected: Query):
    assert read_query(query) == expected


@pytest.mark.parametrize(
    "query",
    [
        {"since": "17"},
        {"since": "c4f1:-1"},
        {"since": ""},
        {"limit": "0"},
        {"limit": "301"},
        {"limit": "x"},
        {"limit": "1" * 5000},
        {"limit": "\u0661"},
        {"reverse": "maybe"},
        {"sinse": "c4f1:17"},
    ],
)
def test_a_query_that_cannot_be_meant_is_one_sentence(query: dict[str, str]):
    with pytest.raises(BadQuery) as caught:
        read_query(query)
    assert len(str(caught.value)) < 200
    assert "sinse" not in query or "did you mean 'since'" in str(caught.value)


# Over HTTP


def test_a_page_is_read_over_http(shared: Hub, web: httpx.Client):
    for number in range(3):
        web.post("/publish/of%20history%2Fx", json=number)
    answer = web.get("/history/of%20history%2Fx", params={"limit": 2, "reverse": 1})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    page = answer.json()
    assert (page["channel"], data_of(page)) == ("of history/x", [2, 1])
    rest = web.get("/history/of%20history%2Fx", params={"since": page["next"], "reverse": 1}).json()
    assert data_of(rest) == [0]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/history/x?limit=0", 400, "query"),
        ("/history/x?sinse=1", 400, "query"),
        ("/history/ping", 400, "channel"),
        ("/history/", 400, "channel"),
        (f"/history/{'x' * 201}", 400, "channel"),
    ],
)
def test_what_there_cannot_be_is_said(web: httpx.Client, path: str, status: int, code: str):
    answer = web.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_channel_that_is_not_there_yet_is_no_error(web: httpx.Client):
    answer = web.get("/history/nobody-has-published-here")
    assert (answer.status_code, answer.json()["messages"], answer.json()["offset"]) == (200, [], 0)
