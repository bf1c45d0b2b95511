"""Makes the backups of a site, one at a time, on a thread of its own: those that are planned, and those asked for.

When the newest backup of the plan was made is read from the plan's folder itself, so a folder that somebody empties is
filled again soon. A planned backup that fails is tried again within the hour, and collecting calls waits for none.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import structlog

from tollbook import clock
from tollbook.engine.care import manifest
from tollbook.engine.care.backup import PART, check_place, make_backup
from tollbook.engine.care.manifest import Manifest
from tollbook.engine.site import Site
from tollbook.model.backup import BackupPlan, BackupState
from tollbook.model.problem import Misconfigured, Problem, Unavailable

_log = structlog.get_logger()
_LOOK_S = 60.0
_AGAIN = timedelta(hours=1)
_LATE = 2.0
"""A backup is overdue when the newest is so many times as old as the plan wants it."""


class _Stopped(Exception):
    """Tollbook ends, and the backup with it."""


class Backups:
    """`start` it once, `stop` it once; `apply` a plan at any time."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._wake = threading.Condition()
        self._ended = False
        self._by_plan = False
        self._wanted: Path | None = None
        self._tried_at: datetime | None = None
        self._state = BackupState()
        self._thread = threading.Thread(target=self._run, name="backups", daemon=True)

    def start(self) -> None:
        """Begin; only what is asked for is made."""
        self._thread.start()

    def go_by_plan(self) -> None:
        """Make from now on what the plan asks for, too."""
        with self._wake:
            self._by_plan = True
            self._wake.notify_all()

    def stop(self) -> None:
        """End; a backup that is being made is given up, and nothing is left of it."""
        with self._wake:
            self._ended = True
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def apply(self, plan: BackupPlan | None) -> None:
        """Take a plan; None: no backup is made by itself."""
        with self._wake:
            if plan != self._state.plan:
                self._state = BackupState(plan=plan, asked=self._state.asked, running=self._state.running)
                self._tried_at = None
                self._wake.notify_all()

    def ask(self, into: Path) -> int:
        """Have a backup made now; return its number, by which `state` tells what came of it. Raises `Misconfigured`."""
        check_place(self._site.path, into)
        with self._wake:
            if self._wanted or self._state.running:
                reason = f"{self._state.running or self._wanted} is being filled"
                raise Misconfigured(Problem("one backup at a time is made", reason, help="try again when it is done"))
            self._wanted = into
            self._note(asked=self._state.asked + 1, asked_done=False, asked_failure="", asked_bytes=0)
            self._wake.notify_all()
            return self._state.asked

    def state(self) -> BackupState:
        """Say how the backups stand."""
        state = self._state
        if state.plan is None:
            return state
        if not self._by_plan and state.last_at is None:
            with suppress(OSError):
                self._look(state.plan)
        return msgspec.structs.replace(self._state, overdue=self._is_late(state.plan))

    def _is_late(self, plan: BackupPlan) -> bool:
        last = self._state.last_at
        return last is not None and clock.now() - datetime.fromisoformat(last) > timedelta(hours=plan.every_h * _LATE)

    def _run(self) -> None:
        while True:
            with self._wake:
                if not (self._ended or self._wanted or self._is_due()):
                    self._wake.wait(_LOOK_S)
                if self._ended:
                    return
                into, self._wanted = self._wanted, None
            try:
                if into:
                    self._make_asked(into)
                elif self._is_due():
                    self._make_planned()
            except _Stopped:
                return

    def _is_due(self) -> bool:
        plan = self._state.plan
        if plan is None or not self._by_plan:
            return False
        now = clock.now()
        if self._tried_at and now - self._tried_at < min(_AGAIN, timedelta(hours=plan.every_h)):
            return False
        last = self._state.last_at
        return last is None or now - datetime.fromisoformat(last) >= timedelta(hours=plan.every_h)

    def _make_asked(self, into: Path) -> None:
        try:
            made = self._make(into)
        except (Misconfigured, Unavailable) as fault:
            self._note(asked_done=True, asked_failure=_text(fault))
        else:
            self._note(asked_done=True, asked_bytes=made.bytes)

    def _make_planned(self) -> None:
        """Make the next backup of the plan, unless the folder has one that is young enough, and remove old ones."""
        plan = self._state.plan
        self._tried_at = clock.now()
        if plan is None:
            return
        try:
            self._look(plan)
            if not self._is_young(plan):
                self._make(Path(plan.folder) / f"{self._site.path.name}-{clock.now():%Y%m%dT%H%M%SZ}")
                self._look(plan)
                self._prune(plan)
        except (Misconfigured, Unavailable, OSError) as fault:
            if not self._state.failed_why:
                _log.error("no backup could be made; it is tried again every hour", reason=_text(fault))
            self._note(failed_at=_instant(), failed_why=_text(fault))
        else:
            if self._state.failed_why:
                _log.info("backups are made again")
            self._note(failed_at=None, failed_why="")

    def _is_young(self, plan: BackupPlan) -> bool:
        last = self._state.last_at
        return last is not None and clock.now() - datetime.fromisoformat(last) < timedelta(hours=plan.every_h)

    def _make(self, into: Path) -> Manifest:
        def told(done: int, of: int) -> None:
            if self._ended:
                raise _Stopped
            self._note(running=str(into), done=done, of=of)

        try:
            told(0, 0)
            return make_backup(self._site, into, told)
        finally:
            self._note(running="", done=0, of=0)

    def _look(self, plan: BackupPlan) -> None:
        """Note the newest backup that is in the plan's folder."""
        found = max(self._ours(plan), key=lambda each: each[1].made_at, default=None)
        if found is None:
            self._note(last_at=None, last_folder="", last_bytes=0)
        else:
            folder, made = found
            self._note(last_at=made.made_at, last_folder=str(folder), last_bytes=made.bytes)

    def _ours(self, plan: BackupPlan) -> Iterator[tuple[Path, Manifest]]:
        """Yield the backups of this site that the plan has made."""
        for folder in Path(plan.folder).glob(f"{self._site.path.name}-*Z"):
            with suppress(Misconfigured):
                made = manifest.read(folder)
                if made.site == str(self._site.path):
                    yield folder, made

    def _prune(self, plan: BackupPlan) -> None:
        """Remove what is left of backups that were broken off, and all but the newest of the whole ones."""
        for left in Path(plan.folder).glob(f".{self._site.path.name}-*{PART}"):
            shutil.rmtree(left, ignore_errors=True)
        newest_first = sorted(self._ours(plan), key=lambda each: each[1].made_at, reverse=True)
        for folder, _ in newest_first[plan.keep :]:
            _remove(folder)

    def before(self, moment: datetime) -> list[Path]:
        """Return the backups of the plan that were made before a moment, but the newest of all."""
        plan = self._state.plan
        if plan is None:
            return []
        oldest_first = sorted(self._ours(plan), key=lambda each: each[1].made_at)
        return [folder for folder, made in oldest_first[:-1] if datetime.fromisoformat(made.made_at) < moment]

    def remove_before(self, moment: datetime) -> int:
        """Remove backups of the plan that were made before a moment, but the newest of all; return how many."""
        found = self.before(moment)
        for folder in found:
            _remove(folder)
        return len(found)

    def _note(self, **what: object) -> None:
        self._state = msgspec.structs.replace(self._state, **what)


def _remove(folder: Path) -> None:
    """Remove a backup: what has the name of one is a whole one, also while it is being removed."""
    aside = folder.with_name(f".{folder.name}-gone{PART}")
    folder.rename(aside)
    shutil.rmtree(aside)


def _text(fault: Exception) -> str:
    """Return a fault in one line."""
    if isinstance(fault, Misconfigured):
        return "; ".join(f"{each.what}: {each.reason}" for each in fault.problems)
    return str(fault)


def _instant() -> str:
    return clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
