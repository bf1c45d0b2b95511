"""`simulate`: a PBX that is not there, for trying things out."""

from __future__ import annotations

import typer

simulate = typer.Typer(help="Run a simulated PBX.", no_args_is_help=True)


@simulate.command(
    "panasonic-kx-hts",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def panasonic_kx_hts(context: typer.Context) -> None:
    """Simulate a KX-HTS32 or KX-HTS824.

    The modes are `external` (asked over HTTP), `console` (writes into a folder) and `file` (past calls); `--help` after
    a mode lists its options. It answers as the real one does and misbehaves on demand, for example with
    `external --fault "cut after_bytes=100 times=3"`.
    """
    # The simulator reads its own arguments: it can be run without the rest of the program as well.
    from tollbook.simulator.__main__ import main

    raise typer.Exit(main(context.args))
