"""Addresses of the pages on schedules, and of the links in messages."""

from __future__ import annotations

from django.urls import URLPattern, path

from tollbook.web import converters  # noqa: F401 - addresses are written with them
from tollbook.web.schedules import links, pages

urlpatterns: list[URLPattern] = [
    path("schedules/", pages.schedules, name="schedules"),
    path("schedules/add/", pages.add, name="schedule-add"),
    path("schedules/next/", pages.ahead, name="schedule-next"),
    path("schedule/<pbx:name>/", pages.schedule, name="schedule"),
    path("schedule/<pbx:name>/edit/", pages.edit, name="schedule-edit"),
    path("schedule/<pbx:name>/remove/", pages.remove, name="schedule-remove"),
    path("schedule/<pbx:name>/file/<int:run>/<int:place>/", pages.output, name="schedule-file"),
    path("schedule/<pbx:name>/<slug:deed>/", pages.act, name="schedule-act"),
    path("leave/<str:token>/", links.leave, name="leave"),
    path("sent/<str:token>/", links.opened, name="sent"),
]
