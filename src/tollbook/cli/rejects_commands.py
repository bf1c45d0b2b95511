"""`rejects`: the records that cannot be read, tried again, put aside and brought back."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tollbook.cli.options import Form, OfPbx, site_of
from tollbook.cli.output import Columns, OutputFormat, write_list, write_text
from tollbook.model.problem import Misconfigured, Problem

rejects = typer.Typer(help="List records that cannot be read, and put some aside.")

_REJECT: Columns = {
    "received (UTC)": lambda row: str(row["received_at"]).rstrip("Z").replace("T", " "),
    "pbx": "pbx",
    "reason": "reason",
    "field": "field",
    "rule": "rule",
    "record": lambda row: str(row["raw"])[:120],
}
_ASIDE: Columns = {
    "received (UTC)": _REJECT["received (UTC)"],
    "pbx": "pbx",
    "note": "note",
    "put aside by": "put_aside_by",
    "record": _REJECT["record"],
}
Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="ID…", help="Ids of rejects, from `rejects --format json`.", show_default=False),
]
OfImport = Annotated[
    int | None,
    typer.Option("--import", metavar="ID", min=0, help="Only this import, from `imports list`."),
]


@rejects.callback(invoke_without_command=True)
def list_rejects(
    context: typer.Context,
    pbx: OfPbx = "",
    body: OfImport = None,
    aside: Annotated[bool, typer.Option("--put-aside", help="List those that were put aside instead.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Maximum number of rejects; 0: all.")] = 0,
    form: Form = OutputFormat.TABLE,
) -> None:
    """List the records that cannot be read.

    Newest first, with the reason. `rejects retry` reads them again; `rejects put-aside` lets them count no more.
    """
    if context.invoked_subcommand:
        return
    from tollbook.cli.client import connect

    words = {"pbx": pbx, "limit": str(limit), "body": "" if body is None else str(body), "aside": aside * "true"}
    with connect(site_of(context), "rejects") as client:
        write_list(client, "/api/rejects", words, form=form, columns=_ASIDE if aside else _REJECT)


@rejects.command("put-aside")
def put_aside(
    context: typer.Context,
    ids: Ids = None,
    pbx: OfPbx = "",
    body: OfImport = None,
    note: Annotated[str, typer.Option(metavar="TEXT", help="Why you put them aside.")] = "",
) -> None:
    """Put rejects aside.

    They are kept but no longer counted; `rejects --put-aside` lists them. Choose them by id, or all of an import or a
    PBX.
    """
    from tollbook.cli.client import connect

    chosen = _chosen(ids, pbx, body)
    with connect(site_of(context), "rejects put-aside") as client:
        count = client.send("POST", "/api/rejects/put-aside", {**chosen, "note": note})["put_aside"]
    write_text(f"{count} rejects put aside")


@rejects.command("bring-back")
def bring_back(context: typer.Context, ids: Ids = None, pbx: OfPbx = "", body: OfImport = None) -> None:
    """Bring back rejects that were put aside."""
    from tollbook.cli.client import connect

    chosen = _chosen(ids, pbx, body)
    with connect(site_of(context), "rejects bring-back") as client:
        count = client.send("POST", "/api/rejects/bring-back", chosen)["brought_back"]
    write_text(f"{count} rejects brought back")


def _chosen(ids: list[str] | None, pbx: str, body: int | None) -> dict[str, Any]:
    if not ids and not pbx and body is None:
        reason = "these would be all of the site"
        raise Misconfigured(Problem("no rejects are named", reason, help="give ids, --import ID or --pbx NAME"))
    return {"ids": ids or None, "pbx": pbx, "body": body}


@rejects.command("retry")
def retry_rejects(context: typer.Context, pbx: OfPbx = "") -> None:
    """Read the rejects again.

    Uses the current formats and settings. Those that can now be read become calls.
    """
    from tollbook.cli.client import connect

    with connect(site_of(context), "rejects retry") as client:
        mended = client.send("POST", "/api/rejects/retry", words={"pbx": pbx})["mended"]
        left = sum(1 for _ in client.rows("/api/rejects", {"pbx": pbx}))
    write_text(f"{mended} rejects became calls, {left} still cannot be read")
