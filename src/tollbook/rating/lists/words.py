"""Words in price lists that mean the same wherever they stand: free, blocked, closed, and rows that add up others."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tollbook.rating.lists.column_names import plain_name

EMPTY = "empty"
"""The word that stands for an empty cell of the price."""
_MEANINGS = {
    "free": (
        "free",
        "gratis",
        "kostenlos",
        "frei",
        "gratuit",
        "gratuito",
        "grátis",
        "bezpłatne",
        "бесплатно",
        "ücretsiz",
    ),
    "blocked": ("blocked", "barred", "gesperrt", "bloqueado", "bloqué", "bloquée", "bloccato", "zablokowane"),
}
_STATUSES = {
    "closed": (
        "closed", "close", "deleted", "delete", "removed", "remove", "discontinued", "withdrawn", "ended", "gelöscht",
        "entfällt", "geschlossen", "beendet", "cerrado", "eliminado", "baja", "supprimé", "fermé", "chiuso", "cessato",
        "eliminato", "zamknięty", "закрыт", "закрыто", "удалено", "удален",
    ),
    "open": (
        "new", "increase", "increased", "decrease", "unchanged", "no change", "change", "changed", "current",
        "decreased", "active", "effective", "open", "pending", "same", "neu", "erhöht", "erhöhung", "gesenkt",
        "senkung", "unverändert", "aktiv", "nuevo", "aumento", "subida", "bajada", "igual", "nouveau", "hausse",
        "baisse", "inchangé", "nuovo", "aumentato", "diminuito", "invariato", "nowy", "wzrost", "spadek", "новый",
        "повышение", "понижение",
    ),
}  # fmt: skip
_TOTAL = re.compile(r"(total|totals|sum|summe|gesamt|totale|итого|count|razem|suma|end of)\b")


def price_meaning(word: str) -> str:
    """Return what a word in place of a price means everywhere: `free`, `blocked`, else nothing."""
    return next((meaning for meaning, words in _MEANINGS.items() if word.casefold() in words), "")


def status_meaning(status: str) -> str:
    """Return what a status means everywhere, or a word of it: `closed`, `open`, else nothing.

    >>> status_meaning("Rate increase"), status_meaning("Closed"), status_meaning("gone")
    ('open', 'closed', '')
    """
    word = status.casefold()
    parts = {word, *re.findall(r"\w+", word)}
    return next((meaning for meaning, words in _STATUSES.items() if not parts.isdisjoint(words)), "")


def is_total(cells: Iterable[str]) -> bool:
    """Say whether a row adds up others."""
    return any(_TOTAL.match(plain_name(cell)) for cell in cells if cell)
