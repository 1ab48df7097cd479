"""The end of a program: what chats have said arrives, nothing is printed, and nothing hangs."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import realtime_widgets as rw
from realtime_widgets.hub import Hub
from realtime_widgets.widgets import chat_exit
from support.chats import chatting, ready, texts
from support.recorder import Recorder
from support.servers import LIMIT, wait_for


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as hub:
        yield hub


def run(code: str, env: dict[str, str]) -> str:
    """Run a program to its end, and return what it has printed of troubles."""
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, timeout=LIMIT, check=True, stderr=subprocess.PIPE, text=True
    )
    return done.stderr


@pytest.mark.parametrize(
    "says",
    [
        "chat.send('job done')",
        "chat.send('job done'); chat.close()",
        "rw.Chat(client, user='cron').send('job done')",  # in a room that is not known yet
        "client.wait_until('connected', 60); chat.send('job done'); del chat",
    ],
)
def test_what_a_program_says_last_arrives(
    sent: Recorder, hub: Hub, child_env: dict[str, str], says: str
) -> None:
    with chatting(hub, "anna") as anna:
        ready(anna)
        printed = run(
            "import realtime_widgets as rw\n"
            f"client = rw.connect({hub.url!r}, auth={hub.token!r})\n"
            f"chat = rw.Chat(client, user='cron', room='general')\n{says}",
            child_env,
        )
        wait_for(lambda: texts(anna) == ["job done"])
        assert printed == ""


def test_a_file_that_is_on_its_way_at_the_end_arrives(
    sent: Recorder, hub: Hub, child_env: dict[str, str]
) -> None:
    with chatting(hub, "anna") as anna:
        ready(anna)
        printed = run(
            "import realtime_widgets as rw\n"
            f"client = rw.connect({hub.url!r}, auth={hub.token!r})\n"
            "chat = rw.Chat(client, user='cron', room='general')\n"
            "client.wait_until('connected', 60)\n"
            "chat.send_file(b'1,2' * 1000, name='a.csv')\n"
            "while not chat._link._uploads._going: pass\n",
            child_env,
        )
        wait_for(lambda: [each.file and each.file.name for each in anna.messages] == ["a.csv"])
        assert printed == ""


@pytest.mark.parametrize(
    "code",
    [
        "chat = rw.Chat(); chat.send('x'); chat.close()",
        "rw.Chat(height=5)",
        "rw.Chat(tz='Mars')",
        "rw.Chat(theme='blue')",
    ],
)
def test_a_chat_that_ends_with_its_program_is_silent(child_env: dict[str, str], code: str) -> None:
    kept = "import realtime_widgets as rw\nkept = None\ntry:\n    {code}\nexcept rw.errors.UsageError as error:\n    kept = error"
    assert run(kept.replace("{code}", code), child_env) == ""


class Speaker:
    """Waits as it is told."""

    def __init__(self, looks: list[bool]) -> None:
        self._looks = looks
        self.asked = 0

    @property
    def waits(self) -> bool:
        self.asked += 1
        return self._looks[min(self.asked, len(self._looks)) - 1]


def test_what_leaves_one_place_is_not_at_once_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_exit, "_unfinished", chat_exit._Unfinished())
    speaker = Speaker([True, False, True, False])
    chat_exit.finish_at_exit(speaker)
    assert chat_exit.finish(LIMIT) == 0
    assert speaker.asked >= 3 + chat_exit.QUIET


def test_what_cannot_arrive_in_time_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(chat_exit, "_unfinished", chat_exit._Unfinished())
    speaker = Speaker([True])
    chat_exit.finish_at_exit(speaker)
    assert chat_exit.finish(0.02) == 1
    assert "the program ends before all that was said in 1 chats has arrived" in caplog.text


def test_what_has_nobody_to_go_to_holds_up_no_end(sent: Recorder) -> None:
    with rw.connect("ws://127.0.0.1:9/") as client:
        chat = rw.Chat(client, room="lab")
        chat.send("x")
        assert chat._link.waits
    assert not chat._link.waits
    chat.close()


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_what_a_child_of_multiprocessing_says_last_arrives(
    sent: Recorder, hub: Hub, child_env: dict[str, str], tmp_path: Path, method: str
) -> None:
    script = tmp_path / "job.py"
    script.write_text(f"""
import multiprocessing
import realtime_widgets as rw
def work():
    client = rw.connect({hub.url!r}, auth={hub.token!r})
    rw.Chat(client, user='cron', room='general').send('job done')
if __name__ == "__main__":
    process = multiprocessing.get_context({method!r}).Process(target=work)
    process.start()
    process.join()
    assert process.exitcode == 0
""")
    with chatting(hub, "anna") as anna:
        ready(anna)
        subprocess.run([sys.executable, script], env=child_env, timeout=LIMIT, check=True)
        wait_for(lambda: texts(anna) == ["job done"])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_forked_child_does_not_wait_for_what_its_parent_says(child_env: dict[str, str]) -> None:
    code = """
import os
import realtime_widgets as rw
from realtime_widgets.widgets import chat_exit
chat = rw.Chat(rw.connect("ws://127.0.0.1:9/"), room="lab")
chat.send("x")
if (child := os.fork()) == 0:
    print("left:", chat_exit.finish(30))
    os._exit(0)
os.waitpid(child, 0)
os._exit(0)
"""
    done = subprocess.run(
        [sys.executable, "-u", "-c", code],
        env=child_env,
        timeout=LIMIT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.stdout == "left: 0\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_what_a_forked_child_says_last_arrives(sent: Recorder, hub: Hub, child_env: dict[str, str]) -> None:
    with chatting(hub, "anna") as anna:
        ready(anna)
        code = f"""
import os, sys
import realtime_widgets as rw
from realtime_widgets.runtime import get_runtime

def say(what):
    chat = rw.Chat(rw.connect({hub.url!r}, auth={hub.token!r}), user="cron", room="general")
    chat.send(what)
    return chat

kept = say("the parent")
while kept.messages[0].state != "sent":
    pass
if (child := os.fork()) == 0:
    kept = say("the child")
    sys.exit()
os.waitpid(child, 0)
get_runtime().stop()
kept = say("the next runtime")
"""
        printed = run(code, child_env)
        wait_for(lambda: texts(anna) == ["the parent", "the child", "the next runtime"])
        assert printed == ""
