"""The switchboard: what is posted from other threads, and what the hub does once a second."""

from __future__ import annotations

import pytest

from realtime_widgets.hub import Hub, state
from support.scripted_client import LIMIT, client, run


def test_its_metrics_come_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(state, "METRICS_INTERVAL", 100 * LIMIT)

    async def main() -> None:
        async with client(hub) as one, client(hub) as other:
            await other.hello()
            await one.hello()
            await one.say("nonsense")
            await one.say("subscribe", {"streams": ["metrics"]})
            first, _ = await one.heard("metrics_update")
            assert first["offset"] == 1
            metrics = first["data"]
            assert list(metrics) == [
                "activeUsers",
                "requestsPerMinute",
                "errorRate",
                "avgResponseTime",
                "systemLoad",
                "memoryUsage",
            ]
            assert metrics["activeUsers"] == 2
            assert metrics["requestsPerMinute"] == 4
            assert metrics["errorRate"] == 0.25
            assert 0 < metrics["avgResponseTime"] < 1000
            assert metrics["systemLoad"] is None or 0 <= metrics["systemLoad"] <= 1
            assert 0 < metrics["memoryUsage"] <= 1

    with Hub() as hub:
        run(main())


def test_its_metrics_come_every_second(hub: Hub):
    assert state.METRICS_INTERVAL == 1.0

    async def main() -> None:
        async with client(hub) as one:
            await one.say("subscribe", {"streams": ["metrics"]})
            first, *later = [(await one.heard("metrics_update"))[0] for _ in range(3)]
            assert [message["offset"] for message in (first, *later)] == [1, 2, 3]
            assert later[1]["timestamp"] - later[0]["timestamp"] > 500
            assert 0 <= later[1]["data"]["systemLoad"] <= 1

    run(main())
