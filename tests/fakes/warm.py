"""All modules of the program, loaded in a process that knows no site; a fork of it calls `forget` and reads its own."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.utils.functional import empty

from tollbook.cli import app
from tollbook.cli.exits import command_of
from tollbook.dialects.known import layouts
from tollbook.sources.known import kinds, options_of

_MODULES = (
    "django.core.management.commands.migrate",
    "h11",
    "pydantic",
    "rich.table",
    "tollbook.cli.client",
    "tollbook.engine.engine",
    "tollbook.web.urls",
    "uvicorn",
)


def _load() -> None:
    os.environ.pop("TOLLBOOK_SITE", None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tollbook.web.settings"
    django.setup()
    WSGIHandler().load_middleware()
    MigrationLoader(None)
    layouts()
    for kind in kinds():
        options_of(kind)
    for module in _MODULES:
        import_module(module)
    command_of(app)


def forget() -> None:
    """Forget the settings that were read without a site."""
    for each in connections.all(initialized_only=True):
        del connections[each.alias]
    vars(connections)["_settings"] = None
    vars(connections).pop("settings", None)
    settings._wrapped = empty  # noqa: SLF001 - Django has no word for it
    del sys.modules["tollbook.web.settings"]
    del os.environ["DJANGO_SETTINGS_MODULE"]


_load()
