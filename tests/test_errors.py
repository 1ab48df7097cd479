"""The error tree: which built-in errors ours can be caught as, and what the hints say."""

import pytest

from realtime_widgets import errors
from realtime_widgets.client import Client
from realtime_widgets.streams import Stream
from realtime_widgets.widgets import LiveChart


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (errors.UnknownField, KeyError),
        (errors.UnknownField, ValueError),
        (errors.UnknownKeyword, TypeError),
        (errors.WrongType, TypeError),
        (errors.WrongLength, ValueError),
        (errors.BadTime, ValueError),
        (errors.MissingDependency, ImportError),
        (errors.TimedOut, TimeoutError),
        (errors.WouldDeadlock, RuntimeError),
        (errors.RuntimeStopped, RuntimeError),
    ],
)
def test_an_error_can_be_caught_as_the_builtin_one_it_resembles(ours, theirs):
    assert issubclass(ours, theirs)
    assert issubclass(ours, errors.RealtimeWidgetsError)


def test_every_error_stands_in_the_tree_of_the_docstring():
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, Exception)]
    assert len(classes) > 10
    assert [c.__name__ for c in classes if c.__name__ not in errors.__doc__] == []


def test_an_unknown_field_shows_its_sentence_without_quotes():
    assert str(errors.UnknownField("no field 'a'")) == "no field 'a'"
    assert str(errors.UnknownField()) == ""


def test_what_a_server_said_is_not_kept_at_any_length():
    for kind in (errors.ClientError, errors.BadMessage, errors.ConnectionLost, errors.Unauthorized):
        assert str(kind("short")) == "short"
        text = str(kind("x" * 4_000_000))
        assert (len(text), text[-2:]) == (errors.MAX_MESSAGE_LENGTH, "x…")


def test_the_nearest_name_forgives_typos_and_case_but_not_everything():
    assert errors.nearest("windw", ["window", "title"]) == "window"
    assert errors.nearest("CPU", ["cpu", "mem"]) == "cpu"
    assert errors.nearest("zzz", ["cpu", "mem"]) is None
    assert errors.nearest("cpu", []) is None


def test_known_keywords_pass():
    errors.reject_unknown_keywords("LiveChart()", {"title": 1}, ["title"])


def test_a_misspelled_keyword_is_a_type_error_that_names_the_nearest():
    with pytest.raises(TypeError, match=r"LiveChart\(\) .* no keyword 'windw'; did you mean 'window'\?"):
        errors.reject_unknown_keywords("LiveChart()", ["windw"], ["window", "title"])


def test_a_keyword_that_resembles_none_lists_all():
    with pytest.raises(TypeError, match="it takes window, title"):
        errors.reject_unknown_keywords("LiveChart()", ["qqq"], ["window", "title"])


def test_an_unknown_keyword_of_a_function_or_a_class_names_the_nearest():
    @errors.named_keywords
    def fn(a, *, window=1, **more):
        return a, window, more

    @errors.named_keywords
    class Made:
        def __init__(self, title, *, window=1):
            self.title = title

    assert fn(1, window=2) == (1, 2, {})
    assert Made(title="t", window=2).title == "t"
    with pytest.raises(
        errors.UnknownKeyword, match=r"^fn\(\) .* no keyword 'windw'; did you mean 'window'\?$"
    ):
        fn(1, windw=2)
    with pytest.raises(
        errors.UnknownKeyword, match=r"^Made cannot .* no keyword 'xyz'; it takes title, window$"
    ):
        Made("t", xyz=2)
    with pytest.raises(TypeError, match="missing"):
        Made()


def test_a_value_too_many_without_a_keyword_names_the_keywords():
    @errors.named_keywords
    class Chart:
        def __init__(self, stream, *, y=None, window=60):
            self.given = (stream, y, window)

    @errors.named_keywords
    def fn(*items, sep=" "):
        return items, sep

    assert Chart(1, y="a").given == (1, "a", 60)
    assert fn(1, 2, 3) == ((1, 2, 3), " ")
    with pytest.raises(
        errors.WrongType,
        match=r"^Chart cannot .*: 'cpu' comes without a keyword; pass Chart\(stream, y=…\), or another of window$",
    ):
        Chart(1, "cpu")


class Poison:
    def __repr__(self) -> str:
        raise RuntimeError("not today")


class Grid:
    shape = (2, 2)

    def __repr__(self) -> str:
        return "1 2\n3 4"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"),
        ("a'b", '"a\'b"'),
        ("x" * 1000, "'" + "x" * 56 + "..."),
        (b"x" * 58, "b'" + "x" * 55 + "..."),
        ("x" * 58, "'" + "x" * 58 + "'"),
        (["x" * 1000], "['" + "x" * 55 + "..."),
        ([10**5000], "<list without a repr>"),
        ("\ud800", r"'\ud800'"),
        (Poison(), "<Poison without a repr>"),
        (Grid(), "<Grid of shape (2, 2)>"),
        ([Grid()], "[1 2 3 4]"),
    ],
)
def test_a_value_is_shown_from_its_beginning(value, text):
    assert errors.shown(value) == text


def test_a_misspelled_attribute_names_the_nearest_one():
    stream = Stream("s")
    stream.append(cpu=1.0)
    client = Client("ws://127.0.0.1:1")
    chart = LiveChart(stream)
    for thing, name, said in (
        (client, "xyzzy", "Client has no attribute 'xyzzy'$"),
        (client, "steam", r"Client has no attribute 'steam'; did you mean 'stream'\?"),
        (chart, "tittle", r"LiveChart has no attribute 'tittle'; did you mean 'title'\?"),
    ):
        with pytest.raises(AttributeError, match=said):
            getattr(thing, name)
        assert not hasattr(thing, name)
        assert getattr(thing, name, None) is None
    with pytest.raises(AttributeError, match="Client has no attribute '_address'"):
        _ = Client.__new__(Client).label
    client.close()
