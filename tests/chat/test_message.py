"""What the wire says of a message: each field for itself, cut where it is too long, nothing believed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.chat.message import MAX_NAME, MAX_TEXT, file_of, id_of, name_of, said_of

GOOD: dict[str, Any] = {"id": "m1", "userId": "ken", "username": "Ken", "content": "hi", "timestamp": 1.7e12}


def test_a_message_is_what_the_convention_says() -> None:
    said = said_of({**GOOD, "metadata": {"a": 1}}, 5.0)
    assert said is not None
    assert (said.id, said.user, said.name, said.text, said.type, said.ts, said.metadata) == (
        "m1",
        "ken",
        "Ken",
        "hi",
        "text",
        1.7e9,
        {"a": 1},
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": None},
        {"id": ""},
        {"id": "x" * 201},
        {"id": ["m1"]},
        {"userId": {}},
        {"content": 7},
        {"content": " \n\t"},
    ],
)
def test_what_nobody_could_be_shown_is_no_message(wrong: dict[str, Any]) -> None:
    assert said_of({**GOOD, **wrong}, 5.0) is None
    assert said_of([], 5.0) is None


@pytest.mark.parametrize(
    ("odd", "attribute", "expected"),
    [
        ({"type": "script"}, "type", "text"),
        ({"type": "image", "content": ""}, "type", "image"),
        ({"timestamp": "yesterday"}, "ts", 5.0),
        ({"timestamp": True}, "ts", 5.0),
        ({"username": None}, "name", "ken"),
        ({"username": "Ken\n\u2028\tthe  2nd"}, "name", "Ken the 2nd"),
        ({"username": "\ud800half"}, "name", "\ufffdhalf"),
        ({"content": "a\udfffb"}, "text", "a\ufffdb"),
        ({"id": 17}, "id", "17"),
        ({"metadata": "x"}, "metadata", {}),
    ],
)
def test_each_field_is_read_for_itself(odd: dict[str, Any], attribute: str, expected: object) -> None:
    assert getattr(said_of({**GOOD, **odd}, 5.0), attribute) == expected


def test_long_texts_are_cut() -> None:
    said = said_of({**GOOD, "content": "x" * (MAX_TEXT + 9), "username": "n" * 999}, 5.0)
    assert said is not None
    assert (len(said.text), len(said.name)) == (MAX_TEXT, MAX_NAME)


def test_a_file_is_what_can_be_shown_of_it() -> None:
    about = {
        "url": "/files/a",
        "name": "plot.png",
        "type": "image/png",
        "size": 9,
        "width": -1,
        "height": float("nan"),
    }
    said = said_of({**GOOD, "type": "image", "metadata": about}, 5.0)
    assert said is not None
    file = file_of(said)
    assert file is not None
    assert (file.url, file.name, file.size, file.width, file.height) == ("/files/a", "plot.png", 9, 0, 0)
    assert file_of(msgspec.structs.replace(said, type="text")) is None
    assert file_of(msgspec.structs.replace(said, metadata={"size": "big", "url": ["x"]})).name == "image"  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["image", "file"])
def test_an_image_of_which_only_the_address_is_said_is_its_text(kind: str) -> None:
    said = said_of({**GOOD, "type": kind, "content": "https://x.test/a.png"}, 5.0)
    assert said is not None
    assert (said.type, file_of(said)) == (kind, None)
    assert file_of(msgspec.structs.replace(said, text="")) is not None
    assert file_of(msgspec.structs.replace(said, metadata={"name": "a.png"})) is not None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "type", "metadata"]), inner)
        ),
        max_leaves=12,
    )
)
def test_nothing_that_comes_raises(value: Any) -> None:
    said = said_of(value, 5.0)
    if said is not None:
        file_of(said)
        msgspec.json.encode((said.id, said.name, said.text))  # can be sent on
    id_of(value)
    name_of(value, "x")
