"""A process that drops what is old on a site and ends itself by SIGKILL at its n-th transaction: `SITE N WHEN`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from tests.fakes.retention import cutoffs, run
from tests.fakes.sites import a_pbx, at_work, settle
from tollbook.journal import Journal
from tollbook.store.store import Store

BEFORE, AFTER = "before", "after"


def main() -> None:
    """Do it; without being killed where there are fewer transactions."""
    site, nth, when = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    numbers = count(1)

    def wrapped(work: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it is called with
            mine = next(numbers) == nth
            if mine and when == BEFORE:
                os.kill(os.getpid(), signal.SIGKILL)
            found = work(*given, **named)
            if mine:
                os.kill(os.getpid(), signal.SIGKILL)
            return found

        return counted

    with at_work(site, a_pbx(), sources=False) as engine:
        settle(engine)
        Store.transaction, Journal.write = wrapped(Store.transaction), wrapped(Journal.write)  # type: ignore[method-assign]
        run(engine, cutoffs(numbers=True))


if __name__ == "__main__":
    main()
