"""Finds out what a number means: takes off what stands before and behind it until a number is left that is valid.

Readings are tried from the likeliest to the least likely, and the first that gives a number, an extension or a service
is taken. An extension or an emergency number counts as it is written; then the prefix of an outside line is taken off,
and what is left is read as it is dialled in the country: services, codes of the network, carriers, international,
national, local.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeGuard

import msgspec
from phonenumbers import shortnumberinfo

from tollbook.model.meaning import Found, Kind, Number
from tollbook.numbering.countries import BEGIN_NO_AREA, Country, country
from tollbook.numbering.plan import DialPlan
from tollbook.numbering.valid import end_of_number, is_too_short, lacks_trunk, short, valid
from tollbook.numbering.written import Written, behind_pause, taken_apart

_SHORTEST_BEFORE_A_PAUSE = 3
"""Signs before a pause that may be a whole number; fewer are a prefix."""
_LATE_PAUSE = 9
"""Signs before a pause that are no prefix any more, such as that of an outside line and a carrier: `91010288,`."""
_ACCOUNT = re.compile(r"(?P<account>\d{1,10})[*#]+(?P<number>\+?\d{3,})")
_MARK = re.compile(r"[*#]+")
"""What ends a number at some PBXs; digits behind it are sent once the call stands."""
_LONGER_THAN_AN_ACCOUNT_CODE = 11
_SHORTEST_WHOLE = 11
"""Digits of a number that may be E.164 without its `+`."""


def number_of(text: str, plan: DialPlan, *, calling: bool = False) -> Number:
    """Return what a number means that was dialled at a PBX, or, if `calling`, that called it. Raises nothing."""
    written = taken_apart(text)
    if written.hidden or written.unreadable:
        found, after = Found(kind="private" if written.hidden else "unknown", reach="unknown"), behind_pause(text)
        return _said(text, found, written, after)
    if not plan.country:
        return _said(text, Found(kind="unknown", reach="unknown"), written, "")
    written, behind = _without_late_parts(written)
    found, after = _found(_Search(plan, country(plan.country), calling=calling), written)
    return _said(text, found, written, after + behind)


def _found(search: _Search, written: Written) -> tuple[Found, str]:
    """Return what a number means, and what was sent after it."""
    for signs, after in _before_pauses(written):
        found = search.resolved(signs)
        if found and (found.e164 or not after or len(signs) >= _SHORTEST_BEFORE_A_PAUSE):
            return found, after
    for signs, after in (*_before_groups(written), *_before_marks(written.signs)):
        found = search.resolved(signs)
        if found and found.e164:
            return found, after
    cut = search.cut_off(written.signs)
    if cut:
        return cut
    signs, after = _not_understood(written)
    return Found(kind="incomplete" if search.is_incomplete(signs) else "unknown", reach="unknown"), after


def _without_late_parts(written: Written) -> tuple[Written, str]:
    """Return what may hold the number, and what is behind a pause so late that nothing but a number was before it."""
    joined = ["".join(groups) for groups in written.parts]
    ends = (end for end in range(1, len(joined)) if sum(map(len, joined[:end])) >= _LATE_PAUSE)
    end = next(ends, len(joined))
    return msgspec.structs.replace(written, parts=written.parts[:end]), "".join(joined[end:])


def _said(text: str, found: Found, written: Written, after: str) -> Number:
    values = msgspec.structs.asdict(found)
    return Number(
        dialled=text,
        **{**values, "extension": found.extension or written.extension, "after_answer": after or None},
    )


def _before_pauses(written: Written) -> Iterator[tuple[str, str]]:
    """Yield what may be the number, as far as a pause, and what was sent after that; last of all the whole."""
    joined = ["".join(groups) for groups in written.parts]
    for count in range(1, len(joined) + 1):
        yield "".join(joined[:count]), "".join(joined[count:])


def _before_groups(written: Written) -> Iterator[tuple[str, str]]:
    """Yield what may be the number, as far as the end of a group, and what stands behind it; the longest first."""
    groups = [group for part in written.parts for group in part]
    for count in range(len(groups) - 1, 0, -1):
        yield "".join(groups[:count]), "".join(groups[count:])


def _before_marks(signs: str) -> Iterator[tuple[str, str]]:
    """Yield what may be the number, as far as a `#` or `*`, and what stands behind it; the longest first."""
    for mark in reversed(list(_MARK.finditer(signs))):
        yield signs[: mark.start()], signs[mark.end() :]


def _not_understood(written: Written) -> tuple[str, str]:
    """Return a number that nobody understands, and what seems to have been sent after it: PINs are hidden there too."""
    for signs, after in _before_pauses(written):
        if after and len(signs) >= _SHORTEST_BEFORE_A_PAUSE:
            return signs, after
    marked = (each for each in _before_marks(written.signs) if len(each[0]) >= _LONGER_THAN_AN_ACCOUNT_CODE)
    return min(marked, default=(written.signs, ""))


def _is_reached(found: Found | None) -> TypeGuard[Found]:
    """Say whether a code before a number leaves one that can be called."""
    return found is not None and (found.e164 is not None or found.kind == "emergency")


class _Search:
    """What it takes to read a number: the plan, the country, and whether it is the caller's."""

    def __init__(self, plan: DialPlan, of: Country, *, calling: bool) -> None:
        self._plan, self._country, self._calling = plan, of, calling

    def resolved(self, signs: str) -> Found | None:
        """Return what signs mean as a whole."""
        if self._plan.is_extension(signs):
            return Found(kind="internal", reach="internal", extension=signs)
        if self._is_emergency(signs):
            return self._service(signs)
        behind_code = self._code_before_outside(signs)
        if behind_code:
            return behind_code
        bare = self._without_outside(signs)
        if self._calling or not bare:
            found = next((found for each in (signs, *bare) if (found := self._outside(each))), None)
        else:
            found = next((found for each in bare if (found := self._outside(each))), None)
            # As it is written, prefix and all: a number perhaps, but no short one (9011 is 9 and 011).
            found = found or self._number(signs)
        found = found or self._behind_account(signs)
        # With the prefix of an outside line before it, 91 242 … is 9 and a number of the Bahamas, never one of India.
        whole = len(signs) >= _SHORTEST_WHOLE and signs.isdecimal() and (self._calling or not bare)
        return found or (self._valid(f"+{signs}") if whole else None)

    def _behind_account(self, signs: str) -> Found | None:
        """Return what a number means before which an account code was dialled: `4711#912015550135`."""
        match = _ACCOUNT.fullmatch(signs)
        found = self.resolved(match["number"]) if match else None
        return msgspec.structs.replace(found, account_code=match["account"]) if match and _is_reached(found) else None

    def _code_before_outside(self, signs: str) -> Found | None:
        """Return what a number means behind a code of the network and an outside line: `*67 9 …`."""
        code = self._country.features.match(signs)
        bare = self._without_outside(signs[code.end() :]) if code else []
        found = next((found for each in bare if _is_reached(found := self._outside(each))), None)
        return msgspec.structs.replace(found, feature_code=code[0]) if code and found else None

    def _without_outside(self, signs: str) -> list[str]:
        if self._plan.outside_written == "never":
            return []
        return [signs[len(each) :] for each in self._plan.outside if signs.startswith(each) and len(signs) > len(each)]

    def _is_emergency(self, signs: str) -> bool:
        return signs in self._plan.emergency or shortnumberinfo.is_emergency_number(signs, self._country.code)

    def _outside(self, rest: str) -> Found | None:
        """Return what a number means that left the PBX, short ones and codes among them."""
        return self._service(rest) or self._number(rest) or self._code(rest)

    def _number(self, rest: str) -> Found | None:
        return (
            self._behind(rest, "feature_code")
            or self._behind(rest, "carrier_code")
            or self._abroad(rest)
            or self._inland(rest)
        )

    def _behind(self, rest: str, name: str) -> Found | None:
        """Return what a number means behind a code of the network, or of a carrier."""
        if name == "feature_code":
            found = self._country.features.match(rest)
            end = found.end() if found else 0
        else:
            match = self._country.carriers.match(rest)
            own = next((each for each in self._plan.carriers if rest.startswith(each)), "")
            end = max(match.end() if match else 0, len(own))
        if not end or end == len(rest):
            return None
        behind = self._outside(rest[end:])
        return msgspec.structs.replace(behind, **{name: rest[:end]}) if _is_reached(behind) else None

    def _service(self, rest: str) -> Found | None:
        """Return what a short number means."""
        kind = self._kind_of_service(rest)
        return Found(kind=kind, reach="service", country=self._country.code, number=rest) if kind else None

    def _kind_of_service(self, rest: str) -> Kind | None:
        if self._is_emergency(rest):
            return "emergency"
        if self._country.operators.fullmatch(rest):
            return "operator"
        if len(rest) in self._ends_of_international(rest):
            return None
        if self._country.premium_short.fullmatch(rest):
            return "premium_short"
        if rest in self._plan.short_numbers:
            return "short_code"
        return short(rest, self._country)

    def _abroad(self, rest: str) -> Found | None:
        """Return what a number means that begins like one of another country."""
        if rest.startswith("+"):
            return self._valid(rest)
        for end in self._ends_of_international(rest):
            found = self._valid(f"+{rest[end:]}")
            if found:
                prefix = rest[:end]
                plain = prefix in self._country.plain_international or prefix in self._plan.international
                carrier = None if plain else prefix.removeprefix(self._country.carrier_in_international)
                return msgspec.structs.replace(found, carrier_code=carrier)
        return None

    def _ends_of_international(self, rest: str) -> list[int]:
        own = [len(each) for each in self._plan.international if rest.startswith(each)]
        match = self._country.international.match(rest)
        return [*own, *([match.end()] if match else [])]

    def _inland(self, rest: str) -> Found | None:
        if not rest.isdecimal():
            return None
        trunk = self._country.trunk
        complete = bool(trunk) and rest.startswith(trunk)
        ways = (
            [self._national, self._local] if complete or not trunk or self._calling else [self._local, self._national]
        )
        if complete and trunk in BEGIN_NO_AREA:
            ways = [self._national]
        return next((found for way in ways if (found := way(rest))), None)

    def _national(self, rest: str) -> Found | None:
        elsewhere = next((each for each in self._country.elsewhere if each.pattern.match(rest)), None)
        there = self._valid(elsewhere.pattern.sub(elsewhere.becomes, rest, count=1)) if elsewhere else None
        found = there or self._valid(rest)
        if found and (self._calling or elsewhere or not lacks_trunk(rest, self._country)):
            return found
        own = next((each for each in self._plan.national if rest.startswith(each)), "")
        former = self._country.former_prefixes.match(rest)
        end = len(own) or (former.end() if former else 0)
        return self._valid(f"+{self._country.calling_code}{rest[end:]}") if end else None

    def _local(self, rest: str) -> Found | None:
        if not self._plan.area_code or self._plan.local == "no":
            return None
        return self._valid(f"{self._country.trunk}{self._plan.area_code}{rest}")

    def _valid(self, digits: str) -> Found | None:
        return valid(digits, self._country, self._plan.area_code)

    def cut_off(self, signs: str) -> tuple[Found, str] | None:
        """Return what a number means that is too long with what was sent after it, and what that was."""
        bare = self._without_outside(signs)
        for rest in (*bare, *([] if any(map(self._is_begun, bare)) else [signs])):
            end = next(
                (end for digits in self._as_parsed(rest) if (end := end_of_number(rest, digits, self._country))),
                0,
            )
            found = self._outside(rest[:end]) if end else None
            if found and found.e164:
                return found, rest[end:]
        return None

    def _is_begun(self, rest: str) -> bool:
        """Say whether digits begin as those of a call to another area or abroad do."""
        trunk = self._country.trunk
        return bool(trunk and rest.startswith(trunk)) or bool(self._ends_of_international(rest))

    def _as_parsed(self, rest: str) -> list[str]:
        if rest.startswith("+"):
            return [rest]
        return [*(f"+{rest[end:]}" for end in self._ends_of_international(rest)), rest]

    def is_incomplete(self, signs: str) -> bool:
        """Say whether digits are missing for a number."""
        if not signs or signs in self._plan.outside:
            return True
        rest = next(iter(self._without_outside(signs)), signs)
        return any(is_too_short(digits, self._country) for digits in self._as_parsed(rest))

    def _code(self, rest: str) -> Found | None:
        if rest[:1] not in ("*", "#"):
            return None
        return Found(kind="feature_code", reach="service", country=self._country.code, feature_code=rest)
