"""A process that serves a site's schedules and outbox, and ends itself by SIGKILL at a step: `SITE STEP PID-FILE`.

Without a step it goes on until nothing waits any more.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fakes.sites import until
from tollbook.cli.hosting import at_work, opened

PATIENCE_S = 40


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _before(_work: Callable[..., Any]) -> Callable[..., Any]:
    def killed(*_given: Any, **_named: Any) -> None:  # noqa: ANN401 - whatever it is called with
        _die()

    return killed


def _after(work: Callable[..., Any]) -> Callable[..., Any]:
    def killed(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it is called with
        found = work(*given, **named)
        if found:
            _die()
        return found

    return killed


STEPS: dict[str, tuple[str, str, Callable[[Callable[..., Any]], Callable[..., Any]]]] = {
    "before it is planned": ("claiming", "plan_due", _before),
    "after it is planned": ("claiming", "plan_due", _after),
    "after it is claimed": ("claiming", "claim", _after),
    "after it is made": ("making", "made", _after),
    "within the hand-over": ("claiming", "_keep", _before),
    "after the hand-over": ("claiming", "finish", _after),
    "after a message is claimed": ("box", "claim", _after),
    "after the server said yes": ("box", "sent", _before),
    "after it is marked as sent": ("box", "sent", _after),
}
"""Where it ends itself: a module, a function of it, and whether before or after."""


def main() -> None:
    """Serve the site."""
    site, step, pid_file = sys.argv[1:4]
    Path(pid_file).write_text(str(os.getpid()))
    with opened(Path(site), "a test") as folder:
        from tollbook.engine.schedules import making
        from tollbook.site.outbox import operations as box
        from tollbook.site.schedules import claiming
        from tollbook.site.schedules.models import ScheduleRunRecord

        if step:
            module, name, wrap = STEPS[step]
            of = {"claiming": claiming, "making": making, "box": box}[module]
            setattr(of, name, wrap(getattr(of, name)))
        with at_work(folder, sources=True):
            until(ScheduleRunRecord.objects.exists, PATIENCE_S)
            until(lambda: not ScheduleRunRecord.objects.filter(state__in=("waiting", "making")).exists(), PATIENCE_S)
            until(lambda: all(each.state == "sent" for each in box.entries(10)), PATIENCE_S)


if __name__ == "__main__":
    main()
