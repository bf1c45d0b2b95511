"""`dialect new`, `generate` and `test`: folders of formats of one's own, or of the catalogue where it is worked on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tollbook.cli.dialect_places import Name, OwnFolder, Sample, catalogue_of, own_folder
from tollbook.cli.exits import Exit, say
from tollbook.cli.options import Form
from tollbook.cli.output import Columns, OutputFormat, write_rows, write_text
from tollbook.cli.samples import is_xml, sample_of
from tollbook.model.pbx import NAME
from tollbook.model.problem import Misconfigured, Problem

if TYPE_CHECKING:
    from tollbook.dialects.authoring.auditing import Audited, CatalogueFault
    from tollbook.dialects.authoring.cases import Dialect
    from tollbook.dialects.known import Catalogue

_SAMPLE_BYTES = 1 << 20
"""Bytes of a sample from which a layout is guessed."""

Force = Annotated[bool, typer.Option("--force", help="Overwrite files that differ.")]
SomeName = Annotated[str, typer.Argument(metavar="[NAME]", help="The dialect; default: all of your own.")]


def new(context: typer.Context, name: Name, file: Sample, folder: OwnFolder = None) -> None:
    """Start a new format from a sample of records.

    Creates a folder with a guessed layout, a page to describe the format, and the sample as a test case, with every
    phone number replaced by a made-up one. Check the guess and correct it.
    """
    from tollbook.dialects.authoring.beginning import begin
    from tollbook.engine.format_schema import lay_schema
    from tollbook.engine.pipeline.cutters import CUTTERS

    home = own_folder(context, folder)
    if home is None:
        hint = "tollbook --site DIR dialect new …, or --folder DIR"
        raise Misconfigured(Problem("it is not said where the folder is to be", "no site is named either", help=hint))
    if not folder and not home.parent.is_dir():
        raise Misconfigured(
            Problem("there is no site here", f"{home.parent} is no folder", help="tollbook init makes one"),
        )
    place = home / name.replace("-", "_")
    _check_name(name, place)
    data = sample_of(file, _SAMPLE_BYTES)
    if not data.strip():
        raise Misconfigured(
            Problem("the sample is empty", "a layout is guessed from lines of records", help="name a file with some")
        )
    if is_xml(data):
        hint = 'let the PBX write CSV or JSON, where it can, or write a format with records of form = "xml" by hand'
        raise Misconfigured(Problem("the sample is a document of XML", "a layout is guessed from lines", help=hint))
    beginning = begin(name, data, CUTTERS)
    beginning.write(place)
    lay_schema(home)
    write_text(f"made {place}")
    for missing in beginning.not_found:
        say(f"no column was found for {missing}")
    say(f"read and mend {place / 'dialect.toml'}, then `tollbook dialect try {name} {file}`,")
    say(f"`tollbook dialect generate {name}` and `tollbook dialect test {name}`")


def _check_name(name: str, place: Path) -> None:
    from tollbook.dialects.known import layouts

    if not NAME.fullmatch(name):
        reason = "a name is 1 to 40 small letters, digits and hyphens, and begins with a letter or digit"
        raise Misconfigured(Problem(f"{name!r} cannot be a dialect's name", reason, help="for example 'warehouse-pbx'"))
    if name in layouts():
        raise Misconfigured(
            Problem(
                f"the name {name!r} is taken",
                "a dialect of that name comes with Tollbook",
                help=f"for example my-{name}",
            )
        )
    if place.exists():
        raise Misconfigured(Problem(f"{place} is there already", "nothing is written over", help="choose another name"))


def generate(
    context: typer.Context, name: SomeName = "", folder: OwnFolder = None, force: Force = False,
) -> None:  # fmt: skip
    """Write the expected results of a format's test cases, for you to check.

    Does not overwrite a file that differs, unless you add `--force`; the exit code is then 1.
    """
    from tollbook.dialects.authoring.accepting import KeptOutcomes, accept
    from tollbook.engine.pipeline.cutters import CUTTERS

    left = 0
    for each in _chosen(catalogue_of(context, folder), name):
        for case in each.cases(CUTTERS):
            kept = accept(case, force=force)
            left += kept is KeptOutcomes.LEFT
            _TELL[kept.value](case)
    raise typer.Exit(Exit.FOUND if left else Exit.WELL)


_TELL: dict[str, Callable[[object], None]] = {
    "unchanged": lambda _case: None,
    "written": lambda case: write_text(f"written, to be read before it is relied on: {case}"),
    "written again": lambda case: write_text(f"written again, to be read before it is relied on: {case}"),
    "left as it is": lambda case: say(f"left as it is, though the dialect now says something else: {case}"),
}


_FAULT: Columns = {"dialect": "dialect", "": "grave", "what": "what"}


def check_folders(
    context: typer.Context,
    name: SomeName = "",
    folder: OwnFolder = None,
    strict: Annotated[bool, typer.Option("--strict", help="Missing tests or explanations are errors, too.")] = False,
    form: Form = OutputFormat.TABLE,
) -> None:
    """Test a format: are the results as expected, and is every part of it tested?

    The exit code is 1 if a result has changed, two records or two formats claim the same line, or a number could be
    real. Missing tests or explanations are listed, and are an error only with `--strict`.
    """
    from tollbook.dialects.authoring.auditing import Audited, audit
    from tollbook.engine.pipeline.cutters import CUTTERS

    catalogue = catalogue_of(context, folder)
    chosen = _chosen(catalogue, name)
    all_of_them = {each.slug: Audited(each, CUTTERS) for each in catalogue.dialects()}
    faults = [
        (each.slug, fault)
        for each in chosen
        for fault in (
            *audit(all_of_them[each.slug], *_others(catalogue, all_of_them, each.slug)),
            *_simulation(each),
            *_provider(each),
            *_delivered(each),
        )
    ]
    rows = [
        {"dialect": slug, "check": fault.check, "grave": "wrong" if fault.grave else "missing", "what": fault.what}
        for slug, fault in faults
    ]
    write_rows(rows, _FAULT, form)
    cases = sum(len(all_of_them[each.slug].cases) for each in chosen)
    say(", ".join(map(_counted, ("dialect", "case", "finding"), (len(chosen), cases, len(faults)))))
    wrong = any(fault.grave or strict for _, fault in faults)
    raise typer.Exit(Exit.FOUND if wrong or catalogue.problems() else Exit.WELL)


def _others(catalogue: Catalogue, audited: dict[str, Audited], slug: str) -> tuple[list[Audited], list[Audited]]:
    """Return the other dialects: those of the same origin as this one, own or the catalogue's, and the rest."""
    rest = {other: each for other, each in audited.items() if other != slug}
    alike = {other for other in rest if catalogue.is_own(other) == catalogue.is_own(slug)}
    return [rest[other] for other in rest if other in alike], [rest[other] for other in rest if other not in alike]


def _counted(what: str, count: int) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _simulation(dialect: Dialect) -> list[CatalogueFault]:
    """Return what is wrong with how calls are simulated in a format, where it says how."""
    from tollbook.dialects.authoring.auditing import CatalogueFault
    from tollbook.simulator.formats import BadFormat, SimulatedFormat

    found = SimulatedFormat(slug=dialect.slug, folder=dialect.folder)
    try:
        if found.exists():
            found.description()
    except BadFormat as fault:
        return [CatalogueFault("simulation", " ".join(str(fault).split()), grave=True)]
    return []


def _provider(dialect: Dialect) -> list[CatalogueFault]:
    """Return what is wrong with the provider that a dialect's folder names, where it names one."""
    from tollbook.dialects.authoring.auditing import CatalogueFault
    from tollbook.sources.rest_poll.own_provider import provider_in

    try:
        provider_in(dialect.folder)
    except Misconfigured as fault:
        return [CatalogueFault("provider", _in_a_line(each), grave=True) for each in fault.problems]
    return []


def _delivered(dialect: Dialect) -> list[CatalogueFault]:
    """Return what no source knows of the settings that PBXs are delivered with."""
    from tollbook.dialects.authoring.auditing import CatalogueFault
    from tollbook.site.pbxs.delivered import delivered_problems

    found = delivered_problems(dialect.layout, "dialect.toml", dialect.folder)
    return [CatalogueFault("delivered", _in_a_line(each), grave=True) for each in found]


def _in_a_line(problem: Problem) -> str:
    return f"{problem.where}: {problem.what}: {problem.reason}; {problem.help}"


def _chosen(catalogue: Catalogue, name: str) -> list[Dialect]:
    """Return the dialect of a name; without one all of one's own, or of the catalogue where there are none."""
    if name:
        catalogue.layout_of(name)
        return [each for each in catalogue.dialects() if each.slug == name]
    everything = catalogue.dialects()
    return [each for each in everything if catalogue.is_own(each.slug)] or everything
