"""Live charts, metric cards and dashboards for Jupyter notebooks, fed by streams and servers of messages.

    import realtime_widgets as rw

    client = rw.connect()
    rw.LiveChart(client.stream("metrics"), y="systemLoad")

Data flows one way: server → client → stream → feed → frame → page → view. Importing opens nothing and starts nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

from . import errors
from .feeds.windows import points
from .streams import Batch, Stream
from .streams.buffer import DataBuffer
from .streams.gaps import Gap
from .streams.store import StreamStore

if TYPE_CHECKING:
    from . import sources
    from .alerts.absence import Absence
    from .alerts.events import AlertEvent
    from .alerts.threshold import Threshold
    from .browser.frame_loop import configure, stats
    from .chat.message import ChatMessage
    from .client import Client, decoders
    from .client.sansio.backoff import Reconnect
    from .client.sansio.inbox import keyed
    from .connecting import connect
    from .hub import ChannelPolicy, FileLimits, Hub, Limits, Rights
    from .protocol.envelope import Message
    from .publishing.publisher import Publisher
    from .widgets.cards import cards
    from .widgets.chart import LiveChart
    from .widgets.chat import Chat
    from .widgets.connection import ConnectionIndicator
    from .widgets.dashboard import Dashboard
    from .widgets.events import EventLog
    from .widgets.metric import MetricCard
    from .widgets.notifications import Notifications
    from .widgets.progress import Progress
    from .widgets.tracking import track

__version__ = "0.1.0"

__all__ = [
    # Data
    "Stream",
    "Batch",
    "StreamStore",
    "DataBuffer",
    "sources",
    # Alerts
    "Threshold",
    "Absence",
    "AlertEvent",
    # Servers
    "connect",
    "Client",
    "Message",
    "Gap",
    "Reconnect",
    "keyed",
    "decoders",
    "Hub",
    "Publisher",
    "Rights",
    "Limits",
    "ChannelPolicy",
    "FileLimits",
    # Widgets
    "LiveChart",
    "MetricCard",
    "cards",
    "EventLog",
    "Notifications",
    "Chat",
    "ChatMessage",
    "track",
    "Progress",
    "ConnectionIndicator",
    "Dashboard",
    "points",
    # The whole
    "configure",
    "stats",
    "errors",
    "__version__",
]

_LATER = {
    "Threshold": ".alerts.threshold",
    "Absence": ".alerts.absence",
    "AlertEvent": ".alerts.events",
    "connect": ".connecting",
    "Client": ".client",
    "Message": ".protocol.envelope",
    "Reconnect": ".client.sansio.backoff",
    "keyed": ".client.sansio.inbox",
    "Hub": ".hub",
    "Publisher": ".publishing.publisher",
    "LiveChart": ".widgets.chart",
    "MetricCard": ".widgets.metric",
    "configure": ".browser.frame_loop",
    "stats": ".browser.frame_loop",
    "Rights": ".hub.rights",
    "Limits": ".hub.limits",
    "ChannelPolicy": ".hub.policies",
    "FileLimits": ".hub.file_limits",
    "cards": ".widgets.cards",
    "Chat": ".widgets.chat",
    "ChatMessage": ".chat.message",
    "ConnectionIndicator": ".widgets.connection",
    "Dashboard": ".widgets.dashboard",
    "EventLog": ".widgets.events",
    "Notifications": ".widgets.notifications",
    "Progress": ".widgets.progress",
    "track": ".widgets.tracking",
}
"""Where names come from that cost nothing until they are used."""


def __getattr__(name: str) -> Any:
    if name == "sources":
        return importlib.import_module(".sources", __name__)
    if name == "decoders":
        return importlib.import_module(".client.decoders", __name__)
    if name in _LATER:
        value = getattr(importlib.import_module(_LATER[name], __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{errors.did_you_mean(name, __all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)  # rooms and helpers are attributes too, and none of a user's business
