"""What a cell's next run closes, and what it leaves: in a real kernel, whose registries hold every widget."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import dedent

import pytest

from support.kernel import Kernel, running_kernel

BEGIN = """
import gc, threading, weakref
import ipywidgets as ipw
import realtime_widgets as rw
from IPython.display import clear_output, display

s = rw.Stream("s")
s.append(1.0)
made = []  # ids of the models of all charts, in order

def chart(**settings):
    found = rw.LiveChart(s, **settings)
    made.append(found.model_id)
    return found

def open_charts():
    instances = ipw.widgets.widget._instances
    return [i for i, model in enumerate(made) if model in instances]
"""


@pytest.fixture(scope="module")
def shared() -> Iterator[Kernel]:
    with running_kernel() as made:
        made.run(BEGIN, cell="begin")
        yield made


@pytest.fixture
def kernel(shared: Kernel) -> Kernel:
    """A notebook in which nothing is displayed or named any more."""
    shared.run(
        "for widget in list(ipw.widgets.widget._instances.values()): widget.close()\nmade.clear()", "x"
    )
    return shared


def open_after(kernel: Kernel, code: str, runs: int = 3, cell: str | None = "a") -> list[int]:
    """Which of the charts that a cell has made are open, once it has been run so often."""
    for _ in range(runs):
        kernel.run(dedent(code), cell=cell)
    found = kernel.value("open_charts()")
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("cell", ["a", None])
def test_a_chart_that_is_displayed_by_the_last_run_alone_is_left(kernel: Kernel, cell: str | None):
    assert open_after(kernel, "display(chart())", 10, cell) == [9]


def test_the_last_three_results_are_left_and_what_is_numbered_is_not(kernel: Kernel):
    assert open_after(kernel, "chart()", 10) == [7, 8, 9]
    assert kernel.value("len(made), rw.stats().widgets") == (10, 3)


def test_a_hundred_runs_leave_as_many_models_as_four_do(kernel: Kernel):
    code = "rw.Dashboard([rw.MetricCard('v', s, field='value'), chart()])"
    for _ in range(4):
        kernel.run(code, cell="a")
    few = kernel.value("len(ipw.widgets.widget._instances)")
    for _ in range(20):
        kernel.run(code, cell="a")
    assert kernel.value("len(ipw.widgets.widget._instances)") == few, "layouts and boxes, too"


def test_boxes_of_ipywidgets_are_closed_with_what_is_in_them(kernel: Kernel):
    assert open_after(kernel, "display(ipw.VBox([ipw.HBox([chart()])]))") == [2]
    boxes = "[w for w in ipw.widgets.widget._instances.values() if isinstance(w, ipw.Box)]"
    assert kernel.value(f"len({boxes})") == 2


HELD = {
    "a name": "name = chart()\nif len(made) == 1: other = name",
    "a list": "if len(made) == 0: kept = []\nkept.append(chart())\nif len(made) > 1: del kept[1:]",
    "a dict": "if len(made) == 0: kept = {1: chart()}\nelse: display(chart())",
    "an attribute": "c = chart()\nif len(made) == 1:\n  class Holder: pass\n  kept = Holder(); kept.c = c",
    "a closure": "c = chart()\nif len(made) == 1: kept = (lambda c: lambda: c)(c)",
    "a bound method": "c = chart()\nif len(made) == 1: kept = c.pause",
    "a named box": "c = chart()\nif len(made) == 1: kept = ipw.HBox([c])",
    "a named dashboard": "c = chart()\nif len(made) == 1: kept = rw.Dashboard([c])",
    "a callback of a stream": "c = chart()\nif len(made) == 1: s.listen((lambda c: lambda: c)(c))",
    "a running thread": """
        c = chart()
        if len(made) == 1:
            begun, end = threading.Event(), threading.Event()
            def work():
                local = made_now.pop()
                begun.set()
                end.wait(30)
            made_now = [c]
            thread = threading.Thread(target=work); thread.start(); begun.wait(30)
        """,
}


@pytest.mark.parametrize("holder", HELD)
def test_what_is_held_is_left(kernel: Kernel, holder: str):
    kernel.run("other = kept = None", cell="b")
    found = open_after(kernel, HELD[holder])
    assert found[0] == 0
    assert 1 not in found, "the second is held by nothing"
    kernel.run("end.set(); thread.join()" if "thread" in holder else "other = kept = None", cell="b")


def test_what_is_let_go_is_closed_at_the_end_of_the_next_cell(kernel: Kernel):
    open_after(kernel, "kept = [chart()] if not made else kept + [chart()]")
    kernel.wait_for("open_charts()", [0, 1, 2])
    kernel.run("del kept[:2]", cell="b")
    kernel.wait_for("open_charts()", [2])


def test_a_chart_that_another_cell_shows_is_left_until_that_is_run_again(kernel: Kernel):
    kernel.run("c = chart()", cell="a")
    kernel.run("c", cell="b")
    kernel.run("c", cell="c")
    kernel.run("c = chart(); 1; 2; 3", cell="a")
    for number in range(3):  # not by `_`, `__` and `___`
        kernel.run(str(number), cell="d")
    kernel.wait_for("open_charts()", [0, 1])
    kernel.run("c", cell="b")
    kernel.wait_for("open_charts()", [0, 1])  # one of two views is left
    kernel.run("c", cell="c")
    kernel.wait_for("open_charts()", [1])


def test_a_chart_that_another_cell_shows_in_a_box_is_left(kernel: Kernel):
    kernel.run("c = chart()", cell="a")
    kernel.run("display(rw.Dashboard([ipw.VBox([c])]))", cell="b")
    kernel.run("c = chart()", cell="a")
    kernel.wait_for("open_charts()", [0, 1])


def test_the_same_cell_of_a_notebook_that_is_open_twice_shows_what_was_run_there(kernel: Kernel):
    kernel.run("display(chart())", cell="a", session="one")
    kernel.run("display(chart())", cell="a", session="two")
    kernel.wait_for("open_charts()", [0, 1])
    kernel.run("display(chart())", cell="a", session="one")
    kernel.wait_for("open_charts()", [1, 2])


def test_a_page_that_is_loaded_anew_goes_on_with_its_cells(kernel: Kernel):
    kernel.run("display(chart())", cell="a", session="before")
    bye = "{'rw': 2, 'page': 'p', 'n': 1, 'gone': True}"
    kernel.run(
        f"""
from realtime_widgets.browser.frame_loop import get_frame_loop
from realtime_widgets.runtime import get_runtime
loop, done = get_frame_loop(), threading.Event()
loop.receive({bye})
get_runtime().call_soon(done.set); done.wait(30)
        """,
        cell="b",
        session="other",
    )
    kernel.run("display(chart())", cell="a", session="after")
    kernel.wait_for("open_charts()", [1])


def test_an_output_shows_what_was_displayed_in_it(kernel: Kernel):
    kernel.run("out = ipw.Output(); display(out)", cell="a")
    kernel.run("with out: display(chart())", cell="b")
    kernel.run("with out: display(chart())", cell="b")
    kernel.wait_for("open_charts()", [0, 1])
    view = "{'output_type': 'display_data', 'metadata': {}, 'data': {'application/vnd.jupyter.widget-view+json': {'model_id': made[1]}}}"
    kernel.run(f"out.outputs = ({view},)", cell="c")  # as a page says after `clear_output`
    kernel.wait_for("open_charts()", [1])
    kernel.run("out = ipw.Output()", cell="a")
    kernel.run("with out: display(chart())", cell="b")
    kernel.wait_for("open_charts()", [2])  # the output of before is no longer displayed itself


def test_what_a_callback_made_is_closed_when_its_output_is_gone(kernel: Kernel):
    kernel.run("slider = ipw.interact(lambda x: display(chart()), x=(0, 3)); clear = None", cell="a")
    kernel.wait_for("open_charts()", [0])
    kernel.run("slider = None", cell="a")
    kernel.wait_for("open_charts()", [])


@pytest.mark.parametrize("show", ["chart", "rw.Dashboard"])
def test_a_closed_widget_that_is_shown_again_says_what_to_do(kernel: Kernel, show: str):
    make = "chart()" if show == "chart" else "rw.Dashboard([rw.MetricCard('v', s)])"
    kernel.run(make, cell="a")
    number = kernel.value("max(Out)")
    for _ in range(4):
        kernel.run(make, cell="a")
    (shown,) = kernel.run(f"Out[{number}]", cell="b")
    assert list(shown) == ["text/plain"]
    assert "is closed" in shown["text/plain"]
    assert "run that cell once more" in shown["text/plain"]


def test_a_box_with_a_closed_widget_says_so(kernel: Kernel):
    (shown,) = kernel.run("c = chart(); box = ipw.HBox([c]); c.close(); box", cell="a")
    assert list(shown) == ["text/plain"]
    assert shown["text/plain"].startswith("this HBox cannot be shown: LiveChart('s'")


def test_a_subclass_and_a_foreign_widget_are_displayed_as_before(kernel: Kernel):
    _note, shown = kernel.run("class Mine(rw.LiveChart): pass\nMine(s)", cell="a")
    assert "application/vnd.jupyter.widget-view+json" in shown
    (shown,) = kernel.run("ipw.Button(description='b')", cell="a")
    assert "application/vnd.jupyter.widget-view+json" in shown


def test_another_thread_may_display_a_widget_while_one_asks_what_is_shown(kernel: Kernel):
    code = """
    from realtime_widgets.widgets.shown import get_shown
    shown, threads = get_shown(), []
    display(chart(), chart())
    other = chart()

    class Watched(dict):
        def items(self):
            for item in super().items():
                if not threads:
                    threads.append(threading.Thread(target=shown._display, args=(other,)))
                    threads[0].start()
                    threads[0].join(0.2)  # it waits for us, or else is through at once
                yield item

    shown._displayed.data = Watched(shown._displayed.data)
    try:
        asked = shown.shows(other)
    finally:
        shown._displayed.data = dict(shown._displayed.data)
    threads[0].join()
    asked = asked, shown.shows(other)
    """
    kernel.run(dedent(code), cell="threads")
    assert kernel.value("asked") == (False, True)


@pytest.mark.parametrize("kind", ["Notifications()", "Notifications(s)", "Chat()", "Chat(client)"])
def test_what_talks_is_replaced_with_its_cell_too(kernel: Kernel, kind: str):
    kernel.run("client = rw.connect('ws://127.0.0.1:9/')", cell="client")
    for _ in range(3):
        kernel.run(f"x = rw.{kind}\nx.observe(print)\ndisplay(x)", cell="a")
    name = kind.partition("(")[0]
    assert kernel.value(
        f"[w is x for w in ipw.widgets.widget._instances.values() if type(w).__name__ == {name!r}]"
    ) == [True]
    kernel.run("client.close()", cell="client")


def test_a_chat_whose_function_is_at_work_is_left_until_it_has_answered(kernel: Kernel):
    cell = """
    chat = rw.Chat()
    display(chat)
    @chat.on_message
    def answer(message):
        goes_on.wait(60)
        return "at last"
    """
    kernel.run("goes_on = threading.Event()\nchats = lambda: [w for w in ipw.widgets.widget._instances.values() "
               "if type(w).__name__ == 'Chat']", cell="x")  # fmt: skip
    kernel.run(dedent(cell), cell="a")
    kernel.run("chat.send('hi', typed=True)\nold = chat.model_id\nfirst = chat._conversation", cell="b")
    kernel.run(dedent(cell), cell="a")
    assert kernel.value("[chat.model_id == each.model_id for each in chats()].count(True)") == 1
    kernel.run("goes_on.set()\nfor _ in range(600):\n    if len(first.messages('general')) == 2: break\n    "
               "__import__('time').sleep(0.1)", cell="c")  # fmt: skip
    assert kernel.value("[each.text for each in first.messages('general')]") == ["hi", "at last"]


@pytest.mark.parametrize(
    "show", ["rw.Dashboard([x])", "rw.Dashboard({'x': x, 'more': chart()})", "ipw.HBox([x])"]
)
@pytest.mark.parametrize("kind", ["Chat(client)", "MetricCard('v', s, field='value')"])
def test_what_a_dashboard_without_a_name_shows_goes_with_it(kernel: Kernel, kind: str, show: str):
    kernel.run("client = rw.connect('ws://127.0.0.1:9/')", cell="client")
    for _ in range(3):
        kernel.run(f"x = rw.{kind}\ndisplay({show})", cell="a")
    name = kind.partition("(")[0]
    kernel.run("pass", cell="another")
    assert kernel.value(
        f"[w is x for w in ipw.widgets.widget._instances.values() if type(w).__name__ == {name!r}]"
    ) == [True]
    kernel.run("client.close()", cell="client")
