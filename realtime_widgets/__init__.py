"""Live charts, metric cards and streams for Jupyter notebooks.

    import realtime_widgets as rw

    stream = rw.Stream("loss")
    rw.LiveChart(stream)
    stream.append(0.42)

Data flows one way: server → client → stream → widget → view. Importing opens nothing and starts nothing.
"""

from typing import TYPE_CHECKING, Any

from . import errors
from .batch import Batch
from .batching import DataBuffer
from .lines import points
from .store import StreamStore
from .streams import Stream
from .widgets import LiveChart, MetricCard, configure, stats

if TYPE_CHECKING:
    from . import sources

__version__ = "0.1.0"

__all__ = [
    # Data
    "Stream",
    "Batch",
    "StreamStore",
    "DataBuffer",
    "sources",
    # Widgets
    "LiveChart",
    "MetricCard",
    "points",
    # The whole
    "configure",
    "stats",
    "errors",
    "__version__",
]


def __getattr__(name: str) -> Any:
    # `rw.sources` works without a second import, and costs nothing until it is used.
    if name == "sources":
        import importlib

        return importlib.import_module(".sources", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{errors.did_you_mean(name, __all__)}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
