"""`rw.connect()`: makes a client from an address or a hub."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .client.address import Given
from .client.client import Client
from .client.sansio.backoff import FOREVER, Reconnect
from .client.sansio.inbox import Overflow
from .errors import named_keywords

if TYPE_CHECKING:
    from .hub import Hub


@named_keywords
def connect(
    url: Given[str] | Hub | None = None,
    *,
    post: Any = None,
    auth: Given[str | None] = None,
    headers: Given[Mapping[str, str]] | None = None,
    decode: Callable[[Any], Any] | None = None,
    protocols: Iterable[str] = (),
    reconnect: Reconnect | None = FOREVER,
    heartbeat: float | None = 25.0,
    subscribe: Iterable[str] = (),
    on_connect: Callable[[Client], object] | None = None,
    max_size: int = 4 * 1024 * 1024,
    overflow: Overflow | Mapping[str, Overflow] = "drop_oldest",
) -> Client:
    """Connect to a server; returns at once and connects in the background, for as long as it takes.

    Clients of the same url, protocols, auth and headers share one connection, but for those that post.

    Example:
        client = rw.connect("wss://example.org/feed", decode=lambda raw: {"channel": "trades", "data": ...})
        rw.LiveChart(client.stream("trades"))

        ask = {"model": "llama", "stream": True, "messages": [{"role": "user", "content": "Who are you?"}]}
        with rw.connect("http://localhost:8080/v1/chat/completions", post=ask, auth="…",
                        decode=rw.decoders.json(data="choices.0.delta.content")) as reply:
            for part in reply:
                print(part.data, end="")

    Args:
        url: `ws://…` or `wss://…`, `http://…` or `https://…` for Server-Sent Events, or a function that gives it; a
            `Hub`; None: the hub that is embedded in this process, started on first use.
        post: what to post there, to ask with: any JSON value (dicts, lists, texts, numbers); None: nothing, the address
            is followed. For `http://` and `https://`, whose answer is a stream of Server-Sent Events, such as those of
            language models. It is sent once: with `post` the default of `reconnect` is None, another pace is kept only
            until anything of an answer has come, and nobody shares the connection. Its end is the end of the answer
            (`data: [DONE]`, or that of the stream), and the client is `disconnected`; `connect()` asks again.
        auth: a token, sent as `Authorization: Bearer …`, or with its scheme ("Basic …"), sent as it is; None: none (for
            a hub: its own).
        headers: further headers of the opening handshake; they replace ours of the same name, whatever the case. Like
            the token they are not sent to another origin that the address redirects to.
        decode: for servers that do not use our envelope: gets each frame (str or bytes; of Server-Sent Events the
            data, a str with `.event` and `.event_id`) on the I/O thread and returns None, one or several of:
            `rw.Message`, `{"channel": …, "data": …, "timestamp": ms, ISO 8601 or None}`. Where the server numbers its
            messages, `"offset"` (an int, one more with each message of a channel) reveals holes; `"epoch"` identifies
            the numbering where it continues from link to link. Without offsets every reconnect is one gap (messages may
            be missing), but for Server-Sent Events whose ids count up by one: the server is told the last, and its
            next one shows what is missing. With `decode` nothing of our own protocol is sent. None: the envelope.
        protocols: the WebSocket subprotocols to offer.
        reconnect: the delays between attempts; None: one attempt only, and a stream of events that the server ends
            is not asked for again.
        heartbeat: seconds between two pings; a server that is silent for 10 s more (of events: 20 s) counts as gone.
            None: no pings. The first event after a `post` may take ten minutes.
        subscribe: channels to ask for; `client.stream(channel)` asks by itself.
        on_connect: called with the client whenever it is connected, on the callback thread: the place to
            `send_raw()` what a server with another protocol expects first.
        max_size: bytes of a frame; larger ones are skipped and reported as errors.
        overflow: what happens to messages when callbacks are too slow, for all channels or by channel:
            `drop_oldest` (beyond 10,000; a gap says which), `latest`, `rw.keyed("field")` (the newest for each key),
            or `lossless` (beyond 50,000 the hub sends the channel later, as far as its history reaches; meanwhile no
            client on this connection gets it). The function of `keyed` runs on the I/O thread.

    `url`, `auth` and `headers` may be functions (also coroutine functions), called at every attempt, each on a thread
    of its own, so that no other client waits for a slow one.

    Raises:
        UsageError: for an invalid address, an option out of its range, or a `post` that is no JSON.
    """
    if url is None or not (isinstance(url, str) or callable(url)):
        from .hub import Hub, embedded_hub

        if url is None:
            url = embedded_hub()
        if isinstance(url, Hub):
            auth = url.token if auth is None else auth
            url = url.url
    return Client(
        url,
        post=post,
        auth=auth,
        headers=headers,
        decode=decode,
        protocols=protocols,
        reconnect=reconnect,
        heartbeat=heartbeat,
        subscribe=subscribe,
        on_connect=on_connect,
        max_size=max_size,
        overflow=overflow,
    )
