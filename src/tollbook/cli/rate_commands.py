"""`rate`: what calls cost by a tariff."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tollbook.cli.cost_commands import pbx_charges, preview, unpriced
from tollbook.cli.options import AnswerForm, site_of
from tollbook.cli.output import AnswerFormat, write_json, write_text
from tollbook.model.problem import Unavailable

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from tollbook.cli.client import Client
    from tollbook.rating.charging import Charge, Rateable, Rater
    from tollbook.rating.rates import Destination

_LONGEST_S = 10 * 366 * 86_400
_YEARS = range(1900, 2201)
_LOOK_S = 0.2
rate = typer.Typer(help="See what calls cost by a tariff.", no_args_is_help=True)
rate.command("unpriced")(unpriced)
rate.command("preview")(preview)
rate.command("pbx-charges")(pbx_charges)


@rate.command("try")
def try_(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="The tariff; its price list FILE.csv lies beside.")],
    to: Annotated[str, typer.Option("--to", metavar="DIGITS", help="The number that is called.")],
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="When: 2026-01-05T17:59:30, in the tariff's zone.")],
    seconds: Annotated[str, typer.Option("--seconds", metavar="N", help="How long; 0 is not answered.")],
    country: Annotated[
        str,
        typer.Option(metavar="DE", help="Country it is dialled in; else it is E.164 without +."),
    ] = "",
    form: AnswerForm = AnswerFormat.TEXT,
) -> None:
    """Price one call by a tariff's file, and say how the price comes about. Nothing is kept."""
    from tollbook.rating.explaining import explained

    rater, call = _made(file, {"to": to, "at": at, "seconds": seconds, "country": country})
    charge = rater.charge(call, rater.whole_bundles)
    sentences = explained(rater, call, charge)
    if form is AnswerFormat.JSON:
        write_json(_told(charge, sentences))
        return
    for each in sentences:
        write_text(each)


@rate.command("run")
def run(
    context: typer.Context,
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="From this day on; else all.")] = "",
    until: Annotated[str, typer.Option("--to", metavar="DAY", help="The last day, included; else all.")] = "",
) -> None:
    """Price calls again by the tariffs of now; `rate undo` takes it back."""
    from datetime import timedelta

    from tollbook.cli.client import connect
    from tollbook.cli.days import given_days
    from tollbook.model.problem import Misconfigured, Problem

    days = given_days({"--from": first, "--to": until})
    begin, last = days.get("--from"), days.get("--to")
    if begin and last and begin > last:
        raise Misconfigured(Problem("no call would be priced", f"{begin} is after {last}", help="exchange the days"))
    given = {"from": begin.isoformat()} if begin else {}
    given |= {"until": (last + timedelta(days=1)).isoformat()} if last else {}
    with connect(site_of(context), "rate run") as client:
        client.send("POST", "/api/prices/again", given)
        _wait(client)


@rate.command("undo")
def undo(context: typer.Context) -> None:
    """Give calls the price again that they had before the last `rate run`."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "rate undo") as client:
        client.send("POST", "/api/prices/undo")
        _wait(client)


def _wait(client: Client) -> None:
    """Wait until no calls are being priced."""
    state = client.get("/api/prices", into=dict)
    while state["pricing"] and not state["trouble"]:
        time.sleep(_LOOK_S)
        state = client.get("/api/prices", into=dict)
    if state["trouble"]:
        raise Unavailable(state["trouble"])
    write_text("all calls are priced")


def _made(file: Path, given: dict[str, str]) -> tuple[Rater, Rateable]:
    from datetime import UTC
    from zoneinfo import ZoneInfo

    from tollbook.rating.bands import BandCalendar
    from tollbook.rating.charging import Rateable, Rater
    from tollbook.site.tariffs.files import read_files

    tariff = read_files(file)
    at, seconds = _call_given(given)
    zone = ZoneInfo(tariff.zone or "UTC")
    started = at if at.tzinfo else at.replace(tzinfo=zone)
    call = Rateable(
        number=_number(given["to"], given["country"]),
        started_at=started.astimezone(UTC),
        talk_s=seconds,
        total_s=seconds,
        answered=seconds > 0,
    )
    return Rater(tariff, BandCalendar(tariff, zone)), call


def _number(digits: str, country: str) -> Destination:
    """Return what is called: as a PBX in a country would dial it, or E.164 without its plus sign."""
    from tollbook.model.problem import Misconfigured, Problem
    from tollbook.numbering.dialled import number_of
    from tollbook.numbering.plan import read_plan
    from tollbook.rating.rates import destination
    from tollbook.site.tariffs.numbers import typed_number

    if country:
        return destination(number_of(digits, read_plan({"country": country}, "dial plan")))
    found = typed_number(digits)
    if found is None:
        raise Misconfigured(
            Problem(f"'--to' is no number: {digits!r}", "it has digits, * and #", help="--to 442079460135"),
        )
    return found


def _call_given(given: dict[str, str]) -> tuple[datetime, Decimal]:
    """Return when and how long a call is; raises `Misconfigured` with all that is wrong."""
    from contextlib import suppress
    from datetime import datetime
    from decimal import Decimal, InvalidOperation

    from tollbook.model.problem import Misconfigured, Problem

    problems, at, seconds = [], datetime.min, Decimal(-1)  # noqa: DTZ901 - replaced below
    try:
        at = datetime.fromisoformat(given["at"])
        if at.year not in _YEARS:
            reason = f"it is no year from {_YEARS[0]} to {_YEARS[-1]}"
            problems.append(Problem(f"'--at' cannot be used: {given['at']!r}", reason, help="--at 2026-01-05T17:59:30"))
    except ValueError:
        problems.append(
            Problem(f"'--at' is no time: {given['at']!r}", "it cannot be read", help="--at 2026-01-05T17:59:30"),
        )
    with suppress(InvalidOperation):
        seconds = Decimal(given["seconds"])
    if not (seconds.is_finite() and 0 <= seconds <= _LONGEST_S):
        reason = f"a call has 0 to {_LONGEST_S} seconds"
        problems.append(Problem(f"'--seconds' cannot be used: {given['seconds']!r}", reason, help="--seconds 185"))
    if problems:
        raise Misconfigured(*problems)
    return at, seconds


def _told(charge: Charge, sentences: list[str]) -> dict[str, Any]:
    from tollbook.rating.explaining import money

    parts = [
        {
            "band": part.band or None,
            "to": part.to,
            "from_s": part.from_s,
            "billed_s": part.billed_s,
            "price": f"{part.step.price:f}",
            "per_s": part.step.per_s,
            "amount": money(part.amount),
        }
        for part in charge.parts
    ]
    return {
        "amount": None if charge.amount is None else f"{charge.amount:f}",
        "currency": charge.currency,
        "matched": charge.rate.to if charge.rate else None,
        "band": charge.band or None,
        "billed_s": charge.billed_s,
        "cost": None if charge.cost is None else f"{charge.cost:f}",
        "connect_fee": money(charge.fee),
        "tax": money(charge.tax),
        "parts": parts,
        "unpriced_because": charge.unpriced_because,
        "explanation": sentences,
    }
