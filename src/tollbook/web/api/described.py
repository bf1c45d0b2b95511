"""The API's description of itself: what endpoints say of their answers becomes JSON schemas, refusals are added to all.

What is answered comes whole: a field with a default is there all the same, and so described as one that always is.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import msgspec
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from tollbook.model.problem import Problem
from tollbook.render.reports.formats import REPORT_FORMATS
from tollbook.render.tables import FORMATS
from tollbook.web.api.shapes import CHOICES, SHAPE, DescribedAnswer, Schema, Shape, row_shapes

_REFERENCE = "#/components/schemas/"
_REFUSALS = {
    400: "what was sent cannot be read",
    401: "no token and no session",
    403: "not allowed with this token, or for this person",
    404: "there is nothing of this name",
    413: "what was sent is too large",
    422: "what was asked for, or is to be set, cannot be used",
    503: "something outside this program, or the store, does not answer just now",
}
_DONE = {200: "done as asked", 201: "made", 202: "begun; it goes on"}
_FILES: dict[str, Schema] = {"csv": {"type": "string"}, "xlsx": {"type": "string", "format": "binary"}}


class Problems(msgspec.Struct, frozen=True):
    """What was wrong with a request; there is always one."""

    problems: list[Problem]


class DescribedAPI(NinjaAPI):
    """An API that describes what it answers and what it refuses."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Return the name of an operation, which a client that is made from the description has for it, too."""
        return operation.view_func.__name__

    def get_openapi_schema(self, **given: Any) -> OpenAPISchema:  # noqa: ANN401 - passed on
        """Return the description, with the shape of every answer."""
        described = super().get_openapi_schema(**given)
        operations = [each for methods in described["paths"].values() for each in methods.values()]
        shapes = [operation.pop(SHAPE) for operation in operations]
        schemas, named = _schemas(shapes)
        described["components"]["schemas"] |= named
        for operation, shape in zip(operations, shapes, strict=True):
            operation["responses"] = {
                shape.status: {"description": _DONE[shape.status], "content": dict(_content(shape, schemas))},
                **_refusals(with_body="requestBody" in operation),
            }
        return described


def _schemas(shapes: list[DescribedAnswer]) -> tuple[dict[Shape, Schema], Schema]:
    """Return what shapes are in the description, and the schemas that these refer to by name."""
    used = list(dict.fromkeys(each for shape in shapes for each in (shape.of, *shape.rows) if each not in _OWN))
    types = [row_shapes()[each] if isinstance(each, str) else each for each in used]
    found, named = msgspec.json.schema_components([*types, Problems], ref_template=_REFERENCE + "{name}")
    choices = {name: _choice(name, list(known)) for name, known in CHOICES.items()}
    return dict(zip(used, found, strict=False)), choices | {name: _tidied(schema) for name, schema in named.items()}


def _choice(name: str, known: list[str]) -> Schema:
    """Return the schema of a choice, with what generators of clients call each: `-` is no part of a name."""
    said = [f"{each[1:]}-descending" if each.startswith("-") else each for each in known]
    names = [re.sub(r"\W", "_", each).upper() for each in said]
    return {"title": name, "type": "string", "enum": known, "x-enum-varnames": names}


_OWN = (None, bytes, list)
"""Shapes that are told by how they are sent."""


def _content(shape: DescribedAnswer, schemas: dict[Shape, Schema]) -> Iterator[tuple[str, Schema]]:
    rows = [schemas[row] for row in shape.rows]
    row = rows[0] if len(rows) == 1 else {"anyOf": rows}
    if shape.of is bytes:
        yield "application/octet-stream", {"schema": {"type": "string", "format": "binary"}}
    elif shape.of is not None:
        listed = shape.of is list
        yield "application/json", {"schema": {"type": "array", "items": row} if listed else schemas[shape.of]}
    if shape.files:
        binary: Schema = {"schema": {"type": "string", "format": "binary"}}
        yield from (
            (each.media_type, binary) for each in REPORT_FORMATS.values() if not each.media_type.endswith("json")
        )
    if rows:
        yield FORMATS["ndjson"].content_type, {"schema": row}
    if rows and shape.of is not None:
        yield from ((FORMATS[form].content_type, {"schema": schema}) for form, schema in _FILES.items())


def _refusals(*, with_body: bool) -> dict[int, Schema]:
    content = {"application/json": {"schema": {"$ref": f"{_REFERENCE}Problems"}}}
    told = {
        status: means
        for status, means in _REFUSALS.items()
        if with_body or status != HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    }
    return {status: {"description": means, "content": content} for status, means in told.items()}


def _tidied(schema: Schema) -> Schema:
    """Return the schema of one of our types as an answer has it."""
    if "description" in schema:
        schema["description"] = inspect.cleandoc(schema["description"])
    if "enum" in schema:
        return {"type": "string", **schema}
    fields = schema.get("properties", {})
    schema["required"] = [name for name, field in fields.items() if "default" in field or name in schema["required"]]
    for name, field in fields.items():
        field.pop("default", None)
        if name.endswith("_at"):
            _as_instant(field)
    return schema


def _as_instant(field: Schema) -> None:
    """Say of a text that it is an instant: `_at` at the end of a name means that everywhere."""
    for each in field.get("anyOf", [field]):
        if each.get("type") == "string":
            each["format"] = "date-time"
