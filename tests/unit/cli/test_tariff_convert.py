"""`tollbook tariff convert`: a carrier's price list becomes one of ours, and what it does not say is asked first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tollbook.cli import app
from tollbook.model.problem import Misconfigured
from tollbook.site.tariffs.files import read_files

LIST = """Fictitious Carrier Ltd., all prices in EUR
Destination;Prefix;Rate;Effective date
Germany;0049;0.01;31.01.2026
Russia;007;0.05;31.01.2026
Cuba;0053;N/A;31.01.2026
"""
ANSWERS = ("price-unit=minute", "intervals=60/1", "strip=00", "zone=Europe/Berlin", "word.N/A=blocked")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "carrier.csv"
    path.write_text(LIST)
    return path


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["tariff", "convert", *map(str, words)], catch_exceptions=False)


def answered(file: Path, *words: object) -> Result:
    return run(file, *(word for answer in ANSWERS for word in ("--set", answer)), *words)


def test_questions_are_told_with_the_options_that_answer_them_and_nothing_is_written(
    file: Path,
    tmp_path: Path,
) -> None:
    result = run(file, "--out", tmp_path / "a/2026-01-31.csv")

    assert result.exit_code == 2
    for option in ("--set price-unit=minute", "--set intervals=60/1", "--set strip=00", "--set word.n/a=blocked"):
        assert option in result.stderr
    assert not (tmp_path / "a").exists()


def test_a_list_that_is_understood_becomes_a_tariff_that_can_be_read(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "carrier-a/2026-01-31.csv"

    result = answered(file, "--out", out)

    assert result.exit_code == 0
    assert out.read_text().splitlines() == [
        "to,name,price,per_s,first_s,next_s",
        "+49,Germany,0.01,60,60,1",
        "+7,Russia,0.05,60,60,1",
        "+53,Cuba,blocked,,,",
    ]
    tariff = read_files(out.with_suffix(".toml"))
    assert (tariff.title, tariff.currency, tariff.zone, len(tariff.rates)) == ("carrier-a", "EUR", "Europe/Berlin", 3)
    assert "also prices numbers of Kazakhstan" in result.stdout
    assert "it stands above the heading" in result.stdout


def test_the_next_list_needs_no_answers_and_is_laid_beside_the_one_before(file: Path, tmp_path: Path) -> None:
    before, known = tmp_path / "a/2026-01-31.csv", tmp_path / "a/map.toml"
    answered(file, "--out", before, "--save-map", known)
    file.write_text(LIST.replace("0.05", "0.06").replace("Cuba;0053;N/A", "France;0033;0.02").replace("31.01", "28.02"))
    following = tmp_path / "a/2026-02-28.csv"

    result = run(
        file,
        "--map",
        known,
        "--against",
        before.with_suffix(".toml"),
        "--set",
        "scope=whole",
        "--out",
        following,
    )

    assert result.exit_code == 0
    assert "compared: 1 new, 1 dearer, 0 cheaper, 1 unchanged, 0 closed" in result.stdout
    assert "dearer +7 Russia: 0.05/60 s (60/1) -> 0.06/60 s (60/1)" in result.stdout
    assert following.exists()


def test_faults_are_told_with_their_lines(file: Path) -> None:
    file.write_text(LIST.replace("0049", "4.9E+01"))

    result = answered(file)

    assert result.exit_code == 2
    assert "the code is a rounded number: '4.9E+01'" in result.stderr
    assert "line 3" in result.stderr


def test_what_a_tariff_does_not_take_is_told_with_the_line_of_the_carriers_file(file: Path) -> None:
    file.write_text(LIST.replace("0.05", "0.00000000000005"))

    result = answered(file)

    assert result.exit_code == 2
    assert "'price' has more than 12 decimal places" in result.stderr
    assert "line 4" in result.stderr


def test_scripts_get_all_of_it(file: Path) -> None:
    told = json.loads(run(file, "--format", "json").stdout)

    assert told["ready"] is False
    assert {question["setting"] for question in told["questions"]} >= {"price-unit", "intervals", "strip"}
    assert json.loads(answered(file, "--format", "json").stdout)["rates"] == 3


def test_prices_of_a_later_day_are_left_for_another_version(file: Path) -> None:
    file.write_text(LIST + "Germany;0049;0.02;28.02.2026\n")

    assert "--from 2026-02-28" in answered(file).stderr
    assert "1 prices hold only from 2026-02-28 on" in answered(file, "--from", "2026-01-31").stdout


def test_an_answer_without_a_value_is_refused(file: Path) -> None:
    with pytest.raises(Misconfigured, match="is no answer"):
        run(file, "--set", "price-unit")


def test_a_file_that_holds_nothing_is_said_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("\n ; \n")

    with pytest.raises(Misconfigured, match="the file is empty"):
        run(tmp_path / "empty.csv")


def test_a_file_that_is_no_text_is_refused_and_none_of_it_is_shown(tmp_path: Path) -> None:
    (tmp_path / "program.csv").write_bytes(b"\x7fELF\x02\x01\x01\x00\x00\x1b[31m")

    with pytest.raises(Misconfigured, match="it is no text") as refused:
        run(tmp_path / "program.csv")
    assert "ELF" not in str(refused.value)
