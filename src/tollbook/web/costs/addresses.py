"""Which address shows what of costs."""

from __future__ import annotations

from django.urls import path

from tollbook.web.costs import bill_pages, charge_pages, preview_pages, unpriced_pages

urlpatterns = [
    path("costs/unpriced/", unpriced_pages.unpriced_calls, name="costs-unpriced"),
    path("costs/preview/", preview_pages.preview_prices, name="costs-preview"),
    path("costs/pbx-charges/", charge_pages.pbx_charges, name="costs-pbx-charges"),
    path("costs/bills/", bill_pages.bills, name="costs-bills"),
]
