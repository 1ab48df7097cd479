"""The hub: the server that is part of this package, for a notebook, a script, or a machine of its own.

    hub = rw.Hub(port=8000).start()
    hub.publish("loss", 0.42)

| module | holds |
|---|---|
| `server` | `Hub`: start, stop, publish |
| `running` | which hubs of this process have which ports |
| `serving`, `drain` | one run of the web server, from its listening socket to the last closed connection |
| `app`, `answers`, `auth`, `cors`, `rate_limit`, `limits` | the endpoints, who may connect, what pages may read |
| `forwarded` | whom a request is of that came through proxies |
| `rights`, `keyring`, `signed`, `expiry` | what a token allows, which there are, those that were signed, their end |
| `protocols`, `intake`, `turns` | connections: their bytes, in time and in turn, one client after the other |
| `session`, `requests` | one client, and what it asks |
| `outgoing`, `send_buffer`, `catch_up`, `conflation` | what it is sent: what waits, what it missed, what is left out |
| `flush` | what is written to all of them at the end of a turn of the loop |
| `presence`, `members` | who follows which channels |
| `publication`, `history` | what is published over HTTP, and what is read of it |
| `files`, `uploads`, `receiving`, `downloads` | images and files of chat messages |
| `file_limits`, `file_types`, `file_names` | how much of them is kept, what they are and are called |
| `sse` | a client over Server-Sent Events |
| `state`, `channels`, `brokers` | what the clients share, who follows what, and what numbers and keeps the messages |
| `policies`, `patterns` | what is done with which channels |
| `config` | policies and limits, in a file |
| `in_flight` | what is published and not yet kept |
| `traffic`, `metrics`, `events`, `tally`, `exposition` | what the hub reports about itself |

Importing this package imports no web server: the first hub that starts does.
"""

from ..runtime import get_runtime
from .file_limits import FileLimits
from .limits import Limits
from .policies import ChannelPolicy
from .rights import Rights
from .server import Hub

__all__ = ["ChannelPolicy", "FileLimits", "Hub", "Limits", "Rights", "embedded_hub"]


def embedded_hub() -> Hub:
    """Return the shared hub of this process, running: started at its first use, the same object ever after.

    It lives as long as the runtime, so re-run cells and %autoreload get the same one; after a fork, or after the
    runtime was stopped, a new one is made.

    Raises:
        WouldDeadlock: on a thread of this package, when it does not run yet.
    """
    return get_runtime().shared("hub/1", lambda _: Hub()).start()
