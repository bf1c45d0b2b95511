"""Text out of archives: whole, hostile and broken ones."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.framing.archives import BadArchive, Limits, unpack
from tollbook.model.shape import ARCHIVES, Shape

FILES = [("Master.csv", b"one\ntwo\n"), ("Master.csv.1", b"three\n" * 1000)]
WIDE = Limits()


def a_zip(files: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.mkdir("folder")
        for name, text in files:
            archive.writestr(zipfile.ZipInfo(name), text, method)
    return buffer.getvalue()


def a_tar(files: list[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        folder, link = tarfile.TarInfo("folder"), tarfile.TarInfo("link")
        folder.type, link.type, link.linkname = tarfile.DIRTYPE, tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(folder)
        archive.addfile(link)
        for name, text in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return buffer.getvalue()


def a_tar_gz(files: list[tuple[str, bytes]]) -> bytes:
    return gzip.compress(a_tar(files), mtime=0)


Pack = Callable[[list[tuple[str, bytes]]], bytes]
WAYS: list[tuple[Pack, Shape]] = [(a_zip, Shape.ZIP), (a_tar, Shape.TAR), (a_tar_gz, Shape.GZIP)]


def texts(body: bytes, shape: Shape, limits: Limits = WIDE) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for member, piece in unpack(body, shape, limits):
        found[member] = found.get(member, b"") + piece
    return found


def read_or_refused(body: bytes, shape: Shape) -> bool:
    """Say whether an archive is read, or refused in the words for it."""
    try:
        texts(body, shape)
    except BadArchive as fault:
        return str(fault).startswith(f"the {shape} archive cannot be read: ")
    return True


@pytest.mark.parametrize(("pack", "shape"), WAYS)
def test_every_file_of_an_archive_is_read_in_order(pack: Pack, shape: Shape) -> None:
    assert texts(pack(FILES), shape) == {0: FILES[0][1], 1: FILES[1][1]}


def test_text_packed_alone_is_one_file() -> None:
    assert texts(gzip.compress(b"one\n"), Shape.GZIP) == {0: b"one\n"}


def test_text_packed_in_several_goes_is_one_file() -> None:
    body = gzip.compress(b"one\n") + b"\0\0" + gzip.compress(b"two\n")

    assert texts(body, Shape.GZIP) == {0: b"one\ntwo\n"}


def test_nothing_packed_is_an_empty_file() -> None:
    assert texts(gzip.compress(b""), Shape.GZIP) == {0: b""}


@pytest.mark.parametrize(("pack", "shape"), WAYS)
def test_an_archive_of_too_many_files_is_read_up_to_the_limit(pack: Pack, shape: Shape) -> None:
    read: list[tuple[int, bytes]] = []
    with pytest.raises(BadArchive, match="more than 1 files in the archive"):
        read.extend(unpack(pack(FILES), shape, Limits(members=1)))

    assert read == [(0, FILES[0][1])]


@pytest.mark.parametrize(("pack", "shape"), WAYS)
def test_an_archive_that_unpacks_to_too_much_is_read_up_to_the_limit(pack: Pack, shape: Shape) -> None:
    read: list[tuple[int, bytes]] = []
    with pytest.raises(BadArchive, match="unpacks to more than 100 bytes"):
        read.extend(unpack(pack(FILES), shape, Limits(unpacked=100)))

    assert read == [(0, FILES[0][1])]


def test_a_bomb_is_not_unpacked_to_its_end() -> None:
    bomb = gzip.compress(b"\0" * (64 << 20), compresslevel=9)

    read: list[int] = []
    with pytest.raises(BadArchive):
        read.extend(len(piece) for _, piece in unpack(bomb, Shape.GZIP, Limits(unpacked=3 << 20)))

    assert sum(read) <= 3 << 20


@pytest.mark.parametrize("size", range(1, 60, 7))
def test_packed_text_that_is_cut_gives_what_came_before_the_cut(size: int) -> None:
    whole = bytes(range(256)) * 8
    body = gzip.compress(whole, compresslevel=0)

    read: list[bytes] = []
    with pytest.raises(BadArchive, match="the gzip archive cannot be read"):
        read.extend(piece for _, piece in unpack(body[: len(body) // 60 * size], Shape.GZIP, WIDE))

    assert whole.startswith(b"".join(read))


def test_a_zip_with_a_password_says_so() -> None:
    body = bytearray(a_zip(FILES))
    body[body.rindex(b"PK\x01\x02") + 8] |= 1

    with pytest.raises(BadArchive, match="encrypted"):
        texts(bytes(body), Shape.ZIP)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@given(place=st.integers(0, 1 << 16), bits=st.integers(1, 255))
def test_a_damaged_zip_is_read_or_refused(method: int, place: int, bits: int) -> None:
    body = bytearray(a_zip([("Master.csv", b"one,two\n" * 20)], method))
    body[place % len(body)] ^= bits

    assert read_or_refused(bytes(body), Shape.ZIP)


@given(st.sampled_from(sorted(ARCHIVES)), st.binary(max_size=600), st.integers(0, 1 << 16), st.integers(1, 255))
def test_any_bytes_taken_for_an_archive_are_read_or_refused(shape: Shape, noise: bytes, place: int, bits: int) -> None:
    packs = {Shape.ZIP: a_zip, Shape.TAR: a_tar, Shape.GZIP: a_tar_gz}
    damaged = bytearray(packs[shape](FILES[:1]))
    damaged[place % len(damaged)] ^= bits

    for body in (noise, bytes(damaged), bytes(damaged[: place % len(damaged)])):
        assert read_or_refused(body, shape)
