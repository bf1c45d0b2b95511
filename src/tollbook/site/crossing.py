"""Looks whether a sink writes where a PBX is read from: what it writes would come back as records, for ever."""

from __future__ import annotations

import os
from pathlib import PurePath

from tollbook.model.pbx import Pbx
from tollbook.model.problem import Problem
from tollbook.model.sink import Sink
from tollbook.site.pbxs.models import PbxRecord
from tollbook.site.sinks.models import SinkRecord

_HINT = "choose another folder, which is neither that one nor in it"


def problems_of_sink(sink: Sink) -> list[Problem]:
    """Return a problem for every PBX that is read from the folder of a sink."""
    pbxs = [record.value() for record in PbxRecord.objects.filter(removed=False)]
    return [
        Problem("'path' must be a folder that no PBX is read from", f"{each.name} is", f"sink {sink.name}", _HINT)
        for each in pbxs
        if _cross(each, sink)
    ]


def problems_of_pbx(pbx: Pbx) -> list[Problem]:
    """Return a problem for every sink that writes into the folder of a PBX."""
    sinks = [record.value() for record in SinkRecord.objects.all()]
    return [
        Problem("'path' must be a folder that no sink writes to", f"{each.name} does", f"PBX {pbx.name}", _HINT)
        for each in sinks
        if _cross(pbx, each)
    ]


def _cross(pbx: Pbx, sink: Sink) -> bool:
    if (pbx.source, sink.kind) != ("folder", "file"):
        return False
    read, written = pbx.settings.get("path", ""), sink.settings.get("path", "")
    return bool(read and written) and PurePath(os.path.realpath(written)).is_relative_to(os.path.realpath(read))
