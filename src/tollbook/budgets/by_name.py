"""Which assignments are whose at a centre: those of its sites, which know the same people by the same names."""

from __future__ import annotations

from tollbook.model.budget import Budget
from tollbook.model.directory import Directory
from tollbook.store.ledger import Ledger

_BELOW = " / "


class AssignmentsByName:
    """The assignments of all sites, by what the directory of the centre calls their owners."""

    def __init__(self, ledger: Ledger, directory: Directory) -> None:
        self._people = {each.id: each.name for each in directory.people}
        self._cost_centres = {each.id: each.code for each in directory.cost_centres}
        self._departments = {each.id: (each.parent, each.name) for each in directory.departments}
        self._owners = ledger.rows("SELECT id, person, department, cost_centre FROM main.owner ORDER BY id")
        self.charged = [number for number, _, _, cost_centre in self._owners if cost_centre]

    def of(self, budget: Budget) -> list[int]:
        """Return the assignments that a budget is for, those of departments below a department among them."""
        if budget.kind == "department":
            path = self._path(budget.target_id)
            return [
                number
                for number, _, department, _ in self._owners
                if department == path or (department or "").startswith(f"{path}{_BELOW}")
            ]
        if budget.kind == "person":
            return [number for number, person, _, _ in self._owners if person == self._people[budget.target_id or 0]]
        code = self._cost_centres[budget.target_id or 0]
        return [number for number, _, _, cost_centre in self._owners if cost_centre == code]

    def _path(self, number: int | None) -> str:
        names = list[str]()
        while number:
            number, name = self._departments[number]
            names.append(name)
        return _BELOW.join(reversed(names))
