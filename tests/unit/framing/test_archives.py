"""Text out of archives: whole, hostile and broken ones."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.framing import archives
from tollbook.framing.archives import unpack
from tollbook.framing.tar import TarStream
from tollbook.model.archive import BadArchive, Limits
from tollbook.model.limits import LARGEST_PIECE
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
    for member, piece in unpack(io.BytesIO(body), shape, limits):
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


@pytest.mark.parametrize("name", [b"\xff\xfe\xc3(", b"a\nb\r", b"\x1b[1m\x7f", b"../../x"])
def test_files_of_any_name_are_read_out_of_an_archive(name: bytes) -> None:
    plain = "n" * len(name) + ".csv"
    zipped = a_zip([(plain, b"one\n")]).replace(plain.encode(), name + b".csv")
    tarred = a_tar([(os.fsdecode(name) + ".csv", b"one\n")])

    assert texts(zipped, Shape.ZIP) == texts(tarred, Shape.TAR) == {0: b"one\n"}


def test_text_packed_alone_is_one_file() -> None:
    assert texts(gzip.compress(b"one\n"), Shape.GZIP) == {0: b"one\n"}


def test_text_packed_in_several_goes_is_one_file() -> None:
    body = gzip.compress(b"one\n") + b"\0\0" + gzip.compress(b"two\n")

    assert texts(body, Shape.GZIP) == {0: b"one\ntwo\n"}


@pytest.mark.parametrize(("pack", "shape"), WAYS)
@pytest.mark.parametrize("inside", [a_zip, a_tar, a_tar_gz])
def test_an_archive_in_an_archive_is_refused_by_its_name_once_the_files_before_it_are_read(
    pack: Pack,
    shape: Shape,
    inside: Pack,
) -> None:
    read: list[tuple[int, bytes]] = []
    with pytest.raises(BadArchive, match=r"old\.bin in it is a (zip|tar|gzip) archive itself: unpack it"):
        read.extend(unpack(io.BytesIO(pack([FILES[0], ("old.bin", inside(FILES))])), shape, WIDE))

    assert read == [(0, FILES[0][1])]


UTF_16 = ["utf-16", "utf-16-le", "utf-16-be"]


@pytest.mark.parametrize("encoding", UTF_16)
@pytest.mark.parametrize("piece", [1, 3, LARGEST_PIECE])
def test_text_in_utf_16_is_read_in_whichever_pieces_it_comes(
    encoding: str,
    piece: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archives, "LARGEST_PIECE", piece)
    text = "1015,Jörg,😀\r\n" * 3

    assert texts(text.encode(encoding), Shape.UTF_16) == {0: text.encode()}


@pytest.mark.parametrize(("pack", "shape"), WAYS)
@pytest.mark.parametrize("encoding", UTF_16)
def test_text_in_utf_16_is_read_out_of_an_archive(pack: Pack, shape: Shape, encoding: str) -> None:
    files = [FILES[0], ("wide.csv", "two\r\n".encode(encoding)), FILES[1]]

    assert texts(pack(files), shape) == {0: FILES[0][1], 1: b"two\r\n", 2: FILES[1][1]}


def test_half_a_letter_of_utf_16_is_an_unknown_one() -> None:
    assert texts(b"\xff\xfea\0\x00", Shape.UTF_16) == {0: "a\ufffd".encode()}


def test_nothing_packed_is_an_empty_file() -> None:
    assert texts(gzip.compress(b""), Shape.GZIP) == {0: b""}


@pytest.mark.parametrize(("pack", "shape"), WAYS)
def test_an_archive_of_too_many_files_is_read_up_to_the_limit(pack: Pack, shape: Shape) -> None:
    read: list[tuple[int, bytes]] = []
    with pytest.raises(BadArchive, match="more than 1 files in the archive"):
        read.extend(unpack(io.BytesIO(pack(FILES)), shape, Limits(members=1)))

    assert read == [(0, FILES[0][1])]


@pytest.mark.parametrize(("pack", "shape"), WAYS)
def test_an_archive_that_unpacks_to_too_much_is_read_up_to_the_limit(pack: Pack, shape: Shape) -> None:
    read: list[tuple[int, bytes]] = []
    with pytest.raises(BadArchive, match="unpacks to more than 1600 bytes"):
        read.extend(unpack(io.BytesIO(pack(FILES)), shape, Limits(unpacked=1600)))

    assert read == [(0, FILES[0][1])]


def test_a_bomb_is_not_unpacked_to_its_end() -> None:
    bomb = gzip.compress(b"\0" * (64 << 20), compresslevel=9)

    read: list[int] = []
    with pytest.raises(BadArchive):
        read.extend(len(piece) for _, piece in unpack(io.BytesIO(bomb), Shape.GZIP, Limits(unpacked=3 << 20)))

    assert sum(read) <= 3 << 20


@pytest.mark.parametrize("size", range(1, 60, 7))
def test_packed_text_that_is_cut_gives_what_came_before_the_cut(size: int) -> None:
    whole = bytes(range(256)) * 8
    body = gzip.compress(whole, compresslevel=0)

    read: list[bytes] = []
    with pytest.raises(BadArchive, match="the gzip archive cannot be read"):
        read.extend(piece for _, piece in unpack(io.BytesIO(body[: len(body) // 60 * size]), Shape.GZIP, WIDE))

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
    packs = {Shape.ZIP: a_zip, Shape.TAR: a_tar, Shape.GZIP: a_tar_gz, Shape.UTF_16: a_tar}
    damaged = bytearray(packs[shape](FILES[:1]))
    damaged[place % len(damaged)] ^= bits

    for body in (noise, bytes(damaged), bytes(damaged[: place % len(damaged)])):
        assert read_or_refused(body, shape)


def a_pax_header(size: int, kind: bytes = b"x") -> bytes:
    """A tar header that announces an extended header of some size, without it."""
    entry = tarfile.TarInfo("@PaxHeader")
    entry.size, entry.type = size, kind
    return entry.tobuf(tarfile.USTAR_FORMAT)


def a_bomb(header: bytes, size: int) -> bytes:
    return gzip.compress(header + b"1" * size + b"\0" * (-size % 512) + a_tar(FILES), mtime=0)


@pytest.mark.parametrize("kind", [b"x", b"L"])
def test_a_header_as_large_as_it_likes_takes_no_memory(kind: bytes) -> None:
    size = 32 << 20
    body = a_bomb(a_pax_header(size, kind), size)

    tracemalloc.start()
    found = texts(body, Shape.GZIP)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert found == {0: FILES[0][1], 1: FILES[1][1]}
    assert peak < 8 << 20


def test_headers_in_a_tar_are_passed_over_up_to_the_limit() -> None:
    body = a_bomb(a_pax_header(2000), 2000)
    passed = 2048 + 504 + (-6000 % 512) + 10240

    assert texts(body, Shape.GZIP, Limits(unpacked=passed)) == {0: FILES[0][1], 1: FILES[1][1]}
    with pytest.raises(BadArchive, match="more than 2000 bytes of it are no text of files"):
        texts(body, Shape.GZIP, Limits(unpacked=2000))


def test_a_tar_has_headers_up_to_the_limit() -> None:
    body = a_tar(FILES)

    assert texts(body, Shape.TAR, Limits(headers=5)) == {0: FILES[0][1], 1: FILES[1][1]}
    with pytest.raises(BadArchive, match="more than 4 headers in the archive"):
        texts(body, Shape.TAR, Limits(headers=4))


def test_a_tar_with_long_names_gives_the_texts_of_its_files() -> None:
    names = [(f"{'long/' * 60}{name}", text) for name, text in FILES]

    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
            for name, text in names:
                entry = tarfile.TarInfo(name)
                entry.size = len(text)
                archive.addfile(entry, io.BytesIO(text))

        assert texts(buffer.getvalue(), Shape.TAR) == {0: FILES[0][1], 1: FILES[1][1]}


def test_a_tar_whose_sizes_are_binary_numbers_is_read() -> None:
    header = bytearray(a_pax_header(0, b"0"))
    header[124:136] = b"\x80" + (8).to_bytes(11, "big")

    assert texts(summed(header) + FILES[0][1].ljust(512, b"\0") + bytes(1024), Shape.TAR) == {0: FILES[0][1]}


@pytest.mark.parametrize("kind", [b"0", b"\0", b"7"])
def test_every_kind_of_plain_file_of_a_tar_is_read(kind: bytes) -> None:
    header = summed(bytearray(a_pax_header(8, kind)))

    assert texts(header + FILES[0][1].ljust(512, b"\0") + bytes(1024), Shape.TAR) == {0: FILES[0][1]}


@pytest.mark.parametrize("kind", [b"1", b"2", b"3", b"4", b"5", b"6"])
def test_what_a_tar_says_of_the_size_of_what_has_no_text_counts_nothing(kind: bytes) -> None:
    header, plain = (summed(bytearray(a_pax_header(8, each))) for each in (kind, b"0"))

    assert texts(header + plain + FILES[0][1].ljust(512, b"\0") + bytes(1024), Shape.TAR) == {0: FILES[0][1]}


def test_an_archive_that_is_as_large_as_it_may_be_is_read() -> None:
    size = sum(len(text) for _, text in FILES)

    for pack, shape in WAYS[:2]:
        assert texts(pack(FILES), shape, Limits(unpacked=size)) == {0: FILES[0][1], 1: FILES[1][1]}
        with pytest.raises(BadArchive):
            texts(pack(FILES), shape, Limits(unpacked=size - 1))


def test_a_piece_of_an_archive_is_as_large_as_it_may_be() -> None:
    text = b"x" * (LARGEST_PIECE + 5)
    body = a_tar([("one", text)])

    assert [len(piece) for _, piece in unpack(io.BytesIO(body), Shape.TAR, WIDE)] == [LARGEST_PIECE - 1536, 1541]
    assert texts(body, Shape.TAR) == {0: text}


def summed(header: bytearray) -> bytes:
    """A tar header with its own check sum."""
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def test_a_tar_with_a_file_of_holes_says_so() -> None:
    with pytest.raises(BadArchive, match="holes"):
        texts(a_pax_header(512, b"S") + bytes(2048), Shape.TAR)


@pytest.mark.parametrize("size", [-1, 1 << 90])
def test_a_tar_whose_sizes_are_no_sizes_is_refused(size: int) -> None:
    header = bytearray(a_pax_header(0, b"0"))
    header[124:136] = (size % (1 << 96)).to_bytes(12, "big")

    with pytest.raises(BadArchive, match="a header in it is damaged"):
        texts(summed(header) + bytes(1024), Shape.TAR)


def test_what_is_behind_the_end_of_a_tar_is_told_of() -> None:
    read: list[tuple[int, bytes]] = []
    with pytest.raises(BadArchive, match="there is more behind its end"):
        read.extend(unpack(io.BytesIO(a_tar(FILES[:1]) + a_tar(FILES)), Shape.TAR, WIDE))

    assert read == [(0, FILES[0][1])]


@pytest.mark.parametrize("end", [512, 1700, 2048, 2560, 8000])
def test_a_tar_that_is_cut_gives_what_came_before_the_cut(end: int) -> None:
    read: list[bytes] = []
    with pytest.raises(BadArchive, match="it ends in the middle"):
        read.extend(piece for _, piece in unpack(io.BytesIO(a_tar(FILES)[:end]), Shape.TAR, WIDE))

    assert (FILES[0][1] + FILES[1][1]).startswith(b"".join(read))


def test_streams_of_a_gzip_are_read_up_to_the_limit() -> None:
    body = gzip.compress(b"one\n") * 3

    assert texts(body, Shape.GZIP, Limits(streams=3)) == {0: b"one\n" * 3}
    with pytest.raises(BadArchive, match="more than 2 gzip streams"):
        texts(body, Shape.GZIP, Limits(streams=2))


@pytest.mark.parametrize(("pack", "shape"), WAYS)
def test_no_more_of_an_archive_is_read_than_the_limit(pack: Pack, shape: Shape) -> None:
    body = pack(FILES)

    assert texts(body, shape, Limits(packed=2 * len(body))) == {0: FILES[0][1], 1: FILES[1][1]}
    with pytest.raises(BadArchive, match=r"more than \d+ bytes of it would have to be read"):
        texts(body, shape, Limits(packed=len(body) // 2))


def test_an_archive_may_be_as_large_as_the_limit() -> None:
    body = gzip.compress(FILES[0][1])

    assert texts(body, Shape.GZIP, Limits(packed=len(body))) == {0: FILES[0][1]}
    with pytest.raises(BadArchive, match="would have to be read"):
        texts(body, Shape.GZIP, Limits(packed=len(body) - 1))


def test_who_asks_for_no_bytes_is_given_none() -> None:
    assert archives._Bounded(io.BytesIO(b"abc"), 3).read(0) == b""  # noqa: SLF001 - as the standard library asks


def test_of_a_stream_no_more_is_fetched_than_is_taken() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"abc"
        yield b"de"
        pytest.fail("fetched more")

    stream = TarStream(pieces(), most=0)

    assert (stream.take(3), stream.take(2)) == (b"abc", b"de")


class Counted:
    """Inflates as zlib does, and counts the bytes that it is handed."""

    handed = 0

    def __init__(self, wbits: int) -> None:
        self._inflater = INFLATER(wbits=wbits)

    def __getattr__(self, name: str) -> object:
        return getattr(self._inflater, name)

    def decompress(self, data: bytes, most: int) -> bytes:
        Counted.handed += len(data)
        return self._inflater.decompress(data, most)


INFLATER = zlib.decompressobj


@pytest.mark.parametrize("text", [b"", b"a\n"])
def test_many_gzip_streams_are_work_in_proportion_to_their_number(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    monkeypatch.setattr(zlib, "decompressobj", Counted)
    handed: list[int] = []
    for number in (4_000, 8_000):
        Counted.handed = 0
        texts(gzip.compress(text) * number, Shape.GZIP)
        handed.append(Counted.handed)

    assert handed[1] < 2.1 * handed[0]


def test_many_small_streams_come_as_few_pieces() -> None:
    body = io.BytesIO(gzip.compress(b"a\n") * 5_000)

    assert [len(piece) for _, piece in unpack(body, Shape.GZIP, WIDE)] == [0, 10_000]


def test_a_zip_with_a_list_of_files_beyond_the_limit_is_refused() -> None:
    body = a_zip([("n" * 60_000 + str(number), b"") for number in range(18)])

    with pytest.raises(BadArchive, match="what it says of its files is larger than 1048576 bytes"):
        texts(body, Shape.ZIP)
    assert texts(a_zip([("n" * 60_000 + str(number), b"x") for number in range(17)]), Shape.ZIP)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_could_unpack_to_anything_at_once_is_refused(method: int) -> None:
    with pytest.raises(BadArchive, match="pack it again with deflate"):
        texts(a_zip(FILES, method), Shape.ZIP)


def test_files_of_a_zip_that_share_their_bytes_are_read_up_to_the_limit() -> None:
    body = bytearray(a_zip([("one", b"1" * 5_000), ("two", b"2" * 5_000)], zipfile.ZIP_STORED))
    first = body.index(b"PK\1\2", body.index(b"PK\1\2") + 1)
    body[first + 42 : first + 46] = body[body.index(b"PK\1\2", first + 1) + 42 :][:4]

    assert read_or_refused(bytes(body), Shape.ZIP)
    with pytest.raises(BadArchive):
        texts(bytes(body), Shape.ZIP, Limits(packed=6_000))


class Unreadable(io.BytesIO):
    """A file on a disk that fails."""

    def read(self, _size: int | None = -1) -> bytes:
        message = "the disk is gone"
        raise OSError(message)


@pytest.mark.parametrize("shape", sorted(ARCHIVES))
def test_a_disk_that_fails_is_no_fault_of_the_archive(shape: Shape) -> None:
    with pytest.raises(OSError, match="the disk is gone"):
        texts_of(Unreadable(b"PK"), shape)


def texts_of(file: IO[bytes], shape: Shape) -> list[bytes]:
    return [piece for _, piece in unpack(file, shape, WIDE)]


PARTS = [b"%d,%d\n" % (number, 10 * number) * 40 for number in range(12)]


def packed_parts(pack: Pack) -> bytes:
    return pack([(f"Master.csv.{number}", part) for number, part in enumerate(PARTS)])


def spoilt(body: bytes, changes: list[tuple[int, int]]) -> tuple[bytes, int]:
    """Change some bytes of an archive; return it, and where the first change is."""
    changed = bytearray(body)
    for place, value in changes:
        changed[place % len(body)] = value
    return bytes(changed), min(place % len(body) for place, _ in changes)


class Watched(io.BytesIO):
    """A file that counts what is read of it."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


@pytest.mark.parametrize(("pack", "shape"), WAYS)
@given(st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=4))
def test_an_archive_spoilt_anywhere_takes_no_more_than_it_may(
    pack: Pack,
    shape: Shape,
    changes: list[tuple[int, int]],
) -> None:
    body, _ = spoilt(packed_parts(pack), changes)
    file, limits = Watched(body), Limits(packed=4 * len(body), unpacked=20_000)
    read: list[int] = []
    with suppress(BadArchive):
        read.extend(len(piece) for _, piece in unpack(file, shape, limits))

    assert sum(read) <= limits.unpacked
    assert file.taken <= limits.packed + LARGEST_PIECE


@given(st.integers(0, 1 << 20), st.integers(1, 255))
def test_the_files_of_a_tar_before_the_damage_are_read(place: int, bits: int) -> None:
    whole = packed_parts(a_tar)
    place %= len(whole)
    body, _ = spoilt(whole, [(place, whole[place] ^ bits)])
    found: dict[int, bytes] = {}
    with suppress(BadArchive):
        for member, piece in unpack(io.BytesIO(body), Shape.TAR, WIDE):
            found[member] = found.get(member, b"") + piece

    before = [number for number, part in enumerate(PARTS) if whole.index(part) + len(part) <= place]
    assert [found.get(number) for number in before] == [PARTS[number] for number in before]


@given(st.integers(0, 1 << 20), st.integers(1, 255))
def test_the_files_of_a_zip_before_the_damage_are_read_where_its_list_is_whole(place: int, bits: int) -> None:
    whole = packed_parts(a_zip)
    place %= whole.index(b"PK\1\2")
    body, _ = spoilt(whole, [(place, whole[place] ^ bits)])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        starts = [info.header_offset for info in archive.infolist() if not info.is_dir()]
    found: dict[int, bytes] = {}
    with suppress(BadArchive):
        for member, piece in unpack(io.BytesIO(body), Shape.ZIP, WIDE):
            found[member] = found.get(member, b"") + piece

    before = [number for number, end in enumerate(starts[1:]) if end <= place]
    assert [found.get(number) for number in before] == [PARTS[number] for number in before]


@given(st.integers(0, 1 << 20))
def test_what_a_gzip_held_before_it_was_cut_is_read_but_for_its_last_bytes(place: int) -> None:
    whole = b"".join(PARTS)
    body = gzip.compress(whole, compresslevel=0, mtime=0)
    place %= len(body)
    read: list[bytes] = []
    with pytest.raises(BadArchive):
        read.extend(piece for _, piece in unpack(io.BytesIO(body[:place]), Shape.GZIP, WIDE))

    text = b"".join(read)
    assert whole.startswith(text)
    assert len(text) >= place - 64  # its head and the heads of its blocks are no text
