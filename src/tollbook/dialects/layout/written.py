"""Writes a layout as the text of a `dialect.toml`, which is read back as the same layout.

It is laid out as a person would: a column on a line, patterns with their backslashes as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import tomli_w

from tollbook.dialects.layout.layout import Layout, Skip

_FIRST = ("title", "vendor", "models", "certainty", "framing", "encodings")
_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_UNSAID = frozenset(("trusted",))


def written(layout: Layout, heading: str = "") -> str:
    """Return a layout's text, below a heading as a comment; what says nothing but a default is left out."""
    document = document_of(layout)
    ordered = {name: document[name] for name in (*_FIRST, *(name for name in document if name not in _FIRST))}
    comment = "".join(f"# {line}".rstrip() + "\n" for line in heading.splitlines())
    return comment + "\n".join(_lines(ordered)) + "\n"


def written_skip(skip: Skip) -> str:
    """Return what is put behind a layout's text for one more sort of line that is no record."""
    return "\n".join([*_table("[[skip]]", {"match": skip.match, "reason": skip.reason}, "skip"), ""])


def _lines(document: dict[str, Any]) -> Iterator[str]:
    """Yield the text of a document: what is no table first, since a table goes on to the next one."""
    tables = {name: value for name, value in document.items() if _is_table(value)}
    for name, value in document.items():
        if name not in tables:
            yield f"{_key(name)} = {_value(value)}"
    for name, value in tables.items():
        for each in value if isinstance(value, list) else [value]:
            yield from _table(f"[[{name}]]" if isinstance(value, list) else f"[{name}]", each, name)


def _table(head: str, table: dict[str, Any], name: str) -> Iterator[str]:
    within = {key: value for key, value in table.items() if name == "option" and isinstance(value, dict)}
    if not within:
        yield from ("", head)
    yield from (f"{_key(key)} = {_rows(value)}" for key, value in table.items() if key not in within)
    for key, value in within.items():
        yield from _table(f"[{name}.{_key(key)}]", value, key)


def _is_table(value: Any) -> bool:  # noqa: ANN401 - any part of a document
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(each, dict) for each in value))


def _rows(value: Any) -> str:  # noqa: ANN401 - as above
    """Return a value of a table; of several tables each on a line of its own."""
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        return "[\n" + "".join(f"  {_value(each)},\n" for each in value) + "]"
    return _value(value)


def _value(value: Any) -> str:  # noqa: ANN401 - as above
    """Return a value on one line, but for a text of several."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return _text(value) if isinstance(value, str) else tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip()


def _text(text: str) -> str:
    r"""Return a text in the quotes that leave it as it is, where some do: backslashes stay single.

    >>> _text(r"^\d+$"), _text("plain")
    ("'^\\d+$'", '"plain"')
    """
    plain = all(sign.isprintable() or sign == "\n" for sign in text)
    if plain and "\n" in text and "'''" not in text and not text.endswith("'"):
        return f"'''\n{text}'''"
    if plain and "\\" in text and "'" not in text and "\n" not in text:
        return f"'{text}'"
    return tomli_w.dumps({"x": text}, multiline_strings=False).removeprefix("x = ").rstrip("\n")


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def document_of(layout: Layout) -> dict[str, Any]:
    """Return a layout as the document it was read from."""
    found = msgspec.to_builtins(layout)
    plain = msgspec.to_builtins(
        Layout(title="", vendor="", models=[], certainty="", framing="lines", encodings=[], record=[], evidence=[]),
    )
    kept = {name: value for name, value in found.items() if name in _FIRST or value != plain[name] or name == "record"}
    kept.setdefault("evidence", [])
    return {name: _lean(value) for name, value in kept.items() if name not in _UNSAID}


_DEFAULTS: dict[str, Any] = {
    "kind": "text",
    "form": [],
    "at": [0, 0],
    "also": [],
    "key": "",
    "minus": "",
    "encoded": "plain",
    "empty": False,
    "unset": [],
    "replace": {},
    "match": "",
    "shape": [],
    "separator": ",",
    "fewest": 0,
    "surplus": None,
    "moved": None,
    "group": "way",
    "record": [],
    "when": {},
    "gives": {},
    "among": {},
    "equals": {},
    "skip": "",
    "default": "",
    "choices": [],
    "address": "",
    "xml": False,
}


def _lean(value: Any) -> Any:  # noqa: ANN401 - any part of a document
    """Leave out what is a default, in tables within the document."""
    if isinstance(value, list | tuple):
        return [_lean(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _lean(each) for name, each in value.items() if _said(name, each)}


def _said(name: str, value: Any) -> bool:  # noqa: ANN401 - as above
    if value is None:
        return False
    return not (name in _DEFAULTS and (list(value) if isinstance(value, tuple) else value) == _DEFAULTS[name])
