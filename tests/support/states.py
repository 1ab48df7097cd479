"""States: where a connection stands, and waiting for it."""

from __future__ import annotations

from realtime_widgets.client import Client
from realtime_widgets.client.sansio.backoff import Reconnect
from support.servers import LIMIT

STEADY = Reconnect(3, 3, factor=1, jitter=False)


def settled(client: Client, state: str) -> None:
    client.wait_until(state, LIMIT)  # type: ignore[arg-type]


def waiting(client: Client) -> bool:
    return client.status.retry_at is not None
