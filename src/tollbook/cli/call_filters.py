"""The options that say which calls are meant: one for each filter there is, the same for every command.

They stand here as text, since to ask the store for them would take longer than most commands; tests/unit/cli compares
names and help with `store.filters`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

import typer

from tollbook.cli.options import offered_pbxs

FILTERS = {
    "pbx": "Name of a PBX, or several separated by commas.",
    "site": "Site that handed its calls on to this centre, or several separated by commas.",
    "from": "First day or time, PBX time; also today and yesterday.",
    "to": "Last day (included) or time, PBX time; also today and yesterday.",
    "extension": "Extension, or several separated by commas.",
    "number": "Calling or called number, or part of it, in any notation.",
    "trunk": "Trunk, or several separated by commas.",
    "direction": "One of incoming, outgoing, internal, transit.",
    "outcome": "One of missed, answered, unanswered, busy, failed, unknown; missed: incoming and not answered.",
    "country": "Country of the outside number by its two letters, or several separated by commas.",
    "kind": "Kind of the outside number.",
    "reach": "How far the call went.",
    "person": "Person whose call it is, or several separated by commas.",
    "department": "Department with all below it, as a path: Sales / North; behind = it alone.",
    "cost-centre": "Cost centre by its code, or several separated by commas.",
    "company": "Company of the department, or several separated by commas.",
    "min-duration": "Minimum total duration: 90, 90s, 5m or 1h.",
    "max-duration": "Maximum total duration: 90, 90s, 5m or 1h.",
    "unpriced": "Calls that should have a price and have none: any, or a reason, or several separated by commas.",
    "account": "Account code, or several separated by commas.",
    "tag": "Tag that people put on a call, or several separated by commas.",
    "note": "Text anywhere in a note that people wrote on a call.",
    "weekday": "Days of the week, PBX time: mon-fri or sat,sun.",
    "time": "Times of day, PBX time, the end excluded: 08:00-18:00.",
    "trunk-group": "Trunk group, or several separated by commas.",
    "ddi": "Public number that was called and leads straight to an extension, or several separated by commas.",
    "auth-code": "Authorisation code, or several separated by commas.",
    "feature": "Feature, as the PBX told it, or several separated by commas.",
    "device": "Kind of thing at the PBX's end of the call, or several separated by commas.",
    "status": "How the call ended, in the PBX's own words, or several separated by commas.",
    "priced-by": "Tariff by which a call was priced, or several separated by commas.",
    "bundle": "Bundle from which a call took something, or several separated by commas.",
    "currency": "Currency of the price, or several separated by commas.",
    "text": "Text anywhere in a call's numbers, names, codes and channels.",
    "called-back": "Missed calls whose caller was called back or got through later (yes), or is still waiting (no).",
    "period": "Days in place of from and to: one of today, yesterday, this-week, last-week, this-month, last-month, "
    "this-quarter, last-quarter, this-year, last-year, last-7-days, last-30-days, last-12-months.",
}
"""The filters by name, as the API spells them, with their help."""


def _directions() -> list[str]:
    from tollbook.model.outcome import Direction

    return [each.value for each in Direction]


def _outcomes() -> list[str]:
    from tollbook.model.outcome import Outcome

    return ["missed", *(each.value for each in Outcome)]


def _kinds() -> list[str]:
    from tollbook.model.meaning import KINDS

    return list(KINDS)


def _reaches() -> list[str]:
    from tollbook.model.meaning import REACHES

    return list(REACHES)


def _unpriced_reasons() -> list[str]:
    from tollbook.store.unpriced_reasons import ANY, REASONS

    return [ANY, *REASONS]


def _periods() -> list[str]:
    from tollbook.model.periods import PERIODS

    return list(PERIODS)


_CHOICES: dict[str, Callable[..., list[str]]] = {
    "pbx": offered_pbxs,
    "direction": _directions,
    "outcome": _outcomes,
    "kind": _kinds,
    "reach": _reaches,
    "unpriced": _unpriced_reasons,
    "called-back": lambda: ["no", "yes"],
    "period": _periods,
}


def parameter(name: str) -> str:
    """Return the name of the parameter of a filter.

    >>> parameter("min-duration"), parameter("from")
    ('min_duration', 'from_')
    """
    return "from_" if name == "from" else name.replace("-", "_")


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command every filter as an option. It gets `words`, the filters that were given, by name."""

    def with_filters(**given: Any) -> None:  # noqa: ANN401 - whatever the command's own options are
        words = {name: text for name in FILTERS if (text := given.pop(parameter(name)))}
        command(**given, words=words)

    own = [each for each in inspect.signature(command).parameters.values() if each.name != "words"]
    hints = get_type_hints(command, include_extras=True)
    before = [each.replace(annotation=hints[each.name]) for each in own if each.default is inspect.Parameter.empty]
    after = [each.replace(annotation=hints[each.name]) for each in own if each.default is not inspect.Parameter.empty]
    options = [
        inspect.Parameter(
            parameter(name),
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default="",
            annotation=Annotated[str, typer.Option(f"--{name}", help=help_, autocompletion=_CHOICES.get(name))],
        )
        for name, help_ in FILTERS.items()
    ]
    parameters = [*before, *options, *after]
    with_filters.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # Typer reads the options there
    with_filters.__annotations__ = {each.name: each.annotation for each in parameters}
    with_filters.__name__, with_filters.__doc__ = command.__name__, command.__doc__
    return with_filters
