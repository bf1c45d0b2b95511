"""The files that people handed over: which there are of a PBX, and which of them were taken back.

An import that is taken back keeps its bytes and its number; nothing is read of it until it is put back. What a person
decided stands in the journal as an entry, since it decides what the journal's bytes come to: whoever has the journal
makes the same ledger again.
"""

from __future__ import annotations

from tollbook.journal.journal import Journal
from tollbook.model.body import IMPORT, TAKEN_BACK, Body


def imports(journal: Journal, pbx: str, most: int = -1) -> list[Body]:
    """Return the imports of a PBX, newest first, at most so many (-1: all)."""
    return journal.bodies(f"pbx = ? AND source = '{IMPORT}' ORDER BY id DESC LIMIT {most}", pbx)


def taken_back(journal: Journal, pbx: str) -> list[int]:
    """Return the numbers of a PBX's imports that were taken back."""
    query = f"SELECT id FROM body WHERE pbx = ? AND source = '{IMPORT}' AND state = '{TAKEN_BACK}' ORDER BY id"  # noqa: S608 - our own words
    return [body for (body,) in journal.rows(query, pbx)]


def last_kind(journal: Journal, body: int) -> str:
    """Return the kind of a body's newest entry, nothing where it has none."""
    query = "SELECT kind FROM entry WHERE body = ? ORDER BY id DESC LIMIT 1"
    return next((str(kind) for (kind,) in journal.rows(query, body)), "")


def has_bodies(journal: Journal, pbx: str) -> bool:
    """Say whether anything ever came from a PBX."""
    return bool(journal.rows("SELECT 1 FROM body WHERE pbx = ? LIMIT 1", pbx))
