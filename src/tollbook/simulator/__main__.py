"""``python -m tollbook.simulator``: a simulated PBX without the rest of the program."""

import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import typer

from tollbook import clock
from tollbook.simulator.faults import OF_ANSWERS, OF_PORT, FaultKind
from tollbook.simulator.history import HistoryFile, rows, write_blocks, write_history
from tollbook.simulator.kx_hts import KxHts, KxHtsSetup
from tollbook.simulator.options import (
    ROWS_AS_RECORDS,
    ConsoleOptions,
    ExternalOptions,
    FileOptions,
    command,
    faults_of,
    say_of,
)
from tollbook.simulator.row import writer
from tollbook.simulator.serving import Run, calls_now, run, silence, tell_answers
from tollbook.simulator.stream_options import StreamOptions, stream_of
from tollbook.simulator.streams import LineForm, Pace, StreamingPbx, StreamSetup
from tollbook.simulator.streams.folder import ConsoleSetup, WebConsole

PROGRAM = "python -m tollbook.simulator"
app = typer.Typer(
    name=PROGRAM,
    help="A simulated PBX, a Panasonic KX-HTS unless another format is named. All numbers are fictitious.",
    add_completion=False,
    rich_markup_mode=None,
)
_OF_KX_HTS = [kind for kind in FaultKind if kind in OF_ANSWERS | OF_PORT]
_KX_HTS_ALONE = ("external", "console")
_OF_STREAMS = [kind for kind in FaultKind if kind is FaultKind.CUT or kind not in OF_ANSWERS]


def main(arguments: Sequence[str] | None = None, *, dialect: str = "", folder: Path | None = None) -> int:
    """Run one mode; 0 when it ended well, 2 when the arguments make no sense.

    `dialect` names the format of the records, and `folder` where formats of one's own lie, unless the arguments do.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    # `--tcp 2300` and `--out FILE` say enough; a format of the catalogue also knows how its records travel.
    others = dialect not in ("", ROWS_AS_RECORDS)
    if (not given and others) or (given and given[0].startswith("--") and (given[0] != "--help" or others)):
        given.insert(0, "file" if "--out" in given else "stream")
    if others and given[0] in _KX_HTS_ALONE:
        typer.echo(f"error: the mode {given[0]} is for {ROWS_AS_RECORDS}, not for {dialect!r}", err=True)
        return 2
    if others:
        given[1:1] = ["--dialect", dialect, *(["--folder", str(folder)] if folder else [])]
    try:
        return app(given, prog_name=f"tollbook simulate {dialect}" if dialect else PROGRAM, standalone_mode=False) or 0
    except (typer.TyperException, ValueError, OSError, RuntimeError) as error:
        text = error.format_message() if isinstance(error, typer.TyperException) else error
        typer.echo(f"error: {text}", err=True)
        return 2


def _faults(kinds: Sequence[FaultKind]) -> str:
    return "\b\nfaults:\n" + "\n".join(f"  {kind.value:15} {kind.means}" for kind in kinds)


@command(app, ExternalOptions, "serve Master.csv over HTTP", _faults(_OF_KX_HTS))
def external(options: ExternalOptions) -> None:
    """Run a PBX in External Application mode."""
    say = say_of(options.quiet)
    office = options.office()
    pbx = KxHts(
        KxHtsSetup(
            host=options.host,
            port=options.port,
            path=options.path,
            authentication=options.authentication(),
            style=options.style(options.line_end),
            packing=options.packing,
            zone=office.zone,
            seed=options.seed,
        ),
    )
    if say is not silence:
        tell_answers(pbx, say)
    end = clock.now()
    run(
        Run(
            pbx=pbx,
            records=calls_now(office, say),
            pace=Pace(rate=options.rate / 60, gaps=f"{options.seed} gaps"),
            backlog=rows(office, start=end - timedelta(hours=1), end=end, calls=options.backlog),
            faults=faults_of(options.fault),
            duration_s=options.duration,
            say=say,
        ),
    )


@command(app, ConsoleOptions, "write Master.csv into a folder")
def console(options: ConsoleOptions) -> None:
    """Run a PBX in Web Console mode."""
    say, office, style = say_of(options.quiet), options.office(), options.style(options.line_end)
    setup = ConsoleSetup(
        folder=options.folder,
        style=style,
        writing=options.writing,
        naming=options.naming,
        packing=options.packing,
        zone=office.zone,
        rotate_after=options.rotate_after,
    )
    form = LineForm(end=style.line_end.value.encode())
    run(
        Run(
            pbx=StreamingPbx(WebConsole(setup, say=say), StreamSetup(form=form, seed=options.seed), say=say),
            records=map(writer(style), calls_now(office, say)),
            pace=Pace(rate=options.rate / 60, gaps=f"{options.seed} gaps"),
            faults=faults_of(options.fault),
            duration_s=options.duration,
            say=say,
        ),
    )


@command(app, FileOptions, "write a file of past calls")
def file(options: FileOptions) -> None:
    """Write past calls."""
    found, packing = options.format(), options.packing
    if found:
        if options.line_end:
            raise ValueError(f"--line-end is a choice of the KX-HTS; {found.slug} ends its records in its own way")
        size, what = write_blocks(options.past(found.writer()), options.out, packing, options.end()), "calls"
    else:
        history = HistoryFile(
            out=options.out,
            until=options.end(),
            rows=options.rows,
            span=timedelta(days=options.days),
            office=options.office(),
            style=options.style(options.line_end),
            packing=packing,
        )
        size, what = write_history(history), "rows"
    typer.echo(f"{options.rows} {what}, {size} bytes in {options.out}")


@command(app, StreamOptions, "send records over TCP, UDP, syslog, a serial line, HTTP …", _faults(_OF_STREAMS))
def stream(options: StreamOptions) -> None:
    """Run a PBX that sends by itself."""
    run(stream_of(options))


if __name__ == "__main__":
    sys.exit(main())
