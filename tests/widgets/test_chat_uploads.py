"""The files of messages on their way to a hub: over a real one, with what fails on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import realtime_widgets as rw
from realtime_widgets.client import Client
from realtime_widgets.client.sansio.backoff import Reconnect
from realtime_widgets.errors import ConnectionLost
from realtime_widgets.hub import FileLimits, Hub
from support.images import PNG
from support.recorder import Recorder
from support.servers import LIMIT, wait_for

QUICK = Reconnect(0.01, 0.05)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(files=FileLimits(max_size=1000)) as hub:
        yield hub


@pytest.fixture
def chat(sent: Recorder, hub: Hub) -> Iterator[rw.Chat]:
    with Client(hub.url, auth=hub.token, reconnect=QUICK) as client:
        chat = rw.Chat(client, user="anna")
        wait_for(lambda: chat.room and chat.rooms[0].joined)
        yield chat
        chat.close()


def states(chat: rw.Chat) -> list[str]:
    return [message.state for message in chat.messages]


def test_an_image_travels_as_a_link_and_is_fetched_by_others(chat: rw.Chat, hub: Hub) -> None:
    found = chat.send_image(PNG, text="look", alt="a plot", name="../plot.png")
    assert (found.type, found.state) == ("image", "sending")
    wait_for(lambda: states(chat) == ["sent"])
    (message,) = chat.messages
    assert message.file is not None
    assert (message.file.name, message.file.type, message.file.width, message.file.alt) == (
        "plot.png",
        "image/png",
        3,
        "a plot",
    )
    assert message.file.url.startswith("/files/")
    with Client(hub.url, auth=hub.token, headers={"X": "other"}) as other:
        assert other.download_file(message.file.url) == PNG


def test_a_message_that_is_deleted_takes_its_file_along(chat: rw.Chat) -> None:
    chat.send_file(b"bytes", name="a.bin")
    wait_for(lambda: states(chat) == ["sent"])
    (message,) = chat.messages
    assert message.file is not None
    url = message.file.url
    chat.delete(message)

    def is_gone() -> bool:
        try:
            chat._link.download(url)
        except Exception as error:
            return "no more" in str(error)
        return False

    wait_for(is_gone)
    assert chat.messages[0].file is None


def test_what_the_hub_does_not_take_has_failed_and_can_be_sent_again(
    chat: rw.Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.send_file(b"x" * 1001, name="big.bin")
    wait_for(lambda: states(chat) == ["failed"])
    (message,) = chat.messages
    assert "1,000" in message.error
    assert chat._link._uploads.retry("unknown") is False
    (key,) = chat._link._uploads._uploads
    monkeypatch.setattr(
        chat._link._client, "upload_file", lambda *args: {"url": "/files/x", "name": "a", "size": 1}
    )
    chat._talk.retry(chat.room, key)
    wait_for(lambda: states(chat) == ["sent"])


class AtOnce:
    """Has everything done before it returns, like threads that are quicker than whoever started them."""

    def call_soon(self, fn: Any, *args: Any) -> None:
        fn(*args)

    call_apart = call_soon


def test_a_file_that_is_there_at_once_is_sent_again_too(
    chat: rw.Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.send_file(b"x" * 1001, name="big.bin")
    wait_for(lambda: states(chat) == ["failed"])
    (key,) = chat._link._uploads._uploads
    monkeypatch.setattr(
        chat._link._client, "upload_file", lambda *args: {"url": "/files/x", "name": "a", "size": 1}
    )
    monkeypatch.setattr("realtime_widgets.widgets.chat_uploads.get_runtime", AtOnce)
    chat._talk.retry(chat.room, key)
    wait_for(lambda: states(chat) == ["sent"])


def test_whatever_goes_wrong_it_has_failed(chat: rw.Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise MemoryError("no more")

    monkeypatch.setattr(chat._link._client, "upload_file", fail)
    chat.send_file(b"bytes", name="a.bin")
    wait_for(lambda: states(chat) == ["failed"])
    assert chat.messages[0].error == "no more"


def test_after_a_cut_a_file_goes_out_again_and_once(chat: rw.Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    client: Any = chat._link._client
    upload, tries = client.upload_file, []

    def cut(*args: Any) -> Any:
        tries.append(args)
        if len(tries) < 3:
            raise ConnectionLost("it was cut")
        return upload(*args)

    monkeypatch.setattr(client, "upload_file", cut)
    chat.send_file(b"bytes", name="a.bin")
    wait_for(lambda: states(chat) == ["sent"])
    assert (len(tries), len(chat.messages)) == (3, 1)


def test_what_is_discarded_on_its_way_is_no_message(chat: rw.Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    client: Any = chat._link._client
    tries: list[Any] = []

    def refuse(*args: Any) -> Any:
        tries.append(args)
        chat.delete(chat.messages[0])  # while it goes
        return {"url": "/files/x", "name": "a", "size": 1}

    monkeypatch.setattr(client, "upload_file", refuse)
    chat.send_file(b"bytes", name="a.bin")
    wait_for(lambda: tries and not chat._link._uploads._uploads)
    chat.send("behind it")
    wait_for(lambda: states(chat) == ["sent"])
    assert [message.text for message in chat.messages] == ["behind it"]


def test_without_a_connection_a_file_waits(chat: rw.Chat, hub: Hub) -> None:
    chat._link._client.disconnect()
    chat._link._client.wait_until("disconnected", LIMIT)
    chat.send_file(b"bytes", name="a.bin")
    assert states(chat) == ["queued"]
    chat._link._client.connect()
    wait_for(lambda: states(chat) == ["sent"])


def test_a_closed_chat_whose_file_is_not_taken_lets_go(sent: Recorder, hub: Hub) -> None:
    with Client(hub.url, auth=hub.token, reconnect=QUICK) as client:
        chat = rw.Chat(client, user="anna")
        wait_for(lambda: chat.room and chat.rooms[0].joined)
        chat.send_file(b"x" * 1001, name="a.bin")
        chat.close()
        wait_for(lambda: states(chat) == ["failed"])
        wait_for(lambda: chat._link._undo_state is None)
