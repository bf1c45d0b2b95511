"""Tollbook's own import, end to end: each piece is journalled with fsync before it is read."""

from __future__ import annotations

import time
from pathlib import Path

from bench.peers.protocol import Counted, done, ready
from bench.scene import DIRECTORY, PBX, PLAN, ZONE
from tollbook.engine.engine import Engine
from tollbook.engine.site import Site
from tollbook.model.pbx import Pbx

_PIECE = 4 << 20
"""Bytes handed over at once, as `tollbook import` does."""
_LOOK_S, _LESS_OFTEN = 0.05, 1.03
"""How soon it looks whether it is done, and how much later each time: as the command does."""


def main(site_path: Path, file_path: Path) -> None:
    """Import the file and wait until every call of it can be asked for."""
    pbx = Pbx(name=PBX, dialect="panasonic-kx-hts", source="http_poll", timezone=ZONE, plan=PLAN)
    ready()
    site = Site.open(site_path, purpose="the bench")
    engine = Engine(site, lambda: [pbx])
    engine.meanings.directory = lambda: DIRECTORY
    engine.start(sources=False)
    while engine.lag().rebuilding:
        time.sleep(_LOOK_S)
    body = engine.begin_import(PBX, file_path.name)
    with file_path.open("rb") as file:
        for piece in iter(lambda: file.read(_PIECE), b""):
            engine.take(body, piece)
    engine.finish_import(body)
    pause = _LOOK_S
    while not (state := engine.import_state(body)).done:
        time.sleep(pause)
        pause *= _LESS_OFTEN
    calls = int(site.store.rows("SELECT count(*) FROM calls")[0][0])
    done(Counted(calls=calls, duplicates=state.duplicates))
    engine.stop()
    while site.journal.pack(site.journal.last_entry()):
        pass
    site.close()
