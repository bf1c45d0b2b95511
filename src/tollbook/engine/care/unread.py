"""PBXs whose records arrive and of which none can be read: which, and the likeliest reason."""

from __future__ import annotations

import string

import msgspec

from tollbook.dialects.known import Catalogue
from tollbook.engine.formats_for import formats_for
from tollbook.journal import Journal, imported
from tollbook.model.health import Health, State
from tollbook.model.pbx import Pbx
from tollbook.store.store import Store

_FEWEST = 3
"""So many records that cannot be read, and none that can, are no accident."""
_GARBLED = 0.2
"""Part of bytes that are no text, from which on the line is to blame."""
_PRINTED = frozenset(string.printable.encode())
_LAST = """
SELECT pbx, max(body), arg_max(rejected, body)
FROM (SELECT *, calls + duplicates + replayed AS readable FROM tally)
WHERE rejected + readable > 0 AND body NOT IN (SELECT unnest(?))
GROUP BY pbx HAVING arg_max(readable, body) = 0 AND arg_max(rejected, body) >= ?
"""
_SAMPLE = "SELECT raw FROM reject WHERE pbx = ? AND body = ? ORDER BY position LIMIT 50"


class Unread(msgspec.Struct, frozen=True):
    """What is odd about a PBX's records, and what to do about it."""

    what: str
    help: str


def unread(store: Store, journal: Journal, pbxs: list[Pbx], catalogue: Catalogue) -> dict[str, Unread]:
    """Return the PBXs of whose last answer, connection or file no record could be read, by name.

    What a person imported tells nothing of what a PBX sends.
    """
    by_hand = [body.id for pbx in pbxs for body in imported.imports(journal, pbx.name)]
    last = {pbx: (body, int(rejected)) for pbx, body, rejected in store.rows(_LAST, [by_hand, _FEWEST])}
    found = {}
    for pbx in pbxs:
        if pbx.name in last:
            body, rejected = last[pbx.name]
            lines = store.rows(_SAMPLE, [pbx.name, body])
            what = f"{rejected:,} records arrived last and none can be read"
            found[pbx.name] = _why(what, b"\n".join(bytes(raw) for (raw,) in lines), pbx, catalogue)
    return found


def told(health: Health, unread: str) -> Health:
    """Return a PBX's health with the state that says that nothing of what it sends can be read, where that is so."""
    if not unread or health.state is not State.WORKING:
        return health
    return msgspec.structs.replace(health, state=State.NOT_READABLE, message=unread.partition(": ")[2])


def _why(what: str, sample: bytes, pbx: Pbx, catalogue: Catalogue) -> Unread:
    """Return the likeliest reason why lines cannot be read."""
    if sum(byte not in _PRINTED for byte in sample) > len(sample) * _GARBLED:
        help_ = "the bytes are no text: compare speed, parity and length of a word with those of the PBX"
        return Unread(f"{what}: the line garbles them", help_)
    for fit in formats_for(sample, catalogue, besides=pbx.dialect, most=1):
        return Unread(f"{what}: they look like {fit.title}", f"choose the format {fit.slug}, under Format on its page")
    return Unread(f"{what} in the format {pbx.dialect}", "look at them under Not readable, and make a format of them")
