"""Formats are found by a part of a model's name, however it is spelt."""

from __future__ import annotations

import pytest
from django.test import Client

from tollbook.dialects.known import layouts
from tollbook.model.pbx import Pbx
from tollbook.web.formats.search import makers

pytestmark = pytest.mark.usefixtures("engine")


@pytest.mark.parametrize("asked", ["NCP500", "kx-ncp 500", "panasonic ncp1000", "KX NCP"])
def test_a_model_is_found_however_it_is_spelt(asked: str) -> None:
    [maker] = makers(layouts(), [], asked)

    assert (maker.name, [each.slug for each in maker.formats]) == ("Panasonic", ["panasonic-kx-tda"])


def test_without_a_question_every_format_is_there_once_under_its_maker() -> None:
    found = makers(layouts(), [])

    assert sorted(each.slug for maker in found for each in maker.formats) == sorted(layouts())
    assert [maker.name for maker in found] == sorted({maker.name for maker in found}, key=str.casefold)


def test_the_pbxs_that_write_a_format_stand_with_it() -> None:
    desk = Pbx(name="desk", dialect="panasonic-kx-hts", source="folder")

    [maker] = makers(layouts(), [desk], "hts824")

    assert maker.formats[0].users == ("desk",)


def test_the_search_works_without_scripts_and_says_what_to_do_when_nothing_is_found(admin: Client) -> None:
    assert "panasonic-kx-tda" in admin.get("/pbxs/add/", {"find": "ncp500"}).content.decode()
    assert "avaya" not in admin.get("/formats/", {"find": "ncp500"}).content.decode()
    nothing = admin.get("/pbxs/add/", {"find": "abacus 9"}).content.decode()
    assert "No format here names “abacus 9”" in nothing
    assert "/formats/new/" in nothing


def test_the_usual_way_of_a_pbx_is_offered_first(admin: Client) -> None:
    text = admin.get("/pbxs/add/", {"dialect": "panasonic-kx-tda"}).content.decode()

    assert 'value="tcp_client" required checked' in text
    assert text.count("usual for this PBX") == len(layouts()["panasonic-kx-tda"].transport)
