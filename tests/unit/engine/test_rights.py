"""A site is its owner's alone, whoever made its folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tollbook.engine.care.rights import keep_to_owner


def rights(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_what_others_could_read_is_its_owners_alone_afterwards(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "dialects/acme").mkdir(parents=True, mode=0o755)
    for name in ("site.sqlite", "dialects/acme/dialect.toml"):
        (site / name).touch(0o644)
    (site / "secret-key").touch(0o600)

    assert keep_to_owner(site) == 5
    assert {rights(path) for path in (site, *site.rglob("*"))} == {0o700, 0o600}
    assert keep_to_owner(site) == 0


def test_what_a_link_leads_to_stays_as_it_is(tmp_path: Path) -> None:
    elsewhere, site = tmp_path / "elsewhere", tmp_path / "site"
    elsewhere.touch(0o644)
    site.mkdir(mode=0o700)
    (site / "dialects").symlink_to(elsewhere)

    assert keep_to_owner(site) == 0
    assert rights(elsewhere) == 0o644


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_file_of_somebody_else_than_the_folder_stays_as_it_is(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir(mode=0o700)
    (site / "tollbook.toml").touch(0o644)
    os.chown(site, 12345, 12345)

    keep_to_owner(site)

    assert rights(site / "tollbook.toml") == 0o644
