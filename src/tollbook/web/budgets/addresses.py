"""Which address shows what of budgets."""

from __future__ import annotations

from django.urls import path

from tollbook.web.budgets import pages

urlpatterns = [
    path("costs/budgets/", pages.budgets, name="budgets"),
    path("costs/budgets/add/", pages.add, name="budget-add"),
    path("costs/budgets/<pbx:name>/", pages.budget, name="budget"),
    path("costs/budgets/<pbx:name>/edit/", pages.edit, name="budget-edit"),
    path("costs/budgets/<pbx:name>/remove/", pages.remove, name="budget-remove"),
]
