"""Setting PBXs up: what the API, the command line and the pages do when one is added, changed or removed.

Every change is checked whole before any of it is kept, and the engine is told afterwards. A password never stays in
a URL: it is taken out at once and kept as a setting of its own. A removed PBX keeps its calls and its name.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import msgspec

from tollbook.engine import runtime
from tollbook.engine.check import problems_of, source_options
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured, Problem
from tollbook.sources.known import clears, is_stream
from tollbook.web.api.faults import NotThere, nearest
from tollbook.web.models import PbxRecord

_AUTHORITY = re.compile(r"^(\s*[A-Za-z][A-Za-z0-9+.-]*://)([^/?#]*)@")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What to change about a PBX; None leaves a thing as it is, and as a setting's value takes the setting away."""

    dialect: str | None = None
    source: str | None = None
    timezone: str | None = None
    paused: bool | None = None
    settings: dict[str, str | None] = {}


def take_credentials(settings: dict[str, str]) -> dict[str, str]:
    """Return settings with the credentials of `url` as `username` and `password`; those set apart are kept.

    >>> take_credentials({"url": "http://INSTALLER:a%40b@pbx.example/cdr"})
    {'url': 'http://pbx.example/cdr', 'username': 'INSTALLER', 'password': 'a@b'}
    """
    found = _AUTHORITY.match(settings.get("url", ""))
    if not found:
        return dict(settings)
    username, _, password = found.group(2).partition(":")
    taken = {"username": unquote(username), "password": unquote(password)}
    bare = found.group(1).strip() + settings["url"][found.end() :]
    return {name: text for name, text in {**taken, **settings, "url": bare}.items() if text}


def tidied(pbx: Pbx) -> Pbx:
    """Return a PBX with everything in its place: `timezone` among the settings is its zone, names have hyphens."""
    settings = dict(pbx.settings)
    zone = settings.pop("timezone", pbx.timezone)
    return msgspec.structs.replace(
        pbx,
        settings=settings,
        timezone=zone or "UTC",
        dialect=pbx.dialect.replace("_", "-"),
        source=pbx.source.replace("-", "_"),
    )


def find(name: str) -> Pbx:
    """Return a PBX that takes calls; raises `NotThere`."""
    found = PbxRecord.objects.filter(name=name, removed=False).first()
    if found:
        return found.value()
    names = PbxRecord.objects.filter(removed=False).values_list("name", flat=True)
    raise NotThere(Problem(f"no PBX is called {name!r}", "this site has no such PBX", help=nearest(name, names)))


def check_known(names: str) -> None:
    """Raise `NotThere` unless all names, divided by commas, are of PBXs that this site has or had."""
    known = list(PbxRecord.objects.values_list("name", flat=True))
    problems = [
        Problem(f"no PBX is called {name!r}", "this site has no such PBX", help=nearest(name, known))
        for name in filter(None, map(str.strip, names.split(",")))
        if name not in known
    ]
    if problems:
        raise NotThere(*problems)


def add(pbx: Pbx) -> Pbx:
    """Keep a new PBX, or one removed before, and start it; returns it as kept."""
    kept = tidied(msgspec.structs.replace(pbx, settings=take_credentials(pbx.settings)))
    problems = problems_of(kept, runtime.engine().catalogue)
    if PbxRecord.objects.filter(name=kept.name, removed=False).exists():
        hint = f"change it with `tollbook pbx edit {kept.name}`, or choose another name"
        problems.append(Problem(f"there is a PBX called {kept.name!r} already", "a name stands for one PBX", help=hint))
    return _keep(kept, problems)


def edit(name: str, change: Change) -> Pbx:
    """Change a PBX and start it again; returns it as kept."""
    before = find(name)
    settings = {**before.settings, **change.settings}
    wanted = Pbx(
        name=name,
        dialect=change.dialect if change.dialect is not None else before.dialect,
        source=change.source if change.source is not None else before.source,
        timezone=change.timezone if change.timezone is not None else before.timezone,
        settings=take_credentials(_newer_url_first(change, {k: v for k, v in settings.items() if v is not None})),
        paused=change.paused if change.paused is not None else before.paused,
    )
    kept = tidied(wanted)
    return _keep(kept, problems_of(kept, runtime.engine().catalogue))


def pause(name: str, *, paused: bool) -> Pbx:
    """Stop or go on taking calls from a PBX, whatever else may be wrong with its settings."""
    return _keep(msgspec.structs.replace(find(name), paused=paused), [])


def remove(name: str) -> Pbx:
    """Take no more calls from a PBX; those it gave stay."""
    return _keep(msgspec.structs.replace(find(name), removed=True), [])


def shown(pbx: Pbx) -> dict[str, Any]:
    """Return a PBX as it may be shown: secret settings by name only."""
    secret = _secret_names(pbx)
    return {
        "name": pbx.name,
        "dialect": pbx.dialect,
        "source": pbx.source,
        "clears": clears(pbx.source),
        "stream": is_stream(pbx.source),
        "timezone": pbx.timezone,
        "paused": pbx.paused,
        "removed": pbx.removed,
        "settings": {name: text for name, text in pbx.settings.items() if name not in secret},
        "secrets": sorted(secret & pbx.settings.keys()),
    }


def _newer_url_first(change: Change, settings: dict[str, str]) -> dict[str, str]:
    """Let credentials in a URL just given win over those kept before, but not over those given beside it."""
    if not _AUTHORITY.match(change.settings.get("url") or ""):
        return settings
    old = {"username", "password"} - change.settings.keys()
    return {name: text for name, text in settings.items() if name not in old}


def _secret_names(pbx: Pbx) -> set[str]:
    try:
        return {each.name for each in source_options(pbx.source) if each.setting.secret}
    except Misconfigured:  # a source of an older version: what it kept secret cannot be told any more
        return set(pbx.settings)


def _keep(pbx: Pbx, problems: list[Problem]) -> Pbx:
    if problems:
        raise Misconfigured(*problems)
    values = msgspec.structs.asdict(pbx)
    PbxRecord.objects.update_or_create(name=values.pop("name"), defaults=values)
    runtime.engine().apply()
    return pbx
