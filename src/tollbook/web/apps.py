"""Tells Django about the app of the pages; what a site keeps has apps of its own (see `tollbook.site`)."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class WebConfig(AppConfig):
    """Tollbook's pages."""

    name = "tollbook.web"
    label = "web"
    verbose_name = "Tollbook"

    def ready(self) -> None:
        """Note in the audit who signs in."""
        from tollbook.web.people.actors import note_sign_in

        user_logged_in.connect(note_sign_in)
