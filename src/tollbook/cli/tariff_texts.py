"""The texts of a tariff on their way to the API; whatever it says of them is told by the files that were typed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tollbook.cli.exits import CommandRefused


@contextmanager
def sent_texts(file: Path) -> Iterator[bytes]:
    """Give a document and the price list beside it as bytes to send; what is refused of them is told by their paths.

    Raises `Misconfigured` for a file that cannot be read.
    """
    from tollbook.site.tariffs.files import given_texts
    from tollbook.web.tariffs.texts import DOCUMENT, PRICES, packed

    document, prices = given_texts(file)
    typed = {DOCUMENT: str(file), PRICES: str(file.with_suffix(".csv"))}
    try:
        yield packed(document.text, prices.text if prices else "")
    except CommandRefused as fault:
        told = [msgspec.structs.replace(each, where=_as_typed(each.where, typed)) for each in fault.problems]
        raise CommandRefused(told, fault.code) from fault


def _as_typed(where: str, typed: dict[str, str]) -> str:
    name, colon, rest = where.partition(":")
    return f"{typed.get(name, name)}{colon}{rest}"
