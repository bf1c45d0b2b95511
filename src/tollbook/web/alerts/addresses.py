"""Which address shows what of alerts."""

from __future__ import annotations

from django.urls import path

from tollbook.web.alerts import pages, setting_up

urlpatterns = [
    path("alerts/", pages.alerts, name="alerts"),
    path("alerts/acknowledge/", pages.acknowledge, name="alerts-acknowledge"),
    path("alerts/set-up/", pages.rules, name="alert-rules"),
    path("alerts/add/", setting_up.choose, name="alert-choose"),
    path("alerts/add/<slug:kind>/", setting_up.add, name="alert-add"),
    path("alert/<pbx:name>/", pages.alert, name="alert"),
    path("alert/<pbx:name>/edit/", setting_up.edit, name="alert-edit"),
    path("alert/<pbx:name>/remove/", setting_up.remove, name="alert-remove"),
    path("alert/<pbx:name>/<slug:deed>/", pages.act, name="alert-act"),
]
