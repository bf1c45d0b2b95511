"""What a ledger hides from those who may not see it: digits of outside numbers, and what calls cost.

Columns stand in place of those of the table itself, before any question is asked: so nothing that is hidden can be
shown, searched for or counted by.
"""

from __future__ import annotations

from tollbook.numbering.written import MASK
from tollbook.store.schema import PRICED

_LAST_3 = "([0-9])([^0-9]*)([0-9])([^0-9]*)([0-9])([^0-9]*)$"
_TELLS = (
    "caller_name",
    "device",
    "option1",
    "option2",
    "source_channel",
    "destination_channel",
    "call_id",
    "linked_id",
)
"""Columns in which a PBX may write an outside number, or whose it is."""


def masked(number: str) -> str:
    """Return a number in SQL without its last three digits; one of fewer digits has none left, nor has an address.

    `+442079460135` becomes `+442079460•••`, and `anna@example.org` becomes `•••`.
    """
    last = rf"regexp_replace({number}, '{_LAST_3}', '{MASK}\2{MASK}\4{MASK}\6')"
    return (
        f"CASE WHEN regexp_matches({number}, '[@A-Za-z]') THEN '{MASK * 3}' "
        f"WHEN regexp_matches({number}, '{_LAST_3}') THEN {last} "
        f"ELSE regexp_replace({number}, '[0-9]', '{MASK}', 'g') END"
    )


_CALLER = (
    f"CASE direction WHEN 'outgoing' THEN caller WHEN 'internal' THEN caller WHEN 'incoming' "
    f"THEN {masked('coalesce(number_shown, caller)')} ELSE {masked('caller')} END"
)
_CALLED = (
    f"CASE direction WHEN 'incoming' THEN called WHEN 'internal' THEN called "
    f"ELSE {masked('coalesce(number_shown, called)')} END"
)


def hidden_numbers(*, of_call: bool) -> dict[str, str]:
    """Return columns without outside numbers by name, in SQL over a call or a leg."""
    told = dict.fromkeys(_TELLS, "NULL::VARCHAR")
    sides = {"caller": _CALLER, "called": _CALLED, "third_party": masked("third_party")}
    found = {**sides, **told, "number_shown": "NULL::VARCHAR"}
    return {**found, "number_e164": masked("number_e164"), "number_entry": "NULL::INTEGER"} if of_call else found


def hidden_if_private(columns: dict[str, str], *, of_call: bool, unless: str) -> dict[str, str]:
    """Return columns, some of which are hidden already, without outside numbers where the call is a private one.

    `unless` is a condition under which it stays as it is, such as that it is one's own.
    """
    private = f"{'id' if of_call else 'call'} IN (SELECT n.id FROM main.call_note n WHERE n.private)"
    is_hidden = f"{private} AND direction <> 'internal' AND NOT coalesce({unless}, false)"
    made = {
        name: f"CASE WHEN {is_hidden} THEN {source} ELSE {columns.get(name, name)} END"
        for name, source in without_number(of_call=of_call).items()
    }
    return {**columns, **made}


def without_number(*, of_call: bool) -> dict[str, str]:
    """Return columns without any digit of the outside number by name, in SQL over a call or a leg."""
    return {
        "caller": f"CASE WHEN direction = 'outgoing' THEN caller ELSE '{MASK * 3}' END",
        "called": f"CASE WHEN direction = 'incoming' THEN called ELSE '{MASK * 3}' END",
        "third_party": "NULL",
        "number_shown": "NULL",
        **dict.fromkeys(_TELLS, "NULL"),
        **({"number_e164": "NULL", "number_entry": "NULL"} if of_call else {}),
    }


def hidden_costs(*, of_call: bool) -> dict[str, str]:
    """Return columns without what calls cost by name, in SQL over a call or a leg."""
    of_pbx = {"charge": "NULL::VARCHAR", "currency": "NULL::VARCHAR", "units": "NULL::INTEGER"}
    return {**of_pbx, **{name: f"NULL::{kind}" for name, kind in PRICED.items()}} if of_call else of_pbx
