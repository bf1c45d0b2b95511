"""The set-up that this centre hands down: its own formats, tariffs, dial plans and directory, as texts of a set-up.

A bundle is the whole state of its parts, never a change: a place that was away for a month needs the newest alone. It
is made again when the set-up changes, and after some seconds anyhow, since formats and tariffs are files that a person
may edit; places ask each minute, so one that was made is lent to all of them meanwhile.
"""

from __future__ import annotations

import gzip
import hashlib
import threading

import msgspec
import tomli_w

from tollbook.clock import monotonic_s
from tollbook.model.page_limits import BUNDLE, BUNDLE_TEXTS
from tollbook.model.place import BundlePiece, BundleTexts
from tollbook.model.problem import NotThere, Problem
from tollbook.site import changed
from tollbook.site.pbxs import operations as pbxs
from tollbook.web.config import costs, texts

PLANS = "plans.toml"
_LASTS_S = 20.0
_PIECE = 40 << 10
"""Bytes of a piece: in base64 it is within what is read of an answer."""


class SetUpBundle(msgspec.Struct, frozen=True, kw_only=True):
    """A set-up, packed; without its digest nothing is handed down, and `fault` says why."""

    digest: str = ""
    packed: bytes = b""
    fault: str = ""

    @property
    def pieces(self) -> int:
        """In how many pieces it is fetched."""
        return -(-len(self.packed) // _PIECE)

    def piece(self, number: int) -> BundlePiece:
        """Return a piece; raises `NotThere` for one there is not."""
        if number >= self.pieces:
            raise NotThere(Problem(f"there is no piece {number}", f"the set-up has {self.pieces} now"))
        data = self.packed[number * _PIECE : (number + 1) * _PIECE]
        return BundlePiece(bundle=self.digest, number=number, pieces=self.pieces, data=data)


class Bundles:
    """The bundles that were made lately, by their parts; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[tuple[str, ...], tuple[float, SetUpBundle]] = {}
        self._changes = 0
        changed.subscribe(self.forget)

    def forget(self) -> None:
        """Make each again when it is asked for: the set-up has changed."""
        self._changes += 1

    def of(self, parts: tuple[str, ...]) -> SetUpBundle:
        """Return the bundle of some parts as the set-up is now."""
        if not parts:
            return SetUpBundle()
        with self._lock:
            made_s, bundle = self._made.get(parts, (-_LASTS_S, SetUpBundle()))
            if self._changes or made_s + _LASTS_S < monotonic_s():
                if self._changes:
                    self._made.clear()
                self._changes, made_s = 0, monotonic_s()
                bundle = _made(parts)
                self._made[parts] = (made_s, bundle)
            return bundle


BUNDLES = Bundles()


def _made(parts: tuple[str, ...]) -> SetUpBundle:
    files = {name: text for part in parts for name, text in _TEXTS[part]().items() if text}
    content = msgspec.json.encode(BundleTexts(parts=parts, files=files), order="deterministic")
    packed = gzip.compress(content, mtime=0)
    if len(content) > BUNDLE_TEXTS or len(packed) > BUNDLE:
        return SetUpBundle(fault=f"it is too large: {len(content):,} bytes, packed {len(packed):,}")
    return SetUpBundle(digest=hashlib.sha256(content).hexdigest(), packed=packed)


def _plans() -> dict[str, str]:
    plans = {pbx.name: dict(pbx.plan) for pbx in pbxs.every() if not pbx.removed}
    return {PLANS: tomli_w.dumps(plans) if plans else ""}


_TEXTS = {"formats": texts.formats, "tariffs": costs.tariff_texts, "plans": _plans, "directory": texts.directory}
