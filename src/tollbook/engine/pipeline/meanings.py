"""Gives calls another meaning or price where directory, dial plans or tariffs have changed, beside all else.

The directory is copied into the store, which sets the calls again whose owner is another. Of a PBX with another dial
plan it is found out first what its numbers mean; then all its calls get it in one transaction, so that nobody sees half
of them by the old plan. So do those of a PBX by whose tariffs others count now. Should the program end meanwhile, it
begins again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from tollbook.model.directory import Directory
from tollbook.model.pbx import Pbx
from tollbook.model.pricing import Pricing
from tollbook.numbering.plans import plans_digest
from tollbook.store.pricing import pricing_digest
from tollbook.store.store import Store

_log = structlog.get_logger()
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0


class Meanings:
    """`start` it once, `stop` it once; `look` when the directory or plans may have changed."""

    def __init__(self, store: Store, pbxs: Callable[[], list[Pbx]], *, idle: bool = False) -> None:
        """Set nothing where `idle`: the calls are not this site's own."""
        self._store, self._pbxs, self._idle = store, pbxs, idle
        self.directory: Callable[[], Directory] = Directory
        """Tells whose extensions, codes and numbers are, as the site has it now."""
        self.prices: Callable[[], Pricing] = Pricing
        """Tells what prices the calls of the site."""
        self.told: Callable[[], None] = lambda: None
        """Is called when calls mean something else."""
        self._changed = threading.Condition()
        self._wanted: list[Pbx] = []
        self._unpriced: list[tuple[Pbx, Pricing]] = []
        self._copied: Directory | None = None
        self._other_directory: Directory | None = None
        self._stopping = False
        self._numbered_now: list[str] = []
        self._priced_now: list[str] = []
        """The PBX that is being set just now: what was wanted of it may have changed since, and it is not done yet."""
        self.trouble = ""
        self._thread = threading.Thread(target=self._run, name="meanings", daemon=True)

    def start(self) -> None:
        """Copy the directory, which is mostly as it was, then begin."""
        if self._idle:
            return
        if self._other_directory is not None:
            try:
                self._step()
            except Exception as fault:  # noqa: BLE001 - it is tried again beside everything else
                _log.warning("the directory is taken over later", reason=str(fault))
        self._thread.start()

    def stop(self) -> None:
        """End, once what is being set is set."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Say that the directory or plans may have changed, and note at once what is to be set again."""
        if self._idle:
            return
        directory, prices = self.directory(), self.prices()
        with self._changed:
            self._other_directory = directory if directory != self._copied else None
            self._wanted = self._otherwise_numbered()
            self._unpriced = self._otherwise_priced(prices)
            self._changed.notify_all()

    @property
    def waiting(self) -> list[str]:
        """The PBXs whose calls are being numbered, or about to be."""
        return [*dict.fromkeys((*self._numbered_now, *(pbx.name for pbx in self._wanted)))]

    @property
    def pricing(self) -> list[str]:
        """The PBXs whose calls are being priced again, or about to be."""
        return [*dict.fromkeys((*self._priced_now, *(pbx.name for pbx, _ in self._unpriced)))]

    @property
    def running(self) -> bool:
        """Whether calls are being given another meaning, or about to be."""
        return bool(self.waiting or self.pricing) or self._other_directory is not None

    def _otherwise_numbered(self) -> list[Pbx]:
        """Return the PBXs whose calls are numbered by another plan than theirs, or by none."""
        used = {pbx: plan.digest for pbx, plan in self._store.plans().items()}
        return [
            pbx for pbx in self._pbxs()
            if (pbx.plan or pbx.name in used) and used.get(pbx.name) != plans_digest(pbx.plan)
        ]  # fmt: skip

    def _otherwise_priced(self, prices: Pricing) -> list[tuple[Pbx, Pricing]]:
        """Return the PBXs whose calls are priced by something else than they should be, each with what that is."""
        used = {pbx: each.digest for pbx, each in self._store.pricings().items()}
        wanted = [(pbx, prices.of(pbx.name)) for pbx in self._pbxs()]
        return [
            (pbx, own) for pbx, own in wanted if used.get(pbx.name, "") != pricing_digest(own, pbx.timezone)
        ]  # fmt: skip

    def _run(self) -> None:
        pause = _FIRST_PAUSE_S
        while self._wait():
            try:
                self._step()
                self.trouble, pause = "", _FIRST_PAUSE_S
                self.told()
            except Exception as fault:  # noqa: BLE001 - said once, then tried again
                if not self.trouble:
                    _log.error("calls cannot be given their meaning", reason=str(fault), exc_info=fault)
                self.trouble = f"calls cannot be given their numbers and names: {fault}"
                with self._changed:
                    self._wanted = [*self._wanted[1:], *self._wanted[:1]]  # one that fails keeps no other waiting
                    self._unpriced = [*self._unpriced[1:], *self._unpriced[:1]]
                    self._changed.wait_for(lambda: self._stopping, pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)

    def _step(self) -> None:
        directory = self._other_directory
        if directory is not None:
            count = self._store.copy_directory(directory)
            with self._changed:
                self._copied = directory
                if self._other_directory is directory:
                    self._other_directory = None
            if count:
                _log.info("calls belong to others now, by the directory", calls=count)
            return
        if self._wanted:
            self._number()
        else:
            self._price()

    def _number(self) -> None:
        pbx = self._wanted[0]
        self._numbered_now = [pbx.name]
        try:
            count = self._store.renumber(pbx.name, pbx.plan)
            with self._changed:
                self._wanted = self._otherwise_numbered()
        finally:
            self._numbered_now = []
        _log.info("calls are numbered by another dial plan", pbx=pbx.name, changed=count)

    def _price(self) -> None:
        pbx, prices = self._unpriced[0]
        self._priced_now = [pbx.name]
        try:
            count = self._store.reprice(pbx.name, prices, pbx.timezone)
            now = self.prices()
            with self._changed:
                self._unpriced = self._otherwise_priced(now)
        finally:
            self._priced_now = []
        _log.info("calls are priced by other tariffs", pbx=pbx.name, changed=count)

    def _wait(self) -> bool:
        """Wait until there is something to do; return whether to go on."""
        with self._changed:
            self._changed.wait_for(lambda: self.running or self._stopping)
            return not self._stopping
