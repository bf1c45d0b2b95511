"""What words in a column say of a call, which way it went and how it ended, and the rules that say so.

Words are known however they are spelt: `NO ANSWER`, `NoAnswer` and `no_answer` are one. A rule names only the words
that a sample has, for a person to add to.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tollbook.dialects.layout.layout import Rule
from tollbook.dialects.layout.patterns import quoted

INCOMING = "<I>"
"""What stands before a caller's number where calls in and out share a column, as Panasonic's do."""
_FEW, _NEARLY_ALL = 8, 0.95
"""Most different texts of a column of such words or of marks such as I and O, and the part of it that must be such."""
_MARK = re.compile(r"[A-Za-z]{1,2}", re.ASCII)
GIVES = {
    "incoming": {"direction": "incoming"},
    "outgoing": {"direction": "outgoing"},
    "internal": {"direction": "internal"},
    "transit": {"direction": "transit"},
    "missed": {"direction": "incoming", "outcome": "unanswered"},
    "answered": {"outcome": "answered"},
    "unanswered": {"outcome": "unanswered"},
    "busy": {"outcome": "busy"},
    "failed": {"outcome": "failed"},
}
"""What a rule can say that a call is, in one word, and what it then gives."""
_MARKED = re.compile(r"([A-Za-z])[0-9*#]*", re.ASCII)
_WORDS = re.compile(r"[A-Za-z _./-]*")
_WAYS = {
    "missed": "a missed lost abandoned inmissed incomingmissed",
    "incoming": "i in inc incoming inbound ic received terminating",
    "outgoing": "o out outg outgoing outbound og dialled dialed placed originating",
    "internal": "int intl internal intercom icm stationtostation",
    "transit": "transit tandem trunktotrunk",
}
_ENDS = {
    "answered": "answered answer ans an connected connect completed taken success ok",
    "unanswered": "noanswer noans nans na noa noreply rna unanswered notanswered missed lost abandoned abandon aban "
    "abn abd cancel cancelled canceled canc timeout",
    "busy": "busy bsy by userbusy",
    "failed": "failed fail failure error err congestion cong rejected refused invalid unallocated unavailable",
}
_LETTERS = {"a": "answered", "n": "unanswered", "b": "busy", "f": "failed"}
"""What single letters mean where a column has several of these and no others."""


def _by_word(words: dict[str, str]) -> dict[str, str]:
    return {word: meaning for meaning, spelt in words.items() for word in spelt.split()}


_WAY_OF, _END_OF = _by_word(_WAYS), _by_word(_ENDS)


def way_of(text: str) -> str:
    """Return which way a call went by a word or mark; nothing for one that does not say.

    >>> way_of("OUT"), way_of("Inbound call"), way_of("INT"), way_of("oc"), way_of("OK"), way_of("Sales")
    ('outgoing', 'incoming', 'internal', 'outgoing', '', '')
    """
    word = _plain(text)
    mark = word[:1] if _MARK.fullmatch(text) and word[:1] in "io" and word not in _END_OF else ""
    return _WAY_OF.get(word) or _WAY_OF.get(mark, "")


def end_of(text: str) -> str:
    """Return how a call ended by a word; nothing for one that does not say.

    >>> end_of("NO ANSWER"), end_of("Call connected"), end_of("BSY"), end_of("Sales")
    ('unanswered', 'answered', 'busy', '')
    """
    return _END_OF.get(_plain(text), "")


def _plain(text: str) -> str:
    """Return a word in small letters alone, without the `call` that it may speak of."""
    letters = "".join(filter(str.isalpha, text.casefold())) if _WORDS.fullmatch(text) else ""
    return letters.removeprefix("call").removesuffix("call")


def are_ways(texts: list[str]) -> bool:
    """Say whether a column's texts mostly say which way a call went, and not only which were missed."""
    said = list(map(way_of, texts))
    return _are_few(texts, said) and any(way not in ("", "missed") for way in said)


def are_ends(texts: list[str]) -> bool:
    """Say whether a column's texts mostly say how a call ended."""
    return bool(_letters(texts)) or _are_few(texts, list(map(end_of, texts)))


def are_marks(texts: list[str]) -> bool:
    """Say whether a column has hardly any texts but a few of one or two letters."""
    return sum(map(bool, map(_MARK.fullmatch, texts))) >= _NEARLY_ALL * len(texts) and len(set(texts)) <= _FEW


def _are_few(texts: list[str], said: list[str]) -> bool:
    return len(set(texts)) <= _FEW and sum(map(bool, said)) * 2 >= len(texts) > 0


def _letters(texts: list[str]) -> dict[str, str]:
    """Return what the single letters of a column mean, where all of them are known and there are several."""
    words = {text.casefold() for text in texts}
    return _LETTERS if len(words) > 1 and words <= _LETTERS.keys() else {}


def rules_of(columns: dict[str, list[str]]) -> list[Rule]:
    """Return what the words in the columns `number`, `way` and `status` say, as rules."""
    return [*_ways(columns), *_ends(columns.get("status", []))]


def _ways(columns: dict[str, list[str]]) -> list[Rule]:
    if any(text.startswith(INCOMING) for text in columns.get("number", [])):
        marked = Rule(when={"number": f"^{INCOMING}(?P<number>.*)$"}, gives={"direction": "incoming"})
        return [marked, Rule(gives={"direction": "outgoing"})]
    if columns.get("way"):
        return _rules("way", columns["way"], way_of)
    return _before_numbers(columns.get("number", []))


def _before_numbers(texts: list[str]) -> list[Rule]:
    """Return rules for a mark that stands before the number itself, as in `O5550142`."""
    marks = [found[1] for found in map(_MARKED.fullmatch, texts) if found]
    if len(marks) < _NEARLY_ALL * len(list(filter(None, texts))) or not are_ways(marks):
        return []
    return [
        Rule(when={"number": f"^{mark}(?P<number>[0-9*#]*)$"}, gives=GIVES[way_of(mark)])
        for mark in sorted(set(marks))
        if way_of(mark)
    ]


def _ends(texts: list[str]) -> list[Rule]:
    letters = _letters([text for text in texts if text])
    return _rules("status", texts, lambda text: letters.get(text.casefold(), "") or end_of(text))


def _rules(column: str, texts: list[str], meaning_of: Callable[[str], str]) -> list[Rule]:
    """Return a rule for each meaning that a column's words have, a missed call before one that only came in."""
    words = sorted(set(filter(None, texts)))
    of_each = {meaning: [word for word in words if meaning_of(word) == meaning] for meaning in (*_WAYS, *_ENDS)}
    group = "outcome" if column == "status" else "way"
    return [
        Rule(group=group, when={column: _one_of(found)}, gives=GIVES[meaning])
        for meaning, found in of_each.items()
        if found
    ]


def _one_of(words: list[str]) -> str:
    shown = "|".join(map(quoted, words))
    return f"^({shown})$" if len(words) > 1 else f"^{shown}$"
