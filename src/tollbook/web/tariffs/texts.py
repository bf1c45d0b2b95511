"""The texts of a version of a tariff as one file that travels: a zip of `tariff.toml` and, maybe, `tariff.csv`."""

from __future__ import annotations

import io
import zipfile

from tollbook.model.limits import PRICES_FILE, TARIFF_FILE
from tollbook.model.problem import Misconfigured, Problem
from tollbook.rating.tariff_text import TariffText

DOCUMENT, PRICES = "tariff.toml", "tariff.csv"
_MOST = {DOCUMENT: TARIFF_FILE, PRICES: PRICES_FILE}


def packed(document: str, prices: str) -> bytes:
    """Return texts as a zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(DOCUMENT, document)
        if prices:
            file.writestr(PRICES, prices)
    return made.getvalue()


def unpacked(data: bytes) -> tuple[TariffText, TariffText | None]:
    """Return the texts of a zip, or of a document alone; raises `Misconfigured`."""
    if not data.startswith(b"PK"):
        return TariffText(_text(data, DOCUMENT), DOCUMENT), None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            found = {name: _member(file, name) for name in (DOCUMENT, PRICES) if name in file.namelist()}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as fault:
        raise Misconfigured(
            Problem("the tariff cannot be read", f"the zip is broken: {fault}", help="pack it again")
        ) from fault
    if DOCUMENT not in found:
        raise Misconfigured(
            Problem(
                "the tariff cannot be read", f"the zip has no {DOCUMENT}", help=f"name the document {DOCUMENT} in it"
            )
        )
    prices = found.get(PRICES)
    return TariffText(found[DOCUMENT], DOCUMENT), None if prices is None else TariffText(prices, PRICES)


def _member(file: zipfile.ZipFile, name: str) -> str:
    with file.open(name) as member:
        data = member.read(_MOST[name] + 1)
    if len(data) > _MOST[name]:
        raise Misconfigured(
            Problem("the tariff is too large", f"more than {_MOST[name]} bytes", name, "divide it into two tariffs")
        )
    return _text(data, name)


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise Misconfigured(Problem("the tariff cannot be read", "it is no UTF-8", name, "save it as UTF-8")) from fault
