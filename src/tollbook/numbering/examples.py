"""What each setting of a dial plan does, shown by a number of the PBX's own."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tollbook.model.meaning import Number
from tollbook.numbering.plans import EVERY_LINE, Plans, PlanSettings, read_plans
from tollbook.numbering.proposing import NOT_UNDERSTOOD, Dialled

_MOST_TRIED = 1000
"""Numbers that are looked through for one that needs a setting, those of most calls."""


class Example(msgspec.Struct, frozen=True):
    """A number as it is shown, and what it means because of a setting."""

    shown: str
    number: Number


def examples(dialled: list[Dialled], plan: PlanSettings, group: str = EVERY_LINE) -> dict[str, Example | None]:
    """Return by the name of a setting the number of most calls that means something else without it.

    One that would be another number is taken first.

    None stands for a setting that no number needs. `group` is the trunk group whose settings are shown. Raises
    `Misconfigured` for plans that cannot be read.
    """
    plans = read_plans(plan, "dial plan")
    of_group = [each for each in dialled if group in (EVERY_LINE, each.trunk_group)][:_MOST_TRIED]
    return {name: _needing(of_group, plans, _without(plan, group, name)) for name in plan.get(group, {})}


def _without(plan: PlanSettings, group: str, name: str) -> Plans:
    """Return plans without a setting; all settings mean nothing without a country."""
    left = {setting: text for setting, text in plan[group].items() if setting != name}
    if group == EVERY_LINE and name == "country":
        return read_plans({}, "dial plan")
    return read_plans({**plan, group: left}, "dial plan")


def _needing(dialled: Iterable[Dialled], plans: Plans, without: Plans) -> Example | None:
    found: Example | None = None
    for each in dialled:
        number, other = (
            some.number(each.text, calling=each.calling, trunk_group=each.trunk_group) for some in (plans, without)
        )
        if number == other or number.kind in NOT_UNDERSTOOD:
            continue
        example = Example(plans.shown(number, each.trunk_group) or each.text, number)
        if number.e164 and number.e164 != other.e164:
            return example
        found = found or example
    return found
