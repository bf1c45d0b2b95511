"""The forms in which a CDR file leaves the PBX: as text, compressed, or in an archive."""

import gzip
import io
from collections.abc import Mapping
from datetime import datetime
from enum import Enum

MASTER = "Master.csv"
"""The file's name, within an archive too."""
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
    match packing:
        case Packing.TEXT:
            return content
        case Packing.GZIP:
            return gzip.compress(content, compresslevel=6, mtime=int(at.timestamp()))
        case Packing.TAR_GZ:
            return pack(Packing.GZIP, name, pack(Packing.TAR, name, content, at), at)
    # Slow to import, and seldom wanted.
    import tarfile
    import zipfile

    buffer = io.BytesIO()
    if packing is Packing.ZIP:
        entry = zipfile.ZipInfo(name, max((*EARLIEST_ZIP, 0, 0, 0), at.timetuple()[:6]))
        entry.compress_type = zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(entry, content)
    else:
        member = tarfile.TarInfo(name)
        member.size, member.mtime = len(content), int(at.timestamp())
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
