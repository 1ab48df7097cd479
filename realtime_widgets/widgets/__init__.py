"""The visible things, and the one module that talks to the browser (`scheduler`)."""

from .chart import LiveChart
from .metric import MetricCard
from .scheduler import configure, stats

__all__ = ["LiveChart", "MetricCard", "configure", "stats"]
