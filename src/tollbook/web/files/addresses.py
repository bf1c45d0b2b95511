"""Which address shows what of files that are made in the background."""

from __future__ import annotations

from django.urls import path

from tollbook.web.files import pages

urlpatterns = [
    path("reports/files/", pages.files, name="report-files"),
    path("reports/files/make/", pages.make, name="report-files-make"),
    path("reports/files/<slug:key>/", pages.get, name="report-file"),
    path("reports/files/<slug:key>/again/", pages.again, name="report-file-again"),
    path("reports/files/<slug:key>/cancel/", pages.cancel, name="report-file-cancel"),
    path("reports/files/<slug:key>/remove/", pages.remove, name="report-file-remove"),
]
