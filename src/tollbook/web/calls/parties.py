"""The two sides of a call by name: a telephone of the PBX by the directory, an outside number by the phone book.

A name stands first and its number small behind it. An outside number without a name is written as the world writes it
where a dial plan tells that; what the PBX wrote is its title then.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from tollbook.model.outcome import Direction
from tollbook.numbering.written import MASK
from tollbook.render.numbers import spaced
from tollbook.store.ledger import Ledger
from tollbook.store.named import NOBODY, Telephone, TelephoneOwner, telephone_owners

Call = dict[str, Any]
_INSIDE = {
    Direction.INCOMING.value: ("called",),
    Direction.OUTGOING.value: ("caller",),
    Direction.INTERNAL.value: ("caller", "called"),
}
"""By direction: the sides of a call that are telephones of the PBX."""
_OWNERS = "telephone_owners"


def named(ledger: Ledger, calls: Iterable[Call]) -> list[Call]:
    """Return calls that know whose their telephones were on that day; one question for all of them."""
    told = list(calls)
    owners = telephone_owners(ledger, [_telephone(call, side) for call in told for side in _inside(call)])
    return [
        {**call, _OWNERS: {side: _owner(owners, call, side) for side in _inside(call)}} if owners else call
        for call in told
    ]


def has_hidden(call: Call) -> bool:
    """Say whether digits of a call's numbers are not shown."""
    return any(MASK in (call[side] or "") for side in ("caller", "called"))


def _inside(call: Call) -> tuple[str, ...]:
    return tuple(side for side in _INSIDE.get(call["direction"], ()) if call[side])


def _telephone(call: Call, side: str) -> Telephone:
    return (call["pbx"], call[side], call["started_local"][:10])


def _owner(owners: dict[Telephone, TelephoneOwner], call: Call, side: str) -> TelephoneOwner:
    """Return whose a side is: who gave a code is the one who called, whosever the telephone is."""
    if side == "caller" and call["auth_code"] and call["person"]:
        return TelephoneOwner(call["person"], call["department"] or "")
    return owners.get(_telephone(call, side), NOBODY)


def party(call: Call, side: str, *, in_full: bool = False) -> SafeString:
    """Return the `caller` or the `called` of a call as a page shows it, `in_full` with the department."""
    written = call[side] or ""
    if side in _INSIDE.get(call["direction"], ()):
        owner = call.get(_OWNERS, {}).get(side, NOBODY)
        return party_shown(owner.told if in_full else owner.name, written)
    if side != _outside(call):
        return party_shown("", written)
    return party_shown(call["number_name"] or "", written, call["number_e164"] or "")


def _outside(call: Call) -> str:
    return "caller" if call["direction"] == Direction.INCOMING else "called"


def party_shown(name: str, written: str, e164: str = "") -> SafeString:
    """Return a number with its name, if any, in HTML.

    >>> party_shown("Anna Berg", "107"), party_shown("", "107")
    ('Anna Berg <small>107</small>', '107')
    >>> party_shown("", "9011442079460135", "+442079460135")
    '<span title="Written by the PBX: 9011442079460135">+44 20 7946 0135</span>'
    """
    number = format_html("{}", spaced(e164) if e164 else written or "—")
    title = format_html(' title="Written by the PBX: {}"', written) if e164 and e164 != written else ""
    if name:
        return format_html("{} <small{}>{}</small>", name, title, number)
    return format_html("<span{}>{}</span>", title, number) if title else number
