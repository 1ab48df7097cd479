"""The hub: the server that is part of this package, for a notebook, a script, or a machine of its own.

    hub = rw.Hub(port=8000).start()
    hub.publish("loss", 0.42)

| module | holds |
|---|---|
| `server` | `Hub`: start, stop, publish |
| `serving` | one life of the web server, from the socket that listens to the last connection closed |
| `app`, `policy` | the endpoints, and who may come in |
| `session`, `mailbox` | one connected client, and what waits to be sent to it |
| `switchboard`, `channels`, `brokers` | what the clients share, who follows what, and what numbers the messages |
| `traffic`, `metrics`, `events` | what the hub says of itself |

Importing it imports no web server: that comes with the first hub that starts.
"""

from ..runtime import get_runtime
from .server import Hub

__all__ = ["Hub", "embedded_hub"]


def embedded_hub() -> Hub:
    """Return the one hub of this process, running: started at its first use, and the same ever after.

    It lives as long as the runtime, so re-run cells and %autoreload meet the same one; after a fork, or when the
    runtime was stopped, there is a fresh one.

    Raises:
        WouldDeadlock: on a thread of this package, when it does not run yet.
    """
    return get_runtime().shared("hub/1", lambda _: Hub()).start()
