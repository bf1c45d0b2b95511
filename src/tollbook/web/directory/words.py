"""What pages call what is assigned."""

from __future__ import annotations


def kind_title(kind: str) -> str:
    """Return what pages call a kind of what is assigned.

    >>> kind_title("account_code"), kind_title("ddi")
    ('Account code', 'DDI')
    """
    return "DDI" if kind == "ddi" else kind.replace("_", " ").capitalize().replace("Auth ", "Authorisation ")
