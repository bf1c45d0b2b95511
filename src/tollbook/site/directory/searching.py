"""Finds people, assignments and numbers by words, within the database: a page reads the rows that it shows.

Every word has to stand somewhere in what is looked at, large and small letters alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from functools import reduce
from operator import and_, or_

from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.db.models.lookups import Contains, Exact, In

from tollbook.site.directory.models import (
    AssignmentRecord,
    CostCentreRecord,
    DepartmentRecord,
    PersonRecord,
)
from tollbook.site.folding import Casefold, CasefoldList

_SIGNIFICANT = 5
"""Last digits of a block that a number begins with, without its country code or with it, to be one of the block."""
_OWNER_TEXTS = ("value", "person__name", "person__mail")


def _folded(*fields: str) -> Casefold:
    """Return some texts as one, each on a line, in which a word can be looked for."""
    parts = [part for field in fields for part in (F(field), Value("\n"))][:-1]
    whole = Concat(*parts, output_field=TextField()) if len(parts) > 1 else parts[0]
    return Casefold(whole)


def _every(words: str, condition: Callable[[str], Q]) -> Q:
    """Return that something has every word."""
    return reduce(and_, map(condition, words.casefold().split()), Q())


def holding_on(day: date) -> Q:
    """Return that an assignment holds on a day."""
    return (Q(first__isnull=True) | Q(first__lte=day)) & (Q(until__isnull=True) | Q(until__gt=day))


def called(texts: Collection[str]) -> QuerySet[PersonRecord]:
    """Return the people who have one of some names or mails."""
    folded = [text.casefold() for text in texts]
    return PersonRecord.objects.filter(Q(In(_folded("name"), folded)) | Q(In(_folded("mail"), folded)))


def alike(name: str, mail: str) -> QuerySet[PersonRecord]:
    """Return the people who cannot be told from somebody: by the mail, or without one by the name."""
    same_mail = PersonRecord.objects.filter(Q(Exact(_folded("mail"), mail.casefold())))
    return same_mail if mail else same_mail.filter(Q(Exact(_folded("name"), name.casefold())))


class OwnerSearch:
    """Finds people, and what is assigned, by departments and cost centres as well, of which there are some hundreds."""

    def __init__(self, paths: Mapping[int, str]) -> None:
        companies = dict(DepartmentRecord.objects.values_list("pk", "company"))
        self._departments = {id_: f"{path}\n{companies.get(id_, '')}".casefold() for id_, path in paths.items()}
        self._codes = {id_: code.casefold() for id_, code in CostCentreRecord.objects.values_list("pk", "code")}

    def assignments(self, words: str) -> Q:
        """Return which assignments have every word in their value, owner, department, cost centre or company."""
        return _every(words, lambda word: Q(Contains(_folded(*_OWNER_TEXTS), word)) | self._owned(word))

    def people(self, words: str, day: date) -> Q:
        """Return which people have every word in their name, their mail, or in what is theirs on a day."""
        theirs = AssignmentRecord.objects.filter(holding_on(day), person__isnull=False)

        def has(word: str) -> Q:
            fitting = theirs.filter(Q(Contains(_folded("value"), word)) | self._owned(word))
            return Q(Contains(_folded("name", "mail"), word)) | Q(pk__in=fitting.values("person"))

        return _every(words, has)

    def _owned(self, word: str) -> Q:
        departments = [id_ for id_, text in self._departments.items() if word in text]
        codes = [id_ for id_, code in self._codes.items() if word in code]
        return Q(department__in=departments) | Q(cost_centre__in=codes)


def numbers(words: str, needles: Iterable[str]) -> Q:
    """Return which entries of the phone book have every word, or are of a number that has one of some digits.

    A block is of a number that goes on where the block ends.
    """
    named = _every(words, lambda word: Q(Contains(_folded("name", "company"), word)) | Q(Contains(_TAGS, word)))
    return reduce(or_, map(_of_number, needles), named)


_TAGS = CasefoldList(F("tags"))


def _of_number(digits: str) -> Q:
    beginnings = [digits[:length] for length in range(_SIGNIFICANT, len(digits) + 1)]
    return reduce(or_, (Q(block=True, number__endswith=each) for each in beginnings), Q(number__contains=digits))
