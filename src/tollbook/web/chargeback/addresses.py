"""Which address shows what of charge-back and of monthly charges."""

from __future__ import annotations

from django.urls import path

from tollbook.web.chargeback import bill_pages, monthly_pages, pages

urlpatterns = [
    path("costs/charge-back/", pages.charge_back, name="charge-back"),
    path("costs/charge-back/line/", pages.line, name="charge-back-line"),
    path("costs/phone-bills/", bill_pages.phone_bills, name="phone-bills"),
    path("costs/phone-bills/mask/", bill_pages.set_mask, name="phone-bills-mask"),
    path("costs/monthly-charges/", monthly_pages.monthly_charges, name="monthly-charges"),
    path("costs/monthly-charges/add/", monthly_pages.add, name="monthly-charge-add"),
    path("costs/monthly-charges/<int:number>/edit/", monthly_pages.edit, name="monthly-charge-edit"),
    path("costs/monthly-charges/<int:number>/end/", monthly_pages.end, name="monthly-charge-end"),
    path("costs/monthly-charges/<int:number>/remove/", monthly_pages.remove, name="monthly-charge-remove"),
]
