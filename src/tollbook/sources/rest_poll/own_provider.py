"""A site's own provider: `<site>/dialects/<name>/provider.toml`, found by being there and read before each round.

A file with a fault is refused whole, with every fault found: nothing is asked by a part of one.
"""

from __future__ import annotations

import re
from pathlib import Path
from stat import S_ISREG
from typing import Any

import msgspec

from tollbook.model.document import read_document
from tollbook.model.limits import SITE_FORMATS
from tollbook.model.pbx import NAME
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.model.sharing_limits import PROVIDER_FILE
from tollbook.sources.rest_poll.provider import PROVIDER_FILE_NAME, Provider, providers
from tollbook.sources.rest_poll.provider_faults import faults_of_provider

_KEY = re.compile(r"(?P<why>.*?)(?: - at `\$?\.?(?P<key>[^`]*)`)?", re.DOTALL)


def own_names(site: str | Path) -> list[str]:
    """Return the names of a site's own providers."""
    places = sorted(Path(site, "dialects").glob(f"*/{PROVIDER_FILE_NAME}")) if site else []
    names = [place.parent.name.replace("_", "-") for place in places[:SITE_FORMATS]]
    return [name for name in names if NAME.fullmatch(name) and name not in providers()]


def find_provider(name: str, site: str | Path) -> Provider:
    """Return a provider of the catalogue or of a site; raises `Misconfigured` with what is wrong with its file."""
    known = providers().get(name)
    if known:
        return known
    path = _place(name, site)
    if path is None:
        reason = nearest(name, [*providers(), *own_names(site)])
        hint = f"put its {PROVIDER_FILE_NAME} into the site's folder dialects/{name.replace('-', '_')[:40]}"
        raise Misconfigured(Problem(f"no provider is called {name[:40]!r}", reason, help=hint))
    where = f"dialects/{path.parent.name}/{PROVIDER_FILE_NAME}"
    return read_provider(_text(path, where), where)


def addresses_of(provider: Provider) -> list[str]:
    """Return where a provider is asked, and where its access tokens come from: secrets are sent there."""
    return list(dict.fromkeys([provider.address, *([provider.token.address] if provider.token else [])]))


def provider_in(folder: Path) -> Provider | None:
    """Return the provider in a format's folder, None where there is none; raises `Misconfigured`."""
    path = folder / PROVIDER_FILE_NAME
    where = f"{folder.name}/{PROVIDER_FILE_NAME}"
    return read_provider(_text(path, where), where) if path.exists() else None


def _place(name: str, site: str | Path) -> Path | None:
    """Return where the file of a site's own provider is, if it is there."""
    if not site or not NAME.fullmatch(name):
        return None
    places = (Path(site, "dialects", folder, PROVIDER_FILE_NAME) for folder in (name, name.replace("-", "_")))
    return next((place for place in places if place.exists()), None)


def _text(path: Path, where: str) -> str:
    try:
        looked = path.stat()
        if not S_ISREG(looked.st_mode):
            raise Misconfigured(Problem("the provider cannot be read", "it is no plain file", where))
        if looked.st_size > PROVIDER_FILE:
            reason = f"{looked.st_size} bytes; the most is {PROVIDER_FILE}"
            raise Misconfigured(Problem("the provider is too large", reason, where, "leave away what it does not need"))
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        hint = "Tollbook reads it as UTF-8, by the user whom it runs as"
        raise Misconfigured(Problem("the provider cannot be read", str(fault), where, hint)) from fault


def read_provider(text: str, where: str) -> Provider:
    """Return a provider as somebody wrote it; raises `Misconfigured` with every fault, by key, reason and remedy."""
    document = read_document(text, where, "provider")
    try:
        provider = msgspec.convert(document, Provider)
    except msgspec.ValidationError as fault:
        raise Misconfigured(_schema_fault(fault, document, where)) from fault
    found = list(faults_of_provider(provider, where))
    if found:
        raise Misconfigured(*found)
    return provider


def _schema_fault(fault: msgspec.ValidationError, document: dict[str, Any], where: str) -> Problem:
    """Return what a schema says of a document, with the key that it says it of."""
    found = _KEY.fullmatch(str(fault))
    why, key = (found["why"], found["key"]) if found else (str(fault), "")
    what = f"'{key}' cannot be used" if key else "the provider cannot be used"
    given = ", ".join(sorted(document))[:200]
    hint = f"its keys are {given or 'none'}; `tollbook dialect schema provider` says what each may be"
    return Problem(what, why, where, hint)
