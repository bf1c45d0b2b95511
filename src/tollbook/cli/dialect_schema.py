"""`dialect schema`: the JSON schemas of the texts that describe a format, for editors."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from tollbook.cli.output import write_text


class FormatText(StrEnum):
    """A text in a format's folder that has a schema."""

    DIALECT = "dialect"
    PROVIDER = "provider"
    SIMULATE = "simulate"


def schema(
    of: Annotated[FormatText, typer.Argument(help="Which of a format's texts.")] = FormatText.DIALECT,
) -> None:
    """Write the JSON schema of `dialect.toml`, `provider.toml` or `simulate.toml`.

    An editor that knows TOML completes keys by it and marks what is wrong. Texts that Tollbook writes name it in their
    first line; it lies beside the folders of your own formats.
    """
    write_text(schema_text(of).rstrip("\n"))


def schema_text(of: FormatText) -> str:
    """Return the schema of one of a format's texts."""
    from tollbook.engine.format_schema import as_text, dialect_schema
    from tollbook.model.schemas import schema_of
    from tollbook.simulator.formats.description import simulate_schema
    from tollbook.sources.rest_poll.provider import Provider

    made = {
        FormatText.DIALECT: dialect_schema,
        FormatText.PROVIDER: lambda: schema_of(Provider, "A provider that Tollbook asks: provider.toml"),
        FormatText.SIMULATE: simulate_schema,
    }
    return as_text(made[of]())
