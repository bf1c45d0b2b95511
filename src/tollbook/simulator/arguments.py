"""Arguments that several modes of the simulator have in common: how records are written, and by which office."""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from zoneinfo import ZoneInfo

from tollbook.simulator.office import Office
from tollbook.simulator.row import Dates, Encoding, LineEnd, NoAnswer, Quoting, Style, UniqueId

STYLES: Mapping[str, type[Enum]] = {
    "quoting": Quoting,
    "dates": Dates,
    "unique_id": UniqueId,
    "no_answer": NoAnswer,
    "encoding": Encoding,
}
"""What can be chosen of a KX-HTS's style, by the name of its option."""


def add_choice(mode: argparse.ArgumentParser, flag: str, choices: type[Enum], default: Enum | None = None) -> None:
    """Add an option that takes the lower-case name of a member."""
    names = {choice.name.lower().replace("_", "-"): choice for choice in choices}
    mode.add_argument(
        flag,
        type=lambda name: names.get(name, name),
        choices=list(names.values()),
        default=default,
        metavar="|".join(names),
    )


def add_style(mode: argparse.ArgumentParser) -> None:
    """Add the options of the office and of how it writes its records."""
    mode.add_argument("--seed", type=int, default=1)
    mode.add_argument("--zone", type=ZoneInfo, default="America/New_York")
    for name, choices in STYLES.items():
        add_choice(mode, f"--{name.replace('_', '-')}", choices)


def office_of(options: argparse.Namespace) -> Office:
    """The office that the options describe."""
    return Office(zone=options.zone, seed=options.seed)


def style_of(options: argparse.Namespace, line_end: LineEnd | None = None) -> Style:
    """The style that the options describe."""
    given = {name: getattr(options, name) for name in STYLES if getattr(options, name) is not None}
    return replace(Style(), line_end=line_end or LineEnd.LF, **given)
