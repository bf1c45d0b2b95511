"""A format's folder as one file: a zip whose files are stored as they are, so that one folder gives the same bytes.

What is read may come from anybody. Only the files that a format's folder has are taken, by their names alone; sizes are
bounded before and while they are read, and nothing is written anywhere here.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tollbook.model.limits import FORMAT_CASE, FORMAT_FILE
from tollbook.model.pbx import NAME
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.sharing_limits import PROVIDER_FILE, SHARED_BYTES, SHARED_FILES, SHARED_RESULT

_LIMITS = {
    re.compile(r"dialect\.toml|simulate\.toml|README\.md"): FORMAT_FILE,
    re.compile(r"provider\.toml"): PROVIDER_FILE,
    re.compile(r"cases/[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.txt"): FORMAT_CASE,
    re.compile(r"cases/[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.settings\.toml"): FORMAT_FILE,
    re.compile(r"cases/[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.expected\.jsonl"): SHARED_RESULT,
}
"""What a format's folder has, and the bytes that each may have."""
_PROVIDER = (
    rb"(^[ \t]*\[delivered\.rest_poll\](?:(?!^[ \t]*\[)[\s\S])*?^[ \t]*provider[ \t]*=[ \t]*"
    rb"|\brest_poll[ \t]*=[ \t]*\{(?:[^}\n]*?[ \t,])?provider[ \t]*=[ \t]*"
    rb"|\brest_poll\.provider[ \t]*=[ \t]*)"
)
"""Where a layout names the provider that PBXs are delivered with: in a table of its own, within a line, or by a key."""
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
_ENTRY = b"PK\x01\x02"
_HELP = "ask for a file that `tollbook dialect share` has written"
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError, RuntimeError)


class Parcel(msgspec.Struct, frozen=True):
    """A format on its way: its slug, and the files of its folder by name."""

    slug: str
    files: dict[str, bytes]


def called(parcel: Parcel, slug: str) -> Parcel:
    r"""Return a format under another name; a provider in its folder is called as the folder, and so is named anew.

    >>> files = {"dialect.toml": b'[delivered.rest_poll]\nprovider = "old"', "provider.toml": b""}
    >>> called(Parcel("old", files), "new").files["dialect.toml"]
    b'[delivered.rest_poll]\nprovider = "new"'
    """
    if slug == parcel.slug or "provider.toml" not in parcel.files:
        return Parcel(slug, parcel.files)
    named = re.compile(_PROVIDER + rb"([\"'])" + re.escape(parcel.slug.encode()) + rb"\2", re.MULTILINE)
    layout = named.sub(rb'\1"' + slug.encode() + rb'"', parcel.files["dialect.toml"])
    return Parcel(slug, {**parcel.files, "dialect.toml": layout})


def limit_of(name: str) -> int:
    """Return the bytes that a file of a format's folder may have; 0 for one that no such folder has."""
    return next((most for pattern, most in _LIMITS.items() if pattern.fullmatch(name)), 0)


def gathered(slug: str, folder: Path) -> tuple[Parcel, list[str]]:
    """Return what is passed on of a folder, and the files that stay; raises `Misconfigured` for what is too large."""
    found: dict[str, bytes] = {}
    left: list[str] = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() and not path.is_symlink():
            continue
        most = limit_of(name)
        if not most or path.is_symlink() or not path.is_file():
            left.append(name)
            continue
        with path.open("rb") as file:
            found[name] = file.read(most + 1)
        if len(found[name]) > most:
            raise Misconfigured(Problem(f"{name} is too large", f"the most is {most} bytes", help="shorten it"))
        _check_sum(found)
    return Parcel(slug, found), left


def packed(parcel: Parcel) -> bytes:
    """Return a format as one file; the same folder gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(parcel.files.items()):
            entry = zipfile.ZipInfo(f"{parcel.slug}/{name}", _FIRST_DAY)
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, data)
    return out.getvalue()


def unpacked(data: bytes) -> Parcel:
    """Return the format in a file that anybody may have made; raises `Misconfigured` with what is wrong with it."""
    if len(data) > SHARED_BYTES:
        raise _refused("the file is too large", f"the most is {SHARED_BYTES} bytes")
    if data.count(_ENTRY) > 2 * SHARED_FILES:
        raise _refused("the file has too many files", f"the most is {SHARED_FILES}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive)
    except _BROKEN as fault:
        raise _refused("the file cannot be read", f"it is no whole zip: {str(fault)[:200]}") from fault


def _read(archive: zipfile.ZipFile) -> Parcel:
    entries = [each for each in archive.infolist() if not _is_folder(each)]
    slugs = {each.filename.partition("/")[0] for each in entries}
    if len(entries) > SHARED_FILES:
        raise _refused("the file has too many files", f"got {len(entries)}, and the most is {SHARED_FILES}")
    slug = next(iter(sorted(slugs)), "")
    if len(slugs) != 1 or not NAME.fullmatch(slug):
        raise _refused("the file holds no format", "it is to hold one folder, which is called as the format")
    found: dict[str, bytes] = {}
    for name, entry in _named(entries):
        with archive.open(entry) as file:
            found[name] = file.read(limit_of(name) + 1)
        if len(found[name]) > limit_of(name):
            raise _refused(f"{name} is too large", f"the most is {limit_of(name)} bytes")
        _check_sum(found)
    if "dialect.toml" not in found:
        raise _refused("the file holds no format", "there is no dialect.toml in it")
    return Parcel(slug, found)


def _is_folder(entry: zipfile.ZipInfo) -> bool:
    """Say whether an entry is the format's folder or that of its cases, which programs write that pack folders."""
    root, _, rest = entry.filename.partition("/")
    return (
        bool(NAME.fullmatch(root)) and rest in ("", "cases/") and entry.filename.endswith("/") and not entry.file_size
    )


def _named(entries: list[zipfile.ZipInfo]) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """Yield each entry that may be read, by its name in the folder."""
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename.partition("/")[2]
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if not limit_of(name) or name in seen:
            why = "it stands there twice" if name in seen else "a format's folder has no such file"
            raise _refused(f"{entry.filename[:100]!r} is not taken", why)
        if kind not in (0, stat.S_IFREG) or entry.flag_bits & 1:
            raise _refused(f"{name} is not taken", "it is no plain file")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refused(f"{name} is not taken", "it is neither stored nor deflated")
        seen.add(name)
        yield name, entry


def _check_sum(found: dict[str, bytes]) -> None:
    if len(found) > SHARED_FILES or sum(map(len, found.values())) > SHARED_BYTES:
        reason = f"the most is {SHARED_FILES} files with {SHARED_BYTES} bytes"
        raise Misconfigured(Problem("the format is too large to be passed on", reason, help="leave out some cases"))


def _refused(what: str, reason: str) -> Misconfigured:
    return Misconfigured(Problem(what, reason, help=_HELP))
