"""The dial plans of one PBX: that of all its lines, and those of trunk groups where something is otherwise."""

from __future__ import annotations

import hashlib

import msgspec
import phonenumbers

from tollbook.model.meaning import Number
from tollbook.model.problem import Misconfigured, Problem
from tollbook.numbering.countries import digest
from tollbook.numbering.dialled import number_of
from tollbook.numbering.plan import DialPlan, read_plan
from tollbook.numbering.written import with_end_hidden

PlanSettings = dict[str, dict[str, str]]
"""Texts by the name of a setting, by trunk group; under `""` those of all lines."""
EVERY_LINE = ""
_NUMBERS_AS = 3
"""Raised with a change of the program by which a number means something else."""
_MOST_REMEMBERED = 200_000


class Plans:
    """Plans that are used: what numbers meant is remembered, so that each is found out once."""

    def __init__(self, plan: DialPlan, groups: dict[str, DialPlan]) -> None:
        self.plan = plan
        self._groups = groups
        self._known: dict[tuple[str, bool, str], Number] = {}

    def number(self, text: str, *, calling: bool, trunk_group: str) -> Number:
        """Return what a number means that was dialled over a trunk group or, if `calling`, came in over it."""
        key = (text, calling, trunk_group if trunk_group in self._groups else EVERY_LINE)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            plan = self._groups.get(trunk_group, self.plan)
            found = self._known[key] = number_of(text, plan, calling=calling)
        return found

    def shown(self, number: Number, trunk_group: str) -> str | None:
        """Return how a number is shown: what was sent after it hidden, where there was something; else None.

        >>> from tollbook.numbering.plans import read_plans
        >>> plans = read_plans({"": {"country": "US"}}, "example")
        >>> plans.shown(plans.number("12015550135,,4711#", calling=False, trunk_group=""), "")
        '12015550135,,••••#'
        """
        plan = self._groups.get(trunk_group, self.plan)
        if not number.after_answer or plan.after_answer == "shown":
            return None
        return with_end_hidden(number.dialled, len(number.after_answer))


def read_plans(settings: PlanSettings, where: str) -> Plans:
    """Return the plans that settings describe; raises `Misconfigured` with every fault."""
    of_all = settings.get(EVERY_LINE, {})
    problems: list[Problem] = []
    read: dict[str, DialPlan] = {}
    for group, texts in settings.items():
        of_group = f"{where}, trunk group {group}" if group else where
        try:
            read[group] = read_plan({**of_all, **texts}, of_group)
        except Misconfigured as fault:
            problems += [each for each in fault.problems if each not in problems]
    if problems:
        raise Misconfigured(*problems)
    return Plans(read.pop(EVERY_LINE, DialPlan()), read)


def plans_digest(settings: PlanSettings) -> str:
    """Return the digest of what numbers come to by settings, whatever phonenumbers and this program know today."""
    told = msgspec.json.encode([_NUMBERS_AS, phonenumbers.__version__, digest(), settings], order="sorted")
    return hashlib.blake2b(told, digest_size=16).hexdigest()


class PlanChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a PBX's plan, of all lines or of a trunk group: a setting of None is taken away.

    `whole` takes all settings of these lines away that are not given.
    """

    settings: dict[str, str | None]
    trunk_group: str = EVERY_LINE
    whole: bool = False

    def applied(self, plan: PlanSettings) -> PlanSettings:
        """Return a plan with what changes."""
        before = {} if self.whole else plan.get(self.trunk_group, {})
        texts = {name: text for name, text in {**before, **self.settings}.items() if text}
        others = {group: each for group, each in plan.items() if group != self.trunk_group}
        return {**others, self.trunk_group: texts} if texts else others
