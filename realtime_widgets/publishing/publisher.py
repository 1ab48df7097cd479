"""The publisher: how a program without a notebook, such as a training script, hands its numbers to a hub.

What users hold of it: it queues, and raises nothing into the program once it is made. The rest is the `sender`'s.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Final

from ..errors import NamesNearest, UsageError, named_keywords
from ..protocol.limits import MAX_DATA_BYTES
from ..streams.amounts import Duration, to_count, to_duration
from ..streams.intake import MISSING
from .outgoing import PublisherStats
from .sender import Sender
from .target import Target, checked_channel

MAX_RECORDS: Final = 100_000

MAX_BYTES: Final = 16 * 1024 * 1024


class Publisher(NamesNearest):
    """Publishes records on the channels of a hub, from a program that must not be held up or taken down by that.

    `append` and `extend` only queue: they wait for nothing and raise nothing. In the background a thread sends what has
    queued up, many records in one request, and repeats that until the hub has it: nothing comes twice, and the order
    is kept. A hub that is not there yet, or restarts, is waited for; beyond `max_records` or `max_bytes` the oldest
    records are dropped. A hub that turns the token down is asked again ever more slowly, and neither `flush` nor the
    end of the program waits for that. What goes to a channel for which the token gives no right is refused, and holds
    up no other. Whatever goes wrong is said once in the log (`realtime_widgets.publisher`) and
    counted in `stats`. At the program's end, after an exception or `sys.exit()` too, what waits is sent, for up to
    `exit_timeout` seconds. SIGTERM, by which SLURM, Kubernetes and systemd end a job, stops Python without an end: what
    waits is lost unless `signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))` was called in the main thread.

    Any thread may use it. In a forked child it goes on with nothing, and it may be pickled for other processes: each
    copy has its own connection. A token that was passed is in the pickle, for whoever gets to see that; one of the
    environment is not, and the other process needs it there. A process that is killed loses what was not sent yet, so
    call `flush()` at the end of what a pool's worker does.

    Example:
        pub = rw.Publisher("http://localhost:8000", "training")     # the token: $REALTIME_WIDGETS_TOKEN
        for step, batch in enumerate(loader):
            pub.append(loss=train(batch), step=step)

        rw.LiveChart(client.stream("training"), y="loss")           # in a notebook

    Args:
        url: of the hub, `http://host:8000`, or what `hub.url` says.
        channel: that records go to; `channel()` gives others.
        token: of the hub; None: that of the environment variable REALTIME_WIDGETS_TOKEN, if there is one.
        max_records: most records that wait, beside the up to 1,000 of the request on its way.
        max_bytes: most bytes that wait, as JSON, likewise beside those of the request: up to 256 KiB, or one record.
        exit_timeout: how long to send at the program's end and at the end of `with`: seconds, timedelta or a text such
            as "5s".

    Raises:
        UsageError: for an invalid url, channel or token, or an option out of its range; not for a hub that is not
            there.
    """

    @named_keywords
    def __init__(
        self,
        url: str,
        channel: str = "data",
        *,
        token: str | None = None,
        max_records: int = MAX_RECORDS,
        max_bytes: int = MAX_BYTES,
        exit_timeout: Duration = 5.0,
    ) -> None:
        what = "of a publisher"
        self._channel = checked_channel(channel)
        self._made_with = url, channel, token, max_records, max_bytes, exit_timeout
        self._sender = Sender(
            Target(url, token),
            to_count(max_records, f"max_records {what}", least=1),
            to_count(max_bytes, f"max_bytes {what}", least=1),
            MAX_DATA_BYTES,
            to_duration(exit_timeout, f"exit_timeout {what}"),
        )

    # Appending

    def append(self, value: Any = MISSING, /, *, ts: Any = None, **fields: Any) -> None:
        """Add one record; takes microseconds, whatever the hub does, and never raises.

        Args:
            value: a number, text or object for the field `value`; or a record: a mapping of field names to values, a
                row of a pandas DataFrame, a dataclass, a named tuple.
            ts: when, as for `Stream.append`; None: now.
            **fields: values by field name, instead of `value`. Scalars of any library are the value in them; NaN is a
                missing value; what JSON cannot express is left out of the record.
        """
        self._sender.append(self._channel, value, ts, fields)

    def extend(self, data: Any, *, ts: Any = None) -> None:
        """Add many records; never raises.

        Args:
            data: as for `Stream.extend`: a dict of columns, a list of records, a table, or a list or 1-D array for the
                field `value`.
            ts: their times, as for `Stream.extend`; None: now.
        """
        self._sender.extend(self._channel, data, ts)

    def channel(self, name: str) -> PublisherChannel:
        """Return another channel of the same hub to append to; it shares the queue and the connection.

        Args:
            name: a text of 1 to 200 characters. Never raises: what is appended on something else is refused.
        """
        return PublisherChannel(self, name)

    # Using it

    def flush(self, timeout: float | None = 10.0) -> bool:
        """Wait until the hub has all that was appended before, or it was dropped or refused, or the token is.

        Blocks: in a coroutine use `await asyncio.to_thread(pub.flush)`.

        Args:
            timeout: seconds; None: for ever.

        Returns:
            Whether nothing of it waits any more.
        """
        return self._sender.flush(timeout)

    @property
    def stats(self) -> PublisherStats:
        """What became of all records so far."""
        return self._sender.stats()

    # Ending it

    def close(self, timeout: float | None = None) -> None:
        """Flush and end; what is left or comes later is dropped. Closing twice does nothing.

        Args:
            timeout: seconds for what waits; None: `exit_timeout`.
        """
        self._sender.close(self._sender.exit_timeout if timeout is None else timeout)

    def __enter__(self) -> Publisher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, self._made_with

    def __repr__(self) -> str:
        stats = self.stats
        state = "closed" if self._sender.closed else f"{stats.waiting:,} waiting"
        return f"<Publisher to {self._sender.target.label}, {self._channel!r}: {stats.sent:,} sent, {state}>"


class PublisherChannel(NamesNearest):
    """One channel of a publisher; get it through `Publisher.channel()`.

    Args:
        publisher: whose queue and connection it uses.
        name: of the channel.
    """

    def __init__(self, publisher: Publisher, name: str) -> None:
        self.publisher = publisher
        self.name = name
        self._sender = publisher._sender
        self._wrong: UsageError | None = None
        try:
            self._channel = checked_channel(name)
        except UsageError as error:
            self._wrong = error

    def append(self, value: Any = MISSING, /, *, ts: Any = None, **fields: Any) -> None:
        """Add one record; see `Publisher.append`."""
        if self._wrong is not None:
            self._sender.refuse(self._wrong)
        else:
            self._sender.append(self._channel, value, ts, fields)

    def extend(self, data: Any, *, ts: Any = None) -> None:
        """Add many records; see `Publisher.extend`."""
        if self._wrong is not None:
            self._sender.refuse(self._wrong)
        else:
            self._sender.extend(self._channel, data, ts)

    def __reduce__(self) -> tuple[Any, ...]:
        return PublisherChannel, (self.publisher, self.name)

    def __repr__(self) -> str:
        return f"<channel {self.name!r} of {self.publisher!r}>"


def _made(
    url: str, channel: str, token: str | None, max_records: int, max_bytes: int, exit_timeout: Duration
) -> Publisher:
    return Publisher(
        url,
        channel,
        token=token,
        max_records=max_records,
        max_bytes=max_bytes,
        exit_timeout=exit_timeout,
    )
