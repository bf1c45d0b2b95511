"""What carriers call the columns of their price lists, in the languages in which we have met them or know the words.

Names are compared in small letters, without accents and with blanks for all other signs. Of two names of one kind the
one further to the front counts.
"""

from __future__ import annotations

import re
import unicodedata

NAMES: dict[str, tuple[str, ...]] = {
    "code": (
        "to", "prefix", "code", "dial code", "dialcode", "dialling code", "dialing code", "dialprefix",
        "dial prefix", "destination code", "destination prefix", "prefixes", "codes", "dial codes", "number prefix",
        "digits", "pattern", "dial pattern", "breakout", "breakouts", "e164", "e 164", "npanxx", "npa nxx",
        "area code", "area codes", "city code", "city codes", "network code", "vorwahl", "vorwahlen", "kennzahl",
        "rufnummer", "ortsvorwahl", "ortsnetzkennzahl", "prafix", "prefijo", "prefijos", "codigo", "codigo de area",
        "codigo de destino", "indicatif", "prefixe", "code destination", "indicatif regional", "prefisso",
        "prefissi", "codice", "prefixo", "kod", "kierunkowy", "prefiks", "numer kierunkowy", "predvolba",
        "voorkiesnummer", "kengetal", "riktnummer", "код", "коды", "префикс", "коды направлении", "код направления",
        "kod kraju", "kode", "alan kodu",
    ),
    "country_code": (
        "country code", "country dial code", "cc", "countrycode", "landesvorwahl", "landervorwahl",
        "laendervorwahl", "landeskennzahl", "codigo de pais", "codigo pais", "indicatif pays", "code pays",
        "prefisso internazionale", "prefisso paese", "landnummer", "landkode", "код страны", "ulke kodu",
    ),
    "npa": (
        "npa",
    ),
    "nxx": (
        "nxx",
    ),
    "name": (
        "destination", "destination name", "destinations", "target pattern name", "zone name", "zonename", "route",
        "route name", "description", "name", "area name", "location", "zone", "area", "region", "country",
        "country name", "operator", "ziel", "zielname", "zielland", "zielgebiet", "land", "bezeichnung",
        "beschreibung", "destino", "nombre", "descripcion", "pais", "pays", "destinazione", "descrizione", "paese",
        "descricao", "direction", "направление", "страна", "назначение", "kierunek", "kraj", "opis", "bestemming",
        "omschrijving", "hedef", "ulke",
    ),
    "price": (
        "price", "rate", "new rate", "new price", "rate per minute", "price per minute", "per minute charge",
        "per minute", "per minute rate", "charge per minute", "cost per minute", "rateinitial", "initial rate",
        "rate min", "price min", "sell rate", "current rate", "cost", "charge", "tariff", "per second",
        "rate per second", "price per second", "preis", "minutenpreis", "preis pro minute", "preis min", "tarif",
        "entgelt", "precio", "precio por minuto", "precio minuto", "tarifa", "prix", "prix par minute",
        "prix minute", "prezzo", "prezzo al minuto", "tariffa", "preco", "valor", "cena", "stawka", "prijs",
        "tarief", "pris", "цена", "тариф", "цена за минуту", "стоимость", "стоимость минуты", "ucret", "fiyat",
    ),
    "next_price": (
        "next rate", "subsequent rate", "additional rate", "rate next", "next price", "folgepreis",
    ),
    "connect_fee": (
        "connect fee", "connection charge", "connection fee", "connectcharge", "connectfee", "connect charge",
        "setup fee", "setup charge", "setup", "set up fee", "set up charge", "call setup", "call setup charge",
        "flagfall", "flag fall", "start fee", "verbindungsentgelt", "verbindungsgebuhr", "einmalentgelt",
        "einwahlgebuhr", "establecimiento", "establecimiento de llamada", "cuota de establecimiento",
        "coste de establecimiento", "frais de connexion", "frais de mise en relation", "cout de connexion",
        "scatto alla risposta", "starttarief", "oplata za polaczenie", "плата за соединение", "taxa de ligacao",
    ),
    "interval": (
        "billing increment", "billing increments", "increment", "increments", "charge period", "billing",
        "billing terms", "billing interval", "interval", "intervals", "rounding", "billing unit", "pulse",
        "min incr", "taktung", "takt", "abrechnungstakt", "abrechnung", "intervalo", "tarificacion",
        "intervalo de facturacion", "palier", "pas", "facturation", "decompte", "scatti", "incremento",
        "fatturazione", "naliczanie", "afronding", "округление", "шаг тарификации", "тарификация", "инкремент",
    ),
    "first_s": (
        "initial interval", "initblock", "initial increment", "first interval", "1st interval", "interval 1",
        "interval1", "minimum seconds", "min seconds", "minimum duration", "min duration", "minimum time",
        "initial period", "initial billing", "minimum", "initial", "duration", "ersttakt", "mindestdauer",
        "intervalo inicial", "minimo segundos", "premier palier", "primo intervallo", "минимальная длительность",
    ),
    "next_s": (
        "next interval", "billingblock", "next increment", "add l sec increment", "additional sec increment",
        "additional increment", "subsequent increment", "subsequent interval", "interval n", "intervaln",
        "interval 2", "interval2", "2nd interval", "additional seconds", "subsequent", "subsequent period",
        "folgetakt", "intervalo siguiente", "palier suivant", "intervallo successivo",
    ),
    "free_below_s": (
        "minimal time charge",
    ),
    "date": (
        "effective date", "effective", "effective from", "effectivedate", "eff date", "effdate", "valid from",
        "start date", "starting date", "activation date", "date", "date from", "from date", "date of change",
        "gultig ab", "gueltig ab", "ab", "datum", "vigencia", "fecha", "fecha de vigencia", "fecha efectiva",
        "valido desde", "date d effet", "date effective", "applicable", "valable des", "decorrenza",
        "data decorrenza", "valida dal", "ingangsdatum", "data", "obowiazuje od", "дата", "начало действия",
        "дата начала", "дата вступления в силу",
    ),
    "until": (
        "end date", "valid until", "valid till", "valid to", "expiry date", "expiration date", "expires",
        "effective to", "effective till", "gultig bis", "gueltig bis", "bis", "valido hasta", "date de fin",
        "valida fino al", "einddatum", "действует по", "дата окончания",
    ),
    "status": (
        "status", "change", "change type", "changes", "rate change", "movement", "action", "type of change",
        "price change", "anderung", "aenderung", "estado", "cambio", "statut", "variation", "stato", "variazione",
        "zmiana", "wijziging", "статус", "изменение",
    ),
    "band": (
        "band", "time band", "tariff time", "peak offpeak", "peak off peak", "time of day", "tod", "time class",
        "day type", "tarifzeit", "zeitfenster", "franja", "franja horaria", "plage horaire", "fascia",
        "fascia oraria",
    ),
    "currency": (
        "currency", "curr", "currency code", "wahrung", "waehrung", "moneda", "divisa", "devise", "monnaie",
        "valuta", "moeda", "waluta", "валюта",
    ),
}  # fmt: skip
RIVALS = re.compile(
    r"(?:(?:inter|intra|ij|indeterminate)(?:state)?|(?:off ?)?peak|weekend|day ?time|evening|economy|standard)"
    r"(?: ?rate)?|(?:old|previous) (?:rate|price)",
)
"""Names of prices of which a list has several: one of them is chosen."""
_UNITS = {
    "minute": re.compile(r"\b(min|mins|minute|minuto|minuta|minuut|minutenpreis|мин|минут[ауы]?|dakika)\b"),
    "second": re.compile(r"\b(sec|second|secs|sekunde|segundo|seconde|secondo|сек|секунд[ауы]?)\b"),
}
_CENTS = re.compile(r"\b(cent|cents|ct|cts|eurocent|centesimi|centimes|centavos|pence|kopeks|коп)\b")
_CURRENCY = re.compile(
    r"\b(EUR|USD|GBP|CHF|AUD|NZD|CAD|JPY|CNY|HKD|SGD|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|TRY|RUB|UAH|INR|BRL|MXN|ARS|CLP|"
    r"COP|ZAR|AED|SAR|ILS|KRW|THB|MYR|IDR|PHP|VND|KES|NGN|EGP)\b",
)
_SIGNS = {"€": "EUR", "£": "GBP"}
_FILLERS = re.compile(r"\b(in|eur|usd|gbp|chf|aud|cad|sek|nok|dkk|pln|excl|vat|ct|cts|cent|cents|s|sec|secs|seconds)\b")
_WORDS = re.compile(r"[\W_]+")


def plain_name(text: str) -> str:
    """Return a name as it is compared.

    >>> plain_name("Rate Per Minute (USD)"), plain_name("Gültig_ab")
    ('rate per minute usd', 'gultig ab')
    """
    without = "".join(
        sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign)
    )
    return _WORDS.sub(" ", without).strip()


def bare_name(text: str) -> str:
    """Return a name as it is compared, without units and currency: `rate per minute` of `Rate Per Minute (USD)`."""
    return " ".join(_FILLERS.sub(" ", plain_name(text)).split())


def unit_in(name: str) -> str:
    """Return the unit of price that a column's name says; empty where it says none.

    >>> unit_in("Rate ct/min"), unit_in("Price per second"), unit_in("Rate")
    ('minute-cents', 'second', '')
    """
    plain = plain_name(name)
    unit = next((unit for unit, words in _UNITS.items() if words.search(plain)), "")
    return f"{unit}-cents" if unit and is_in_cents(name) else unit


def is_in_cents(name: str) -> bool:
    """Say whether a column's name says that its amounts are hundredths."""
    return "¢" in name or bool(_CENTS.search(plain_name(name)))


def currency_in(text: str) -> str:
    """Return the currency that a name or a title line says, by its three letters or a sign that is of no other.

    >>> currency_in("Rate Per Minute (USD)"), currency_in("€/min"), currency_in("$/min")
    ('USD', 'EUR', '')
    """
    found = {*_CURRENCY.findall(text), *(name for sign, name in _SIGNS.items() if sign in text)}
    return found.pop() if len(found) == 1 else ""
