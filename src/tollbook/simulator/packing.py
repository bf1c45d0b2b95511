"""The forms in which a CDR file leaves the PBX: as text, compressed, or in an archive."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum

EARLIEST_ZIP = (1980, 1, 1)


class Packing(Enum):
    """How the file is wrapped; the value is what its name ends with."""

    TEXT = ""
    GZIP = ".gz"
    ZIP = ".zip"
    TAR = ".tar"
    TAR_GZ = ".tar.gz"


CONTENT_TYPES: Mapping[Packing, str] = {
    Packing.TEXT: "text/csv",
    Packing.GZIP: "application/gzip",
    Packing.ZIP: "application/zip",
    Packing.TAR: "application/x-tar",
    Packing.TAR_GZ: "application/gzip",
}


def pack(packing: Packing, name: str, content: bytes, at: datetime) -> bytes:
    """The content as a file of that name, wrapped; the same input gives the same bytes.

    `at` is the aware instant written into archives as the file's time.
    """
    return _PACKERS[packing](name, content, at)


def _text(_name: str, content: bytes, _at: datetime) -> bytes:
    return content


def _gzip(_name: str, content: bytes, at: datetime) -> bytes:
    return gzip.compress(content, compresslevel=6, mtime=int(at.timestamp()))


def _zip(name: str, content: bytes, at: datetime) -> bytes:
    buffer = io.BytesIO()
    entry = zipfile.ZipInfo(name, max((*EARLIEST_ZIP, 0, 0, 0), at.timetuple()[:6]))
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry, content)
    return buffer.getvalue()


def _tar(name: str, content: bytes, at: datetime) -> bytes:
    buffer = io.BytesIO()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime = len(content), int(at.timestamp())
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _tar_gz(name: str, content: bytes, at: datetime) -> bytes:
    return _gzip(name, _tar(name, content, at), at)


_PACKERS: Mapping[Packing, Callable[[str, bytes, datetime], bytes]] = {
    Packing.TEXT: _text,
    Packing.GZIP: _gzip,
    Packing.ZIP: _zip,
    Packing.TAR: _tar,
    Packing.TAR_GZ: _tar_gz,
}
