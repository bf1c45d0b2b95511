"""What this site tells its centre of how it is doing."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import datetime
from importlib.metadata import version

import msgspec

from tollbook import clock
from tollbook.engine.engine import Engine
from tollbook.model.access import EVERYTHING_ALLOWED
from tollbook.model.health import Health, Lag, State
from tollbook.model.page_limits import PLACE_PBXS, PLACE_SINKS, PLACE_TROUBLES
from tollbook.model.place import PbxAtPlace, PlaceHealth, SinkAtPlace
from tollbook.model.sink import SinkHealth
from tollbook.store.questions import counts_by_pbx

_FINE = frozenset((State.WORKING, State.WAITING, State.STARTING, State.PAUSED))
_OF_THE_SITE = frozenset(("journal", "store", "notices", "backups", "retention"))
"""What findings are about that no PBX and no sink tells of; the room on the disk is told as figures."""
_NAME, _MESSAGE = 100, 500
_MOST_BYTES, _IN_FULL = 48 << 10, 10
"""What a centre takes of who has no session is 64 KB."""


class TakenOver(msgspec.Struct, frozen=True, kw_only=True):
    """What became of what the centre wants: the set-up that was taken over, why not the newest, and the version."""

    bundle: str = ""
    fault: str = ""
    update: str = ""
    update_failed: bool = False


def health_of_site(engine: Engine, taken: TakenOver) -> PlaceHealth:
    """Return how a site is doing, and what it has of the centre; of many PBXs and sinks those in trouble come first."""
    disk = shutil.disk_usage(engine.site.path)
    lag = engine.lag()
    pbxs = sorted(engine.health(), key=lambda each: each.state in _FINE)[:PLACE_PBXS]
    sinks = sorted(engine.sinks.health(), key=lambda each: each.state in _FINE)[:PLACE_SINKS]
    told = PlaceHealth(
        version=version("tollbook"),
        at=clock.now(),
        pbxs=list(_pbxs(pbxs)),
        sinks=list(_sinks(sinks)),
        troubles=_troubles(engine, lag)[:PLACE_TROUBLES],
        waiting=lag.entries,
        rejects=_rejects(engine),
        disk_free=disk.free,
        disk_size=disk.total,
        bundle=taken.bundle,
        bundle_fault=taken.fault[:_MESSAGE],
        update=taken.update[:_MESSAGE],
        update_failed=taken.update_failed,
    )
    return told if len(msgspec.json.encode(told)) <= _MOST_BYTES else _shortened(told)


def _rejects(engine: Engine) -> int:
    """Return how many records could not be read; 0 while the store cannot say, which is told by itself."""
    try:
        return sum(each.rejected for each in counts_by_pbx(engine.ledger(EVERYTHING_ALLOWED)).values())
    except Exception:  # noqa: BLE001 - the store tells of its fault by itself, and a place in trouble is to be heard
        return 0


def _troubles(engine: Engine, lag: Lag) -> list[str]:
    """Return what is wrong with the site as a whole; what PBXs and sinks say of themselves stands there already."""
    found = [each.what for each in engine.troubles.known() if each.topic in _OF_THE_SITE]
    return list(dict.fromkeys(each[:_MESSAGE] for each in (lag.trouble, *found) if each))


def _shortened(told: PlaceHealth) -> PlaceHealth:
    """Return the same without messages but those of the first, which are in trouble if any is."""
    return msgspec.structs.replace(
        told,
        pbxs=[
            each if at < _IN_FULL else msgspec.structs.replace(each, message="") for at, each in enumerate(told.pbxs)
        ],
        sinks=[
            each if at < _IN_FULL else msgspec.structs.replace(each, message="") for at, each in enumerate(told.sinks)
        ],
    )


def _pbxs(healths: Iterable[Health]) -> Iterable[PbxAtPlace]:
    for each in healths:
        last = datetime.fromisoformat(each.last_record_at) if each.last_record_at else None
        yield PbxAtPlace(name=each.pbx[:_NAME], state=each.state, message=each.message[:_MESSAGE], last_record_at=last)


def _sinks(healths: Iterable[SinkHealth]) -> Iterable[SinkAtPlace]:
    for each in healths:
        yield SinkAtPlace(
            name=each.sink[:_NAME],
            kind=each.kind[:_NAME],
            state=each.state,
            message=each.message[:_MESSAGE],
            behind=each.behind,
            behind_s=each.behind_s,
        )
