"""`erlang`: how many lines or agents some traffic needs, without a site."""

from __future__ import annotations

from typing import Annotated

import typer

from tollbook.cli.options import AnswerForm
from tollbook.cli.output import AnswerFormat, write_json, write_text

_DIGITS = 12
"""Those of a number that are sure."""


def erlang(
    traffic: Annotated[str, typer.Option(metavar="N", help="Traffic in the busy hour, in erlang.")] = "",
    calls: Annotated[str, typer.Option(metavar="N", help="Instead: calls in that hour; with --handling.")] = "",
    lines: Annotated[str, typer.Option(metavar="N", help="Lines; a call that finds all busy is lost.")] = "",
    blocking: Annotated[str, typer.Option(metavar="SHARE", help="Share of calls that is lost: 0.01 or 1%.")] = "",
    agents: Annotated[str, typer.Option(metavar="N", help="Agents; a call that finds all busy waits.")] = "",
    level: Annotated[
        str,
        typer.Option("--service-level", metavar="SHARE", help="Share of calls answered in time: 80%."),
    ] = "",
    within: Annotated[str, typer.Option(metavar="TIME", help="What is in time: 20s.")] = "",
    handling: Annotated[str, typer.Option(metavar="TIME", help="How long one call takes on average: 3m.")] = "",
    shrinkage: Annotated[str, typer.Option(metavar="SHARE", help="Share of agents away: breaks, illness.")] = "",
    form: AnswerForm = AnswerFormat.TEXT,
) -> None:
    """Calculate lines or agents: of traffic, lines and blocking give two; or agents, or a service level."""
    import msgspec

    from tollbook.sizing.asked import answered

    answer = answered(
        {
            "traffic": traffic,
            "calls": calls,
            "lines": lines,
            "blocking": blocking,
            "agents": agents,
            "service-level": level,
            "within": within,
            "handling": handling,
            "shrinkage": shrinkage,
        },
    )
    if form is AnswerFormat.JSON:
        told = msgspec.structs.asdict(answer).items()
        write_json({name: float(f"{it:.{_DIGITS}g}") if isinstance(it, float) else it for name, it in told})
        return
    for sentence in answer.sentences():
        write_text(sentence)
