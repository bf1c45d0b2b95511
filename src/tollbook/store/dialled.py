"""The numbers that a PBX wrote, as a dial plan is proposed from them."""

from __future__ import annotations

from tollbook.numbering.proposing import Dialled
from tollbook.store.ledger import Ledger

_MOST = 5_000
"""Numbers that are looked at: those of most calls."""


def dialled(ledger: Ledger, pbx: str) -> list[Dialled]:
    """Return the outside numbers of a PBX with their calls, those of most calls first."""
    query = (
        "SELECT CASE WHEN direction = 'incoming' THEN caller ELSE called END AS text, "
        "direction = 'incoming' AS calling, coalesce(trunk_group, '') AS trunk_group, count(*) AS calls FROM call "
        "WHERE pbx = $of_pbx AND direction <> 'internal' AND text <> '' "
        "GROUP BY ALL ORDER BY calls DESC, text LIMIT $most"
    )
    return [Dialled(*row) for row in ledger.rows(query, {"of_pbx": pbx, "most": _MOST})]


def extensions(ledger: Ledger, pbx: str) -> list[str]:
    """Return the extensions that made or took calls of a PBX."""
    query = "SELECT DISTINCT extension FROM call WHERE pbx = $of_pbx AND extension <> '' ORDER BY extension LIMIT $most"
    return [extension for (extension,) in ledger.rows(query, {"of_pbx": pbx, "most": _MOST})]


def unassigned(ledger: Ledger, pbx: str) -> list[str]:
    """Return the extensions that made or took calls of a PBX, and were never assigned to anybody."""
    query = (
        "SELECT DISTINCT extension FROM call WHERE pbx = $of_pbx AND extension <> '' AND extension NOT IN "
        "(SELECT value FROM main.span WHERE kind = 'extension' "
        "AND pbx IN (left($of_pbx, position('/' IN $of_pbx)), $of_pbx)) "
        "ORDER BY extension LIMIT $most"
    )
    return [extension for (extension,) in ledger.rows(query, {"of_pbx": pbx, "most": _MOST})]
