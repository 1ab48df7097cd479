"""The states that the contact sheet shows, each made the way it comes about: by a stream at rest, a port that nobody
listens on, a hub that has stopped.

`SETUP` runs first; each state is a cell that displays one dashboard of every kind of widget. A state that comes about only
after a while is waited for by what its widgets say: `expected` is a kind of widget, and its `data-rw-state` in that cell.
"""

from __future__ import annotations

from dataclasses import dataclass

SETUP = """
import itertools, math, threading, time
import ipywidgets, numpy as np
import realtime_widgets as rw

began = time.time()
never = rw.Reconnect(initial=600, maximum=600)  # one attempt: a picture is not to change while it is taken

def wave(ts):
    return 0.5 + 0.3 * np.sin(np.asarray(ts) / 7) + 0.05 * np.sin(np.asarray(ts) * 3)

def filled(name, until=None):
    '''A stream with two minutes of numbers, up to a moment.'''
    stream = rw.Stream(name)
    ts = (until or time.time()) - 120 + np.arange(600) / 5
    stream.extend({"ts": ts, "cpu": wave(ts), "memory": 0.4 + (ts - ts[0]) / 1000, "requests": 1200 + 900 * wave(ts)})
    return stream

def logged(name, ago=90):
    '''A stream of events of all levels.'''
    stream = rw.Stream(name)
    said = [("debug", "worker 3 asks for work"), ("info", "a client joined, 2 connected"), ("success", "backup written"),
            ("warning", "disk 84 % full"), ("error", "no connection to the queue: nothing listens there")]
    for i, (level, message) in enumerate(said):
        stream.append(ts=time.time() - ago + 7 * i, level=level, source="hub" if i % 2 else "disk", message=message)
    return stream

CARDS = {"cpu": dict(format="percentage", good="down", icon="🖥️"), "memory": "percentage", "requests": dict(unit="/min")}

def board(title, numbers, events, client=None, *, cards=CARDS, y=("cpu", "memory"), chart="Load", log="Events",
          locale=None, **look):
    return rw.Dashboard(
        [
            rw.cards(numbers, cards, locale=locale, **look),
            [
                rw.LiveChart(numbers, y=list(y), title=chart, format="percentage", height=150, locale=locale, **look),
                rw.EventLog(events, level="debug", title=log, locale=locale, layout={"height": "230px"}),
            ],
        ],
        title=title, connection=client, locale=locale,
    )

hub = rw.Hub().start()
client = rw.connect(hub)
feed, happenings = filled("feed"), logged("happenings")

alive = []  # streams that go on once a second, and the record that each of them repeats

def go_on():
    for tick in itertools.count():
        ts = time.time()
        feed.append(ts=ts, cpu=float(wave(ts)), memory=0.52, requests=1200 + 900 * float(wave(ts)))
        for stream, record in alive[:] if tick % 5 == 0 else []:
            stream.append(record)
        time.sleep(0.2)

threading.Thread(target=go_on, daemon=True).start()
"""


@dataclass(frozen=True, slots=True)
class State:
    """A cell, and what has come about when its picture is taken."""

    code: str
    expected: tuple[str, str]


STATES = {
    "live": State("board('Live', feed, happenings, client)", ("chart", "live")),
    "at rest": State(
        "board('At rest for two minutes', filled('rest', time.time() - 130), logged('rest'), client, stale_after=5)",
        ("chart", "stale"),
    ),
    "missing": State(
        """
gap = filled("gap")
gap.mark_gap("trimmed")
board("Messages were lost", gap, logged("gap"), client)
""",
        ("chart", "stale"),
    ),
    "paused": State(
        """
held = board("Paused", feed, happenings, client)
held.pause()
held
""",
        ("chart", "paused"),
    ),
    "error": State(
        """
odd = rw.Stream("odd")
wrong = board("Misspelled fields, and a wrong token", odd, logged("odd"), rw.connect(hub.url, auth="wrong"),
              cards={"cpuu": "percentage", "memry": {}}, y=["cpuu"])
odd.extend({"ts": time.time() + np.arange(300) / 1000, "cpu": np.ones(300), "memory": np.ones(300)})
wrong
""",
        ("chart", "error"),
    ),
    "empty": State(
        "board('Nothing yet', rw.Stream('empty'), rw.Stream('silent'), rw.connect('ws://127.0.0.1:9', reconnect=never))",
        ("connection", "reconnecting"),
    ),
    "disconnected": State(
        """
gone = rw.Hub().start()
lost = rw.connect(gone, reconnect=never)
numbers, events = lost.stream("numbers"), lost.stream("happenings")
cut = board("The hub is gone", numbers, events, lost)
lost.wait_until("connected")
for i in range(40):
    gone.publish("numbers", {"cpu": float(wave(i)), "memory": 0.4 + i / 400, "requests": 1200 + i})
gone.publish("happenings", {"level": "warning", "source": "hub", "message": "about to stop"})
deadline = time.monotonic() + 60
while (not len(events) or len(numbers) < 40) and time.monotonic() < deadline:
    time.sleep(0.01)
gone.stop()
cut
""",
        ("chart", "disconnected"),
    ),
    "levels": State(
        """
level = rw.Stream("level")
for i in range(30):
    level.append(ts=time.time() - 30 + i, normal=0.3 + i / 1000, warning=0.7 + i / 200, error=0.8 + i / 150)
level.append(ts=time.time(), text="degraded")
alive.append((level, dict(normal=0.33, warning=0.845, error=0.993, text="degraded")))
share = dict(format="percentage", thresholds={0.8: "warning", 0.95: "error"}, good="down")
high = rw.Threshold(0.95, severity="error", for_=2)
rw.Dashboard(
    [
        rw.cards(level, {"normal": {}, "warning": {}, "error": {}, "text": dict(thresholds=None)}, **share),
        [[rw.MetricCard("Warning", level, field="warning", **share), rw.MetricCard("Error", level, field="error", **share)],
         rw.LiveChart(level, y=["normal", "warning", "error"], title="Beside a stack", format="percentage", height=200)],
        [rw.MetricCard("Beside a chart", level, field="error", **share | {"thresholds": [high]}),
         rw.LiveChart(level, y="error", height=150, format="percentage", thresholds=[high, rw.Threshold(0.9, name="Busy"), rw.Threshold(3)])],
        rw.MetricCard("Across", level, field="warning", **share),
    ],
    title="Levels, and how cards stand",
)
""",
        ("chart", "live"),
    ),
    "cards in depth": State(
        """
deep = rw.Stream("deep")
ts = time.time() - 180 + np.arange(181)
load = wave(ts)
deep.extend({"ts": ts, "load": load, "served": np.cumsum(load * 40).round(), "revenue": 1234.5 + 300 * load,
             "rss_bytes": 2e9 + 5e8 * load, "power_watts": 1200 * load, "visits": 123456.0 + ts - ts[0],
             "latency_ms": 900 * load})
alive.append((deep, dict(load=0.62, served=float(np.cumsum(load * 40).round()[-1]), revenue=1499.25, rss_bytes=2.4e9,
                         power_watts=812.0, visits=123637.0, latency_ms=412.0)))
help = "The share of requests that were answered within 100 ms.\\nWithout those that were refused: these are counted on their own."
def deep_cards(locale=None):
    a, b = ("Answered in time", "Requests") if locale is None else ("時間内の応答", "要求数")
    return [
        rw.MetricCard(a, deep, field="load", format="percentage", compare=0.5, good="up", help=help, locale=locale),
        rw.MetricCard(b, deep, field="served", reduce="rate", unit="/s", help=help, locale=locale),
        rw.MetricCard(b, deep, field="load", reduce="mean", format="percentage", compare="2min", locale=locale),
        rw.MetricCard("Revenue", deep, field="revenue", unit="JPY" if locale else "USD", compare="previous", locale=locale),
        rw.MetricCard("Visits", deep, field="visits", format="compact", compare="1h", change="relative", locale=locale),
        rw.MetricCard("Sum", deep, field="load", reduce="sum", window="2min", good="down", thresholds={5: "warning"}, locale=locale),
    ]
rw.Dashboard(
    [
        rw.cards(deep, ["rss_bytes", "power_watts", "latency_ms"], title="By the names of fields", reduce="max", window="1min"),
        deep_cards()[:3], deep_cards()[3:], deep_cards("ja")[:3], deep_cards("ja")[3:],
        rw.MetricCard("A title that is so long that it needs the whole of the line, and the help beside it, too", deep,
                      field="load", help=help, reduce="mean"),
    ],
    title="What cards are made of",
)
""",
        ("metric", "live"),
    ),
    "notifications": State(
        """
def told(locale=None, **settings):
    made = rw.Notifications(auto_read=None, locale=locale, **settings)
    japanese = locale == "ja"
    made.info("チェックポイントを保存しました" if japanese else "Checkpoint saved", "epoch 3, 41 MB", auto_remove=False)
    made.success("学習が終わりました" if japanese else "Training is through", "0.913", auto_remove=False).mark_read()
    for percent in range(91, 95):
        made.warning("ディスク残量" if japanese else "Disk", f"{percent} %", id="disk", action_label="OK")
    made.error("データローダー" if japanese else "Data loader",
               "worker 3 died: RuntimeError: an illegal memory access was encountered in shard-0042.tar\\nit is tried again")
    made.progress("アップロード中" if japanese else "Upload")(0.4, "16 / 40")
    made.info("run-42", action_url="https://example.test/runs/42", action_label="結果を開く" if japanese else "Open the run")
    made.warning("An address that is none", action_url="javascript:alert(1)", action_label="Press me")
    return made

rw.Dashboard(
    [
        [told(), told("ja", max_visible=3)],
        [rw.Notifications(), rw.Notifications(locale="ja", do_not_disturb=True, title="監視")],
    ],
    title="Notifications",
)
""",
        ("notifications", "live"),
    ),
    "progress": State(
        """
def bar(title, done=0, total=None, seconds=0, **settings):
    made = rw.Progress(title, total, **settings)
    if done:
        made.update(done)
        made._task._began -= seconds
    return made

upload = bar("Upload", 734_003_200, 2**30, 95, unit="B")
whole = bar("Validation", 5_000, 5_000, 21)
failed = bar("Training with a learning rate that is far too large for this network", 2_250, 5_000, 130,
             description="loss nan, gradient norm 1.8e+308")
failed.fail(FloatingPointError("the loss became NaN in batch 2,250: lower the learning rate, or clip the gradients"))
stopped = bar("Search", 1_200, 5_000, 31)
stopped.stop()
endless = bar("Reading", 1_234_567, seconds=3_700, unit="rows")
more = bar("Files", 12, 10, 9)
more.total = 10; more.update(0)
waiting = bar("Next", 0, 100)
epochs = rw.track(range(10), "Epochs", description="val loss 0.271")
loops = epochs.progress

def train():
    for epoch in epochs:
        for batch in rw.track(range(1_200), "Training", unit="batches", description="loss 0.314"):
            time.sleep(0.001)
        for batch in rw.track(range(300), "Validation"):
            time.sleep(0.001)
        while epoch == 3:
            time.sleep(1)

threading.Thread(target=train, daemon=True).start()
manabu = bar("学習の進み具合", 450, 1_000, 65, locale="ja", description="損失 0.31")
shippai = bar("検証", 3, 8, 5, locale="ja")
shippai.fail(ValueError("値が範囲外です"))
rw.Dashboard([[loops, upload], [failed, stopped], [whole, endless], [more, waiting], [manabu, shippai]], title="Progress")
""",
        ("progress", "live"),
    ),
    "chat": State(
        """
CHAT_WORDS = {
    None: ["Training", "ken", "mia", "The loss is **0.31** after 12 epochs. Shall I go on?", "Yes, please. And look at `lr`:",
           "```python\\nfor epoch in range(10):\\n    train(model, lr=0.1 * 0.9 ** epoch)  # half of it\\n```", "the plots are there", "Looks good 👍"],
    "ja": ["学習", "健", "美亜", "12エポック後の損失は **0.31** です。続けますか？", "はい、お願いします。`lr` も見てください：",
           "```python\\nfor epoch in range(10):\\n    train(model, lr=0.1 * 0.9 ** epoch)  # 半分\\n```", "グラフができました", "いいですね 👍"],
}
def talk(locale=None, **settings):
    title, ken, mia, ask, yes, code, plots, good = CHAT_WORDS[locale]
    made = rw.Chat(user="anna", title=title, locale=locale, height=400, **settings)
    made.send(ask, user=ken)
    made.send(yes)
    made.send(code)
    made.send(plots, user=ken)
    made.send("| epoch | loss |\\n|------:|-----:|\\n| 10 | 0.34 |\\n| 11 | 0.31 |", user=ken)
    made.react(made.messages[-1], "🎉"); made.react(made.messages[-1], "👍")
    made.send(good, user=mia)
    made.set_typing(user=mia)
    return made

def rooms(locale=None):
    made = talk(locale)
    names = ["general", "evaluation"] if locale is None else ["全体", "評価"]
    for name in names:
        made.join(name)
    made.join("general")
    for name in names[1:]:
        for i in range(12):
            made.send("new figures" if locale is None else "新しい図です", room=name, user="ken")
    return made

def failing(message):
    raise ValueError(f"no answer to {message.text!r}")

grown, asked = talk(), rw.Chat(user="anna", title="Model", height=400)
answer = grown.streaming(user="helper")
answer.append("The **first** thing to try is a smaller learning rate:\\n\\n1. take a tenth of it\\n2. wait for three ep")
asked.on_message(failing)
asked._asked("send", {"id": "page-key-1", "room": "general", "text": "What is wrong with it?"})
asked.system("the model was loaded")
asked.send("deleted"); asked.delete(asked.messages[-1])
asked.send("first"); asked.edit(asked.messages[-1], "edited since")
asked.send_file(b"x" * 41_234, name="confusion-matrix of the second run, without outliers.csv", text="The numbers", user="ken")
nothing = [rw.Chat(user="anna", title="Nothing yet", height=196), rw.Chat(user="anna", locale="ja", height=196)]
rw.Dashboard([rooms(), [rooms("ja"), grown], [asked, nothing]], title="Chat")
""",
        ("chat", "live"),
    ),
    "chat in depth": State(
        """
far = rw.Hub().start()
far_client = rw.connect(far, reconnect=never)
cut_off = rw.Chat(far_client, user="anna", room="general", title="Disconnected", height=400)
cut_off.send("with a connection")
deadline = time.monotonic() + 60
while cut_off.messages[0].state != "sent" and time.monotonic() < deadline:
    time.sleep(0.01)
far.stop()
while far_client.state == "connected" and time.monotonic() < deadline:
    time.sleep(0.01)
cut_off.send("without one")
cut_off.send("nor now")

readers = rw.Hub(tokens={"a-token-that-may-only-read": rw.Rights(subscribe=["chat:*"]),
                         "a-token-that-may-do-all": rw.Rights(subscribe=["chat:*"], publish=["chat:*"])}).start()
refused = rw.Chat(rw.connect(readers.url, auth="a-token-that-may-only-read"), user="anna", room="general",
                  title="Turned down", height=400)
rw.Chat(rw.connect(readers.url, auth="a-token-that-may-do-all"), user="ken", room="general").send("You may read.")
while not refused.messages and time.monotonic() < deadline:
    time.sleep(0.01)
refused.react(refused.messages[0], "👍")
refused.send("may I?")
while refused.messages[-1].state != "failed" and time.monotonic() < deadline:
    time.sleep(0.01)

over_client = rw.connect(readers.url, auth="a-token-that-may-do-all", reconnect=never)
over = rw.Chat(over_client, user="mia", room="general", title="Client closed", locale="ja", height=300)
while not over.messages and time.monotonic() < deadline:
    time.sleep(0.01)
over_client.disconnect()
over.send("not sent yet")
over_client.close()
while over.messages[-1].state != "failed" and time.monotonic() < deadline:
    time.sleep(0.01)

far_reaching = rw.Chat(user="anna", title="A chat with a title that is far too long for the head of a widget of this width",
                       height=900)
far_reaching.join("a-room-with-a-name-that-goes-on-and-on-and-does-not-end-before-it-has-filled-its-line")
far_reaching.send("x", user="somebody")
far_reaching.join("general")
far_reaching.send("Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnungsentwurfsvorlagenmappendeckel " * 2,
                  user="Wolfeschlegelsteinhausenbergerdorff the younger, who has a long name")
far_reaching.send("https://example.test/a/path/that/goes/on?" + "and=on&" * 20, user="a-service.with-a-long-name.example.internal")
far_reaching.send("a" * 150)
for reaction in ["👍", "🎉", "❤️", "😀", "👀", "🚀", "🙏", "✅", "well done", "+1", "🔥", "💯"]:
    far_reaching.react(far_reaching.messages[-1], reaction)
columns = "a wide table with many columns that do not fit".split()
far_reaching.send("\\n".join("|" + "|".join(row) + "|" for row in (columns, ["-"] * 10, ["1.234567"] * 10)), user="ken")
far_reaching.send("```\\none_long_line_of_code(" + "argument, " * 20 + ")\\n```", user="ken")
far_reaching.send("> quoted\\n\\n- a list\\n  - within a list\\n- [x] done\\n- [ ] to do\\n\\n1. one\\n2. two\\n\\n---\\n\\n*so* it ~~is~~ **was**",
                  user="ken")
for n in range(4):
    far_reaching.system(f"worker {n} has started on node-{n}.example.internal")
rw.Dashboard([[cut_off, refused], [far_reaching, over]], title="Chat in depth")
""",
        ("chat", "disconnected"),
    ),
    "long texts": State(
        """
long = filled("long")
long.extend({"ts": [time.time()], "huge": [123456789012345.678], "a_field_with_a_name_that_goes_on_and_on_and_on": [1.0]})
alive.append((long, dict(cpu=0.5, memory=0.5, requests=1700.0, huge=123456789012345.678)))
story = logged("story")
story.append(level="error", source="db", message="query failed", status=500, details="Traceback (most recent call last):\\n"
             "  File \\"app.py\\", line 7, in <module>\\nTimeoutError: no answer in 30 s")
story.append(level="error", source="a-service-with-a-long-name.example.internal", message="Traceback: " + "the call failed at "
             "node/7/shard/12/replica/3 " * 12)
words = rw.MetricCard("What it says in words, under a title that needs two lines")
words.update("waiting for the third replica of shard 12 to come back")
rw.Dashboard(
    [
        [rw.MetricCard("A number of eighteen digits", long, field="huge", precision=3), words,
         rw.MetricCard("Requests per minute of all services together", long, field="requests", unit="requests per minute")],
        [rw.LiveChart(long, y=["cpu", "a_field_with_a_name_that_goes_on_and_on_and_on"],
                      title="A chart with a title that is far too long for the head of a widget of this width", height=150),
         rw.EventLog(story, title="What happened to the service and to everything that depends on it",
                     layout={"height": "260px"})],
    ],
    title="A dashboard whose title is long enough to need more than one line in a narrow cell", connection=client,
)
""",
        ("chart", "live"),
    ),
    "japanese": State(
        """
kiroku = rw.Stream("記録")
for level, message in [("info", "利用者が接続しました（計 2 名）"), ("warning", "ディスク使用率が 84 % に達しました"),
                       ("error", "サーバーに接続できません。ポート番号を確認してください")]:
    kiroku.append(level=level, source="監視", message=message)
board("サーバーの状態", feed, kiroku, client, locale="ja", chart="資源の使用状況", log="出来事",
      cards={"cpu": dict(title="中央演算処理装置の使用率", format="percentage", good="down", thresholds={0.1: "warning"}),
             "memory": dict(title="主記憶装置の使用率", format="percentage"),
             "requests": dict(title="毎分の要求数", unit="件/分")})
""",
        ("chart", "live"),
    ),
}
