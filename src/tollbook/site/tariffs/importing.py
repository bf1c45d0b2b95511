"""Imports a carrier's price list: reads the file, converts it, and looks at it beside the version before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import msgspec

from tollbook.model.problem import Problem
from tollbook.numbering.samples import numbers_of_neighbours
from tollbook.rating.lists.asking import ListAnswer, OpenQuestion
from tollbook.rating.lists.checking import ListWarning, SampleNumber, look_at
from tollbook.rating.lists.comparing import Comparison, compare
from tollbook.rating.lists.converting import ConvertedList, convert
from tollbook.rating.lists.mapping import ListMapping
from tollbook.rating.lists.replacing import replacing
from tollbook.rating.price_list import read_price_list
from tollbook.rating.tariff import Rate, Tariff
from tollbook.site.tariffs.list_files import read_list


class ListRequest(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is to be read: the carrier's mapping, and the day for which its prices are taken.

    `before` are the rates of the version before; without them nothing is compared. `today` is by the carrier's clock.
    """

    mapping: ListMapping = ListMapping()
    on: date | None = None
    today: date | None = None
    before: Sequence[Rate] | None = None


class ListImport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file: the list, its rates if it is ready, and what somebody should look at."""

    found: ConvertedList
    rates: list[Rate] = []
    comparison: Comparison | None = None
    warnings: list[ListWarning] = []


def import_list(path: Path, request: ListRequest) -> ListImport:
    """Return what a carrier's file comes to; nothing is changed by it.

    Questions and faults of rows are in what is returned; raises `Misconfigured` for a file that cannot be read at all,
    and for columns of the mapping that are not there.
    """
    file = read_list(path, request.mapping.sheet)
    if file.asks_sheet:
        choices = [ListAnswer(name, "") for name in file.sheets]
        question = OpenQuestion("sheet", "On which sheet are the prices?", f"there are {len(choices)}", choices)
        return ListImport(found=ConvertedList(mapping=request.mapping, questions=[question]))
    found = convert(file.rows, request.mapping, request.on)
    if request.before is not None:
        found = replacing(found, request.before)
    if not found.ready:
        return ListImport(found=found)
    rates, problems = read_price_list(found.text, path.name, {row[2] for row in found.rows})
    if problems:
        return ListImport(found=msgspec.structs.replace(found, problems=_in_file(problems, found.lines)))
    samples = [SampleNumber(*each) for each in numbers_of_neighbours()]
    return ListImport(
        found=found,
        rates=rates,
        comparison=None if request.before is None else compare(request.before, rates),
        warnings=[*_dates(found, request.today), *look_at(rates, samples)],
    )


def odd_rates(tariff: Tariff) -> list[str]:
    """Return what somebody should look at in a version: codes over a border, outliers, satellites without a rate.

    What costs nothing is odd in a price list; in a document somebody wrote it so.
    """
    rates = [rate for rate in tariff.rates if rate.listed or not rate.terms.free]
    return [each.text for each in look_at(rates, [SampleNumber(*each) for each in numbers_of_neighbours()])]


def _in_file(problems: Sequence[Problem], lines: Sequence[int]) -> list[Problem]:
    """Return what is wrong with rates, with the lines of the carrier's file."""
    return [msgspec.structs.replace(each, where=f"line {_line_of(each.where, lines)}") for each in problems]


def _line_of(where: str, lines: Sequence[int]) -> int:
    """Return the carrier's line for one of ours, whose first is the heading."""
    ours = int(where.rpartition(":")[2]) - 2
    return lines[ours] if 0 <= ours < len(lines) else 0


def _dates(found: ConvertedList, today: date | None) -> list[ListWarning]:
    """Say what holds from a day that is past, and what only from a later one."""
    warnings = []
    if found.on and today and found.on < today:
        warnings.append(
            ListWarning(f"prices hold from {found.on} on, which is past: calls since then are to be rated again"),
        )
    if found.on and today and found.on > today:
        warnings.append(ListWarning(f"prices hold from {found.on} on, which is still to come"))
    warnings += [
        ListWarning(
            f"{count} prices hold only from {day} on, and are not in this version: convert again with --from {day}",
        )
        for day, count in found.later.items()
    ]
    return warnings
