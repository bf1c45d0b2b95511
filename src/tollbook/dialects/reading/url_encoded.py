"""Values that are percent-encoded as in a URL, and elements of XML that were posted as a field of a form.

Who posts a form encodes the whole document, and some do not encode once more what is encoded in it already. So only
tags are decoded, and values stay as they are: decoded with them, a value such as `%3Csip:…%3E` would be a tag.
"""

from __future__ import annotations

import re

_TAG = re.compile(
    r"%3C(?:%3F[^<>]{0,200}?%3F|(?:/|%2F)?[\w.-]{1,64}(?:%20[\w.-]{1,64}%3D%22(?:[^%]|%(?!22)){0,4096}+%22)*+(?:%20)?(?:/|%2F)?)%3E"
    r"(?:%0[AD9]|%20)*+",
    re.IGNORECASE | re.ASCII,
)
"""A tag with its attributes, or a declaration, and the blanks behind it."""
_OF_A_FORM = "%3c"
_BYTES = re.compile(r"(?:%[0-9A-F]{2})+", re.IGNORECASE | re.ASCII)
_OF_XML = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}
_ENTITY = re.compile("|".join(_OF_XML))


def plain_value(text: str) -> str:
    """Return a value as it was before it was encoded.

    >>> plain_value("%2B1%20212"), plain_value("50 %"), plain_value("Caf%C3%A9 + 1")
    ('+1 212', '50 %', 'Café + 1')
    """
    return _BYTES.sub(_decoded, text) if "%" in text else text


def _decoded(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "replace")


def twice_plain(text: str) -> str:
    """Return a value of a form: what is encoded in a document may have been encoded once more with it, as XML too.

    >>> twice_plain("%252B1"), twice_plain("%2B1"), twice_plain("A%20%26amp%3B%20B")
    ('+1', '+1', 'A & B')
    """
    return plain_value(_ENTITY.sub(lambda found: _OF_XML[found[0]], plain_value(text)))


def with_plain_tags(text: str) -> str:
    """Return a field of a form with its tags as they were, and its values as they are; other text as it is.

    >>> with_plain_tags("cdr=%3C%3Fxml%20v%3D%221%22%3F%3E%0A%3Ca%20b%3D%22c%26gt%3B%22%3E%3Csip%3A1%3E%3C/a%3E%0A")
    'cdr=<?xml v="1"?><a b="c&gt;">%3Csip%3A1%3E</a>'
    """
    if _OF_A_FORM not in text[:_NEAR].lower():
        return text
    return _TAG.sub(lambda found: plain_value(found[0]).rstrip(), text)


_NEAR = 256
"""Characters in which the first tag of a form is."""
