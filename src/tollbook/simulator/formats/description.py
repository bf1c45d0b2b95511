r"""What a format's `simulate.toml` says: the texts of its records, and what stands around them.

```toml
line_end = "\r\n"
heading = ["  Date     Time ..."]              # before the first record, and on each page
page = 60                                      # records on a page
[[line]]                                       # the first whose words all hold of a call is used
of = ["incoming", "unanswered"]
text = ["{end:%m/%d/%y} {extension:<5} ..."]   # one or several records
```

Whatever is wrong with it is found when it is read.
"""

import tomllib
from collections.abc import Iterator, Mapping

import msgspec

from tollbook.simulator.formats.template import Fill, template

WORDS = ("incoming", "outgoing", "internal", "answered", "unanswered", "busy", "transferred")
"""What a line may say of the calls it is for."""
_LARGEST_BYTES = 1 << 18
_KEYS: Mapping[str, type] = {"line_start": str, "line_end": str, "heading": list, "page": int, "line": list}

_JSON_TYPES: Mapping[type, str] = {str: "string", list: "array", int: "integer"}
_MEANS = {
    "line_start": "what stands before each record",
    "line_end": "what ends a record",
    "heading": "lines before the first record, and on each page",
    "page": "records on a page; 0: the heading comes once",
    "line": "how some calls are written; the first whose words all hold is used",
}


def simulate_schema() -> dict[str, object]:
    """Return the JSON schema of a `simulate.toml`."""
    texts = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
    words = {"enum": list(WORDS)}
    line: dict[str, object] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["text"],
        "properties": {
            "of": {"anyOf": [words, {"type": "array", "items": words}], "description": "words that all hold of a call"},
            "text": {**texts, "description": "one record or several, with what is filled in between braces"},
        },
    }
    keys: dict[str, dict[str, object]] = {
        name: {"type": _JSON_TYPES[kind], "description": _MEANS[name]} for name, kind in _KEYS.items()
    }
    keys["heading"]["items"] = {"type": "string"}
    keys["line"] |= {"items": line, "minItems": 1}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "How Tollbook simulates a format: simulate.toml",
        "type": "object",
        "additionalProperties": False,
        "required": ["line"],
        "properties": keys,
    }


class BadFormat(ValueError):
    """A description that cannot be used; the text says what is wrong, why, where, and maybe what to do."""

    def __init__(self, what: str, reason: str, where: str, help_: str = "") -> None:
        told = (f"{what}", f" reason: {reason}", f" --> {where}" if where else "", f" help: {help_}" if help_ else "")
        super().__init__("\n".join(filter(None, told)))


class LineTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """How calls of which all these words hold are written."""

    of: frozenset[str]
    records: tuple[Fill, ...]


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """A whole `simulate.toml`. Records end with `line_end`; `page` records stand behind each heading (0: all)."""

    lines: tuple[LineTemplate, ...]
    line_start: bytes = b""
    line_end: bytes = b"\r\n"
    heading: tuple[bytes, ...] = ()
    page: int = 0
    is_json: bool = False
    """Whether each record is a JSON object."""


def read_description(text: str, where: str) -> Description:
    """Return what a `simulate.toml` says; `where` names it in what is told of its faults.

    Raises:
        BadFormat: it cannot be used.
    """
    if len(text) > _LARGEST_BYTES:
        raise BadFormat("the description is too large", f"more than {_LARGEST_BYTES} characters", where)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise BadFormat("the description is no TOML", str(fault), where) from None
    for key, value in document.items():
        _check_key(key, value, where)
    tables = document.get("line", [])
    if not tables:
        raise BadFormat("the description has no line", "each [[line]] says how some calls are written", where)
    page = document.get("page", 0)
    if page < 0 or (page and not document.get("heading")):
        raise BadFormat("'page' cannot be used", "it is how many records stand behind each heading", where)
    return Description(
        lines=tuple(_line(table, f"{where}, line {number}") for number, table in enumerate(tables, 1)),
        line_start=document.get("line_start", "").encode(),
        line_end=document.get("line_end", "\r\n").encode(),
        heading=tuple(_texts(document.get("heading", []), "heading", where)),
        page=page,
        is_json=all(record.startswith(b"{{") for table in tables for record in _texts(table["text"], "text", where)),
    )


def _check_key(key: str, value: object, where: str) -> None:
    if key not in _KEYS:
        raise BadFormat(f"unknown key {key!r}", f"known are: {', '.join(_KEYS)}", where)
    if type(value) is not _KEYS[key]:
        raise BadFormat(f"{key!r} cannot be used", f"it is {_SHOWN[_KEYS[key]]}, and {value!r} stands there", where)


_SHOWN: Mapping[type, str] = {str: "a text", list: "a list", int: "a whole number"}


def _line(table: object, where: str) -> LineTemplate:
    if not isinstance(table, dict) or not table.get("text"):
        raise BadFormat("the line has no text", "it is one record, or a list of several", where)
    unknown = sorted(table.keys() - {"of", "text"})
    if unknown:
        raise BadFormat(f"unknown key {unknown[0]!r}", "a line has 'of' and 'text'", where)
    of = table.get("of", [])
    words = [of] if isinstance(of, str) else of
    if not isinstance(words, list) or not all(word in WORDS for word in words):
        raise BadFormat(f"no calls are {of!r}", f"they are {', '.join(WORDS)}", where)
    return LineTemplate(of=frozenset(words), records=tuple(_records(table["text"], where)))


def _records(text: object, where: str) -> Iterator[Fill]:
    for number, record in enumerate(_texts(text, "text", where), 1):
        try:
            yield template(record.decode())
        except ValueError as fault:
            raise BadFormat(f"record {number} cannot be written", str(fault), where) from None


def _texts(value: object, key: str, where: str) -> list[bytes]:
    """Return one text or several, without line ends, as bytes."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        raise BadFormat(
            f"{key!r} cannot be used",
            f"it is a text or a list of texts, and {value!r} stands there",
            where,
        )
    return [each.encode() for each in texts]
