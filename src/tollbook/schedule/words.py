"""Reads when something is done, as people write it, into a cron expression, and writes it back.

| written | cron |
|---|---|
| `daily 07:30` | `30 7 * * *` |
| `weekdays 18:00` | `0 18 * * 1-5` |
| `mondays 08:00`, `mondays, thursdays 08:00` | `0 8 * * 1`, `0 8 * * 1,4` |
| `1st of month 06:00`, `last day of month 18:00` | `0 6 1 * *`, `0 18 L * *` |
| `first monday of month 08:00` | `0 8 * * 1#1` |
| `quarterly 06:00`, `hourly` | `0 6 1 1,4,7,10 *`, `0 * * * *` |

Anything else is taken for a cron expression of five fields.
"""

from __future__ import annotations

import re

from tollbook.model.problem import Misconfigured, Problem

DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_NUMBERED = ("first", "second", "third", "fourth")
_HELP = (
    "write daily 07:30, weekdays 18:00, mondays 08:00, 1st of month 06:00, last day of month 18:00, first monday of "
    "month 08:00, quarterly 06:00, hourly, or a cron expression such as 30 7 * * 1-5"
)
_TIME = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})"
_DAY = rf"(?:{'|'.join(DAYS)})s?"
_LIST = rf"{_DAY}(?:\s*(?:,|and|\s)\s*{_DAY})*"
_FORMS = {
    "days": re.compile(rf"(?:every\s+)?(?P<days>daily|every day|weekdays|weekends|{_LIST})\s+(?:at\s+)?{_TIME}"),
    "month": re.compile(
        rf"(?P<day>\d{{1,2}}|last)(?:st|nd|rd|th)?(?:\s+day)?\s+of\s+(?:the\s+|each\s+|every\s+)?month\s+(?:at\s+)?{_TIME}"
    ),
    "numbered": re.compile(
        rf"(?P<number>{'|'.join(_NUMBERED)}|last)\s+(?P<weekday>{_DAY})\s+of\s+(?:the\s+|each\s+)?month\s+(?:at\s+)?{_TIME}"
    ),
    "quarterly": re.compile(rf"quarterly\s+(?:at\s+)?{_TIME}"),
    "monthly": re.compile(rf"monthly\s+(?:at\s+)?{_TIME}"),
    "hourly": re.compile(r"hourly|every hour"),
}
_CRON = re.compile(r"(?P<minute>\d{1,2}) (?P<hour>\d{1,2}) (?P<day>\S+) (?P<month>\S+) (?P<weekday>\S+)")
_SETS = {"daily": "*", "every day": "*", "weekdays": "1-5", "weekends": "0,6"}
_LAST_HOUR, _LAST_MINUTE, _LAST_DAY = 23, 59, 31
_FIELDS, _LONGEST = 5, 100


def to_cron(text: str) -> str:
    """Return the cron expression that words mean; a cron expression is returned as it is. Raises `Misconfigured`.

    >>> to_cron("Mondays 08:00"), to_cron("mondays and thursdays at 8:05"), to_cron("30  7 * * 1-5")
    ('0 8 * * 1', '5 8 * * 1,4', '30 7 * * 1-5')
    """
    words = " ".join(text.lower().split())
    if not words or len(words) > _LONGEST:
        raise Misconfigured(Problem("'when' is missing" if not words else "'when' is too long", _HELP))
    for name, form in _FORMS.items():
        if found := form.fullmatch(words):
            return _cron_of(name, found)
    if len(words.split()) != _FIELDS:
        raise Misconfigured(Problem(f"'when' cannot be {text[:60]!r}", "it is neither words nor cron", help=_HELP))
    return " ".join(text.upper().split())


def _cron_of(name: str, found: re.Match[str]) -> str:
    if name == "hourly":
        return "0 * * * *"
    hour, minute = int(found["hour"]), int(found["minute"])
    if hour > _LAST_HOUR or minute > _LAST_MINUTE:
        raise Misconfigured(Problem("'when' has no such time", f"got {found['hour']}:{found['minute']}", help=_HELP))
    at = f"{minute} {hour}"
    if name == "days":
        return f"{at} * * {_weekdays(found['days'])}"
    if name == "month":
        return f"{at} {_day_of_month(found['day'])} * *"
    if name == "numbered":
        day = _number_of(found["weekday"])
        return f"{at} * * {day}L" if found["number"] == "last" else f"{at} * * {day}#{_nth(found['number'])}"
    return f"{at} 1 * *" if name == "monthly" else f"{at} 1 1,4,7,10 *"


def _weekdays(text: str) -> str:
    if text in _SETS:
        return _SETS[text]
    return ",".join(map(str, sorted({_number_of(each) for each in re.findall(_DAY, text)})))


def _number_of(day: str) -> int:
    return next(number for number, name in enumerate(DAYS) if day.startswith(name))


def _nth(number: str) -> int:
    return _NUMBERED.index(number) + 1


def _day_of_month(text: str) -> str:
    if text == "last":
        return "L"
    if not 1 <= int(text) <= _LAST_DAY:
        raise Misconfigured(Problem("'when' has no such day of the month", f"got {text}", help=_HELP))
    return str(int(text))


def in_words(cron: str) -> str:
    """Return a cron expression as people write it, where it is one of those; else as it is.

    >>> in_words("0 8 * * 1"), in_words("30 7 1 * *"), in_words("0 6 * * 1,4"), in_words("0 * 1 * *")
    ('Mondays 08:00', '1st of month 07:30', 'Mondays, Thursdays 06:00', '0 * 1 * *')
    """
    if cron == "0 * * * *":
        return "hourly"
    found = _CRON.fullmatch(cron)
    if not found:
        return cron
    at = f"{int(found['hour']):02}:{int(found['minute']):02}"
    day, month, weekday = found["day"], found["month"], found["weekday"]
    if (day, weekday) == ("1", "*") and month == "1,4,7,10":
        return f"quarterly {at}"
    if month != "*" or "*" not in (day, weekday):
        return cron
    told = _told_weekday(weekday) if day == "*" else _told_day(day)
    return f"{told} {at}" if told else cron


def _told_weekday(weekday: str) -> str:
    known = {cron: word for word, cron in reversed(_SETS.items())}
    if weekday in known:
        return known[weekday]
    if re.fullmatch(r"[0-6](,[0-6])*", weekday):
        return ", ".join(f"{DAYS[int(each)].capitalize()}s" for each in weekday.split(","))
    if found := re.fullmatch(r"([0-6])(?:#([1-4])|L)", weekday):
        number = _NUMBERED[int(found[2]) - 1] if found[2] else "last"
        return f"{number} {DAYS[int(found[1])].capitalize()} of month"
    return ""


def _told_day(day: str) -> str:
    if day == "L":
        return "last day of month"
    if not day.isdigit() or not 1 <= int(day) <= _LAST_DAY:
        return ""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(int(day) % 10 if int(day) not in (11, 12, 13) else 0, "th")
    return f"{int(day)}{ending} of month"
