"""The widgets: what users put into cells, each with its front end in `js/src` under the same name."""

from ..browser.frame_loop import configure, stats
from .chart import LiveChart
from .metric import MetricCard

__all__ = ["LiveChart", "MetricCard", "configure", "stats"]
