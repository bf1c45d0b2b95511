"""The same app for a caller in the same process, which needs no server."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tollbook.web.settings")
application = get_wsgi_application()
