"""`tariff convert`: a carrier's price list of any shape becomes one of ours, or says what has to be known first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tollbook.cli.exits import Exit, say
from tollbook.cli.options import AnswerForm
from tollbook.cli.output import AnswerFormat, write_json, write_table, write_text
from tollbook.model.problem import Misconfigured, Problem

if TYPE_CHECKING:
    from tollbook.rating.lists.asking import OpenQuestion
    from tollbook.rating.lists.converting import ConvertedList
    from tollbook.rating.lists.mapping import ListMapping
    from tollbook.site.tariffs.importing import ListImport, ListRequest

_MOST_TOLD = 20
CarrierFile = Annotated[Path, typer.Argument(metavar="FILE", help="CSV, XLSX, XLS, ODS, or a zip of one.")]
GivenMapping = Annotated[
    Path | None,
    typer.Option("--map", metavar="MAPPING.toml", help="What is known about the carrier's lists."),
]
SavedMapping = Annotated[
    Path | None,
    typer.Option("--save-map", metavar="MAPPING.toml", help="Keep what was found out and answered, for the next list."),
]
Answers = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Answer a question, such as price-unit=minute."),
]
WrittenList = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR/2026-01-01.csv", help="Write the price list; without it nothing is written."),
]
Sheet = Annotated[str, typer.Option("--sheet", metavar="NAME", help="The sheet with the prices.")]
FromDay = Annotated[
    datetime | None,
    typer.Option("--from", metavar="DATE", formats=["%Y-%m-%d"], help="Take the prices that hold on this day."),
]


def convert(
    file: CarrierFile,
    known: GivenMapping = None,
    save_map: SavedMapping = None,
    answers: Answers = None,
    sheet: Sheet = "",
    from_day: FromDay = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="OLD.toml", help="Compare with this version of the tariff."),
    ] = None,
    out: WrittenList = None,
    form: AnswerForm = AnswerFormat.TEXT,
) -> None:
    """Convert a carrier's price list. What it does not say is asked, and answered with --set."""
    import gc

    from tollbook.site.tariffs.files import read_files
    from tollbook.site.tariffs.importing import import_list

    gc.disable()  # many rows are made and none in a circle: looking for circles would take a third of the time
    before = read_files(against).rates if against else None
    asked = request_of(known, answers or [], sheet, from_day.date() if from_day else _day_of(out))
    imported = import_list(file, _with_before(asked, before))
    if form is AnswerFormat.TEXT:
        tell(imported)
    else:
        write_json(_told(imported))
    if not imported.found.ready:
        raise typer.Exit(Exit.WRONG)
    if out:
        _write(out, imported.found)
    if save_map:
        _save(save_map, imported.found.mapping)


def request_of(known: Path | None, answers: list[str], sheet: str, on: date | None) -> ListRequest:
    """Return how a file is to be read, by a mapping and the answers given beside it; raises `Misconfigured`."""
    from tollbook.clock import now
    from tollbook.rating.lists.mapping import ListMapping, read_mapping, with_answer
    from tollbook.site.tariffs.importing import ListRequest

    mapping = read_mapping(known.read_text("utf-8"), known.name) if known else ListMapping()
    for answer in answers:
        setting, equals, value = answer.partition("=")
        if not equals:
            raise Misconfigured(
                Problem(f"'--set {answer}' is no answer", "it has no =", help="--set price-unit=minute"),
            )
        if setting == "from":
            on = _day(value)
        else:
            mapping = with_answer(mapping, setting, value)
    mapping = with_answer(mapping, "sheet", sheet) if sheet else mapping
    return ListRequest(mapping=mapping, on=on, today=now().date())


def _with_before(request: ListRequest, before: Any) -> ListRequest:  # noqa: ANN401 - rates, imported where they are used
    import msgspec

    return msgspec.structs.replace(request, before=before)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misconfigured(
            Problem(f"'from' is no date: {text!r}", "it cannot be read", help="--from 2026-01-01"),
        ) from None


def _day_of(out: Path | None) -> date | None:
    """Return the day that the name of a version says, such as 2026-01-01.csv or 2026-01-01.r2.csv."""
    try:
        return date.fromisoformat(out.name[:10]) if out else None
    except ValueError:
        return None


# ---------------------------------------------------------------- what is told


def tell(imported: ListImport) -> None:
    """Print what was understood, left out, counted and warned of; questions and faults go to stderr."""
    found = imported.found
    if found.understood:
        write_table(
            [{"setting": each.setting, "value": each.value, "because": each.because} for each in found.understood],
            {"understood": "setting", "as": "value", "because of": "because"},
        )
    for line in _notes(imported):
        write_text(line)
    for problem in islice(found.problems, _MOST_TOLD):
        say(str(problem))
    if len(found.problems) > _MOST_TOLD:
        say(f"{len(found.problems) - _MOST_TOLD} more faults")
    for question in found.questions:
        say(_asked(question))


def _notes(imported: ListImport) -> Iterator[str]:
    found = imported.found
    if found.ignored:
        yield f"not used: {', '.join(found.ignored)}"
    for why, count in Counter(each.why for each in found.left_out).items():
        first = next(each for each in found.left_out if each.why == why)
        yield f"left out: {count}, {why}; the first is line {first.line}: {first.text}"
    if imported.rates:
        yield f"rates: {len(imported.rates)}"
    if compared := imported.comparison:
        counts = ("new", "dearer", "cheaper", "unchanged", "closed")
        yield "compared: " + ", ".join(f"{getattr(compared, name)} {name}" for name in counts)
        for each in compared.changes[:_MOST_TOLD]:
            which = " ".join(filter(None, (each.to, each.name, each.band)))
            yield f"  {each.change} {which}: {each.before or '-'} -> {each.now or '-'}"
        if len(compared.changes) > _MOST_TOLD:
            yield f"  and {len(compared.changes) - _MOST_TOLD} more; --format json has all"
    for warning in imported.warnings:
        yield f"warning: {warning.text}"


def _asked(question: OpenQuestion) -> str:
    """Return a question with the options that answer it."""
    option = (
        "--from"
        if question.setting == "from"
        else "--sheet"
        if question.setting == "sheet"
        else f"--set {question.setting}"
    )
    sign = " " if option in {"--from", "--sheet"} else "="
    lines = [f"question: {question.what}", f" reason: {question.why}"]
    for choice in question.choices:
        value = f"'{choice.value}'" if any(sign in choice.value for sign in " #&;|") else choice.value
        lines.append(f"   {option}{sign}{value}" + (f"   {choice.means}" if choice.means else ""))
    return "\n".join(lines if question.choices else [*lines, f"   {option}{sign}…"])


def _told(imported: ListImport) -> dict[str, Any]:
    import msgspec

    from tollbook.rating.lists.mapping import write_mapping

    found = imported.found
    told: dict[str, Any] = msgspec.to_builtins(
        {
            "ready": found.ready,
            "understood": found.understood,
            "questions": found.questions,
            "problems": found.problems,
            "left_out": found.left_out,
            "ignored": found.ignored,
            "from": found.on,
            "later": {day.isoformat(): count for day, count in found.later.items()},
            "rates": len(imported.rates),
            "comparison": imported.comparison,
            "warnings": imported.warnings,
        },
    )
    return {**told, "mapping": write_mapping(found.mapping)}


# ---------------------------------------------------------------- what is written


def _save(path: Path, mapping: ListMapping) -> None:
    from tollbook.rating.lists.mapping import write_mapping

    path.write_text(write_mapping(mapping), "utf-8")
    say(f"kept what was found out in {path}; next time: --map {path}")


def _write(out: Path, found: ConvertedList) -> None:
    """Write a price list, and a document beside it where there is none and bands need not be described."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(found.text, "utf-8")
    say(f"wrote {out}")
    document = out.with_suffix(".toml")
    bands = sorted({row[2] for row in found.rows if row[2]})
    if bands and not document.exists():
        say(f"write {document} with a table [[band]] for each of: {', '.join(bands)}")
    elif not document.exists() and found.mapping.currency:
        import tomli_w

        head = {"title": out.parent.absolute().name, "currency": found.mapping.currency, "zone": found.mapping.zone}
        document.write_text(tomli_w.dumps({name: value for name, value in head.items() if value}), "utf-8")
        say(f"wrote {document}")
