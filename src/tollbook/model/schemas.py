"""JSON schemas of the texts that people write, made from the very definitions that read them.

An editor completes keys by such a schema and shows what they mean. What a key means is what the definition's docstring
says of it: the sentences in which it stands between backticks. It is draft 7, which the editors' TOML plug-ins know.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import msgspec

Schema = dict[str, Any]
"""A JSON schema, or a part of one."""
DRAFT = "http://json-schema.org/draft-07/schema#"
_ITEM = re.compile(r"\n\s*-\s+|\n\n")
_SENTENCE = re.compile(r"(?<=[.;])\s+")


def schema_of(kind: type[msgspec.Struct], title: str) -> Schema:
    """Return the schema of a text that `kind` reads; the parts it consists of stand in `definitions`."""
    (found,), parts = msgspec.json.schema_components([kind], ref_template="#/definitions/{name}")
    definitions = {name: _of_draft_7(part) for name, part in parts.items()}
    for each in _kinds(kind, {}).values():
        _describe(definitions[each.__name__], inspect.cleandoc(each.__doc__ or ""))
    whole = definitions.pop(found["$ref"].rpartition("/")[2])
    return {"$schema": DRAFT, **whole, "title": title, "definitions": definitions}


def _kinds(kind: type[msgspec.Struct], found: dict[str, type[msgspec.Struct]]) -> dict[str, type[msgspec.Struct]]:
    """Return a definition and all that it consists of, by name."""
    found[kind.__name__] = kind
    waiting = [each.type for each in msgspec.inspect.type_info(kind).fields]  # type: ignore[attr-defined]  # a struct
    while waiting:
        part = waiting.pop()
        if isinstance(part, msgspec.inspect.StructType) and part.cls.__name__ not in found:
            _kinds(part.cls, found)
        waiting += [*_within(part)]
    return found


def _within(part: msgspec.inspect.Type) -> Iterator[msgspec.inspect.Type]:
    for name in ("types", "item_types"):
        yield from getattr(part, name, ())
    for name in ("item_type", "value_type"):
        if hasattr(part, name):
            yield getattr(part, name)


def _describe(part: Schema, text: str) -> None:
    """Give each key of a part the sentences of a docstring that name it."""
    sentences = [" ".join(each.split()) for item in _ITEM.split(text) for each in _SENTENCE.split(item)]
    for name, key in part.get("properties", {}).items():
        said = [each for each in sentences if f"`{name}`" in each]
        if said:
            key["description"] = " ".join(said)
    if "description" in part:
        part["description"] = sentences[0]


def _of_draft_7(part: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """Return a part as draft 7 writes it: of a tuple of one type, how long it is."""
    if isinstance(part, list):
        return [_of_draft_7(each) for each in part]
    if not isinstance(part, dict):
        return part
    names = [name for name in part if name != "prefixItems" and not (name == "title" and isinstance(part[name], str))]
    plain = {name: _of_draft_7(part[name]) for name in names}
    if "prefixItems" in part:
        plain["items"] = _of_draft_7(part["prefixItems"][0])
    elif part.get("items") is False:
        plain.pop("items")
    if "$ref" in plain and len(plain) > 1:  # what stands beside a reference is not read in draft 7
        reference = plain.pop("$ref")
        plain["allOf"] = [{"$ref": reference}]
    return plain
