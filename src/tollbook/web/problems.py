"""How what is wrong with a setting is said beside its field."""

from __future__ import annotations

from tollbook.model.problem import Problem


def beside_field(problem: Problem) -> str:
    """Return what is wrong, without the name of the setting: it stands above.

    >>> beside_field(Problem("'path' is missing", "where the files are"))
    'This field is required'
    >>> beside_field(Problem("'url' must begin with http:// or https://", ""))
    'Must begin with http:// or https://'
    """
    told = problem.what.partition("' ")[2].removeprefix("is ")
    return "This field is required" if told == "missing" else told[:1].upper() + told[1:]
