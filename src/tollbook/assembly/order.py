"""Legs put in order, call by call."""

from __future__ import annotations

import msgspec
import numpy as np

from tollbook.assembly.legs import Mask
from tollbook.model.call import Numbers


class LegOrder(msgspec.Struct, frozen=True):
    """The rows of legs call by call, and the places among them at which calls begin."""

    rows: Numbers
    firsts: Numbers

    @property
    def lengths(self) -> Numbers:
        """The number of legs of each call."""
        return np.diff(np.append(self.firsts, len(self.rows)))

    @property
    def calls(self) -> Numbers:
        """The number of each leg's call."""
        return np.repeat(np.arange(len(self.firsts)), self.lengths)

    def ranked(self, ranks: Numbers) -> LegOrder:
        """Return each call's legs by their ranks, least first; equal ones stay as they stand."""
        return LegOrder(self.rows[np.lexsort((ranks[self.rows], self.calls))], self.firsts)

    def first(self, wanted: Mask) -> Numbers:
        """Return the row of each call's first leg of those wanted; of its first of all where none is."""
        return self._end(wanted, np.minimum, len(self.rows))

    def last(self, wanted: Mask) -> Numbers:
        """Return the row of each call's last leg of those wanted; of its first where none is."""
        return self._end(wanted, np.maximum, -1)

    def least(self, values: Numbers) -> Numbers:
        """Return the least of each call's values."""
        found: Numbers = np.minimum.reduceat(values[self.rows], self.firsts)
        return found

    def greatest(self, values: Numbers) -> Numbers:
        """Return the greatest of each call's values."""
        found: Numbers = np.maximum.reduceat(values[self.rows], self.firsts)
        return found

    def total(self, values: Numbers) -> Numbers:
        """Return the sum of each call's values."""
        found: Numbers = np.add.reduceat(values[self.rows], self.firsts)
        return found

    def any(self, mask: Mask) -> Mask:
        """Say of each call whether any of its legs is marked."""
        found: Mask = np.logical_or.reduceat(mask[self.rows], self.firsts)
        return found

    def _end(self, wanted: Mask, extreme: np.ufunc, none: int) -> Numbers:
        places = np.where(wanted[self.rows], np.arange(len(self.rows)), none)
        found = extreme.reduceat(places, self.firsts)
        rows: Numbers = self.rows[np.where(found != none, found, self.firsts)]
        return rows
