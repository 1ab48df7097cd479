"""The panel of notifications in Python: what can be said, what becomes of it, and what is refused."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import threading
from typing import Any

import pytest

import realtime_widgets as rw
from realtime_widgets import Stream
from realtime_widgets.errors import UsageError
from realtime_widgets.runtime import get_runtime
from realtime_widgets.widgets.notifications import Notifications
from support.recorder import Recorder, bodies, settle
from support.servers import wait_for


def titles(n: Notifications) -> list[str]:
    return [item.title for item in n.items]


def ask(n: Notifications, what: str, about: Any) -> None:
    """As a page does."""
    n._frame_loop.receive({"rw": 2, "page": "p", "to": n._rw_id, "do": what, "about": about})
    settle()


def test_what_is_said_reaches_the_pages(sent: Recorder) -> None:
    n = Notifications()
    sent.wait_for(lambda frame: bodies(frame, n))
    n.warning("Disk", "91 %", id="disk", action_url="https://x.test", duration=9)
    frame = sent.wait_for(lambda frame: any(body["items"] for body in bodies(frame, n)))
    (item,) = bodies(frame, n)[0]["items"]
    assert (item["key"], item["type"], item["title"], item["message"], item["action_url"]) == (
        "0:disk",
        "warning",
        "Disk",
        "91 %",
        "https://x.test",
    )
    assert "duration" not in item  # it stays


def test_the_same_id_is_one_that_is_counted(sent: Recorder) -> None:
    n = Notifications()
    for percent in (91, 92, 93):
        n.warning("Disk", f"{percent} %", id="disk")
    found = n.find("disk")
    assert found is not None
    assert (len(n.items), found.count, found.message, n.unread_count) == (1, 3, "93 %", 1)
    assert n.find("other") is None


def test_what_python_says_is_a_stream_to_be_followed(sent: Recorder) -> None:
    n = Notifications()
    n.info("a", ts=5.0)
    assert n.stream.last == {"ts": 5.0, "id": n.items[0].id, "title": "a", "message": "", "type": "info"}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda n: n.notify("a", type="warn"), "type='warn' is no type of notification; did you mean 'warning'?"),
        (lambda n: n.info("a", duration="soon"), "duration= of a notification"),
        (lambda n: n.info("a", duration=1e9), "pass at most a day"),
        (lambda n: n.info("a", duration=0), "duration= of a notification"),
        (lambda n: n.info("a", autoremove=True), "did you mean 'auto_remove'"),
        (lambda n: n.info("a", on_action=5), "an action cannot be told to"),
        (lambda n: n.on_action("x"), "an action cannot be told to"),
        (lambda n: n.progress("a")(7), "progress=7 cannot be shown"),
        (lambda n: n.progress("a")("half"), "progress='half' cannot be shown"),
        (lambda n: n.logging_handler("loud"), "'loud' is no level"),
        (lambda _: Notifications(5), "notifications cannot come from 5"),
        (lambda _: Notifications(max_visible=0), "max_visible=0 cannot be used"),
        (lambda _: Notifications(max_visibel=3), "did you mean 'max_visible'"),
        (lambda n: setattr(n, "max_history", 5), "max_history=5 cannot be used"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_and_named(sent: Recorder, call: Any, message: str) -> None:
    n = Notifications()
    with pytest.raises((UsageError, TypeError), match=message.replace("(", r"\(").replace("?", r"\?")):
        call(n)
    assert titles(n) in ([], ["a"])


def test_any_text_is_a_text(sent: Recorder) -> None:
    class Odd:
        def __str__(self) -> str:
            raise ValueError("no")

    n = Notifications()
    n.error(ValueError("half \ud800 of a pair"), Odd())
    n.info(5, None)
    assert [(item.title, item.message) for item in n.items] == [
        ("5", ""),
        ("half � of a pair", "<a Odd whose text raised ValueError>"),
    ]


def test_options_can_be_completed() -> None:
    assert str(inspect.signature(Notifications.info)).startswith(
        "(self, title: 'Any' = '', message: 'Any' = ''"
    )
    assert "action_url" in inspect.signature(Notifications().error).parameters


def test_what_is_awaited_can_be_followed(sent: Recorder) -> None:
    n = Notifications()

    async def work(result: Any) -> Any:
        if isinstance(result, Exception):
            raise result
        return result

    assert asyncio.run(n.track(work(0.91), "Fit", success="accuracy {}")) == 0.91
    with pytest.raises(KeyError):
        asyncio.run(n.track(work(KeyError("x")), "Load", error="could not: {}"))
    assert [(item.title, item.type, item.message) for item in n.items] == [
        ("Load", "error", "could not: KeyError: 'x'"),
        ("Fit", "success", "accuracy 0.91"),
    ]


def test_it_handles_what_is_logged_and_ends_with_the_panel(sent: Recorder) -> None:
    n = Notifications()
    logger = logging.getLogger("tests.notifications")
    logger.addHandler(n.logging_handler())
    logger.propagate = False
    logger.info("not that")
    for _ in range(3):
        logger.warning("disk at %d %%", 91)
    try:
        raise ValueError("bad shard")
    except ValueError:
        logger.exception("loader")
    assert [(i.type, i.title, i.message, i.count) for i in n.items] == [
        ("error", "tests.notifications", "loader\nValueError: bad shard", 1),
        ("warning", "tests.notifications", "disk at 91 %", 3),
    ]
    n.close()
    assert logger.handlers == []


def test_who_used_a_link_or_button_is_told(sent: Recorder) -> None:
    n = Notifications()
    told: list[Any] = []
    n.info("a", id="a", action_label="Retry", on_action=lambda item: told.append(("own", item.id)))
    n.info("b", id="b", action_url="https://x.test")
    remove = n.on_action(lambda item: told.append(("all", item.id)))
    for key in ("0:a", "0:b", "0:?"):
        ask(n, "act", {"key": key})
    get_runtime().submit(lambda: None).result(30)
    assert told == [("own", "a"), ("all", "a"), ("all", "b")]
    remove()
    ask(n, "act", {"key": "0:b"})
    get_runtime().submit(lambda: None).result(30)
    assert len(told) == 3


def test_who_pressed_a_button_is_told_that_what_it_should_have_done_has_failed(sent: Recorder) -> None:
    n = Notifications()
    n.warning("Disk", id="a", action_label="Clean up", on_action=lambda _: 1 / 0)
    for _ in range(2):
        ask(n, "act", {"key": "0:a"})
    wait_for(lambda: len(n.items) == 2 and n.items[0].count == 2, "the failure, counted")
    failed = n.items[0]
    assert (failed.title, failed.type) == ("Clean up", "error")
    assert failed.message == "ZeroDivisionError: division by zero"
    n.close()


def test_a_page_reads_hides_dismisses_clears_and_undoes(sent: Recorder) -> None:
    n = Notifications()
    for id in "abcd":
        n.error(id, id=id)
    ask(n, "read", {"seen": [["0:a", 1], ["0:b", 99], ["0:?", 1]]})
    ask(n, "hide", {"seen": [["0:b", 2]]})
    ask(n, "dismiss", {"seen": [["0:c", 3]]})
    ask(n, "remove", {"seen": [["0:d", 4]]})
    assert [(i.id, i.read, i.shown) for i in n.items] == [
        ("c", True, False),
        ("b", False, False),
        ("a", True, True),
    ]
    n.error("e", id="e")
    ask(n, "read_all", {"turn": 4})
    assert n.unread_count == 1
    ask(n, "clear", {"turn": 4, "group": "g", "known": 99})
    assert titles(n) == ["e"]
    ask(n, "undo", {"turn": 4, "group": "g", "known": 99})
    assert titles(n) == ["e", "c", "b", "a"]
    ask(n, "quiet", True)
    get_runtime().submit(lambda: None).result(30)
    assert n.do_not_disturb


@pytest.mark.parametrize(
    ("what", "about"),
    [
        ("read", None),
        ("read", {"seen": "abc"}),
        ("read", {"seen": [["0:a"]]}),
        ("read", {"seen": [[1, 2], "ab", None]}),
        ("clear", {"turn": "1", "group": 5, "known": 0}),
        ("undo", {"group": "g"}),
        ("act", {"key": ["0:a"]}),
        ("quiet", "yes"),
        ("nonsense", {}),
    ],
)
def test_words_of_a_page_that_are_none_do_nothing(sent: Recorder, what: str, about: Any) -> None:
    n = Notifications()
    n.info("a", id="a")
    ask(n, what, about)
    assert [(i.id, i.read, i.shown) for i in n.items] == [("a", False, True)]
    assert not n.do_not_disturb


def test_who_is_not_to_be_disturbed(sent: Recorder) -> None:
    n = Notifications(do_not_disturb=True)
    n.error("a")
    assert [(i.shown, i.read) for i in n.items] == [(False, False)]
    n.do_not_disturb = False
    n.error("b")
    assert [i.shown for i in n.items] == [True, False]


def test_the_history_is_bounded(sent: Recorder) -> None:
    n = Notifications(max_history=10)
    for i in range(50):
        n.info(i)
    assert titles(n) == [str(i) for i in range(49, 39, -1)]
    assert n.unread_count == 10


def test_streams_of_any_kind_are_followed(sent: Recorder) -> None:
    events, metrics = Stream("events"), Stream("alerts")
    n = Notifications([events, metrics])
    events.append(level="warning", source="db", message="slow")
    metrics.append(title="CPU", type="error")
    n.info("mine")
    assert sorted(titles(n)) == ["CPU", "db", "mine"]
    assert n.data_state == "live"


def test_a_threshold_notifies_once_for_each_crossing(sent: Recorder) -> None:
    n = Notifications()
    stream = Stream("machine")
    hot = rw.Threshold(0.9, hysteresis=0.1, severity="error", notify=n)
    hot.watch(stream, "cpu")
    for cpu in (0.5, 0.95, 0.97, 0.85, 0.91):
        stream.append(cpu=cpu)
    wait_for(lambda: len(n.items) == 1)
    (item,) = n.items
    assert (item.type, item.title, item.count, item.shown, item.auto_remove) == (
        "error", "cpu ≥ 0.9", 1, True, False,
    )  # fmt: skip
    n.mark_all_read()
    stream.append(cpu=0.1)
    wait_for(lambda: n.items[0].type == "success")
    (item,) = n.items
    assert (item.count, item.read, item.auto_remove) == (1, False, True)
    assert item.title.startswith("cpu is back below 0.9")
    stream.append(cpu=0.99)
    wait_for(lambda: n.items[0].type == "error")
    (item,) = n.items
    assert (item.count, item.title) == (2, "cpu ≥ 0.9")


def test_an_odd_record_stops_neither_the_panel_nor_the_frames_of_others(sent: Recorder) -> None:
    stream = Stream("odd")
    n = Notifications(stream)
    card = rw.MetricCard("n", 1)
    sent.wait_for(lambda frame: bodies(frame, card))
    stream.append({"title": "x", "type": 10**400})
    stream.append({"title": "y"})
    card.update(2)
    sent.wait_for(lambda frame: any(body.get("value") == 2 for body in bodies(frame, card)))
    assert titles(n) == ["y", "x"]


def test_ids_are_as_they_are_given_and_handles_find_theirs(sent: Recorder) -> None:
    n = Notifications()
    for id in ("", "x" * 300, "x" * 299 + "y", "a\x00b", "half \ud800", 5):
        handle = n.info("t", id=id)  # type: ignore[arg-type]
        assert handle.item is not None, id
        handle.mark_read()
        assert handle.item.read
    assert len(n.items) == 6
    n.remove("5")
    n.mark_read("5")
    n.dismiss("half \ud800")
    assert len(n.items) == 5


def test_the_result_of_what_is_awaited_is_never_lost(sent: Recorder) -> None:
    n = Notifications()

    async def work() -> int:
        return 7

    assert asyncio.run(n.track(work(), None, success=None, error=None)) == 7
    assert n.items[0].type == "success"


def test_the_same_stream_is_followed_once(sent: Recorder) -> None:
    stream = Stream("s")
    n = Notifications({stream, stream})
    stream.append({"title": "once"})
    assert titles(n) == ["once"]


def test_who_hears_of_progress_may_say_more(sent: Recorder) -> None:
    n = Notifications()
    p = n.progress("Upload")
    n.stream.listen(lambda: p(0.9))
    p(0.5)
    p.done()
    assert n.items[0].type == "success"


def test_many_threads_say_something(sent: Recorder) -> None:
    n = Notifications(max_history=1000)
    threads = [threading.Thread(target=lambda: [n.info("x") for _ in range(100)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(n.items) == n.unread_count == 800


def test_a_hubs_notifications_and_alerts_come_in_and_those_of_a_minimal_client(sent: Recorder) -> None:
    """The client of the catalogue sends envelopes over `/ws/notifications`, and knows nothing of ours."""
    from websockets.sync.client import connect

    hub = rw.Hub(port=0, auth=None, origins=["http://app.test"]).start()
    try:
        with rw.connect(hub.url) as client:
            n = Notifications(client)
            client.wait_until("connected", 30)
            hub.publish("notifications", {"id": "1", "title": "Disk", "type": "warning", "autoRemove": False})
            hub.publish("alerts", {"title": "CPU", "type": "error"})
            wait_for(lambda: sorted(titles(n)) == ["CPU", "Disk"])
            with connect(hub.url.replace("dashboard", "notifications"), origin="http://app.test") as minimal:  # type: ignore[arg-type]
                minimal.send(json.dumps({"type": "ping", "data": {}, "timestamp": 0, "id": "1"}))
                assert json.loads(minimal.recv(30))["type"] == "pong"  # its path has decided
                hub.publish("notifications", {"id": "2", "title": "Backup", "type": "success"})
                heard = json.loads(minimal.recv(30))
            assert (heard["type"], heard["data"]["title"]) == ("notification", "Backup")
            assert set(heard) >= {"type", "data", "timestamp", "id"}
            wait_for(lambda: "Backup" in titles(n))
            n.close()
    finally:
        hub.stop()


def test_its_text_says_how_it_is(sent: Recorder) -> None:
    n = Notifications()
    n.info("a")
    assert repr(n) == "Notifications(1 kept, 1 unread, live)"
