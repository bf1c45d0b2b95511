"""Which address shows what of reports."""

from __future__ import annotations

from django.urls import path

from tollbook.web.reports import pages

urlpatterns = [
    path("reports/", pages.reports_there_are, name="reports"),
    path("reports/explore/", pages.explorer, name="report-explore"),
    path("reports/save/", pages.save, name="report-save"),
    path("reports/chart/", pages.chart, name="report-chart"),
    path("reports/<slug:slug>/", pages.one, name="report"),
    path("reports/<slug:slug>/remove/", pages.remove, name="report-remove"),
]
