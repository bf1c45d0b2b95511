"""Tollbook's own import: `SITE FILE`.

Processes that read records run this module again, as they do the program's own; nothing but the work is imported then.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    from bench.peers.tollbook_whole import main

    main(*map(Path, sys.argv[1:]))
