"""The plainest chat client in a browser: it says no hello, has no library, and knows only what existing ones know."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

import realtime_widgets as rw
from realtime_widgets.client import Client
from realtime_widgets.hub import Hub
from support.lab import LIMIT
from support.recorder import Recorder
from support.servers import wait_for

pytestmark = pytest.mark.browser

# All that such a client does, and nothing more.
PAGE = """<!doctype html><meta charset="utf-8"><title>Chat</title>
<ul id="rooms"></ul><ol id="messages"></ol><p id="typing"></p><form><input id="input"><button>Send</button></form>
<script>
const query = new URLSearchParams(location.search);
const me = { userId: query.get("user"), username: query.get("user").toUpperCase() };
const state = { rooms: [], current: null, messages: [], typing: [] };
const socket = new WebSocket(query.get("hub"));
const send = (type, data) => socket.send(JSON.stringify({
  type, data, timestamp: Date.now(), id: Math.random().toString(36).slice(2) }));
const draw = () => {
  const list = (el, texts) => el.replaceChildren(...texts.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
  list(rooms, state.rooms.map(({ id, unreadCount, lastMessage }) => `${id} ${unreadCount} ${lastMessage?.content ?? ""}`));
  list(messages, state.messages.filter(({ roomId }) => roomId === state.current)
    .map(({ username, content, type }) => (type === "system" ? content : `${username}: ${content}`)));
  typing.textContent = state.typing.map(({ username }) => username).join();
};
const choose = (id) => {
  state.current = id;
  for (const room of state.rooms) if (room.id === id) room.unreadCount = 0;
  send("join_room", { roomId: id, userId: me.userId });
  draw();
};
const system = (roomId, content) => state.messages.push({ roomId, content, type: "system" });
const handlers = {
  rooms_list: (data) => { state.rooms = data; },
  message: (data) => {
    state.messages.push(data);
    for (const room of state.rooms) if (room.id === data.roomId) {
      room.lastMessage = data;
      if (room.id !== state.current) room.unreadCount += 1;
    }
  },
  typing_start: (data) => {
    if (data.userId !== me.userId) state.typing = [...state.typing.filter((each) => each.userId !== data.userId), data];
  },
  typing_stop: (data) => { state.typing = state.typing.filter(({ userId }) => userId !== data.userId); },
  user_joined: ({ roomId, user }) => system(roomId, `${user.username} joined`),
  user_left: ({ roomId, user }) => system(roomId, `${user.username} left`),
};
socket.onopen = () => send("join_rooms", { userId: me.userId });
socket.onmessage = ({ data }) => {
  const { type, data: said } = JSON.parse(data);
  handlers[type]?.(said);
  draw();
};
input.oninput = () => send("typing_start", { roomId: state.current, ...me });
document.querySelector("form").onsubmit = (event) => {
  event.preventDefault();
  if (!input.value.trim() || !state.current) return;
  send("send_message", { roomId: state.current, ...me, content: input.value.trim(), type: "text" });
  send("typing_stop", { roomId: state.current, userId: me.userId });
  input.value = "";
};
</script>"""


@contextmanager
def site() -> Iterator[str]:
    """Serve the page, as some web application would; gives its origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(PAGE.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def opened(browser: Browser, origin: str, hub: str, user: str) -> Page:
    page = browser.new_context().new_page()
    page.goto(f"{origin}/?user={user}&hub={hub}", timeout=LIMIT * 1000)
    expect(page.locator("#rooms li")).not_to_have_count(0)
    return page


@pytest.mark.parametrize("opens", ["token", "origin"])
def test_it_talks_to_another_and_to_a_notebook(
    browser: Browser, sent: Recorder, tmp_path: Path, opens: str
) -> None:
    with site() as origin, Hub(origins=[origin], **({} if opens == "token" else {"auth": None})) as hub:
        socket = hub.url.replace("/ws/dashboard", "/ws/chat")
        address = f"{socket}?token={hub.token}" if opens == "token" else socket
        with Client(hub.url, auth=hub.token) as client:
            chat = rw.Chat(client, user="anna")
            wait_for(lambda: chat.room and chat.rooms[0].joined)
            ken, mia = (opened(browser, origin, address.replace("?", "%3F"), user) for user in ("ken", "mia"))
            for page in (ken, mia):
                page.evaluate("choose('general')")
            expect(ken.locator("#messages")).to_contain_text("mia joined")
            for page in (ken, mia):  # a later list would count what such a client never says it has read
                page.wait_for_function("state.rooms[0].participants.length === 3", timeout=LIMIT * 1000)
            mia.locator("#input").press_sequentially("  Hello ")
            expect(ken.locator("#typing")).to_have_text("MIA")
            wait_for(lambda: chat.typing == ["MIA"])
            mia.locator("#input").press("Enter")
            for page in (ken, mia):
                expect(page.locator("#messages li").last).to_have_text("MIA: Hello")
            expect(ken.locator("#typing")).to_have_text("")
            wait_for(lambda: [(m.user, m.name, m.text) for m in chat.messages] == [("mia", "MIA", "Hello")])
            chat.send("from a *notebook* <b>")
            for page in (ken, mia):
                expect(page.locator("#messages li").last).to_have_text("anna: from a *notebook* <b>")
                expect(page.locator("#rooms li").first).to_have_text("general 0 from a *notebook* <b>")
            chat.join("lab")
            chat.send("elsewhere")
            expect(ken.locator("#rooms")).to_contain_text("lab 0 elsewhere")
            ken.evaluate("choose('lab')")
            ken.locator("#input").fill("me too")
            ken.locator("#input").press("Enter")
            expect(ken.locator("#messages li").last).to_have_text("KEN: me too")
            wait_for(lambda: [m.text for m in chat.messages] == ["elsewhere", "me too"])
            ken.evaluate("choose('general')")
            chat.send("unread by Ken")
            expect(ken.locator("#rooms")).to_contain_text("lab 1 unread by Ken")
            chat.close()
            for page in (ken, mia):
                page.context.close()
