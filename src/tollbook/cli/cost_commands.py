"""`rate unpriced`, `rate preview`, `rate pbx-charges`: what has no price, what prices would be, what PBXs charge."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from tollbook.cli.exits import say
from tollbook.cli.options import Form, OfPbx, site_of
from tollbook.cli.output import Columns, OutputFormat, Row, write_csv, write_json, write_pieces, write_table, write_text
from tollbook.cli.tariff_texts import sent_texts
from tollbook.render.formatting import money, talk

From = Annotated[str, typer.Option("--from", metavar="DAY", help="First day or time, PBX time.")]
To = Annotated[str, typer.Option("--to", metavar="DAY", help="Last day (included) or time, PBX time.")]


def _moment(name: str) -> str:
    return name.replace("T", " ")


_UNPRICED: Columns = {
    "reason": "reason",
    "pbx": "pbx",
    "country": "country",
    "kind": "kind",
    "begins with": "prefix",
    "calls": "calls",
    "talk": lambda row: talk(int(row["talk_s"])),
    "first": lambda row: _moment(row["first_local"]),
    "last": lambda row: _moment(row["last_local"]),
    "because": "because",
}


def unpriced(
    context: typer.Context,
    first: From = "",
    until: To = "",
    pbx: OfPbx = "",
    form: Form = OutputFormat.TABLE,
) -> None:
    """List calls that should have a price and have none, by reason and destination, and what to do.

    The reason is a word that `tollbook calls --unpriced REASON` knows.
    """
    from tollbook.cli.client import connect

    words = {"from": first, "to": until, "pbx": pbx}
    path = "/api/prices/unpriced"
    with connect(site_of(context), "rate unpriced") as client:
        if form is not OutputFormat.TABLE:
            write_pieces(client.pieces(path, {**words, "format": form.value}))
            return
        rows: list[Row] = list(client.rows(path, words))
    if not write_table(rows, _UNPRICED):
        say("every call that should have a price has one")
    for reason, what_to_do in {row["reason"]: row["what_to_do"] for row in rows}.items():
        say(f"{reason}: {what_to_do}")


# ---------------------------------------------------------------- previews

_MONEY: Columns = {
    "currency": "currency",
    "calls": "calls",
    "now": lambda row: money(row["old"]),
    "then": lambda row: money(row["new"]),
    "difference": lambda row: signed(row["difference"]),
}
_DESTINATIONS: Columns = {"country": "country", "kind": "kind", **_MONEY}
_DEPARTMENTS: Columns = {"department": lambda row: row["department"] or "(nobody's)", **_MONEY}
_CHANGED: Columns = {
    "started (PBX time)": lambda row: _moment(row["started_local"]),
    "pbx": "pbx",
    "extension": "extension",
    "called": "called",
    "talk": lambda row: talk(int(row["talk_s"])),
    "now": lambda row: f"{money(row['old'])} {row['old_currency']}",
    "then": lambda row: f"{money(row['new'])} {row['new_currency']}",
    "difference": lambda row: signed(row["difference"]),
    "id": "id",
}


def signed(amount: str | None) -> str:
    """Return a difference with its sign; nothing where there is none to tell.

    >>> signed("1.5"), signed("-0.25"), signed("0"), signed(None)
    ('+1.50', '-0.25', '0.00', '')
    """
    if amount is None:
        return ""
    shown = money(amount)
    return shown if amount.startswith("-") or not amount.strip("0.") else f"+{shown}"


def preview(
    context: typer.Context,
    tariff: Annotated[str, typer.Option(metavar="TARIFF", help="The tariff that prices calls.")],
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE.toml]", help="A version of it to try; else those it has.", show_default=False),
    ] = None,
    first: From = "",
    until: To = "",
    pbx: OfPbx = "",
    version: Annotated[str, typer.Option(metavar="NAME", help="A version it has, for all of these calls.")] = "",
    instead_of: Annotated[str, typer.Option(metavar="TARIFF", help="Take the place of this one alone.")] = "",
    valid_from: Annotated[str, typer.Option(metavar="DAY", help="From when FILE is valid, if not --from.")] = "",
    most: Annotated[int, typer.Option(min=0, max=1000, help="Calls to list of those that change most.")] = 20,
    form: Form = OutputFormat.TABLE,
) -> None:
    """Show what calls would cost by a new version, or by another tariff. Nothing is changed.

    A tariff that is assigned gets FILE as a version more, and prices its own calls. Without FILE, or where it is not
    assigned, it takes the place of all others.
    """
    from tollbook.cli.client import connect

    words = {"tariff": tariff, "from": first, "to": until, "pbx": pbx, "version": version, "instead-of": instead_of}
    words |= {"valid-from": valid_from, "most": str(most)}
    sent = sent_texts(file) if file else nullcontext(b"")
    with sent as data, connect(site_of(context), "rate preview") as client:
        told = client.post("/api/prices/preview", data, words, into=dict)
    if form is OutputFormat.JSON:
        write_json(told)
    elif form is OutputFormat.CSV:
        write_csv(told["destinations"], _DESTINATIONS)
    else:
        _write_preview(told)


def _write_preview(told: dict[str, Any]) -> None:
    for note in told["notes"]:
        say(note)
    write_text(
        f"{told['calls']} calls: {told['dearer']} dearer, {told['cheaper']} cheaper, "
        f"{told['becoming_priced']} that get a price, {told['becoming_unpriced']} that lose theirs, "
        f"{told['unpriced']} without a price then",
    )
    for each in told["unpriced_because"]:
        write_text(f"  without a price: {each['calls']}, {each['because']}")
    parts: tuple[tuple[str, str, Columns], ...] = (
        ("In all", "totals", _MONEY),
        ("By destination", "destinations", _DESTINATIONS),
        ("By department", "departments", _DEPARTMENTS),
        ("Calls that change most", "changed_most", _CHANGED),
    )
    for title, name, columns in parts:
        if told[name]:
            write_text(f"\n{title}")
            write_table(told[name], columns)
    say("nothing was changed")


# ---------------------------------------------------------------- what PBXs reckon

_COMPARISONS: Columns = {
    "pbx": "pbx",
    "currency of the PBX": "pbx_currency",
    "currency": "currency",
    "calls": "calls",
    "both": "both",
    "equal": "equal",
    "only PBX": "only_pbx",
    "only tariff": "only_ours",
    "by the PBX": lambda row: money(row["pbx_charge"]),
    "by tariff": lambda row: money(row["price"]),
    "difference": lambda row: signed(row["difference"]),
    "units": "pbx_units",
}
_DIFFERING: Columns = {
    "started (PBX time)": lambda row: _moment(row["started_local"]),
    "pbx": "pbx",
    "extension": "extension",
    "called": "called",
    "talk": lambda row: talk(int(row["talk_s"])),
    "by the PBX": lambda row: money(row["pbx_charge"]),
    "by tariff": lambda row: money(row["price"]),
    "currency": "currency",
    "difference": lambda row: signed(row["difference"]),
    "id": "id",
}


def pbx_charges(
    context: typer.Context,
    first: From = "",
    until: To = "",
    pbx: OfPbx = "",
    most: Annotated[int, typer.Option(min=0, max=1000, help="Calls to list of those that differ most.")] = 20,
    form: Form = OutputFormat.TABLE,
) -> None:
    """Compare what PBXs reckon for calls themselves with what the calls cost by tariffs."""
    from tollbook.cli.client import connect

    path, words = "/api/prices/pbx-charges", {"from": first, "to": until, "pbx": pbx, "most": str(most)}
    with connect(site_of(context), "rate pbx-charges") as client:
        if form is not OutputFormat.TABLE:
            write_pieces(client.pieces(path, {**words, "format": form.value}))
            return
        told = client.get(path, words, into=dict)
    if not write_table(told["comparisons"], _COMPARISONS):
        say("no PBX wrote a charge or units")
    if told["differ_most"]:
        write_text("\nCalls that differ most")
        write_table(told["differ_most"], _DIFFERING)
