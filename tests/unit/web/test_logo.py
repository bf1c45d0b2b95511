"""The site's logo stands at the head of PDFs; what is no plain picture is refused."""

from __future__ import annotations

import struct
import zlib

import pypdfium2  # type: ignore[import-untyped] # it ships no types
import pypdfium2.raw as pdfium  # type: ignore[import-untyped] # it ships no types
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.unit.web.test_charge_back_pages import priced
from tollbook.engine.engine import Engine
from tollbook.model.problem import Misconfigured
from tollbook.render.logo import check_logo
from tollbook.site.audit.operations import AuditFilter, entries

__all__ = ("priced",)
BEGIN = b"\x89PNG\r\n\x1a\n"
MARCH = "from=2026-03-01&to=2026-03-31"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 60, height: int = 20, more: bytes = b"", points: bytes | None = None) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    lines = zlib.compress((b"\0" + b"\x10\x80\x60" * width) * height) if points is None else points
    return BEGIN + head + more + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def pictures(data: bytes) -> int:
    page = pypdfium2.PdfDocument(data)[0]
    return len(list(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE])))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is no PNG"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "programs"),
        (b"GIF89a", "it is no PNG"),
        (png()[:-20], "it is damaged"),
        (png().replace(b"IDAT", b"IDAX"), "it is damaged"),
        (BEGIN + chunk(b"IHDR", b"") + chunk(b"IDAT", b"") + chunk(b"IEND", b""), "0 by 0"),
        (png(width=2001, points=b""), "2001 by 20 points"),
        (png(width=100_000, height=100_000, points=b""), "100000 by 100000 points"),
        (png(more=chunk(b"acTL", b"12345678")), "it is animated"),
        (png(more=chunk(b"tEXt", b"x" * 300_000)), "bytes of 262,144"),
    ],
)
def test_what_is_no_plain_picture_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        check_logo(data)


def test_a_logo_stands_at_the_head_of_reports_and_bills_and_nowhere_once_removed(admin: Client, priced: Engine) -> None:
    addresses = (
        f"/api/reports/by-extension?{MARCH}&format=pdf",
        "/api/phone-bill?person=Anna%20Berg&month=2026-03&format=pdf",
    )
    assert admin.get("/system/logo/").status_code == 404
    assert [pictures(admin.get(each).content) for each in addresses] == [0, 0]

    answer = admin.post("/system/logo/change/", {"logo": SimpleUploadedFile("logo.png", png())}, follow=True)
    assert "stands at the head of PDFs" in answer.content.decode()
    assert admin.get("/system/logo/").content == png()
    assert [pictures(admin.get(each).content) for each in addresses] == [1, 1]
    assert [each.action for each in entries(AuditFilter(what="site"))] == ["site.logo"]
    assert (priced.site.path / "logo.png").stat().st_mode & 0o777 == 0o600

    admin.post("/system/logo/change/", {"remove": "yes"})
    assert [pictures(admin.get(each).content) for each in addresses] == [0, 0]


def test_a_picture_whose_points_cannot_be_read_is_refused_and_the_one_before_stays(admin: Client) -> None:
    assert admin.put("/api/site/logo", png(), "application/octet-stream").json() == {"size": len(png())}
    broken = png(points=b"no points")
    answer = admin.put("/api/site/logo", broken, "application/octet-stream")
    assert (answer.status_code, "cannot be read" in answer.content.decode()) == (422, True)
    assert (
        "an SVG can hold programs"
        in admin.post(
            "/system/logo/change/", {"logo": SimpleUploadedFile("logo.svg", b"<svg/>")}, follow=True
        ).content.decode()
    )
    assert admin.get("/system/logo/").content == png()
    assert admin.delete("/api/site/logo").json() == {"size": 0}


def test_whoever_may_not_change_the_site_sets_no_logo(viewer: Client) -> None:
    assert viewer.put("/api/site/logo", png(), "application/octet-stream").status_code == 403
    assert viewer.post("/system/logo/change/", {"remove": "yes"}).status_code == 403
