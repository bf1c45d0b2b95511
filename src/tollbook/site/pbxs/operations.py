"""Setting PBXs up: what the API, the command line and the pages do when one is added, changed or removed.

Every change is checked whole before any of it is kept; the change and its line in the audit are one transaction, and
whoever subscribed is told afterwards. A password never stays in a URL: it is taken out at once and kept as a setting
of its own. A removed PBX keeps its calls and its name.
"""

from __future__ import annotations

import msgspec
from django.db import transaction

from tollbook.model.actor import Actor
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.numbering.plans import PlanChange, PlanSettings, read_plans
from tollbook.site import changed, crossing
from tollbook.site.audit import operations as audit
from tollbook.site.credentials import has_credentials, take_credentials
from tollbook.site.pbxs.checks import PbxBounds, problems_of, secret_names
from tollbook.site.pbxs.models import PbxRecord
from tollbook.sources.known import renamed

_LARGEST_PLANS = 4000


class PbxChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change about a PBX; None leaves a thing as it is, and as a setting's value takes the setting away."""

    dialect: str | None = None
    source: str | None = None
    timezone: str | None = None
    paused: bool | None = None
    settings: dict[str, str | None] = {}


def every() -> list[Pbx]:
    """Return every PBX of the site, removed ones too, by name: the engine's directory."""
    return [record.value() for record in PbxRecord.objects.all()]


def removed() -> list[Pbx]:
    """Return the PBXs that were removed, by name."""
    return [record.value() for record in PbxRecord.objects.filter(removed=True)]


def find(name: str) -> Pbx:
    """Return a PBX that takes calls; raises `NotThere`."""
    found = PbxRecord.objects.filter(name=name, removed=False).first()
    if found:
        return found.value()
    names = PbxRecord.objects.filter(removed=False).values_list("name", flat=True)
    raise NotThere(Problem(f"no PBX is called {name!r}", "this site has no such PBX", help=nearest(name, names)))


def names_known() -> list[str]:
    """Return the names of all PBXs that this site has or had."""
    return list(PbxRecord.objects.values_list("name", flat=True))


def check_known(*names: str) -> None:
    """Raise `NotThere` unless all names are of PBXs that this site has or had; an empty one is no name."""
    known = names_known()
    problems = [
        Problem(f"no PBX is called {name!r}", "this site has no such PBX", help=nearest(name, known))
        for name in filter(None, map(str.strip, names))
        if name not in known
    ]
    if problems:
        raise NotThere(*problems)


@transaction.atomic
def add(actor: Actor, pbx: Pbx, bounds: PbxBounds) -> Pbx:
    """Keep a new PBX, or one removed before; returns it as kept. Raises `Misconfigured` with every fault."""
    kept = tidied(msgspec.structs.replace(pbx, settings=take_credentials(pbx.settings)))
    problems = problems_of(kept, bounds) + crossing.problems_of_pbx(kept)
    if PbxRecord.objects.filter(name=kept.name, removed=False).exists():
        hint = f"change it with `tollbook pbx edit {kept.name}`, or choose another name"
        problems.append(Problem(f"there is a PBX called {kept.name!r} already", "a name stands for one PBX", help=hint))
    if problems:
        raise Misconfigured(*problems)
    return _keep(actor, "pbx.add", None, kept)


@transaction.atomic
def edit(actor: Actor, name: str, change: PbxChange, bounds: PbxBounds) -> Pbx:
    """Change a PBX; returns it as kept. Raises `NotThere`, and `Misconfigured` with every fault."""
    before = find(name)
    source = change.source if change.source is not None else before.source
    settings = {**before.settings, **renamed(source, change.settings)}
    wanted = Pbx(
        name=name,
        dialect=change.dialect if change.dialect is not None else before.dialect,
        source=source,
        timezone=change.timezone if change.timezone is not None else before.timezone,
        settings=take_credentials(_newer_url_first(change, {k: v for k, v in settings.items() if v is not None})),
        paused=change.paused if change.paused is not None else before.paused,
        plan=before.plan,
    )
    kept = tidied(wanted)
    problems = problems_of(kept, bounds) + crossing.problems_of_pbx(kept)
    if problems:
        raise Misconfigured(*problems)
    return _keep(actor, "pbx.edit", before, kept)


@transaction.atomic
def pause(actor: Actor, name: str, *, paused: bool) -> Pbx:
    """Stop or go on taking calls from a PBX, whatever else may be wrong with its settings; raises `NotThere`."""
    before = find(name)
    return _keep(
        actor,
        "pbx.pause" if paused else "pbx.resume",
        before,
        msgspec.structs.replace(before, paused=paused),
    )


@transaction.atomic
def set_plan(actor: Actor, name: str, plan: PlanSettings) -> Pbx:
    """Keep a PBX's dial plan, by trunk group; returns the PBX as kept. Raises `NotThere`, `Misconfigured`."""
    before = find(name)
    given = {group: texts for group, texts in plan.items() if texts}
    if sum(map(len, given)) + len(given) > _LARGEST_PLANS:
        raise Misconfigured(Problem("too many trunk groups", f"at most {_LARGEST_PLANS} letters name them", name))
    odd = next((group for group in given if not (group.strip() and group.isprintable()) and group), None)
    if odd is not None:
        raise Misconfigured(Problem("this is no name of a trunk group", f"got {odd!r}", name))
    read_plans(given, f"dial plan of {name}")
    return _keep(actor, "pbx.plan", before, msgspec.structs.replace(before, plan=given))


@transaction.atomic
def change_plan(actor: Actor, name: str, change: PlanChange) -> Pbx:
    """Change settings of a PBX's dial plan; of two changes at a time both are kept. Raises as `set_plan` does."""
    return set_plan(actor, name, change.applied(find(name).plan))


@transaction.atomic
def remove(actor: Actor, name: str) -> Pbx:
    """Take no more calls from a PBX; those it gave stay. Raises `NotThere`."""
    before = find(name)
    return _keep(actor, "pbx.remove", before, msgspec.structs.replace(before, removed=True))


@transaction.atomic
def bring_back(actor: Actor, name: str, bounds: PbxBounds) -> Pbx:
    """Set a removed PBX up again as it was; raises `NotThere`, and `Misconfigured` with every fault."""
    found = PbxRecord.objects.filter(name=name, removed=True).first()
    if found is None:
        raise NotThere(
            Problem(
                f"no PBX called {name!r} was removed",
                "this site has had no such PBX",
                help="`tollbook pbx list --removed` lists those",
            )
        )
    return add(actor, msgspec.structs.replace(found.value(), removed=False), bounds)


def tidied(pbx: Pbx) -> Pbx:
    """Return a PBX with everything in its place: names of today, and its zone not among the settings."""
    settings = renamed(pbx.source, pbx.settings)
    zone = settings.pop("timezone", pbx.timezone)
    return msgspec.structs.replace(
        pbx,
        settings=settings,
        timezone=zone or "UTC",
        dialect=pbx.dialect.replace("_", "-"),
        source=pbx.source.replace("-", "_"),
    )


def _newer_url_first(change: PbxChange, settings: dict[str, str]) -> dict[str, str]:
    """Let credentials in a URL just given win over those kept before, but not over those given beside it."""
    if not has_credentials(change.settings.get("url") or ""):
        return settings
    old = {"username", "password"} - change.settings.keys()
    return {name: text for name, text in settings.items() if name not in old}


def _keep(actor: Actor, action: str, before: Pbx | None, pbx: Pbx) -> Pbx:
    values = msgspec.structs.asdict(pbx)
    name = values.pop("name")
    PbxRecord.objects.update_or_create(name=name, defaults=values)
    secret = secret_names(pbx) | (secret_names(before) if before else set())
    was = msgspec.structs.asdict(before) if before else {}
    audit.record(actor, action, name, audit.differences(was, {"name": name, **values}, secret))
    transaction.on_commit(changed.tell)
    return pbx
