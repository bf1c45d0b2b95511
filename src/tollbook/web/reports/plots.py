"""What the charts of pages show, kept from when a page is sent until its browser asks for the chart.

So a report is asked once a page. What is no longer here is asked again: nothing depends on it.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from threading import Lock

from tollbook.render.charts import Plot

_MOST = 64
_kept: OrderedDict[str, Plot] = OrderedDict()
_lock = Lock()


def keep(plot: Plot) -> str:
    """Keep what a chart shows for a while; returns a name that nobody can guess."""
    name = secrets.token_urlsafe(16)
    with _lock:
        _kept[name] = plot
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    return name


def kept(name: str) -> Plot | None:
    """Return what was kept under a name, if it is still there."""
    with _lock:
        return _kept.get(name)
