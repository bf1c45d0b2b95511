"""Opens a site in this process: for the server, and for a command while no server runs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tollbook.cli.exits import Busy
from tollbook.clock import monotonic_s
from tollbook.model.problem import Misconfigured, Problem

if TYPE_CHECKING:
    from tollbook.engine.engine import Engine
    from tollbook.engine.site import Site

PATIENCE_S = 3.0
"""How long to wait for another command to be done with the site."""
_LOOK_S = 0.05


def is_site(path: Path) -> bool:
    """Say whether a folder is a site."""
    return (path / "site.sqlite").exists()


def check_site(path: Path) -> None:
    """Raise `Misconfigured` for a folder that is no site."""
    if not is_site(path):
        hint = f"`tollbook --site {path} init` makes a site"
        raise Misconfigured(Problem("there is no site here", "the folder has no site.sqlite", str(path), hint))


@contextmanager
def opened(path: Path, purpose: str) -> Iterator[Site]:
    """Hold a site open, its settings database ready; makes what is not there yet."""
    # Django's settings read the site's folder from the environment.
    os.environ["TOLLBOOK_SITE"] = str(path)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tollbook.web.settings")
    site = _open(path, purpose)
    try:
        import django

        django.setup()
        from tollbook.site.database import prepare_database

        prepare_database()
        yield site
    finally:
        site.close()


@contextmanager
def at_work(site: Site, *, sources: bool) -> Iterator[Engine]:
    """Run an engine over an open site; with `sources` it asks the PBXs."""
    from tollbook.engine import runtime
    from tollbook.engine.engine import Engine
    from tollbook.site.pbxs import operations as pbxs
    from tollbook.site.sinks import operations as sinks

    engine = Engine(site, pbxs.every, sinks.every)
    runtime.bind(engine)
    engine.start(sources=sources)
    try:
        yield engine
    finally:
        engine.stop()
        runtime.release()


def _open(path: Path, purpose: str) -> Site:
    from tollbook.engine.site import Site, SiteBusy

    until = monotonic_s() + PATIENCE_S
    while True:
        try:
            return Site.open(path, purpose=purpose)
        except SiteBusy as fault:
            if monotonic_s() > until:
                raise Busy(str(fault)) from fault
        time.sleep(_LOOK_S)
