"""Images at other hosts in real JupyterLab: nobody goes there, until whoever made the chat allows it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from support.images import PNG
from support.lab import Lab
from support.labbook import Notebook
from support.page_helpers import widgets

pytestmark = pytest.mark.browser


class ImageServer(ThreadingHTTPServer):
    """Serves one image at any path but `/none.png`, and notes the paths asked for and what it is told of the reader."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.told: list[str] = []
        super().__init__(("127.0.0.1", 0), Handler)

    def address(self, host: str, name: str) -> str:
        return f"http://{host}:{self.server_port}/{name}.png"


class Handler(BaseHTTPRequestHandler):
    server: ImageServer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.told += [name for name in ("Referer", "Cookie", "Authorization") if name in self.headers]
        if self.path == "/none.png":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(len(PNG)))
        self.end_headers()
        self.wfile.write(PNG)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def images() -> Iterator[ImageServer]:
    server = ImageServer()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_image_elsewhere_is_a_link_until_it_is_allowed(page: Page, lab: Lab, images: ImageServer) -> None:
    other, own = images.address("localhost", "a"), images.address("127.0.0.1", "b")
    assert "://127.0.0.1" in lab.url
    code = "import realtime_widgets as rw\nchat = rw.Chat(user='anna')\nchat"
    notebook = Notebook.open(page, lab, lab.write([code]))
    notebook.run_all()
    root = widgets(page, "chat").first
    shown = root.locator("img.rw-md-image")
    notebook.execute(
        f"""
chat.send("look: ![a cat]({other})", user="bob")
chat.send("![a dog]({own})", user="bob")
chat.send("![gone]({images.address("localhost", "none")})", user="bob")
for place, address in enumerate([{images.address("localhost", "c")!r}, "javascript:alert(1)"]):
    said = {{"userId": "bob", "content": address, "type": "image", "id": f"alone-{{place}}"}}
    chat._link._publish("general", "message", said)
"""
    )
    expect(root.locator(".rw-msg")).to_have_count(5)
    expect(root.get_by_role("link", name="Image: a cat")).to_have_attribute("href", other)
    expect(root.get_by_role("link", name=f"Image: {images.address('localhost', 'c')}")).to_be_attached()
    expect(shown).to_have_count(0)
    assert images.asked == []

    notebook.execute("chat.remote_images = ['localhost']")
    expect(shown).to_have_count(2)
    expect(root.get_by_role("link", name="Image: gone")).to_be_attached()
    expect(root.get_by_role("link", name="Image: a dog")).to_be_attached()
    for image in shown.all():
        expect(image).to_have_js_property("naturalWidth", 3)

    notebook.execute("chat.remote_images = True")  # of any host, but none near the reader that is not named
    expect(shown).to_have_count(0)
    expect(root.get_by_role("link", name="Image: a cat")).to_be_attached()
    assert sorted(images.asked) == ["/a.png", "/c.png", "/none.png"]
    assert images.told == []

    notebook.execute("chat.remote_images = ['127.0.0.1']")
    expect(shown).to_have_count(1)
    expect(shown).to_have_attribute("alt", "a dog")
    expect(shown).to_have_js_property("naturalWidth", 3)
    assert "Referer" not in images.told
    notebook.execute("chat.remote_images = False")
    expect(shown).to_have_count(0)
