"""The hub: the server that is part of this package, for a notebook, a script, or a machine of its own.

    hub = rw.Hub(port=8000).start()
    hub.publish("loss", 0.42)

| module | holds |
|---|---|
| `server` | `Hub`: start, stop, publish |
| `serving` | one run of the web server, from its listening socket to the last closed connection |
| `app`, `auth`, `cors`, `rate_limit` | the endpoints, who may connect, what pages may read, and how many per second |
| `session`, `requests`, `send_buffer`, `catch_up` | one client, what it asks, what waits for it, what it missed |
| `publication` | a message that is published over HTTP |
| `sse` | a client over Server-Sent Events |
| `state`, `channels`, `brokers` | what the clients share, who follows what, and what numbers and keeps the messages |
| `in_flight` | what is published and not yet kept |
| `traffic`, `metrics`, `events` | what the hub reports about itself |

Importing this package imports no web server: the first hub that starts does.
"""

from ..runtime import get_runtime
from .server import Hub

__all__ = ["Hub", "embedded_hub"]


def embedded_hub() -> Hub:
    """Return the shared hub of this process, running: started at its first use, the same object ever after.

    It lives as long as the runtime, so re-run cells and %autoreload get the same one; after a fork, or after the
    runtime was stopped, a new one is made.

    Raises:
        WouldDeadlock: on a thread of this package, when it does not run yet.
    """
    return get_runtime().shared("hub/1", lambda _: Hub()).start()
