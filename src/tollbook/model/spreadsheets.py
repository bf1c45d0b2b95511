"""One rule for what stands in a cell of a CSV file for spreadsheets, and for the text of one that they wrote.

A caller chooses what arrives as a number, and a spreadsheet runs a cell that begins like a formula. A number of E.164,
digits behind a plus sign, is none: it stays as every program knows it.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
E164 = r"\+[0-9]{1,15}"
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_E164 = re.compile(E164)


def cell(value: Any) -> Any:  # noqa: ANN401 - any column's value
    """Return a cell that no spreadsheet takes for a formula.

    >>> cell("=1+1"), cell("+1+1"), cell("+12015550135"), cell("*69"), cell(5), cell(None)
    ("'=1+1", "'+1+1", '+12015550135', '*69', 5, '')
    """
    if isinstance(value, str) and value.startswith(FORMULA_STARTS) and not _E164.fullmatch(value):
        return "'" + value
    return "" if value is None else value


def decoded(data: bytes) -> str:
    r"""Return the text of a file; what is no UTF-8 and no UTF-16 is Latin-1, as Windows writes it.

    >>> decoded("Jörg".encode("utf-16")) == decoded("Jörg".encode("cp1252")) == decoded("Jörg".encode("utf-8-sig"))
    True
    """
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if data[:2].count(0) == 1:
        return data.decode("utf-16-be" if data[0] == 0 else "utf-16-le", "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
