"""Which address shows what of missed calls."""

from __future__ import annotations

from django.urls import path

from tollbook.web.missed import pages

urlpatterns = [
    path("missed/", pages.missed, name="missed"),
    path("missed/settings/", pages.settings, name="missed-settings"),
    path("missed/set-aside/", pages.set_many_aside, name="missed-many"),
    path("missed/<uuid:call>/<slug:word>/", pages.do, name="missed-do"),
]
