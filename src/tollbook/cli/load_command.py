"""`load`: take calls of many sites from NATS into ClickHouse."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Annotated

import typer

from tollbook.cli.exits import say
from tollbook.cli.pbx_commands import read_settings
from tollbook.plugins import read_options

if TYPE_CHECKING:
    from tollbook.engine.loading.loading import LoadWay


def load(
    source: Annotated[str, typer.Option("--from", metavar="URL", help="NATS server: nats://host.")],
    target: Annotated[str, typer.Option("--to", metavar="URL", help="ClickHouse: clickhouse://host/database.")],
    from_set: Annotated[
        list[str],
        typer.Option(
            "--from-set", metavar="OPTION=VALUE", help="Set an option of NATS, as of the sink `nats`; repeatable."
        ),
    ] = [],  # noqa: B006 - Typer gives each call a list of its own
    to_set: Annotated[
        list[str],
        typer.Option(
            "--to-set", metavar="OPTION=VALUE", help="Set an option of ClickHouse, as of that sink; repeatable."
        ),
    ] = [],  # noqa: B006 - the same
) -> None:
    """Load calls that sites sent by way of NATS into one table of ClickHouse, until it is stopped.

    Any number of these may run at once, on any machines. It needs no site.
    """
    from tollbook.cli import logs
    from tollbook.engine.loading.loading import LoadWay
    from tollbook.sinks.clickhouse.options import Options
    from tollbook.sinks.nats.options import ServerOptions
    from tollbook.sinks.nats.server import check_installed

    check_installed()
    way = LoadWay(
        source=read_options(ServerOptions, {"url": source, **read_settings(from_set, ServerOptions)}, "--from-set"),
        target=read_options(Options, {"url": target, **read_settings(to_set, Options)}, "--to-set"),
    )
    logs.set_up(quiet=False)
    say(f"loading from {source} into {target}")
    asyncio.run(_until_stopped(way))


async def _until_stopped(way: LoadWay) -> None:
    from tollbook.engine.loading.loading import load as load_calls

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await load_calls(way, stop)
