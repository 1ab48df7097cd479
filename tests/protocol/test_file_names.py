"""Names of files: a corpus of those that harm, and the header that has them."""

from __future__ import annotations

import unicodedata
from email.message import Message

import pytest

from realtime_widgets.hub.downloads import disposition
from realtime_widgets.protocol.file_names import MAX_LENGTH, cleaned_name

PLAIN = "text/plain"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("plot.png", "plot.png"),
        ("  my  plot .png ", "my plot .png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\plot.png", "plot.png"),
        ("..", "file"),
        ("", "file"),
        ("folder/", "file"),
        (" . ", "file"),
        (".bashrc", "bashrc"),
        ("a\0b\r\nX-Evil: 1.txt", "ab X-Evil: 1.txt"),
        ("a\x7f\x85\u2028b", "a b"),
        ("ann\u202egpj.exe", "anngpj.exe"),
        ("\u2066\u200e\u061cx\ufeff\u200b.txt", "x.txt"),
        ("\U000e0041x", "x"),
        ("half\ud83d.png", "half\ufffd.png"),
        ("\ud83d\ude00.png", "\U0001f600.png"),
        ("\U0001f468\u200d\U0001f469.png", "\U0001f468\u200d\U0001f469.png"),
        ("\u200d\u200c", "file"),
        ("naïve “x”;%41.txt", "naïve “x”;%41.txt"),
        ("שלום.txt", "שלום.txt"),
    ],
)
def test_a_name_has_no_folders_and_nothing_that_nobody_sees(given: str, name: str):
    assert cleaned_name(given, PLAIN) == name


def test_an_image_without_a_name_is_called_after_its_type():
    assert [cleaned_name("", kind) for kind in ("image/png", "image/jpeg", "application/pdf")] == [
        "image.png",
        "image.jpeg",
        "file",
    ]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("x" * 200 + ".png", "x" * (MAX_LENGTH - 4) + ".png"),
        ("x" * 200, "x" * MAX_LENGTH),
        ("x." + "y" * 200, "x." + "y" * (MAX_LENGTH - 2)),
        ("." + "x" * 200, "x" * MAX_LENGTH),
        ("\U0001f600" * 200 + ".tar", "\U0001f600" * (MAX_LENGTH - 4) + ".tar"),
    ],
)
def test_a_long_name_is_cut_and_keeps_its_end(given: str, name: str):
    assert cleaned_name(given, PLAIN) == name


def test_no_name_is_longer_or_has_what_is_left_out():
    every = "".join(map(chr, range(0x3000))) + "".join(map(chr, range(0xD800, 0xE000)))
    for begin in range(0, len(every), 50):
        name = cleaned_name(every[begin : begin + 300], PLAIN)
        assert 1 <= len(name) <= MAX_LENGTH
        assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in name)
        assert not any(
            unicodedata.bidirectional(char) in ("RLO", "LRO", "RLE", "LRE", "PDF") for char in name
        )
        assert cleaned_name(name, PLAIN) == name


@pytest.mark.parametrize(
    "name", ["plot.png", 'a"b\\c;d.txt', "naïve %41 “x”.txt", "שלום (1)'*.txt", "\U0001f600"]
)
def test_the_header_has_the_name_for_those_who_know_it_and_for_those_who_do_not(name: str):
    header = disposition(name, "image/png")
    assert header.isascii()
    assert header.isprintable()
    read = Message()
    read["Content-Disposition"] = header.replace(
        header[header.index("filename=") : header.index("filename*=")], ""
    )
    assert read.get_content_disposition() == "inline"
    assert read.get_filename() == name
    plain = Message()
    plain["Content-Disposition"] = header.partition("; filename*=")[0]
    found = plain.get_filename()
    assert found is not None
    assert len(found) == len(name)
    assert all(one == other or one == "_" for one, other in zip(found, name, strict=True))


def test_only_images_are_shown_where_they_are():
    assert disposition("x", "image/webp").startswith("inline;")
    for kind in (PLAIN, "application/pdf", "application/octet-stream", "image/svg+xml", "text/html"):
        assert disposition("x", kind).startswith("attachment;")
