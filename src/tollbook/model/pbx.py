"""A PBX as its owner set it up: its name, the format it writes, how its records arrive, and where it stands."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from tollbook.model.problem import Problem

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class Pbx(msgspec.Struct, frozen=True, kw_only=True):
    """One PBX.

    `name` is its permanent key; calls and the journal are kept under it. `dialect` is the slug of a catalogue
    folder, `source` a kind of source. `settings` are the texts a person set, by option name, for both. `timezone`
    is the IANA name of the zone the PBX's clock is set to. `plan` are the texts of its dial plan, by trunk group, those
    of all lines under `""`. A `removed` PBX takes no more calls and keeps its old ones.
    """

    name: str
    dialect: str
    source: str
    timezone: str = "UTC"
    settings: dict[str, str] = {}
    plan: dict[str, dict[str, str]] = {}
    paused: bool = False
    removed: bool = False

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the PBX's clock."""
        return ZoneInfo(self.timezone)


def name_problems(name: str) -> list[Problem]:
    """Say what is wrong with a PBX's name; nothing when it will do."""
    if NAME.fullmatch(name):
        return []
    return [
        Problem(
            f"{name!r} cannot be a PBX's name",
            "a name is 1 to 40 small letters, digits and hyphens, and begins with a letter or digit",
            help="for example 'front-desk' or 'hts32'",
        ),
    ]


def zone_problems(timezone: str) -> list[Problem]:
    """Say what is wrong with a time zone's name; nothing when it is known."""
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return [
            Problem(
                f"'timezone' is unknown: {timezone!r}" if timezone else "'timezone' is missing",
                "the zone of the PBX's clock is an IANA name; abbreviations mean different zones to different people",
                help="for example Europe/London, America/New_York or Asia/Tokyo",
            ),
        ]
    return []
