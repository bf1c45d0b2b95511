"""Long files of reports, made in the background and kept until they are fetched, removed or over.

What always holds: a file is there whole or not at all; of one that was being made when the server was killed nothing is
left but the word that it failed. Each has a note beside it (`KEY.json`), so that a restart forgets none. They are
worked on two at a time, in processes of their own that give way to everything else; who asks later waits. A file that
is over is deleted, and the oldest are where all together take too much room.

Whose a file is and what they could see stands in its note; whoever hands one out compares it with what they may see
now.
"""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import structlog

from tollbook.clock import now
from tollbook.engine.jobs import HeavyJob, JobFailed, JobLimits, Jobs
from tollbook.engine.long_tables import put_rows, with_rows
from tollbook.model.limits import UPLOAD_LEAVES
from tollbook.model.page_limits import (
    JOB_MEMORY,
    READY_FILE_KEPT_S,
    READY_FILE_S,
    READY_FILES_AT_ONCE,
    READY_FILES_BYTES,
    READY_FILES_OF_ONE,
    READY_FILES_WAITING,
)
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.model.ready_file import FileState, ReadyFile
from tollbook.model.report import ReportTable

FOLDER = "files"
STOPPED = "Tollbook was stopped while it was being made; ask for it again"
_NOTE, _FILE, _PART, _ROWS = ".json", ".file", ".part", ".rows"
_AGAIN_S = 600.0
"""Seconds after which it is looked what is over."""
_ASKED = 0.2
"""What part of the work is done when rows are there and are to be written."""
_log = structlog.get_logger()
Of = TypeVar("Of")
Options = TypeVar("Options", bound=msgspec.Struct)


class FileMaking:
    """What whoever makes a file has to do with: it is written at `path`."""

    def __init__(self, files: ReadyFiles, key: str, path: Path) -> None:
        self._files, self._key = files, key
        self.path = path
        self._no_room = False
        self._asks = files.asking.acquire()

    def asked(self) -> None:
        """Say that nothing more is asked of the ledger: the next one may."""
        if self._asks:
            self._asks = False
            self._files.asking.release()

    def note(self, *, name: str, rows: int) -> None:
        """Say what the file is called, and how many rows it has."""
        self._files.note(self._key, name=name, rows=rows)

    def tell(self, part: float) -> None:
        """Say what part is done, from 0 to 1; raises `JobFailed` where nobody wants it any more."""
        if self._gives_up():
            raise JobFailed("nobody wants it any more")
        self._files.tell(self._key, part)

    def write(self, work: Callable[[str, Of, Options], bytes], form: str, of: Of, options: Options) -> None:
        """Make the bytes of a file in a process of its own, and write them there; raises `JobFailed`.

        `options` have a field `tell`, to be called with what part is done.
        """
        self.tell(_ASKED)
        rows = self.path.with_suffix(_ROWS) if isinstance(of, ReportTable) else None
        lighter = put_rows(of, rows) if rows and isinstance(of, ReportTable) else of
        self.asked()
        limits = JobLimits(time_s=READY_FILE_S, memory=JOB_MEMORY)
        told = HeavyJob(limits=limits, progress=self._tell_rest, cancelled=self._gives_up)
        try:
            self._files.jobs.run(write_file, self.path, _FileWork(work, form, lighter, rows), options, wanted=told)
        except JobFailed:
            if self._no_room:
                raise JobFailed("there is no room on the disk: what is left is the journal's") from None
            raise

    def _tell_rest(self, part: float) -> None:
        self._files.tell(self._key, _ASKED + (1 - _ASKED) * part)

    def _gives_up(self) -> bool:
        self._no_room = shutil.disk_usage(self.path.parent).free < UPLOAD_LEAVES
        return self._no_room or self._files.is_unwanted(self._key)


class _FileWork(msgspec.Struct, frozen=True):
    """What makes a file, of what; of a table its rows lie in a file beside."""

    makes: Callable[..., bytes]
    form: str
    of: Any
    rows: Path | None


def write_file(path: Path, work: _FileWork, options: msgspec.Struct, tell: Callable[[float], None]) -> None:
    """Write what a piece of work gives."""
    of = with_rows(work.of, work.rows) if work.rows else work.of
    path.write_bytes(work.makes(work.form, of, msgspec.structs.replace(options, tell=tell)))


Makes = Callable[[FileMaking], None]


class ReadyFiles:
    """The files of one site. Any thread may use it; `start` it once, `stop` it once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        self._there: dict[str, ReadyFile] = {}
        self._unwanted: set[str] = set()
        self._stopped = threading.Event()
        self.asking = threading.Lock()
        """Held by the one that asks the ledger: two long answers at once would leave nothing to pages."""
        self._workers = ThreadPoolExecutor(READY_FILES_AT_ONCE, "files")
        self._sweeper = threading.Thread(target=self._sweep, name="files that are over", daemon=True)
        self.jobs = Jobs(READY_FILES_AT_ONCE, idle_s=0, gentle=True)  # what typst has learned of a long file takes room

    def start(self) -> None:
        """Take up what an earlier process left: what it was at has failed, and what is over goes."""
        with self._lock:
            for path in self._folder.glob(f"*{_NOTE}"):
                with suppress(msgspec.DecodeError, msgspec.ValidationError, OSError):
                    there = msgspec.json.decode(path.read_bytes(), type=ReadyFile)
                    self._there[there.key] = there
            for each in list(self._there.values()):
                if each.is_under_way:
                    self._end(each.key, FileState.FAILED, STOPPED)
                elif each.state is FileState.READY and not self._path(each.key).is_file():
                    self._forget(each.key)
            known = {f"{key}{_NOTE}" for key in self._there}
            known |= {f"{key}{_FILE}" for key, each in self._there.items() if each.state is FileState.READY}
            for path in self._folder.glob("*"):
                if path.name not in known:
                    path.unlink(missing_ok=True)
            self._forget_old()
        self._sweeper.start()

    def stop(self) -> None:
        """Give up what is being made, and say so in its note."""
        self._stopped.set()
        with self._lock:
            for each in self._there.values():
                if each.is_under_way:
                    self._end(each.key, FileState.FAILED, STOPPED)
        self.jobs.stop()
        self._workers.shutdown(cancel_futures=True)
        if self._sweeper.is_alive():
            self._sweeper.join()

    # ------------------------------------------------------------------ for whoever asks

    def ask(self, wanted: ReadyFile, make: Makes) -> ReadyFile:
        """Have a file made; raises `Misconfigured` for somebody who has too many. Its key is given here."""
        with self._lock:
            self._forget_old()
            of_one = [each for each in self._there.values() if each.owner == wanted.owner]
            if sum(each.is_under_way for each in of_one) >= READY_FILES_WAITING:
                reason = f"{READY_FILES_WAITING} files of yours are being made"
                raise Misconfigured(Problem("no more files can be asked for now", reason, help="wait, or cancel one"))
            if len(of_one) >= READY_FILES_OF_ONE:
                reason = f"you have {len(of_one)} files"
                raise Misconfigured(Problem("no more files are kept for you", reason, help="remove some first"))
            new = msgspec.structs.replace(wanted, key=secrets.token_hex(16), asked_at=now())
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._there[new.key] = new
            self._write(new.key)
            self._workers.submit(self._make, new.key, make)
        return new

    def every(self) -> list[ReadyFile]:
        """Return all files, the newest first."""
        with self._lock:
            self._forget_old()
            return sorted(self._there.values(), key=lambda each: each.asked_at, reverse=True)

    def one(self, key: str) -> ReadyFile:
        """Return a file by its key; raises `NotThere`."""
        with self._lock:
            self._forget_old()
            if key not in self._there:
                raise NotThere(Problem("there is no such file", "it was removed, or it is over", help="make it again"))
            return self._there[key]

    def cancel(self, key: str) -> ReadyFile:
        """Give a file up that is still to be made; raises `NotThere`."""
        with self._lock:
            if self.one(key).is_under_way:
                self._end(key, FileState.CANCELLED, "")
            return self.one(key)

    def remove(self, key: str) -> ReadyFile:
        """Delete a file, or give it up; raises `NotThere`."""
        with self._lock:
            gone = self.one(key)
            self._forget(key)
        return gone

    def path_of(self, key: str) -> Path:
        """Return where a file is that is ready; raises `NotThere`."""
        if self.one(key).state is not FileState.READY:
            reason = f"it is {self.one(key).state}"
            raise NotThere(Problem("the file is not there", reason, help="wait, or make it again"))
        return self._path(key)

    # ------------------------------------------------------------------ for whoever makes one

    def note(self, key: str, **changes: object) -> None:
        """Change what is known of a file, if anybody still wants it."""
        with self._lock:
            if key in self._there:
                self._there[key] = msgspec.structs.replace(self._there[key], **changes)
                self._write(key)

    def tell(self, key: str, part: float) -> None:
        """Say what part of a file is done; this alone is not written down."""
        with self._lock:
            if key in self._there:
                self._there[key] = msgspec.structs.replace(self._there[key], part=min(max(part, 0.0), 1.0))

    def is_unwanted(self, key: str) -> bool:
        """Say whether a file is not to be made any further."""
        there = self._there.get(key)
        return self._stopped.is_set() or there is None or not there.is_under_way

    def _make(self, key: str, make: Makes) -> None:
        part = self._folder / f"{key}{_PART}"
        try:
            if self.is_unwanted(key):
                return
            self.note(key, state=FileState.MAKING)
            part.touch(0o600)
            self._made(FileMaking(self, key, part), make)
            self._keep(key, part)
        except (JobFailed, Misconfigured) as fault:
            self._fail(key, part, _told(fault))
        except Exception as fault:  # noqa: BLE001 - nobody waits on this thread; who asks for the file is told
            _log.error("a file of a report could not be made", reason=str(fault), exc_info=fault)
            self._fail(key, part, "something went wrong that nobody foresaw; the log says what")
        finally:
            _clear(part)

    def _fail(self, key: str, part: Path, reason: str) -> None:
        """Note that a file failed, once nothing is left of it."""
        _clear(part)
        self._end(key, FileState.FAILED, reason)

    def _made(self, making: FileMaking, make: Makes) -> None:
        try:
            make(making)
        finally:
            making.asked()

    def _keep(self, key: str, part: Path) -> None:
        """Keep a file that is whole, and delete the oldest where there is no room for all."""
        size = part.stat().st_size
        if size > READY_FILES_BYTES:
            raise JobFailed(f"it has {size >> 20} MiB, and all files together have {READY_FILES_BYTES >> 20}")
        with self._lock:
            if self.is_unwanted(key):
                return
            ready = sorted((each for each in self._there.values() if each.size), key=lambda each: each.asked_at)
            over = sum(each.size for each in ready) + size - READY_FILES_BYTES
            for each in ready:
                if over <= 0:
                    break
                over -= each.size
                self._forget(each.key)
            part.replace(self._path(key))
            ended = now()
            until = ended + timedelta(seconds=READY_FILE_KEPT_S)
            self.note(key, state=FileState.READY, part=1.0, size=size, ended_at=ended, expires_at=until)

    # ------------------------------------------------------------------ inside

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}{_FILE}"

    def _write(self, key: str) -> None:
        """Write the note of a file; it is there whole or as it was."""
        note = self._folder / f"{key}{_NOTE}"
        new = note.with_suffix(".new")
        new.touch(0o600)
        new.write_bytes(msgspec.json.encode(self._there[key]))
        new.replace(note)

    def _end(self, key: str, state: FileState, reason: str) -> None:
        """End a file that is not ready, unless it has ended already."""
        with self._lock:
            if key in self._there and self._there[key].is_under_way:
                ended = now()
                until = ended + timedelta(seconds=READY_FILE_KEPT_S)
                self.note(key, state=state, reason=reason, ended_at=ended, expires_at=until)

    def _forget(self, key: str) -> None:
        del self._there[key]
        for ending in (_FILE, _NOTE):
            self._folder.joinpath(f"{key}{ending}").unlink(missing_ok=True)

    def _forget_old(self) -> None:
        moment = now()
        for each in list(self._there.values()):
            if each.expires_at is not None and each.expires_at <= moment:
                self._forget(each.key)

    def _sweep(self) -> None:
        while not self._stopped.wait(_AGAIN_S):
            with self._lock:
                self._forget_old()


def _told(fault: JobFailed | Misconfigured) -> str:
    if isinstance(fault, JobFailed):
        return str(fault)
    first = fault.problems[0]
    return ". ".join(filter(None, (f"{first.what}: {first.reason}", first.help)))


def _clear(part: Path) -> None:
    """Remove what was being made of a file."""
    part.unlink(missing_ok=True)
    part.with_suffix(_ROWS).unlink(missing_ok=True)
