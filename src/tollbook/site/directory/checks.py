"""What a person may write into the directory: names, mails, values, days, paths of departments, outside numbers.

Every check returns what is wrong as a list of `Problem`, so that all faults are said at once.
"""

from __future__ import annotations

import re
from datetime import date

from tollbook.model.directory import ASSIGNED_KINDS
from tollbook.model.problem import Problem, nearest
from tollbook.numbering.countries import country
from tollbook.numbering.dialled import number_of
from tollbook.numbering.plan import DialPlan
from tollbook.numbering.valid import valid
from tollbook.numbering.written import taken_apart
from tollbook.site.directory.models import LONGEST_MAIL, LONGEST_NAME, LONGEST_VALUE

DEEPEST = 32
"""Departments below one another."""
MOST_TAGS, LONGEST_TAG = 20, 40
_SIGNS = re.compile(r"[0-9A-Za-z*#+._-]+")
_SPOILT = re.compile(r"[0-9]+\.0|[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]+")
"""Digits as a spreadsheet writes them that takes them for a number."""
_OF_TRUNKS = ("trunk", "trunk_group")
_SEPARATOR = re.compile(r"(?:(?<=\s)|^)/(?=\s|$)")
_GUARD = re.compile(r"^'+(?=[=+\-@])")
"""The apostrophe by which files for spreadsheets keep a text from being run as a formula."""
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_BLOCK = re.compile(r"\+[1-9][0-9]{2,14}")
_BETWEEN = re.compile(r"[\s\-./()]+")
A_DAY = "a day such as 2026-03-01"
_JOINERS = {0x200C: None, 0x200D: None}
"""Signs within names of Persian, of Indian scripts and of emoji, which are not seen themselves."""
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00)?)?")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


def tidied(text: str) -> str:
    """Return a text with single blanks, and without the apostrophe that guards it in a spreadsheet.

    >>> tidied("  Anna   Berg "), tidied("'+44*"), tidied("O'Hara")
    ('Anna Berg', '+44*', "O'Hara")
    """
    return _GUARD.sub("", " ".join(text.split()))


def text_problems(field: str, text: str, longest: int = LONGEST_NAME, *, needed: bool = False) -> list[Problem]:
    """Return what is wrong with a text."""
    if needed and not text:
        return [Problem(f"'{field}' is missing", "it is empty", help="give it")]
    if len(text) > longest:
        return [Problem(f"'{field}' is too long", f"{len(text)} letters; {longest} are taken")]
    if not text.translate(_JOINERS).isprintable():
        return [Problem(f"'{field}' has a character that cannot be shown", f"got {text!r}")]
    return []


def mail_problems(text: str) -> list[Problem]:
    """Return what is wrong with a mail address; none at all is no fault."""
    faults = text_problems("mail", text, LONGEST_MAIL)
    if text and not faults and not _MAIL.fullmatch(text):
        return [Problem("'mail' must be an address such as anna@example.com", f"got {text!r}")]
    return faults


def kind_problems(kind: str) -> list[Problem]:
    """Return what is wrong with the kind of what is assigned."""
    if kind in ASSIGNED_KINDS:
        return []
    if not kind:
        return [Problem("'kind' is missing", "it is empty", help=f"one of {', '.join(ASSIGNED_KINDS)}")]
    return [Problem(f"there is no kind {kind!r}", "it cannot be assigned", help=nearest(kind, ASSIGNED_KINDS))]


def value_problems(kind: str, value: str) -> list[Problem]:
    """Return what is wrong with an extension, a code, a DDI or the name of a trunk."""
    faults = text_problems("value", value, LONGEST_VALUE, needed=True)
    if faults or kind in _OF_TRUNKS:
        return faults
    if _SPOILT.fullmatch(value):
        reason = f"got {value!r}, which a spreadsheet has made of digits"
        return [Problem("digits are missing", reason, help="format the column as text, and write it again")]
    if _SIGNS.fullmatch(value):
        return []
    said = (kind if kind in ASSIGNED_KINDS else "value").replace("_", " ")
    return [Problem(f"this is no {said}", f"got {value!r}", help="digits and letters, * # + . _ - , without blanks")]


def span_problems(first: date | None, until: date | None) -> list[Problem]:
    """Return what is wrong with the days something holds from and until."""
    if first and until and until <= first:
        reason = f"from {first} until {until}, and the day of 'until' does not belong to it"
        return [Problem("'until' must be after 'from'", reason)]
    return []


def read_day(text: str) -> date | None:
    """Return a day, or None for an empty text; raises `ValueError`.

    >>> read_day("2026-03-01") == read_day("1.3.2026") == read_day("2026-03-01 00:00:00") == date(2026, 3, 1)
    True
    """
    if not text:
        return None
    if found := _ISO.fullmatch(text):
        return date(*map(int, found.groups()))
    if found := _DOTTED.fullmatch(text):
        day, month, year = map(int, found.groups())
        return date(year, month, day)
    raise ValueError(A_DAY)


def path_parts(path: str) -> tuple[str, ...]:
    """Return the names of a department and of those above it, the topmost first; none for an empty text.

    >>> path_parts("Sales / North"), path_parts("R/D"), path_parts("Sales / / North"), path_parts("")
    (('Sales', 'North'), ('R/D',), ('Sales', '', 'North'), ())
    """
    return tuple(tidied(part) for part in _SEPARATOR.split(path)) if path.strip() else ()


def path_problems(path: str) -> list[Problem]:
    """Return what is wrong with the path of a department."""
    parts = path_parts(path)
    if len(parts) > DEEPEST:
        return [Problem("the path of the department is too deep", f"{len(parts)} parts; {DEEPEST} are taken")]
    if not all(parts) and parts:
        return [Problem("a part of the path of the department is empty", f"got {path[:200]!r}", help="Sales / North")]
    return [fault for part in parts for fault in text_problems("department", part)]


def department_name_problems(name: str) -> list[Problem]:
    """Return what is wrong with the name of one department."""
    if _SEPARATOR.search(name):
        return [Problem("a department's name cannot hold ' / '", "that separates it from the one above", name)]
    return text_problems("name", name, needed=True)


def read_number(text: str, plan: DialPlan) -> str:
    """Return an outside number as E.164, or a block of them as `+…*`; raises `ValueError` with what is wrong.

    >>> read_number("+44 (0)20 7946 0135", DialPlan()), read_number("020 7946 0135", DialPlan(country="GB"))
    ('+442079460135', '+442079460135')
    >>> read_number("+49 89 1234*", DialPlan())
    '+49891234*'
    """
    text = tidied(text)
    if text.endswith("*"):
        beginning = _BETWEEN.sub("", text[:-1])
        if not _BLOCK.fullmatch(beginning):
            raise ValueError("a block is a + and at least 3 digits before the *, such as +49 89 1234*")
        return f"{beginning}*"
    plain = _BETWEEN.sub("", text)
    if plain[:1] == "+" and plain[1:].isdecimal() and "(" not in text:  # most numbers are written like this
        found = valid(plain, country(plan.country or "US"), "")
        e164 = found.e164 if found else None
    elif plan.country or taken_apart(text).signs.startswith("+"):
        e164 = number_of(text, plan if plan.country else DialPlan(country="US"), calling=True).e164
    else:
        raise ValueError("without a country only numbers that begin with + are known")
    if not e164:
        raise ValueError("it is no valid number")
    return e164


def tags_problems(tags: tuple[str, ...]) -> list[Problem]:
    """Return what is wrong with the tags of a number."""
    if len(tags) > MOST_TAGS:
        return [Problem("there are too many tags", f"{len(tags)}; {MOST_TAGS} are taken")]
    odd = [each for each in tags if "," in each or ";" in each]
    faults = [Problem("a tag holds no comma and no semicolon", f"got {each!r}") for each in odd]
    return faults + [fault for each in tags for fault in text_problems("tags", each, LONGEST_TAG, needed=True)]
