"""Records that are an element of XML: its attributes, those of elements within it, and their texts, as cells.

A cell is named by the way to it: `utc` is an attribute of the record's own element, or the text of an element within
it; `event.conf` is that of the first `event` that has it; `event[msg=conn-to|conn-from].time` that of the first one
whose attribute `msg` is one of those words. A record that is not well-formed, or declares a document type, is none:
nothing is looked up, nothing is replaced but XML's own five signs, and no more is kept than the record holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from xml.parsers.expat import ErrorString, ExpatError, ParserCreate

import msgspec

from tollbook.model.limits import XML_DEPTH

_NAME = r"[\w:-]+"
_STEP = re.compile(rf"({_NAME})(?:\[({_NAME})=([^\[\]]+)\])?")
_WAY = re.compile(rf"(?:{_STEP.pattern}\.)*{_NAME}")


class BadXml(ValueError):
    """A text that is no element; says what is wrong with it."""


class Element(msgspec.Struct):
    """One element: its name, attributes, what stands within it, and its text."""

    name: str
    attributes: dict[str, str]
    within: list[Element] = []
    pieces: list[str] = []

    @property
    def text(self) -> str:
        """Its own text, without that of the elements within it, and blanks around it."""
        return "".join(self.pieces).strip()


class WayStep(msgspec.Struct, frozen=True):
    """One step of a way: elements of a name, and perhaps an attribute that must be one of some words."""

    name: str
    attribute: str = ""
    words: frozenset[str] = frozenset()

    def fits(self, element: Element) -> bool:
        """Say whether an element is meant."""
        wanted = not self.attribute or element.attributes.get(self.attribute) in self.words
        return wanted and element.name == self.name


def is_way(key: str) -> bool:
    """Say whether a key names a cell.

    >>> is_way("event[msg=conn-to|conn-from].time"), is_way("event[msg].time"), is_way("event[msg=a]")
    (True, False, False)
    """
    return bool(_WAY.fullmatch(key))


@lru_cache(4096)
def way_of(key: str) -> tuple[tuple[WayStep, ...], str]:
    """Return the steps to the elements that may hold a cell, and its name there; the key is one."""
    *_, last = re.split(r"\.(?![^\[]*\])", key)
    steps = _STEP.finditer(key, 0, len(key) - len(last))
    return tuple(WayStep(found[1], found[2] or "", frozenset((found[3] or "").split("|"))) for found in steps), last


def cell_of(root: Element, key: str) -> str | None:
    """Return the first text that a way leads to; None where there is none."""
    steps, name = way_of(key)
    elements = [root]
    for step in steps:
        elements = [inner for each in elements for inner in each.within if step.fits(inner)]
    return next(_named(elements, name), None)


def _named(elements: list[Element], name: str) -> Iterator[str]:
    """Yield the attributes and texts of that name."""
    for each in elements:
        if name in each.attributes:
            yield each.attributes[name]
        yield from (inner.text for inner in each.within if inner.name == name)


def read_element(text: str) -> Element:
    """Return the element that a text is; raises `BadXml` where it is none, or says what kind of document it is.

    >>> element = read_element('<cdr utc="5"><user>A &amp; B</user></cdr>')
    >>> cell_of(element, "utc"), cell_of(element, "user")
    ('5', 'A & B')
    >>> read_element("<cdr><user></cdr>")
    Traceback (most recent call last):
    tollbook.dialects.reading.xml_cells.BadXml: it is not well-formed XML: mismatched tag in line 1, character 14
    """
    outer = Element(name="", attributes={}, within=[])
    open_ones = [outer]

    def begin(name: str, attributes: dict[str, str]) -> None:
        if len(open_ones) > XML_DEPTH:
            raise BadXml(f"it is nested too deeply: more than {XML_DEPTH} elements stand within one another")
        element = Element(name=name, attributes=attributes, within=[], pieces=[])
        open_ones[-1].within.append(element)
        open_ones.append(element)

    def end(_name: str) -> None:
        open_ones.pop()

    def characters(piece: str) -> None:
        open_ones[-1].pieces.append(piece)

    if "<!" in text:  # a document type could name entities, of which a few bytes stand for many
        raise BadXml("it holds '<!': document types, remarks and CDATA are not read")
    parser = ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(text, True)  # noqa: FBT003 - that it is all of the text, which expat takes by place
    except ExpatError as fault:
        where = f"line {fault.lineno}, character {fault.offset + 1}"
        raise BadXml(f"it is not well-formed XML: {ErrorString(fault.code)} in {where}") from fault
    except UnicodeError as fault:
        raise BadXml("it holds signs that no text has") from fault
    return outer.within[0]
