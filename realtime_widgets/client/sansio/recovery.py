"""Recovery: the last position that was read in each channel, and what is missing.

A server that numbers its messages gives each channel an epoch, which identifies its numbering, and each message an
offset, 1, 2, 3 … in it. A client that names the last position it has read is sent what came after; what the server no
longer has is a gap, and one record says so. Duplicates are dropped. Pure: the time is passed in, and the caller asks
the server.

| a message is | and then |
|---|---|
| the next one | it is taken |
| one already read | it is dropped, and counted |
| further on, or of another epoch | the server is asked once; what comes before its answer comes again after it |
| the same, and the server cannot be asked, or was already | there is a gap, and the message is taken |
| far back, or at 0 or 1, and the server cannot be asked | its numbers begin anew: a gap, and it is taken |
| not numbered | it is taken; every new link is a gap |

The server's answer is a *head*, a message of type `history`: "the messages after `after` up to `offset` follow".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from ...protocol.envelope import CONTROL, Message, channel_of
from ...protocol.limits import MAX_NAME_LENGTH
from ...protocol.positions import from_wire
from ...streams.gaps import REASONS, Gap, Position, Reason

ANSWER_TIMEOUT: Final = 10.0
"""Seconds that a server has to answer when it is asked for missing messages; after that they are a gap."""

MAX_CHANNELS: Final = 10_000
"""Channels whose positions are kept; beyond it, further channels are not tracked, nor those with too long names."""

UNNAMED: Final = ""
"""The epoch of a server that numbers without one: if offsets go back on a new link, the numbering has restarted."""

MAX_BACK: Final = 1000
"""Offsets by which a message may be late or come again; one further back is of a numbering that has begun anew."""

MAX_DUPLICATES: Final = 100
"""Duplicates in a row, each the next of the one before; more are of a numbering that has begun anew."""

Verdict = Gap | Literal["next", "duplicate", "ask", "wait"]
"""What to do with a message; a gap: note it, and take the message."""


class Track:
    """The last position that was read in one channel.

    Args:
        channel: its name.
    """

    __slots__ = (
        "again",
        "asked_at",
        "channel",
        "duplicates",
        "epoch",
        "heard",
        "offset",
        "resolved",
        "whole_until",
    )

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.epoch: str | None = None
        """None: the server has not numbered anything so far."""
        self.offset = 0
        self.heard = False
        """Whether anything was received, after which messages could be missing."""
        self.resolved = True
        """Whether it is known how the channel continues on this link."""
        self.asked_at: float | None = None
        """When the server was asked for what is missing; None: no answer is awaited."""
        self.whole_until = 0
        """The offset up to which the server said that it sends everything."""
        self.again = 0
        """The offset of the last duplicate."""
        self.duplicates = 0
        """Duplicates in a row, each the next of the one before."""

    @property
    def position(self) -> Position | None:
        """The last position that was read; None: not known."""
        return None if self.epoch is None else Position(self.epoch, self.offset)

    def reopen(self, ts: float) -> Gap | None:
        """Start a new link; returns the gap that this is when messages are not numbered."""
        self.asked_at, self.whole_until = None, 0
        self.resolved = not self.heard or self.epoch is None
        return Gap(self.channel, "unknown_source", ts) if self.heard and self.epoch is None else None

    def take(self, epoch: str | None, offset: int | None, now: float, ts: float, *, can_ask: bool) -> Verdict:
        """Judge a message.

        Args:
            epoch, offset: its position; None: it is not numbered.
            now: seconds of a monotonic clock.
            ts: seconds since the epoch, for a gap.
            can_ask: whether the server can be asked for what is missing.
        """
        if epoch is None or offset is None:
            return self._take_unnumbered(ts)
        resolved, self.heard, self.resolved = self.resolved, True, True
        if self.asked_at is not None and now - self.asked_at < ANSWER_TIMEOUT:
            return "wait"
        if self.epoch is None:  # the first: nothing was before
            self.epoch, self.offset = epoch, offset
            return "next"
        before = Position(self.epoch, self.offset)
        if epoch == self.epoch and offset <= self.offset:
            anew = (epoch == UNNAMED and not resolved) or (not can_ask and self._begins_anew(offset))
            if not anew:
                return "duplicate"
            self.offset = offset
            return Gap(self.channel, "epoch_changed", ts, before, Position(epoch, offset - 1))
        if epoch == self.epoch and offset == self.offset + 1:
            self.offset, self.asked_at = offset, None
            return "next"
        promised = epoch == self.epoch and offset <= self.whole_until
        if can_ask and self.asked_at is None and not promised:
            self.asked_at = now
            return "ask"
        self.epoch, self.offset, self.asked_at = epoch, offset, None
        reason: Reason = "lost" if epoch == before.epoch else "epoch_changed"
        return Gap(self.channel, reason, ts, before, Position(epoch, offset - 1))

    def _begins_anew(self, offset: int) -> bool:
        """Return whether an offset not above the last one is of a numbering that has begun anew on this link."""
        self.duplicates = self.duplicates + 1 if offset == self.again + 1 else 1
        self.again = offset
        back = self.offset - offset
        if (offset <= 1 and back > 0) or back >= MAX_BACK or self.duplicates > MAX_DUPLICATES:
            self.duplicates = 0
            return True
        return False

    def _take_unnumbered(self, ts: float) -> Verdict:
        self.heard = True
        resolved, self.resolved = self.resolved, True
        before, self.epoch = self.position, None
        return "next" if resolved else Gap(self.channel, "unknown_source", ts, before)

    def begin(self, head: Position, after: int, reason: Reason | None, ts: float) -> Gap | None:
        """Take in a head: the messages after `after` up to the position follow; returns what is missing before.

        Args:
            head: the channel's position at the server.
            after: the offset before the first message that follows.
            reason: why it is not the one that was asked for; None: it is.
            ts: seconds since the epoch, for a gap.
        """
        self.heard = self.resolved = True
        self.asked_at = None
        before = self.position
        anew = before is None or before.epoch != head.epoch
        if not anew and reason == "epoch_changed":
            # Where the server is not behind us it answers what was asked before it told of this epoch by itself.
            anew = head.epoch == UNNAMED or head.offset < self.offset
        if not anew and after <= self.offset:
            self.whole_until = max(self.whole_until, head.offset)
            return None
        self.epoch, self.offset, self.whole_until = head.epoch, after, head.offset
        if before is None:
            return None
        why: Reason = reason or ("lost" if before.epoch == head.epoch else "epoch_changed")
        return Gap(self.channel, why, ts, before, Position(head.epoch, after))

    def is_behind(self, there: Position, now: float) -> bool:
        """Return whether the server's position is another, though everything that it sent has been read."""
        asked = self.asked_at is not None and now - self.asked_at < ANSWER_TIMEOUT
        return not asked and self.epoch is not None and there != (self.epoch, self.offset)

    def lacks(self, there: Position) -> bool:
        """Return whether messages up to there did not arrive, though the server said that it sends them."""
        return there.epoch == self.epoch and self.offset < there.offset <= self.whole_until

    def give_up(self, there: Position, ts: float) -> Gap:
        """Continue from the server's position; returns the gap that this is."""
        before, self.offset = self.position, there.offset
        return Gap(self.channel, "lost", ts, before, there)


class Recovery:
    """The last positions that were read in all channels of one connection.

    Args:
        envelopes: whether frames are our envelopes: then the server may say that it keeps a history.
    """

    def __init__(self, *, envelopes: bool) -> None:
        self.can_ask = False
        """Whether the server of this link can be asked for its history."""
        self._heads = False  # whether it sends heads
        self._one_way = False
        self.duplicates = 0
        """Messages that were received again, and dropped."""
        self.gaps = 0
        """Gaps that were noted."""
        self.recent: dict[str, int] = {}
        """Messages of the past to begin with, by channels of which no position is known yet."""
        self._envelopes = envelopes
        self._tracks: dict[str, Track] = {}

    def positions(self, channels: Iterable[str]) -> dict[str, Position]:
        """Return the last position read in each channel, where it is known."""
        tracks = self._tracks
        return {
            channel: position
            for channel in channels
            if channel in tracks and (position := tracks[channel].position) is not None
        }

    def reopen(self, ts: float, *, one_way: bool = False, resumes: bool = False) -> list[Gap]:
        """Start a new link; returns the gaps that this is.

        Args:
            ts: seconds since the epoch.
            one_way: nothing can be sent over it.
            resumes: the server resumes where the last link ended, also with messages that are not numbered.
        """
        self.can_ask = self._heads = False
        self._one_way = one_way
        if resumes:
            for track in self._tracks.values():
                track.resolved = track.epoch != UNNAMED  # such numbers begin anew with every link
            return []
        gaps = [gap for track in self._tracks.values() if (gap := track.reopen(ts)) is not None]
        self.gaps += len(gaps)
        return gaps

    def miss(self, reason: Reason, ts: float) -> list[Gap]:
        """Return the gaps of a link that should have resumed where the last one ended, and did not."""
        unnumbered = [track for track in self._tracks.values() if track.heard and track.epoch is None]
        self.gaps += len(unnumbered)
        return [Gap(track.channel, reason, ts) for track in unnumbered]

    def hear(self, hello: Mapping[str, Any]) -> None:
        """Take in a server's hello: what it supports."""
        self._heads = hello.get("recovery") is True
        self.can_ask = self._heads and not self._one_way

    def process(
        self, messages: list[Message], now: float, ts: float
    ) -> tuple[Sequence[Message | Gap], list[tuple[str, Position]]]:
        """Judge messages in order.

        Args:
            messages: as they came.
            now: seconds of a monotonic clock.
            ts: seconds since the epoch.

        Returns:
            What is to be used, gaps where they are; and the channels to ask the server for, with the last
            position read.
        """
        if self._is_run(messages):
            return messages, []
        tracks = self._tracks
        kept: list[Message | Gap] = []
        asks: list[tuple[str, Position]] = []
        for message in messages:
            channel, offset = message.channel, message.offset
            track = tracks.get(channel) if channel is not None else None
            if (  # the common case
                track is not None
                and offset == track.offset + 1
                and message.epoch == track.epoch
                and track.asked_at is None
                and track.resolved
                and message.type not in CONTROL
            ):
                track.offset = offset
            elif self._envelopes and message.type in CONTROL and (channel is None or self._heads):
                self._listen(message, now, ts, kept, asks)
                if channel is not None:
                    continue
            else:
                track = self._track(channel_of(message))
                verdict: Verdict = "next"
                if track is not None:
                    epoch = message.epoch
                    if epoch is not None and len(epoch) > MAX_NAME_LENGTH:
                        epoch = None  # nothing that would be worth keeping
                    verdict = track.take(epoch, offset, now, ts, can_ask=self.can_ask)
                if isinstance(verdict, Gap):
                    self._note(verdict, kept)
                elif verdict == "duplicate":
                    self.duplicates += 1
                    continue
                elif verdict != "next":
                    if verdict == "ask" and track is not None and track.position is not None:
                        asks.append((track.channel, track.position))
                    continue
            kept.append(message)
        return kept, asks

    def _is_run(self, messages: list[Message]) -> bool:
        """Take messages of one channel that continue from its position: fast streams come in such runs of hundreds."""
        if len(messages) < 2:
            return False
        first = messages[0]
        kind, channel, epoch = first.type, first.channel, first.epoch
        track = self._tracks.get(channel) if channel is not None else None
        if track is None or epoch != track.epoch or track.asked_at is not None or not track.resolved:
            return False
        if kind in CONTROL:
            return False
        offset = track.offset
        for message in messages:
            offset += 1
            if (
                message.offset != offset
                or message.channel != channel
                or message.epoch != epoch
                or message.type != kind
            ):
                return False
        track.offset = offset
        return True

    def _listen(
        self,
        message: Message,
        now: float,
        ts: float,
        kept: list[Message | Gap],
        asks: list[tuple[str, Position]],
    ) -> None:
        """Take in a control message about the server or its channels."""
        data = message.data if isinstance(message.data, dict) else {}
        if message.type == "hello":
            self.hear(data)
        elif message.type == "history" and self._heads:
            gap = self._begin(message, data, ts)
            if gap is not None:
                self._note(gap, kept)
        elif message.type == "pong" and self.can_ask:
            for channel, there in from_wire(data.get("positions")).items():
                track = self._tracks.get(channel)
                if track is None or track.position is None or not track.is_behind(there, now):
                    continue
                if track.lacks(there):
                    self._note(track.give_up(there, ts), kept)
                else:
                    track.asked_at = now
                    asks.append((channel, track.position))

    def _begin(self, message: Message, data: dict[str, Any], ts: float) -> Gap | None:
        after, reason = data.get("after"), data.get("reason")
        if message.channel is None or message.epoch is None or message.offset is None:
            return None
        if len(message.epoch) > MAX_NAME_LENGTH:
            return None
        track = self._track(message.channel)
        if track is None or not isinstance(after, int) or not 0 <= after <= message.offset:
            return None
        head = Position(message.epoch, message.offset)
        return track.begin(head, after, reason if reason in REASONS else None, ts)

    def _note(self, gap: Gap, kept: list[Message | Gap]) -> None:
        self.gaps += 1
        kept.append(gap)

    def _track(self, channel: str) -> Track | None:
        track = self._tracks.get(channel)
        if track is None and len(self._tracks) < MAX_CHANNELS and len(channel) <= MAX_NAME_LENGTH:
            track = self._tracks[channel] = Track(channel)
        return track
