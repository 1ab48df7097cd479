"""A task's stream: in which order it is written, and by whom."""

from __future__ import annotations

import threading

from realtime_widgets.widgets.course import Course, Record


def record(turn: int, done: int, state: str = "running", *, begins: bool = False) -> Record:
    return Record(turn, begins, {"done": done, "rate": None, "elapsed": 0.0, "state": state})


def written(course: Course) -> list[tuple[float, str]]:
    return [(row["done"], row["state"]) for row in course.stream]


def test_what_was_said_is_written_in_its_order():
    course = Course("")
    course.write()
    for i in range(3):
        course.say(record(1, i))
    course.say(record(2, 3, "done"))
    assert (written(course), course.stream.name) == ([], "progress")
    course.write()
    assert written(course) == [(0, "running"), (1, "running"), (2, "running"), (3, "done")]
    assert course.stream.complete
    course.say(record(3, 0, begins=True))
    course.write()
    assert (len(course.stream.runs), course.stream.complete) == (1, False)


def test_what_comes_too_late_is_left_out():
    course = Course("a")
    course.say(record(2, 3, "stopped"))
    course.say(record(1, 3))
    course.write()
    assert (written(course), course.stream.complete) == ([(3, "stopped")], True)


def test_what_a_listener_says_is_written_by_the_write_that_called_it():
    course = Course("a")
    seen: list[int] = []

    def heard() -> None:
        seen.append(len(course.stream))
        if len(course.stream) < 3:
            course.say(record(1, len(course.stream)))
            course.write()
            assert len(course.stream) == seen[-1], "within a write nothing is written"

    course.stream.listen(heard)
    course.say(record(1, 0))
    course.write()
    assert written(course) == [(0, "running"), (1, "running"), (2, "running")]


def test_whoever_writes_while_another_does_finds_it_written():
    course = Course("a")
    within, go_on = threading.Event(), threading.Event()
    waits = [lambda: (within.set(), go_on.wait(30))]
    course.stream.listen(lambda: waits.pop()() if waits else None)
    course.say(record(1, 0))
    first = threading.Thread(target=course.write)
    first.start()
    assert within.wait(30)
    course.say(record(2, 1, "done"))
    go_on.set()
    course.write()
    assert written(course) == [(0, "running"), (1, "done")]
    first.join(30)
    assert course.stream.complete
