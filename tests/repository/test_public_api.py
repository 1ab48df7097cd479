"""What users may rely on: the names and the signatures. A change here is a line in CHANGELOG.md."""

from __future__ import annotations

import importlib.metadata
import inspect
import re

import pytest

import realtime_widgets as rw

NAMES = [
    "Stream",
    "Batch",
    "StreamStore",
    "DataBuffer",
    "sources",
    "Threshold",
    "Absence",
    "AlertEvent",
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
    "configure",
    "stats",
    "errors",
    "__version__",
]

SIGNATURES = {
    "Stream": "(name='stream', *, fields=None, max_points=100000, max_age=None, clock=..., tz=None)",
    "Stream.append": "(self, value=..., /, *, ts=None, **fields)",
    "Stream.extend": "(self, data, *, ts=None)",
    "Stream.feed": "(self, source, /)",
    "Stream.read": "(self, after=0, limit=None, *, newest=False, fields=None)",
    "Stream.latest": "(self, limit=50)",
    "Stream.on_batch": "(self, fn=None, /, *, every=0.1, max_size=None)",
    "Stream.listen": "(self, fn, /)",
    "Stream.clear": "(self)",
    "Stream.to_pandas": "(self)",
    "Stream.to_polars": "(self)",
    "Stream.to_arrow": "(self)",
    "StreamStore": "(*, max_points=1000, max_age=None, keep=False, clock=...)",
    "StreamStore.subscribe": "(self, name, subscriber)",
    "StreamStore.unsubscribe": "(self, name, subscriber)",
    "StreamStore.subscribers": "(self, name)",
    "StreamStore.clear": "(self, name)",
    "DataBuffer": "(stream, fn, *, every=0.1, max_size=100, scheduler=None)",
    "DataBuffer.flush": "(self, timeout=None)",
    "DataBuffer.close": "(self, timeout=None)",
    "sources.Machine": "(every=0.5, *, max_points=100000)",
    "sources.Machine.start": "(self)",
    "sources.Machine.close": "(self)",
    "Threshold": "(value, *, above=True, inside=False, for_=0, hysteresis=0, severity='warning', name=None, notify=None)",
    "Threshold.watch": "(self, stream, field=None)",
    "Threshold.on_change": "(self, fn, /)",
    "Threshold.close": "(self)",
    "Absence": "(after=30, *, severity='error', name=None, notify=None)",
    "AlertEvent": "(state, ts, value, threshold, stream, field, severity, since, lasted=0.0, name='', complete=False)",
    "Absence.watch": "(self, stream, field=None)",
    "Absence.on_change": "(self, fn, /)",
    "Absence.close": "(self)",
    "LiveChart": "(stream, *, y=None, window=60.0, x='ts', title=None, colors=None, legend='last', thresholds=None, height=240, format='number', unit=None, precision=None, stale_after=None, theme='auto', locale=None, tz=None, layout=None)",
    "LiveChart.pause": "(self)",
    "LiveChart.resume": "(self)",
    "LiveChart.to_figure": "(self)",
    "LiveChart.to_pandas": "(self)",
    "LiveChart.close": "(self)",
    "MetricCard": "(title, stream=None, *, field=None, format='number', unit=None, precision=None, icon=None, help=None, good=None, change='absolute', compare='window', reduce='last', thresholds=None, sparkline=True, window=60.0, stale_after=None, theme='auto', locale=None, tz=None, layout=None)",
    "MetricCard.update": "(self, value, *, ts=None)",
    "MetricCard.close": "(self)",
    "connect": "(url=None, *, post=None, auth=None, headers=None, decode=None, protocols=(), reconnect=Reconnect(initial=0.5, maximum=20.0, factor=2.0, jitter=True, max_attempts=None), heartbeat=25.0, subscribe=(), on_connect=None, max_size=4194304, overflow='drop_oldest')",
    "Client": "(url, *, post=None, auth=None, headers=None, decode=None, protocols=(), reconnect=Reconnect(initial=0.5, maximum=20.0, factor=2.0, jitter=True, max_attempts=None), heartbeat=25.0, subscribe=(), on_connect=None, max_size=4194304, overflow='drop_oldest', pool=None)",
    "Client.connect": "(self)",
    "Client.disconnect": "(self)",
    "Client.stream": "(self, channel, *, max_points=100000, recent=0)",
    "Client.send": "(self, type, data=None, *, channel=None, volatile=False, id=None, expires=True)",
    "Client.send_raw": "(self, raw, *, volatile=False)",
    "Client.publish": "(self, channel, data=..., *, volatile=False, **fields)",
    "Client.on_message": "(self, fn=None, /, type=None)",
    "Client.on_gap": "(self, fn, /)",
    "Client.on_state": "(self, fn, /)",
    "Client.on_error": "(self, fn, /)",
    "Client.on_disconnect": "(self, fn, /)",
    "Client.wait_until": "(self, state='connected', timeout=10.0)",
    "Client.until": "(self, state='connected')",
    "Client.close": "(self)",
    "Message": "(type, data=None, timestamp=None, id=None, channel=None, epoch=None, offset=None)",
    "Reconnect": "(initial=0.5, maximum=20.0, factor=2.0, jitter=True, max_attempts=None)",
    "Hub": "(port=0, *, host='127.0.0.1', broker='memory', token=None, tokens=None, secret=None, public_key=None, "
    "audience=None, issuer=None, auth='token', origins=(), hosts=(), proxies=(), metrics='token', limits=None, history=1000, history_age='auto', channels=None, files=FileLimits(max_size=10485760, per_user='auto', total='auto', age='auto'))",
    "Hub.start": "(self, timeout=10.0)",
    "Hub.stop": "(self, timeout=60.0, *, drain=0.0)",
    "Hub.token_for": "(self, rights, *, expires='1h')",
    "ChannelPolicy": "(*, history=None, history_age='hub', presence=False, leave_delay=15.0, publish='clients', conflate=False)",
    "FileLimits": "(*, max_size=10485760, per_user='auto', total='auto', age='auto')",
    "Limits": "(*, messages=5000, burst=20000, connections=10000, connections_each=1000, connects=100, channels=128, "
    "frame_bytes=1048576, handshake=10.0)",
    "Rights": "(*, subscribe=(), publish=(), name=None)",
    "Hub.publish": "(self, channel, data=..., *, type=None, **fields)",
    "Publisher": "(url, channel='data', *, token=None, max_records=100000, max_bytes=16777216, exit_timeout=5.0)",
    "Publisher.append": "(self, value=..., /, *, ts=None, **fields)",
    "Publisher.extend": "(self, data, *, ts=None)",
    "Publisher.channel": "(self, name)",
    "Publisher.flush": "(self, timeout=10.0)",
    "Publisher.close": "(self, timeout=None)",
    "EventLog": "(stream=None, *, level='info', max_rows=500, title=None, height=240, theme='auto', locale=None, tz=None, "
    "layout=None)",
    "EventLog.pause": "(self)",
    "EventLog.close": "(self)",
    "EventLog.logging_handler": "(self, level='INFO')",
    "Notifications": "(source=None, *, max_visible=5, max_history=200, auto_read=3.0, do_not_disturb=False, title=None, theme='auto', locale=None, tz=None, layout=None)",
    "Notifications.notify": "(self, title='', message='', *, type='info', id=None, action_url=None, action_label=None, on_action=None, auto_remove=None, duration=None, ts=None)",
    "Notifications.info": "(self, title='', message='', *, id=None, action_url=None, action_label=None, on_action=None, auto_remove=None, duration=None, ts=None)",
    "Notifications.progress": "(self, title, message='', *, id=None)",
    "Notifications.track": "(self, work, pending='', *, success='', error='', id=None)",
    "Notifications.logging_handler": "(self, level='WARNING')",
    "Notifications.clear": "(self)",
    "Notifications.undo": "(self)",
    "Chat": "(source=None, *, user=None, room=None, title=None, height=420, placeholder=None, show_rooms='auto', remote_images=False, theme='auto', locale=None, tz=None, layout=None)",
    "Chat.send": "(self, text, *, room=None, user=None, metadata=None, typed=False)",
    "Chat.system": "(self, text, *, room=None)",
    "Chat.streaming": "(self, *, user='bot', room=None)",
    "Chat.edit": "(self, message, text)",
    "Chat.delete": "(self, message)",
    "Chat.react": "(self, message, reaction, *, on=True)",
    "Chat.set_typing": "(self, on=True, *, user=None, room=None)",
    "Chat.join": "(self, room)",
    "Chat.leave": "(self, room=None)",
    "Chat.mark_read": "(self, room=None)",
    "Chat.load_older": "(self, room=None, *, timeout=10.0)",
    "Chat.read_file": "(self, message)",
    "Chat.on_message": "(self, fn=None, /, *, bots=False)",
    "Chat.to_pandas": "(self, room=None)",
    "track": "(items, title='', total=None, *, unit=None, description=None, theme='auto', locale=None, layout=None)",
    "Progress": "(title='', total=None, *, unit=None, description=None, theme='auto', locale=None, layout=None)",
    "Progress.update": "(self, count=1)",
    "Progress.set": "(self, done)",
    "Progress.finish": "(self)",
    "Progress.fail": "(self, error='')",
    "Progress.stop": "(self)",
    "Progress.close": "(self)",
    "ConnectionIndicator": "(client, *, grace=5.0, theme='auto', locale=None, layout=None)",
    "cards": "(stream, fields=None, /, *, title=None, **settings)",
    "Dashboard": "(children=(), *more, columns='auto', span=None, title=None, connection=None, theme='auto', locale=None, layout=None)",
    "Dashboard.add": "(self, widget, name=None, *, span=None)",
    "Dashboard.remove": "(self, widget)",
    "Dashboard.pause": "(self)",
    "Dashboard.resume": "(self)",
    "Dashboard.close": "(self)",
    "keyed": "(key)",
    "decoders.json": "(channel=None, *, data=None, time=None, flatten=False, numbers=False, default=None)",
    "Stream.mark_gap": "(self, gap='lost', /)",
    "points": "(n)",
    "configure": "(*, max_fps=None)",
    "stats": "()",
}


def resolve(path: str) -> object:
    found: object = rw
    for name in path.split("."):
        found = getattr(found, name)
    return found


def shape(fn: object) -> str:
    """The signature without annotations (those are mypy's) and without addresses in memory."""
    signature = inspect.signature(fn)  # type: ignore[arg-type]
    bare = [parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()]
    text = str(signature.replace(parameters=bare, return_annotation=signature.empty))
    return re.sub(r"<[^<>]*>", "...", text)


READ_ONLY_TRAITS = [
    ("Notifications", "unread_count"),
    *(("Chat", name) for name in ("messages", "unread", "rooms", "typing")),
]
"""What users may observe and link, and nobody sets."""


@pytest.mark.parametrize(("widget", "name"), READ_ONLY_TRAITS)
def test_it_can_be_observed_and_not_set(widget: str, name: str):
    assert getattr(rw, widget).class_traits()[name].read_only


def test_the_names_are_these():
    assert rw.__all__ == NAMES
    for name in NAMES:
        assert getattr(rw, name) is not None
    assert dir(rw) == sorted(NAMES)


@pytest.mark.parametrize("path", SIGNATURES)
def test_the_signature_is_this(path: str):
    assert shape(resolve(path)) == SIGNATURES[path]


def test_every_public_callable_is_pinned():
    callables = {name for name in NAMES if callable(getattr(rw, name))}
    # These are given to users, never made by them.
    assert callables - {"Batch", "Gap", "ChatMessage"} == {path for path in SIGNATURES if "." not in path}


def test_the_version_is_the_distributions():
    assert rw.__version__ == importlib.metadata.version("realtime-widgets")


def test_an_unknown_name_names_the_nearest():
    with pytest.raises(AttributeError, match="did you mean 'LiveChart'"):
        rw.LiveChrt  # noqa: B018
