"""The options of the simulator's command line, declared once each, and what several modes make of them.

A mode's options are the fields of one value, which `command` makes a Typer command of.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import typer

from tollbook import clock
from tollbook.simulator.authentication import Authentication, AuthScheme
from tollbook.simulator.faults import PbxFault, parse
from tollbook.simulator.formats import KX_HTS, PastCalls, SimulatedFormat, Writer, calls_between, find
from tollbook.simulator.office import Office
from tollbook.simulator.packing import Packing
from tollbook.simulator.row import Dates, Encoding, LineEnd, NoAnswer, Quoting, Style, UniqueId
from tollbook.simulator.serving import Say, silence
from tollbook.simulator.streams.folder import Naming, Writing

_Options = TypeVar("_Options", bound=msgspec.Struct)

ROWS_AS_RECORDS = KX_HTS
"""The format that has a simulator of its own, in every style its manual leaves open."""
STYLES = ("quoting", "dates", "unique_id", "no_answer", "encoding")
"""What can be chosen of a KX-HTS's style, by the name of its option."""


def by_name(choices: type[Enum]) -> dict[str, Enum]:
    """The members of an enumeration by their names, as they are written on a command line."""
    return {choice.name.lower().replace("_", "-"): choice for choice in choices}


def one_of(choices: Mapping[str, object], help: str | None = None) -> Any:  # noqa: A002, ANN401 - Typer's own
    """An option that takes one of these by its name."""

    def read(text: object) -> object:
        if not isinstance(text, str):
            return text  # the default
        if text not in choices:
            raise typer.BadParameter(f"{text!r} is none of {', '.join(choices)}")
        return choices[text]

    return typer.Option(parser=read, metavar="|".join(choices), help=help)


class OfficeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Whose calls they are, and how they are written down."""

    seed: Annotated[int, typer.Option(metavar="N", help="the same seed has the same calls")] = 1
    zone: Annotated[str, typer.Option(metavar="ZONE", help="of the PBX's clock")] = "America/New_York"
    quoting: Annotated[Quoting | None, one_of(by_name(Quoting))] = None
    dates: Annotated[Dates | None, one_of(by_name(Dates))] = None
    unique_id: Annotated[UniqueId | None, one_of(by_name(UniqueId))] = None
    no_answer: Annotated[NoAnswer | None, one_of(by_name(NoAnswer))] = None
    encoding: Annotated[Encoding | None, one_of(by_name(Encoding))] = None

    def office(self) -> Office:
        """The office that the options describe."""
        try:
            return Office(zone=ZoneInfo(self.zone), seed=self.seed)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"there is no zone {self.zone!r}; write one such as Europe/Paris") from None

    def given_styles(self) -> dict[str, Any]:
        """What was chosen of a KX-HTS's style."""
        return {name: value for name in STYLES if (value := getattr(self, name)) is not None}

    def style(self, line_end: LineEnd | None = None) -> Style:
        """The style that the options describe."""
        return Style(line_end=line_end or LineEnd.LF, **self.given_styles())


class FormatOptions(OfficeOptions, frozen=True, kw_only=True):
    """In which format they are written."""

    dialect: Annotated[
        str | None, typer.Option(metavar="SLUG", help=f"the format of the records; default {ROWS_AS_RECORDS}"),
    ] = None  # fmt: skip
    folder: Annotated[Path | None, typer.Option(metavar="DIR", help="a folder of one's own dialects")] = None

    def format(self) -> SimulatedFormat | None:
        """The format that the options name; None for the one that has a simulator of its own.

        Raises:
            ValueError: there is none of that name, or options mean nothing to it.
        """
        if self.dialect in (None, ROWS_AS_RECORDS):
            return None
        found = find(self.dialect, self.folder)
        for name in self.given_styles():
            flag = "--" + name.replace("_", "-")
            raise ValueError(f"{flag} is how a KX-HTS writes its records; {found.slug} writes them in its own way")
        return found


Quiet = Annotated[bool, typer.Option("--quiet", help="say nothing")]
Duration = Annotated[float | None, typer.Option(metavar="S", help="seconds; for ever without it")]
Faults = Annotated[list[str], typer.Option("--fault", metavar="FAULT", help="'cut after_bytes=9 times=3'; repeatable")]


def faults_of(texts: list[str]) -> tuple[PbxFault, ...]:
    """The faults that were asked for."""
    return tuple(parse(text) for text in texts)


def say_of(quiet: bool) -> Say:  # noqa: FBT001 - a flag of the command line
    """What takes lines for the terminal."""
    return silence if quiet else lambda line: print(line, flush=True)  # noqa: T201 - for the terminal


class _KxHtsOptions(OfficeOptions, frozen=True, kw_only=True):
    duration: Duration = None
    fault: Faults = msgspec.field(default_factory=list)
    quiet: Quiet = False
    rate: Annotated[float, typer.Option(metavar="N", help="calls per minute")] = 6.0
    packing: Annotated[Packing, one_of(by_name(Packing))] = Packing.TEXT
    line_end: Annotated[LineEnd | None, one_of(by_name(LineEnd))] = None


class ExternalOptions(_KxHtsOptions, frozen=True, kw_only=True):
    """Options of the mode `external`."""

    host: Annotated[str, typer.Option(metavar="ADDRESS")] = "127.0.0.1"
    port: Annotated[int, typer.Option(metavar="PORT", help="0 takes a free one")] = 8080
    path: Annotated[str, typer.Option(metavar="PATH")] = "/cdr/Master.csv"
    auth: Annotated[AuthScheme, one_of(by_name(AuthScheme))] = AuthScheme.NONE
    username: Annotated[str | None, typer.Option(help="without it INSTALLER")] = None
    password: Annotated[str | None, typer.Option(help="without it 1234")] = None
    backlog: Annotated[int, typer.Option(metavar="N", help="rows in the file at first")] = 0

    def authentication(self) -> Authentication:
        """Who is let in. Raises `ValueError` for a name or password that nobody would be asked for."""
        if self.auth is AuthScheme.NONE and (self.username or self.password):
            raise ValueError("--username and --password are asked for with --auth basic, digest or query")
        return Authentication(way=self.auth, username=self.username or "INSTALLER", password=self.password or "1234")


class ConsoleOptions(_KxHtsOptions, frozen=True, kw_only=True):
    """Options of the mode `console`."""

    folder: Annotated[Path, typer.Argument(metavar="DIR")]
    writing: Annotated[Writing, one_of(by_name(Writing))] = Writing.GROWING
    naming: Annotated[Naming, one_of(by_name(Naming))] = Naming.NUMBERED
    rotate_after: Annotated[int, typer.Option(metavar="ROWS")] = 1000


class FileOptions(FormatOptions, frozen=True, kw_only=True):
    """Options of the mode `file`."""

    out: Annotated[Path, typer.Option(metavar="FILE", help="where to write them")]
    rows: Annotated[int, typer.Option("--rows", "--count", metavar="N", help="calls")] = 100_000
    days: Annotated[float, typer.Option(metavar="N", help="over so many days")] = 90
    until: Annotated[str | None, typer.Option(metavar="INSTANT", help="ISO 8601; UTC unless it says otherwise")] = None
    packing: Annotated[Packing, one_of(by_name(Packing))] = Packing.TEXT
    line_end: Annotated[LineEnd | None, one_of(by_name(LineEnd))] = None

    def end(self) -> datetime:
        """The instant before which all calls ended."""
        instant = datetime.fromisoformat(self.until) if self.until else clock.now()
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)

    def past(self, writer: Writer) -> Iterator[bytes]:
        """A file of past calls, in blocks."""
        end = self.end()
        past = PastCalls(office=self.office(), start=end - timedelta(days=self.days), end=end, calls=self.rows)
        return writer.file(calls_between(past, writer.writes))


def command(app: typer.Typer, options: type[_Options], help: str, epilog: str = "") -> Callable[..., None]:  # noqa: A002 - Typer's own name
    """Return a decorator that makes a mode of the command line of a function that takes its options as one value."""

    def decorate(take: Callable[[_Options], None]) -> None:
        def mode(**given: Any) -> None:  # noqa: ANN401 - Typer has seen to the types
            take(options(**given))

        hints = get_type_hints(options, include_extras=True)
        mode.__annotations__ = hints
        parameters = [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if field.required else _usual(field),
                annotation=hints[field.name],
            )
            for field in msgspec.structs.fields(options)
        ]
        vars(mode)["__signature__"] = inspect.Signature(parameters)
        app.command(take.__name__, help=help, epilog=epilog)(mode)

    return decorate


def _usual(field: msgspec.structs.FieldInfo) -> Any:  # noqa: ANN401 - that of an option; a list has no fixed one
    return field.default if field.default is not msgspec.NODEFAULT else []
