"""Addresses of the pages on destinations."""

from __future__ import annotations

from django.urls import URLPattern, path

from tollbook.web import converters  # noqa: F401 - addresses are written with them
from tollbook.web.destinations import pages

urlpatterns: list[URLPattern] = [
    path("deliveries/", pages.destinations, name="destinations"),
    path("deliveries/address/", pages.address, name="destinations-address"),
    path("deliveries/add/<slug:kind>/", pages.add, name="destination-add"),
    path("deliveries/message/<int:number>/again/", pages.again, name="message-again"),
    path("delivery/<pbx:name>/", pages.destination, name="destination"),
    path("delivery/<pbx:name>/edit/", pages.edit, name="destination-edit"),
    path("delivery/<pbx:name>/remove/", pages.remove, name="destination-remove"),
    path("delivery/<pbx:name>/<slug:deed>/", pages.act, name="destination-act"),
]
