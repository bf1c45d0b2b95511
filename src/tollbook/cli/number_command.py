"""`number`: what numbers mean to a PBX, without a site."""

from __future__ import annotations

from typing import Annotated

import typer

from tollbook.cli.output import OutputFormat, write_json, write_rows


def number(
    digits: Annotated[list[str], typer.Argument(metavar="DIGITS…", help="Numbers as a PBX writes them.")],
    country: Annotated[str, typer.Option(metavar="DE", help="Country of the PBX, two letters.")],
    outside: Annotated[str, typer.Option(metavar="9", help="Digit for an outside line.")] = "",
    area: Annotated[str, typer.Option(metavar="212", help="The area code of its lines.")] = "",
    extensions: Annotated[str, typer.Option(metavar="100-199", help="The ranges of its extensions.")] = "",
    calling: Annotated[bool, typer.Option("--calling", help="They are callers' numbers, not dialled ones.")] = False,
    place: Annotated[bool, typer.Option("--place", help="Also show town and carrier; takes some seconds.")] = False,
    form: Annotated[OutputFormat, typer.Option("--format", help="Output format.")] = OutputFormat.TABLE,
) -> None:
    """Explain phone numbers: E.164, country, kind, distance, and the codes dialled before them."""
    import msgspec

    from tollbook.numbering.dialled import number_of
    from tollbook.numbering.plan import read_plan

    given = {"country": country, "outside": outside, "area-code": area, "extensions": extensions}
    plan = read_plan(given, "dial plan")
    found = [number_of(each, plan, calling=calling) for each in digits]
    rows = [{"dialled": each.dialled, **msgspec.structs.asdict(each)} for each in found]
    if place:
        from tollbook.numbering.places import carrier_of, place_of

        rows = [{**row, "place": place_of(row["e164"]), "carrier": carrier_of(row["e164"])} for row in rows]
    if form is OutputFormat.JSON:
        write_json(rows[0] if len(rows) == 1 else rows)
        return
    always = ("dialled", "e164", "country", "kind", "reach")
    shown = [each for each in rows[0] if form is OutputFormat.CSV or each in always or any(row[each] for row in rows)]
    write_rows(rows, {name: name for name in shown}, form)
