"""The app for an ASGI server."""

from __future__ import annotations

import os
from importlib import import_module

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tollbook.web.settings")
application = get_asgi_application()

# Every page's module is loaded before the first visitor comes; a fault in one then stops the start.
import_module(settings.ROOT_URLCONF)
