"""The directory of the demo: sixty made-up people in eight departments, and a phone book of fictitious numbers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, product

from tollbook.simulator.office import AREA_CODES

_FIRST = ("Anna", "Ben", "Clara", "David", "Ella", "Felix", "Grace", "Hugo", "Iris", "Jonas")
_LAST = ("Amber", "Birch", "Cliff", "Dale", "Elm", "Fern")
_DEPARTMENTS = (
    "Sales / North", "Sales / South", "Sales", "Support / Help desk", "Support", "Accounts", "Workshop", "Management",
)  # fmt: skip
_COST_CENTRES = ("100", "110", "200", "300")
_EXTENSIONS = (*range(101, 117), *range(201, 209), *range(301, 337))
_COMPANIES = ("Harbour Supplies", "Northwind Hotel", "Oak Street Clinic", "Riverside Motors")


def directory() -> bytes:
    """Return whose the extensions are, as a CSV file of `tollbook directory import`."""
    names = [f"{first} {last}" for last, first in product(_LAST, _FIRST)]
    rows = zip(_EXTENSIONS, names, cycle(_DEPARTMENTS), cycle(_COST_CENTRES), strict=False)
    return _csv(("kind", "value", "name", "department", "cost_centre"), (("extension", *row) for row in rows))


def phone_book() -> bytes:
    """Return whose some outside numbers are, as a CSV file of `tollbook directory import --phone-book`."""
    numbers = [*(f"+1{area}55501{place}*" for place, area in enumerate(AREA_CODES)), "+120455501*", "+33199001*"]
    return _csv(("number", "name"), zip(numbers, cycle(_COMPANIES), strict=False))


def _csv(columns: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> bytes:
    lines = [columns, *rows]
    return "\n".join(",".join(map(str, line)) for line in lines).encode()
