"""Remote images: hosts that pages are told of."""

from __future__ import annotations

from typing import Any

import pytest

import realtime_widgets as rw
from realtime_widgets.widgets.remote_images import MAX_HOSTS, remote_images_of


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (False, False),
        (True, True),
        (None, False),
        ([], []),
        ("img.example.org", ["img.example.org"]),
        (("IMG.Example.org ", "*.Example.com", "img.example.org"), ["img.example.org", "*.example.com"]),
        ({"例え.テスト"}, ["例え.テスト"]),
        (["straße.de", "*.faß.de"], ["straße.de", "*.faß.de"]),
        (["βόλος.com", "ΒΌΛΟΣ.com"], ["βόλος.com", "ΒΌΛΟΣ.com"]),
        (["نامه\u200cای.com"], ["نامه\u200cای.com"]),
        (["xn--r8jz45g.xn--zckzah", "example.org."], ["xn--r8jz45g.xn--zckzah", "example.org."]),
        (["127.1", "2130706433", "[0:0::1]"], ["127.1", "2130706433", "[0:0::1]"]),
        (["127.0.0.1", "[::1]", "localhost", "my_host"], ["127.0.0.1", "[::1]", "localhost", "my_host"]),
    ],
)
def test_hosts_are_kept_as_they_are_written(given: Any, kept: Any) -> None:
    assert remote_images_of(given) == kept


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["https://img.example.org/a.png"], "pass the host alone, 'img.example.org'"),
        (["img.example.org:8080"], "pass the host alone, 'img.example.org'"),
        (["http://[::1]:80/"], r"pass the host alone, '\[::1\]'"),
        (["*"], "no host: pass a name such as"),
        ([""], "no host: pass a name such as"),
        (["a b"], "no host: pass a name such as"),
        (["a..b"], "no host: pass a name such as"),
        (["."], "no host: pass a name such as"),
        (["*.."], "no host: pass a name such as"),
        (["img.*"], "no host: pass a name such as"),
        (["例え\u3000テスト"], "no host: pass a name such as"),
        ([f"{'a' * 63}." * 4], "no host: pass a name such as"),
        (["256.1.1.1"], "no host: pass a name such as"),
        (["1.2.3.4.5"], "no host: pass a name such as"),
        (["*.0.0.1"], "no host: pass a name such as"),
        (["[1:::2]"], "no host: pass a name such as"),
        (["[fe80::1%eth0]"], "no host: pass a name such as"),
        (["https://straße.de:80/a.png"], "pass the host alone, 'straße.de'"),
        (["\ud800.test"], "no host: pass a name such as"),
        (["http://[x"], "no host: pass a name such as"),
        ([None], "has None, which is no host"),
        (
            [f"h{n}.test" for n in range(MAX_HOSTS + 1)],
            f"up to {MAX_HOSTS} hosts, and these are {MAX_HOSTS + 1}",
        ),
    ],
)
def test_what_is_no_host_is_refused(given: Any, said: str) -> None:
    with pytest.raises(rw.errors.UsageError, match=said):
        remote_images_of(given)


@pytest.mark.parametrize("given", [3, b"img.example.org", object()])
def test_what_is_neither_hosts_nor_a_choice_is_refused(given: Any) -> None:
    with pytest.raises(rw.errors.WrongType, match=r"remote_images=.* pass True, False, or hosts"):
        remote_images_of(given)


def test_a_chat_takes_it_at_once_and_later() -> None:
    with_chat = rw.Chat(remote_images=["IMG.example.org"])
    assert with_chat.remote_images == ["img.example.org"]
    with_chat.remote_images = True
    assert with_chat.remote_images is True
    with pytest.raises(rw.errors.UsageError):
        with_chat.remote_images = "http://"
    assert with_chat.remote_images is True
    with_chat.close()
    assert rw.Chat().remote_images is False
