"""How a carrier writes its bill: what its columns are called, and the settings that answer what a file does not say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal, get_args, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from tollbook.model.problem import Misconfigured, Problem, nearest

Duration = Literal["", "seconds", "minutes", "m:s", "h:m"]
NumberForm = Literal["", "dialled", "e164"]
Spelling = Callable[[str, NumberForm], str]
"""Returns a number as E.164: one that is dialled in the country, or one with its country code. Empty for no number."""

COLUMN_NAMES: dict[str, tuple[str, ...]] = {
    "number": (
        "called number", "called", "destination number", "number", "dialled number", "dialed number", "b number",
        "b nummer", "b party", "called party", "calledstation", "callee", "dst", "to", "phone number",
        "telephone number", "number called",
        "zielrufnummer", "gewahlte rufnummer", "gerufene nummer", "rufnummer", "zielnummer", "ziel",
        "angerufene nummer", "nummer", "numero llamado", "numero marcado", "numero destino", "numero", "destino",
        "numero appele", "numero compose", "numero appelle", "destinataire", "correspondant", "numero chiamato",
        "numero destinazione", "chiamato", "numero chamado", "numer docelowy", "numer wybierany", "numer",
        "gekozen nummer", "gebeld nummer", "bestemming", "destination", "номер назначения", "вызываемый номер", "номер",
        "aranan numara", "numara",
    ),
    "date": (
        "date", "call date", "start date", "day", "datum", "anrufdatum", "gesprachsdatum", "tag", "fecha",
        "fecha de llamada", "date appel", "date de l appel", "data", "data chiamata", "data polaczenia", "dag", "дата",
        "tarih",
    ),
    "time": (
        "time", "start time", "call time", "date time", "datetime", "start", "date and time", "timestamp", "started",
        "connect time", "setup time", "begin", "uhrzeit", "zeit", "startzeit", "beginn", "zeitpunkt", "datum uhrzeit",
        "datum zeit", "anrufzeit", "gesprachsbeginn", "hora", "fecha hora", "fecha y hora", "hora inicio",
        "inicio", "heure", "date heure", "date et heure", "debut", "heure de debut", "ora", "ora inizio", "data ora",
        "data e ora", "inizio", "data hora", "godzina", "data i godzina", "czas rozpoczecia", "tijd", "datum tijd",
        "starttijd", "время", "дата и время", "дата время", "время начала", "saat", "tarih saat",
    ),
    "duration": (
        "duration", "duration s", "duration sec", "duration seconds", "seconds", "billed duration", "billed seconds",
        "billsec", "call duration", "length", "talk time", "duration min", "duration minutes", "minutes", "dauer",
        "dauer s", "dauer sek", "dauer in sekunden", "dauer sekunden", "sekunden", "gesprachsdauer", "dauer min",
        "minuten", "verbindungsdauer", "duracion", "duracion s", "duracion seg", "segundos", "minutos", "duree",
        "duree s", "duree sec", "duree en secondes", "secondes", "durata", "durata s", "durata sec", "secondi",
        "duracao", "czas trwania", "czas", "sekundy", "duur", "duur s", "seconden", "длительность",
        "продолжительность", "секунды", "sure", "saniye",
    ),
    "price": (
        "price", "amount", "cost", "charge", "net", "net amount", "net price", "total", "total price", "call cost",
        "charges", "preis", "betrag", "kosten", "entgelt", "netto", "nettobetrag", "gesamtpreis", "preis netto",
        "betrag netto", "summe", "importe", "precio", "coste", "costo", "importe neto", "prix", "montant", "cout",
        "montant ht", "prix ht", "prezzo", "importo", "valor", "preco", "cena", "kwota", "koszt", "cena netto", "prijs",
        "bedrag", "kosten netto", "цена", "стоимость", "сумма", "ucret", "tutar",
    ),
    "currency": ("currency", "wahrung", "moneda", "divisa", "devise", "valuta", "moeda", "waluta", "валюта"),
}  # fmt: skip
"""What carriers call their columns, in small letters and without accents; the first of several that fit counts."""
NEEDED = ("number", "time", "duration", "price")
ROLES = tuple(COLUMN_NAMES)
_CURRENCY = re.compile(r"[A-Z]{3}")
_COUNTRY = re.compile(r"[A-Z]{2}")


class BillForm(msgspec.Struct, frozen=True, kw_only=True):
    """How a bill is written; what is empty is not known.

    `columns` has names of columns by what they are, `#2` for the second one. `number` says whether numbers without +
    are as they are dialled in `country`, or begin with a country code.
    """

    columns: dict[str, str] = {}
    zone: str = ""
    decimal: Literal["", "point", "comma"] = ""
    date_order: Literal["", "dmy", "mdy", "ymd"] = ""
    duration: Duration = ""
    number: NumberForm = ""
    country: str = ""
    currency: str = ""


SETTINGS = ("zone", "decimal", "date-order", "duration", "number", "country", "currency")
"""The settings beside `column.…`."""


def bill_form(settings: Mapping[str, str]) -> BillForm:
    """Return how a bill is written, by settings such as `date-order` and `column.number`.

    Raises `Misconfigured` with every fault.
    """
    problems, columns, plain = [], dict[str, str](), dict[str, str]()
    for name, value in settings.items():
        table, dot, role = name.partition(".")
        if dot and table == "column" and role in ROLES:
            columns[role] = value
        elif name in SETTINGS:
            plain[name.replace("-", "_")] = value
            problems += _problems(name, value)
        else:
            known = [*SETTINGS, *(f"column.{each}" for each in ROLES)]
            problems.append(
                Problem(f"no setting is called {name!r}", "a bill is read by others", help=nearest(name, known))
            )
    if problems:
        raise Misconfigured(*problems)
    return msgspec.convert({**plain, "columns": columns}, BillForm)


def _problems(name: str, value: str) -> list[Problem]:
    """Return what is wrong with the value of a setting."""
    kind = get_type_hints(BillForm)[name.replace("-", "_")]
    choices = [each for each in get_args(kind) if each]
    patterns = {"currency": (_CURRENCY, "EUR"), "country": (_COUNTRY, "DE")}
    if choices and value not in choices:
        return [Problem(f"'{name}' must be one of {', '.join(choices)}", f"got {value!r}")]
    if name in patterns and not patterns[name][0].fullmatch(value):
        return [Problem(f"'{name}' cannot be used: {value!r}", f"it is written as {patterns[name][1]}")]
    if name == "zone" and not is_zone(value):
        return [Problem(f"there is no time zone {value!r}", "zones are named as Europe/Berlin")]
    return []


def is_zone(name: str) -> bool:
    """Say whether there is a time zone of a name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
