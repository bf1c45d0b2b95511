"""Which address shows what of wallboards."""

from __future__ import annotations

from django.urls import path

from tollbook.web.wallboards import pages, wall

urlpatterns = [
    path("wallboards/", pages.wallboards, name="wallboards"),
    path("wallboards/add/", pages.add, name="wallboard-add"),
    path("wallboards/<pbx:name>/", pages.one, name="wallboard"),
    path("wallboards/<pbx:name>/edit/", pages.edit, name="wallboard-edit"),
    path("wallboards/<pbx:name>/link/", pages.link, name="wallboard-link"),
    path("wallboards/<pbx:name>/revoke/", pages.revoke, name="wallboard-revoke"),
    path("wallboards/<pbx:name>/remove/", pages.remove, name="wallboard-remove"),
    path("wallboards/<pbx:name>/add/", pages.add_tile, name="wallboard-tile-add"),
    path("wallboards/<pbx:name>/<int:number>/", pages.change_tile, name="wallboard-tile"),
    path("wall/<str:secret>/", wall.board, name="wall"),
    path("wall/<str:secret>/live/", wall.live, name="wall-live"),
]
