"""The JSON schema of a `dialect.toml`: its definitions, and the words that `checking` knows for some of their keys."""

from __future__ import annotations

from collections.abc import Iterable

from tollbook.dialects.layout.checking import FIELDS, WORDS
from tollbook.dialects.layout.layout import Layout
from tollbook.dialects.reading.channels import ROLES
from tollbook.dialects.reading.kinds import KINDS
from tollbook.model.limits import FORMAT_COLUMNS, FORMAT_RECORDS, FORMAT_RULES
from tollbook.model.schemas import Schema, schema_of

FILE = "dialect.schema.json"
"""What the schema is called where it lies beside the folders of formats."""
SCHEMA_LINE = f"#:schema ../{FILE}\n"
"""The first line of a `dialect.toml` that Tollbook writes; editors find the schema by it."""
_PLACE = {"type": "string", "pattern": r"\{\w+\}"}
"""A text in which another column is named."""


def layout_schema(kinds: Iterable[str]) -> Schema:
    """Return the schema; `kinds` are those of sources, by which records come in."""
    schema = schema_of(Layout, "A record format of Tollbook: dialect.toml")
    schema["properties"].pop("trusted")
    own, parts = schema["properties"], schema["definitions"]
    ways = sorted(kinds)
    own["transport"]["items"]["enum"] = ways
    own["delivered"]["propertyNames"] = {"enum": ways}
    own["outcomes"]["additionalProperties"]["enum"] = list(WORDS["outcome"])
    for name, most in (("record", FORMAT_RECORDS), ("rule", FORMAT_RULES), ("skip", FORMAT_RULES)):
        own[name]["maxItems"] = most
    parts["Record"]["properties"]["columns"]["maxItems"] = FORMAT_COLUMNS
    column = parts["Column"]["properties"]
    column["kind"]["enum"] = list(KINDS)
    column["key"] = {"type": "string", "description": column["key"]["description"]}
    parts["RecordLines"]["properties"].pop("xml")
    column["name"]["anyOf"] = [{"enum": sorted(FIELDS)}, {"type": "string"}]
    parts["Channel"]["properties"]["role"]["enum"] = list(ROLES)
    gives = parts["Rule"]["properties"]["gives"]
    gives["properties"] = {name: {"anyOf": [{"enum": list(words)}, _PLACE]} for name, words in WORDS.items()}
    return schema
