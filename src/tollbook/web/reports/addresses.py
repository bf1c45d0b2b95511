"""Which address shows what of reports."""

from __future__ import annotations

from django.urls import path

from tollbook.web.reports import pages, sql_pages

urlpatterns = [
    path("reports/", pages.reports_there_are, name="reports"),
    path("reports/explore/", pages.explorer, name="report-explore"),
    path("reports/save/", pages.save, name="report-save"),
    path("reports/chart/", pages.chart, name="report-chart"),
    path("reports/sql/", sql_pages.sql, name="report-sql"),
    path("reports/sql/cancel/", sql_pages.cancel_sql, name="report-sql-cancel"),
    path("reports/sql/save/", sql_pages.save_sql, name="report-sql-save"),
    path("reports/<slug:slug>/", pages.one, name="report"),
    path("reports/<slug:slug>/remove/", pages.remove, name="report-remove"),
]
