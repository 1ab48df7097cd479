"""The exposition: a hub's figures as Prometheus reads them, in its text format 0.0.4; `GET /metrics`.

https://prometheus.io/docs/instrumenting/exposition_formats/, and for names and units
https://prometheus.io/docs/practices/naming/.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import platform
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from .tally import BUCKETS, Histogram

if TYPE_CHECKING:
    from .state import HubState

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

Kind = Literal["counter", "gauge"]


def exposition(state: HubState) -> str:
    """Return all figures of a hub, and of its process."""
    return "".join([*_of_hub(state), *_of_process()])


def family(name: str, kind: Kind, help: str, values: Iterable[tuple[Mapping[str, object], float]]) -> str:
    """Return one metric; nothing if it has no values.

    Args:
        name: of the metric.
        kind: of the metric.
        help: what it counts, in words.
        values: each with its labels.
    """
    lines = [f"{name}{_labels(labels)} {_number(value)}\n" for labels, value in values]
    return f"# HELP {name} {_escaped(help)}\n# TYPE {name} {kind}\n{''.join(lines)}" if lines else ""


def histogram(name: str, help: str, seconds: Histogram) -> str:
    """Return a histogram, whose buckets each have all that those before them have."""
    lines, total = [], 0
    for bound, count in zip([*BUCKETS, math.inf], seconds.counts, strict=True):
        total += count
        lines.append(f"{name}_bucket{_labels({'le': _number(bound)})} {total}\n")
    lines += [f"{name}_sum {_number(seconds.seconds)}\n", f"{name}_count {total}\n"]
    return f"# HELP {name} {_escaped(help)}\n# TYPE {name} histogram\n{''.join(lines)}"


def _of_hub(state: HubState) -> Iterator[str]:
    tally = state.tally

    def one(name: str, kind: Kind, help: str, value: float | None) -> str:
        return family(f"rw_hub_{name}", kind, help, [] if value is None else [({}, value)])

    def by(label: str, name: str, kind: Kind, help: str, counts: Mapping[Any, float]) -> str:
        return family(
            f"rw_hub_{name}", kind, help, [({label: key}, value) for key, value in sorted(counts.items())]
        )

    yield one("uptime_seconds", "gauge", "Seconds since the hub was started.", time.monotonic() - state.since)
    yield by("transport", "sessions", "gauge", "Clients that are connected.", tally.sessions)
    yield by("transport", "sessions_opened_total", "counter", "Clients that connected.", tally.joined)
    yield by("by", "published_total", "counter", "Messages that were published.", tally.published)
    yield histogram(
        "rw_hub_publish_seconds", "From a message's arrival to its place in its channel.", tally.publishing
    )
    yield one("messages_sent_total", "counter", "Messages that were sent to clients.", tally.sent)
    yield by(
        "transport", "sent_bytes_total", "counter", "Bytes of what was sent to clients.", tally.sent_bytes
    )
    yield by(
        "transport", "received_bytes_total", "counter", "Bytes of what clients sent.", tally.received_bytes
    )
    yield by("reason", "refused_total", "counter", "Requests that were refused.", tally.refused)
    yield by("reason", "closed_total", "counter", "Clients that the hub closed.", tally.closed)
    yield by("status", "http_responses_total", "counter", "Answers over HTTP.", tally.responses)
    yield one("channels", "gauge", "Channels that somebody follows.", len(state.channels))
    yield one("history_bytes", "gauge", "Bytes of the messages that are kept.", state.channels.history_bytes)
    yield one("file_bytes", "gauge", "Bytes of the files of chat messages that are kept.", state.files.size)
    up = state.channels.trouble is None
    yield one("broker_up", "gauge", "Whether the broker is in reach, and kept the last message.", up)


def _of_process() -> Iterator[str]:
    """Yield what the client libraries of Prometheus report of every process, as far as this system tells it."""
    psutil = importlib.import_module("psutil")
    process = psutil.Process()
    yield family("python_info", "gauge", "The interpreter.", [({"version": platform.python_version()}, 1)])
    found = {
        "cpu_seconds_total": ("Seconds of the processor.", lambda: sum(process.cpu_times()[:2])),
        "resident_memory_bytes": ("Bytes of memory.", lambda: process.memory_info().rss),
        "virtual_memory_bytes": ("Bytes of addresses.", lambda: process.memory_info().vms),
        "start_time_seconds": ("When it was started, in seconds since the epoch.", process.create_time),
        "open_fds": ("Files and sockets that are open.", lambda: process.num_fds()),
        "max_fds": ("How many may be.", lambda: process.rlimit(psutil.RLIMIT_NOFILE)[0]),
    }
    for name, (help, read) in found.items():
        with contextlib.suppress(psutil.Error, AttributeError, OSError):
            kind: Kind = "counter" if name.endswith("_total") else "gauge"
            yield family(f"process_{name}", kind, help, [({}, read())])


def _labels(labels: Mapping[str, object]) -> str:
    if not labels:
        return ""
    inner = ",".join(
        '{}="{}"'.format(name, _escaped(str(value)).replace('"', '\\"')) for name, value in labels.items()
    )
    return f"{{{inner}}}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if isinstance(value, int) else repr(float(value))
