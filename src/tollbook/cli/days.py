"""Days as options: one that cannot be read is refused by the name of its option."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from tollbook.model.problem import Misconfigured, Problem


def given_days(options: Mapping[str, str]) -> dict[str, date]:
    """Return the days of options that have any, such as `--from`; raises `Misconfigured` with all that are none."""
    found, problems = {}, []
    for option, text in options.items():
        try:
            if text:
                found[option] = date.fromisoformat(text)
        except ValueError:
            reason = "there is no such day, or it is not written as 2026-01-31"
            problems.append(Problem(f"'{option}' is no day: {text!r}", reason, help=f"{option} 2026-01-31"))
    if problems:
        raise Misconfigured(*problems)
    return found
