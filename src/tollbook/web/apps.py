"""Tells Django about the one app of this project."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Tollbook's pages and settings tables."""

    name = "tollbook.web"
    label = "web"
    verbose_name = "Tollbook"
    default_auto_field = "django.db.models.BigAutoField"
