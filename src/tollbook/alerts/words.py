"""Calls, amounts and moments in words, and options that several kinds have."""

from __future__ import annotations

from decimal import Decimal

from tollbook.alerts.call import MICRO, AlertCall
from tollbook.alerts.contract import Measured
from tollbook.numbering.places import country_name
from tollbook.plugins import Kind, seconds

_HOUR_S, _MINUTE_S, _DAY_S = 3600, 60, 86_400
LONGEST_WINDOW_S = _DAY_S
DURATION = seconds(1, _DAY_S)


def window(shortest_s: int = 60) -> Kind:
    """Return the kind of an option for the length of a window."""
    return seconds(shortest_s, LONGEST_WINDOW_S)


def span(length_s: int) -> str:
    """Return how long something lasts, in words.

    >>> span(45), span(60), span(600), span(3600), span(5400), span(86400)
    ('45 s', 'a minute', '10 minutes', 'an hour', '90 minutes', 'a day')
    """
    if length_s in (_MINUTE_S, _HOUR_S, _DAY_S):
        return {_MINUTE_S: "a minute", _HOUR_S: "an hour", _DAY_S: "a day"}[length_s]
    if length_s % _HOUR_S == 0:
        return f"{length_s // _HOUR_S} hours"
    return f"{length_s // _MINUTE_S} minutes" if length_s % _MINUTE_S == 0 else f"{length_s} s"


def lasted(length_s: int) -> str:
    """Return how long a call was, as pages write it: minutes and seconds, with hours before them where there are any.

    >>> lasted(3700), lasted(59)
    ('1:01:40', '0:59')
    """
    hours, minutes, rest = length_s // _HOUR_S, length_s // _MINUTE_S % 60, length_s % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def money(micro: int) -> str:
    """Return an amount of millionths with two decimal places.

    >>> money(1_234_567)
    '1.23'
    """
    return f"{Decimal(micro) / MICRO:.2f}"


def amount(measure: Measured, number: int, way: str) -> str:
    """Return what a window comes to, in words; an amount of money is a part that not everybody may see.

    >>> amount("calls", 1, "outgoing "), amount("minutes", 7300, "outgoing "), amount("cost", 5_000_000, "")
    ('1 outgoing call', '122 minutes of outgoing calls', '{cost} for calls')
    """
    if measure == "cost":
        return f"{{cost}} for {way}calls"
    if measure == "minutes":
        return f"{-(-number // _MINUTE_S)} minutes of {way}calls"
    return f"{number} {way}call" + ("" if number == 1 else "s")


def whose(call: AlertCall) -> str:
    """Return from where a call was made, in words: the extension, else the trunk, else the PBX."""
    if call.extension:
        return f"extension {call.extension}"
    return f"trunk {call.trunk}" if call.trunk else f"PBX {call.pbx}"


def to_whom(call: AlertCall) -> str:
    """Return the number outside with its country, in words."""
    number = "{number}" if call.number else "a withheld number"
    return f"{number} ({country_name(call.country)})" if call.country else number
