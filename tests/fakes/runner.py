"""A server process with nothing but a site, an engine and PBXs read from a file: cheap enough to be killed often.

    python -m tests.fakes.runner SITE PBXS.json

It prints a line once it is at work, and ends in order on SIGTERM.
"""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import msgspec

from tollbook.engine.engine import Engine
from tollbook.engine.site import Site
from tollbook.model.pbx import Pbx


def main(site_path: Path, pbxs_path: Path) -> None:
    """Serve until told to end."""
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    pbxs = msgspec.json.decode(pbxs_path.read_bytes(), type=list[Pbx])
    site = Site.open(site_path, purpose="a test")
    engine = Engine(site, lambda: pbxs)
    engine.start()
    sys.stdout.write("at work\n")
    sys.stdout.flush()
    done.wait()
    engine.stop()
    site.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
