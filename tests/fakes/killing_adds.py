"""A process that adds a format and ends itself by SIGKILL at its n-th step on the files of `OWN`: `OWN FILE N`."""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from pathlib import Path

from tollbook.dialects.known import Catalogue
from tollbook.engine.sharing.adding import AddingChoices, add


def main() -> None:
    """Do it; without being killed where there are fewer steps."""
    own, data, nth = Path(sys.argv[1]), Path(sys.argv[2]).read_bytes(), int(sys.argv[3])
    steps = count(1)

    def watch(event: str, given: tuple[object, ...]) -> None:
        if event in _STEPS and str(own) in str(given) and next(steps) == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    add(Catalogue(own), own, data, AddingChoices(replace=True, even_so=True))


_STEPS = frozenset(("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"))

if __name__ == "__main__":
    main()
