"""What in a format's folder could be about somebody: telephone numbers, names, mail addresses, addresses of machines.

Each finding says where it stands, why it is one and what to do. Numbers set aside for fiction, and addresses set aside
for examples (RFC 2606, RFC 5737, RFC 3849), are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network

import msgspec

from tollbook.dialects.authoring.cases import Case
from tollbook.dialects.authoring.privacy import suspicious
from tollbook.model.problem import Problem

_LINE = re.compile(r"\r\n|\r|\n")
_LINK = re.compile(r"https?://\S+")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})*\.[A-Za-z]{2,24}\b", re.ASCII)
_FOR_EXAMPLES = re.compile(r"(?i)(^|[@.])(example(\.(com|net|org))?|invalid|test|localhost)$")
_FOUR = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])", re.ASCII)
_SIX = re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}(?![\w:])", re.ASCII)
_DOCUMENTATION = [
    ip_network(each)
    for each in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "127.0.0.0/8", "0.0.0.0/32")
]
_ROLE_WORDS = """
a abacus accounts alarm anonymous autoattendant b back c call caller callers center central centre company cordless
customer demo department desk dispatch door doorphone emergency example extension external fax front gateway group
hall hotline hunt internal ip isdn line lobby loading mailbox main maintenance mobile name no none not of office
operator out outside phone pickup private public queue reception receptionist restricted ring room sales sample sip
sdp server service services shop showroom speaker stock store support switchboard team test trunk unavailable
unknown user voice voicemail warehouse wireless workshop
"""
"""Words of which no person's name consists: roles, places, and what a PBX says where it knows no name."""
_ROLES = frozenset(_ROLE_WORDS.split())
_WORD = re.compile(r"[^\W\d_]+")
_MOST = 200


class PersonalFinding(msgspec.Struct, frozen=True):
    """Something that could be about somebody: the file and its line, what stands there, why, and what to do."""

    file: str
    line: int
    what: str
    why: str
    help: str

    @property
    def problem(self) -> Problem:
        """The same as a fault."""
        return Problem(f"{self.what!r} {self.why}", "the file may be passed on", f"{self.file}:{self.line}", self.help)


_NUMBER = "write one that ends in 555-0100 to 555-0199, or share with --fictitious"
_NETWORK = "write one of 192.0.2.0/24 or 2001:db8::/32, which are set aside for examples"


def in_text(file: str, text: str) -> Iterator[PersonalFinding]:
    """Yield what a text holds that could be about somebody, line by line."""
    for number, written in enumerate(_LINE.split(text), 1):
        line = _LINK.sub(" ", written)
        for mail in _MAIL.findall(line):
            if not _FOR_EXAMPLES.search(mail):
                hint = "write an address of example.com"
                yield PersonalFinding(file, number, mail, "could be somebody's mail address", hint)
        for address in [*_FOUR.findall(line), *_SIX.findall(line)]:
            if _is_real(address):
                yield PersonalFinding(file, number, address, "could be the address of somebody's machine", _NETWORK)
        for digits in suspicious(_FOUR.sub(" ", line)):
            yield PersonalFinding(file, number, digits, "could be somebody's telephone number", _NUMBER)


def _is_real(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False  # such as the number of a version
    return not any(address in each for each in _DOCUMENTATION if each.version == address.version)


def names_in(case: Case) -> Iterator[PersonalFinding]:
    """Yield the cells of a case that could be somebody's name, which the format's own columns tell."""
    lines = {offset: number for number, offset in enumerate(_starts(case), 1)}
    names = case.reading.calls.caller_name
    hint = "write a role or place, such as RECEPTION, of the same length"
    seen: set[str] = set()
    for row, text in enumerate(names if names is not None else ()):
        said = str(text).strip()
        if said not in seen and not {word.casefold() for word in _WORD.findall(said)} <= _ROLES:
            line = lines.get(case.reading.calls.offsets[row], 0)
            yield PersonalFinding(f"cases/{case.path.name}", line, said, "could be somebody's name", hint)
        seen.add(said)


def _starts(case: Case) -> list[int]:
    """Return where each line of a case begins."""
    found = [0]
    found += [match.end() for match in re.finditer(rb"\r\n|\r|\n", case.data)]
    return found


def personal(files: Mapping[str, bytes], cases: list[Case]) -> list[PersonalFinding]:
    """Return what a folder's texts and cases hold that could be about somebody, no more than a person would read."""
    found = [
        each
        for name, data in files.items()
        if not name.endswith(".expected.jsonl")  # it repeats the case
        for each in in_text(name, data.decode("latin-1"))
    ]
    found += [each for case in cases for each in names_in(case)]
    return found[:_MOST]
