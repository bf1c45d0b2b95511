"""Checks how a format says that PBXs are set as they are delivered, against what their sources know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tollbook.dialects.layout.layout import Layout
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.plugins import Setting
from tollbook.site.pbxs.checks import source_options
from tollbook.sources import known as sources
from tollbook.sources.rest_poll.provider import PROVIDER_FILE_NAME


def delivered_problems(layout: Layout, where: str, folder: Path | None = None) -> list[Problem]:
    """Return what no source knows of `delivered`: kinds, options and values, each with the nearest there is.

    `folder` is the format's own: a provider in it, or in one beside it, has the name of its folder.
    """
    return [
        problem
        for kind, settings in layout.delivered.items()
        for problem in _of_kind(kind, settings, _DeliveredPlace(f"{where}, delivered.{kind}", folder))
    ]


class _DeliveredPlace(msgspec.Struct, frozen=True):
    """Where settings are written, and the format's folder."""

    where: str
    folder: Path | None

    def offered(self, setting: Setting) -> set[str]:
        """Return what an option can be, where that is one of some words; among them providers of the site's own."""
        if self.folder is None:
            return {*setting.kind.choices}
        site = str(self.folder.parent.parent) if self.folder.parent.name == "dialects" else ""
        has_one = setting.kind.own and (self.folder / PROVIDER_FILE_NAME).is_file()
        return {*setting.kind.offered(site), *([self.folder.name.replace("_", "-")] if has_one else [])}


def _of_kind(kind: str, written: dict[str, str], place: _DeliveredPlace) -> Iterator[Problem]:
    where = place.where
    if kind not in sources.kinds():
        yield Problem(
            f"no source is called {kind!r}", "its settings serve nobody", where, nearest(kind, sources.kinds())
        )
        return
    try:
        options = {each.name: each.setting for each in source_options(kind)}
    except Misconfigured:  # one that cannot be used here, of which nothing can be told
        return
    settings = sources.renamed(kind, written)
    for name, text in settings.items():
        if name in options:
            yield from _value(name, text, options[name], place)
        else:
            reason = f"the source {kind} has no such option"
            yield Problem(f"unknown option {name!r}", reason, where, nearest(name, options))


def _value(name: str, text: str, setting: Setting, place: _DeliveredPlace) -> Iterator[Problem]:
    offered = place.offered(setting)
    if offered and text not in offered:
        yield Problem(f"'{name}' cannot be {text!r}", setting.help, place.where, nearest(text, offered))
        return
    try:
        setting.kind.read(text)
    except ValueError as fault:
        yield Problem(f"'{name}' cannot be {text!r}", f"it must be {fault}", place.where, setting.help)
