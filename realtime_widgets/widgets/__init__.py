"""The visible things, and the one module that talks to the browser (`scheduler`)."""

from ..browser.frame_loop import configure, stats
from .chart import LiveChart
from .metric import MetricCard

__all__ = ["LiveChart", "MetricCard", "configure", "stats"]
