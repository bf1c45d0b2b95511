"""What a body is, told from its first bytes."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.model.shape import ENOUGH, Shape, sniff

MARK = b"\xef\xbb\xbf"


def a_tar(name: str = "Master.csv") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    return buffer.getvalue()


heads = st.lists(
    st.sampled_from(
        [
            b"<",
            b"html",
            b"<html",
            b"<?xml?>",
            b"<!--",
            b">",
            b"\n",
            b"\r",
            b" ",
            b"\0",
            b"PK",
            b"\x03\x04",
            b"\x1f",
            b"\x8b",
            MARK,
            b"\xff\xfe",
            b"a\0",
            b"\n\0",
            b"\0a",
            b"ustar",
            b"x" * 50,
        ],
    )
    | st.binary(max_size=20),
    max_size=40,
).map(b"".join)
tar_like = st.builds(
    lambda before, after: before.ljust(257, b"n")[:257] + b"ustar" + after,
    st.binary(max_size=257),
    st.binary(max_size=300),
)


@given(heads | tar_like)
def test_the_first_verdict_on_a_body_is_the_verdict_on_all_of_it(body: bytes) -> None:
    verdicts = (sniff(body[:size], ended=False) for size in range(1, len(body) + 1))
    first = next((verdict for verdict in verdicts if verdict), None)

    assert sniff(body, ended=False) == first
    assert sniff(body, ended=True) in ({first} if first else {Shape.TEXT, Shape.XML})


@given(st.binary(min_size=ENOUGH))
def test_enough_bytes_always_tell(body: bytes) -> None:
    assert sniff(body, ended=False) is not None


@pytest.mark.parametrize(
    ("head", "shape"),
    [
        pytest.param(b'"","102","201"\n', Shape.TEXT, id="a line of text"),
        pytest.param(b"PK\x03\x04rest", Shape.ZIP, id="zip"),
        pytest.param(b"PK\x05\x06", Shape.ZIP, id="an empty zip"),
        pytest.param(b"\x1f\x8b\x08", Shape.GZIP, id="gzip"),
        pytest.param(a_tar(), Shape.TAR, id="tar"),
        pytest.param(b"  \r\n<!DOCTYPE html>", Shape.MARKUP, id="a page after blank lines"),
        pytest.param(MARK + b"<HTML>", Shape.MARKUP, id="a page after a byte order mark, in capitals"),
        pytest.param(b"<?xml version='1.0'?>\n<root ", Shape.XML, id="xml"),
        pytest.param(b"<?xml?>" + b" " * ENOUGH, Shape.XML, id="xml of which nothing comes"),
        pytest.param(b"<?xml version='1.0'?><!DOCTYPE html PUBLIC", Shape.MARKUP, id="a page that is xml"),
        pytest.param(b"<?xml version='1.0'?>\n<HTML>", Shape.MARKUP, id="a page that is xml, in capitals"),
        pytest.param(b"1,2\n" + b"y" * 253 + b"ustar", Shape.TEXT, id="text that reads ustar where a tar would"),
        pytest.param(b" " * 600 + b"<html>", Shape.TEXT, id="a page too far down to be one"),
    ],
)
def test_the_first_bytes_tell_what_a_body_is(head: bytes, shape: Shape) -> None:
    assert sniff(head, ended=False) is shape


@pytest.mark.parametrize(
    "head", [b"", b"P", b"PK", b"\x1f", b"<", b"<ht", b"<?xml", b"<?xml?><ht", b'"","102"', b"a\0b\n", MARK]
)
def test_too_few_bytes_tell_nothing_until_the_body_ends(head: bytes) -> None:
    assert sniff(head, ended=False) is None
    assert sniff(head, ended=True) is (Shape.XML if head.startswith(b"<?xml") else Shape.TEXT)
