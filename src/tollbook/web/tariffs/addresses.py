"""Which address shows what of tariffs."""

from __future__ import annotations

from django.urls import path

from tollbook.web import converters  # noqa: F401 - the addresses below are written with them
from tollbook.web.tariffs import add_pages as adding
from tollbook.web.tariffs import assigning_pages as assigning
from tollbook.web.tariffs import import_pages as importing
from tollbook.web.tariffs import pages

urlpatterns = [
    path("tariffs/", pages.tariffs, name="tariffs"),
    path("tariffs/add/", adding.add, name="tariff-add"),
    path("tariffs/import/", importing.new, name="tariff-import-new"),
    path("tariffs/import/<slug:key>/", importing.one, name="tariff-list"),
    path("tariffs/pricing/", pages.pricing, name="tariffs-pricing"),
    path("tariffs/price-again/", assigning.price_again, name="tariffs-price-again"),
    path("tariffs/price-as-before/", assigning.price_as_before, name="tariffs-price-as-before"),
    path("tariffs/examples/<slug:name>/", pages.example, name="tariff-example"),
    path("tariff/<pbx:name>/", pages.tariff, name="tariff"),
    path("tariff/<pbx:name>/add/", adding.next_version, name="tariff-next"),
    path("tariff/<pbx:name>/import/", importing.of_tariff, name="tariff-import"),
    path("tariff/<pbx:name>/assign/", assigning.assign, name="tariff-assign"),
    path("tariff/<pbx:name>/assignments/<int:number>/remove/", assigning.unassign, name="tariff-unassign"),
    path("tariff/<pbx:name>/<version:version>/", pages.version, name="tariff-version"),
    path("tariff/<pbx:name>/<version:version>/changes/", pages.changes, name="tariff-changes"),
    path("tariff/<pbx:name>/<version:version>/tariff.<slug:form>", pages.download, name="tariff-download"),
]
