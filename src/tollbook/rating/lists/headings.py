"""Finds the heading of a price list and what its columns are: by their names, else by what stands in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.rating.lists.amounts import date_in, is_amount
from tollbook.rating.lists.column_names import NAMES, RIVALS, bare_name, plain_name, unit_in

LOOKED_AT = 100
"""Rows at the beginning in which the heading is looked for."""
_SAMPLE = 500
_ENOUGH = 2
"""Kinds of column that a row names which is a heading."""
_LONGEST_NAME = 60
_MOST = 0.9
_CODE = re.compile(r"\+?[0-9][0-9 ;,()-]*")
_ORDER = {role: {name: place for place, name in enumerate(names)} for role, names in NAMES.items()}
"""For each role the names that are it, and how near to the front."""


class ListRow(msgspec.Struct, frozen=True, gc=False):
    """A row of a file: the line in which it begins, and its cells as text."""

    line: int
    cells: tuple[str, ...]


class ListLayout(msgspec.Struct, frozen=True, kw_only=True):
    """Where things stand: `body` is the place of the first row below the heading.

    `places` has the number of a column by what it is; `rivals` are columns of prices of which one has to be chosen.
    `guessed` are those recognised by what stands in them.
    """

    body: int
    names: list[str]
    places: dict[str, int]
    rivals: list[str] = []
    guessed: list[str] = []

    @property
    def unused(self) -> list[str]:
        """Names of the columns that nothing is read from."""
        used = set(self.places.values())
        return [name for place, name in enumerate(self.names) if name and place not in used]


def find_layout(rows: Sequence[ListRow], columns: Mapping[str, str]) -> ListLayout:
    """Return where things stand; raises `Misconfigured` where a column of the mapping is not there."""
    if columns:
        return _given(rows, columns)
    best = max(range(min(len(rows), LOOKED_AT)), key=lambda place: _score(rows[place].cells), default=-1)
    if best >= 0 and _score(rows[best].cells) >= _ENOUGH:
        return _by_names(rows, best)
    body = next((place for place, row in enumerate(rows[:LOOKED_AT]) if _is_data(row.cells)), 0)
    names = [
        f"#{number}" for number in range(1, max((len(row.cells) for row in rows[body : body + _SAMPLE]), default=0) + 1)
    ]
    found = ListLayout(body=body, names=names, places={})
    return _by_contents(rows, found)


def _given(rows: Sequence[ListRow], columns: Mapping[str, str]) -> ListLayout:
    """Return a layout by names that are known; those that are not called are recognised as ever."""
    wanted = {plain_name(name) for name in columns.values()}
    heads = range(min(len(rows), LOOKED_AT))
    best = max(heads, key=lambda place: len(wanted & set(map(plain_name, rows[place].cells))), default=0)
    if all(name.startswith("#") for name in columns.values()):
        base = find_layout(rows, {})
        names = base.names
    else:
        base = _by_names(rows, best) if rows else ListLayout(body=0, names=[], places={})
        names = base.names
    plain = [plain_name(name) for name in names]
    places, problems = dict[str, int](), []
    for role, name in columns.items():
        number = int(name[1:]) - 1 if re.fullmatch(r"#\d{1,3}", name) else -1
        place = (
            number if 0 <= number < len(names) else plain.index(plain_name(name)) if plain_name(name) in plain else -1
        )
        if place < 0:
            reason = f"the columns are: {', '.join(filter(None, names))[:300] or 'none'}"
            line = rows[best].line if rows else 1
            help_ = f"{nearest(name, filter(None, names))}; --set column.{role}=…"
            problems.append(Problem(f"the column '{name}' is not there", reason, f"line {line}", help_))
        places[role] = place
    if problems:
        raise Misconfigured(*problems)
    taken = set(places.values())
    others = {role: place for role, place in base.places.items() if role not in places and place not in taken}
    prices = any(role.startswith("price:") for role in places)
    if prices or "price" in places:
        others.pop("price", None)
    return msgspec.structs.replace(
        base,
        places={**others, **places},
        rivals=[] if prices or "price" in places else base.rivals,
        guessed=[role for role in base.guessed if role in others],
    )


def _score(cells: Iterable[str]) -> int:
    """Return how many kinds of column a row names; amounts and codes are no names."""
    kinds = {role for cell in cells for role in _roles(cell)}
    return len(kinds) if kinds & {"code", "country_code", "npa", "price"} else 0


def _roles(cell: str) -> list[str]:
    if not cell or len(cell) > _LONGEST_NAME or any(sign.isdigit() for sign in cell[:1]):
        return []
    names = {plain_name(cell), bare_name(cell)}
    found = [role for role, known in _ORDER.items() if names & known.keys()]
    return found or (["price"] if any(map(RIVALS.fullmatch, names)) or unit_in(cell) else [])


def _rank(role: str, name: str) -> int:
    known = _ORDER[role]
    return min(known.get(plain_name(name), len(known)), known.get(bare_name(name), len(known)))


def _by_names(rows: Sequence[ListRow], heading: int) -> ListLayout:
    names = [" ".join(cell.split()) for cell in rows[heading].cells]
    places: dict[str, int] = {}
    for role in NAMES:
        fitting = [place for place, name in enumerate(names) if role in _roles(name) and place not in places.values()]
        if fitting:
            places[role] = min(fitting, key=lambda place: (_rank(role, names[place]), place))
    _tell_intervals_apart(places)
    prices = [name for place, name in enumerate(names) if _is_price(name) and place not in places.values()]
    exact = "price" in places and _rank("price", names[places["price"]]) < len(_ORDER["price"])
    rivals = [] if exact or not prices else [names[places["price"]], *prices]
    if rivals:
        places = {role: place for role, place in places.items() if role != "price"}
    layout = ListLayout(body=heading + 1, names=names, places=places, rivals=rivals)
    return _by_contents(rows, layout)


def _is_price(name: str) -> bool:
    return any(RIVALS.fullmatch(each) for each in (plain_name(name), bare_name(name)))


def _tell_intervals_apart(places: dict[str, int]) -> None:
    """Beside a first interval a plain `increment` is the next one; a lone first or next one is both."""
    if "interval" in places and "first_s" in places and "next_s" not in places:
        places["next_s"] = places.pop("interval")
    for alone, other in (("first_s", "next_s"), ("next_s", "first_s")):
        if alone in places and other not in places and "interval" not in places:
            places["interval"] = places.pop(alone)


def _is_data(cells: Sequence[str]) -> bool:
    return sum(bool(cell) for cell in cells) > 1 and any(_CODE.fullmatch(cell) for cell in cells)


def _by_contents(rows: Sequence[ListRow], layout: ListLayout) -> ListLayout:
    """Recognise code and price by what stands in their columns, where one column alone can be it."""
    places, guessed = dict(layout.places), []
    sample = [row.cells for row in rows[layout.body : layout.body + _SAMPLE]]
    free = [place for place in range(len(layout.names)) if place not in places.values()]
    columns = {place: [cells[place] for cells in sample if place < len(cells) and cells[place]] for place in free}
    codes = [place for place, cells in columns.items() if _mostly(cells, _is_code)]
    if not places.keys() & {"code", "npa"} and len(codes) == 1:
        places["code"] = codes[0]
        guessed.append("code")
    if "price" not in places and not layout.rivals:
        prices = [place for place, cells in columns.items() if place not in codes and _mostly(cells, is_amount)]
        if len(prices) == 1:
            places["price"] = prices[0]
            guessed.append("price")
    return msgspec.structs.replace(layout, places=places, guessed=guessed)


def _mostly(cells: list[str], kind: Callable[[str], bool]) -> bool:
    return len(cells) > 0 and sum(map(kind, cells)) >= _MOST * len(cells)


def _is_code(cell: str) -> bool:
    return bool(_CODE.fullmatch(cell)) and date_in(cell, "dmy") is None
