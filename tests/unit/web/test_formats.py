"""The workbench without any script: a format made of pasted lines, kept, used on a PBX's history, and taken back."""

from __future__ import annotations

import re

import msgspec
import pytest
from django.test import Client

from tests.fakes.sites import import_file, settle
from tollbook.engine.engine import Engine
from tollbook.model.fields import MEANINGS
from tollbook.model.record_lines import RecordLines
from tollbook.site.pbxs.models import FormatChange
from tollbook.web.formats import apart, keeping, pages
from tollbook.web.formats.changes import changed
from tollbook.web.formats.draft import Draft, drafted, guessed, layout_of
from tollbook.web.formats.preview import preview

SAMPLE = """\
Date     Time  Ext  CO Number           Dur   D
-----------------------------------------------
03/02/26 09:30 101  01 2125550142       0'45  O
03/02/26 09:31 2020 02 2125550143       12'05 I
12/31/25 23:59 102  01 5550100          1'10  O
01/15/26 10:05 103  12 12125550144      0'00  A
"""
KX_TDA = "03/02/26 09:30AM 101   01 5550142                   0'05 00:01'05"
PAGE_HEAD = "ABACUS  page {}  printed 05.03.2026"
NEW, BENCH = "/formats/new/", "/formats/workbench/"


def fields(draft: Draft, **others: str) -> dict[str, object]:
    """What a browser would send of a draft's fields."""
    names = ("name", "kind", "form", "start", "key", "match", "means")
    return {
        **{name: getattr(draft, name) for name in ("slug", "title", "models", "separator", "shape", "match", "moment")},
        "by": draft.form,
        "text": draft.text,
        "sample": draft.sample,
        **{f"c-{name}": [getattr(row, name) for row in draft.columns] for name in names},
        "r-column": [rule.column for rule in draft.rules],
        "r-pattern": [rule.pattern for rule in draft.rules],
        "r-says": [rule.says for rule in draft.rules],
        "s-match": [skip.match for skip in draft.skips],
        "s-reason": [skip.reason for skip in draft.skips],
        **others,
    }


def page(client: Client, address: str, data: dict[str, object] | None = None) -> str:
    response = client.post(address, data, follow=True) if data is not None else client.get(address)
    assert response.status_code == 200
    return str(response.content.decode())


def told(text: str) -> str:
    """The page's count of what became of the sample."""
    found = re.search(r'<h2 id="result-title" role="status">([^<]*)</h2>', text)
    return found[1] if found else ""


@pytest.fixture
def kept(admin: Client) -> str:
    page(admin, BENCH, fields(guessed(SAMPLE), slug="abacus", title="Abacus", act="keep"))
    return "abacus"


def test_formats_that_read_pasted_lines_already_are_named_before_a_new_one_is_made(admin: Client) -> None:
    text = page(admin, NEW, {"sample": "\n".join([KX_TDA] * 3)})

    assert "A format reads these lines" in text or "Formats that read these lines" in text
    assert text.index("panasonic-kx-tda") < text.index("How a line is divided")
    assert 'href="/pbxs/add/?dialect=panasonic-kx-tda"' in text
    copied = page(admin, "/formats/copy/panasonic-kx-tda/", {"sample": KX_TDA})
    assert "1 call" in told(copied)


def test_no_format_is_named_where_none_reads_the_lines(admin: Client) -> None:
    assert "these lines</h2>" not in page(admin, NEW, {"sample": "nobody ever saw\nthe like of this\n"})


def test_pasted_lines_are_looked_at_and_read(admin: Client) -> None:
    text = page(admin, NEW, {"sample": SAMPLE})

    assert told(text) == "4 calls, 2 ignored, 0 not readable"
    assert 'value="extension"' in text


def test_a_column_can_begin_elsewhere_and_be_left_out(admin: Client) -> None:
    split = page(admin, BENCH, fields(guessed(SAMPLE), act="split", **{"split-at": "30"}))
    dropped = page(admin, BENCH, fields(guessed(SAMPLE), act="drop:3"))

    assert re.findall(r'name="c-start" value="(\d+)"', split) == ["0", "9", "15", "20", "23", "30", "40", "46"]
    assert re.findall(r'name="c-start" value="(\d+)"', dropped) == ["0", "9", "15", "23", "40", "46"]


@pytest.mark.parametrize("number", ["²", "9" * 5000])
def test_what_is_no_number_begins_no_column_and_undoes_nothing(admin: Client, pbx: str, number: str) -> None:
    draft = guessed(SAMPLE)
    draft.columns[0].start = number

    assert 'name="c-start"' in page(admin, BENCH, fields(draft, act="split", **{"split-at": "30"}))
    assert admin.post(f"/pbx/{pbx}/format/", {"undo": number}).status_code == 404


def test_rules_are_added_and_taken_away(admin: Client) -> None:
    assert page(admin, BENCH, fields(guessed(SAMPLE), act="add-rule")).count('name="r-column"') == 4
    assert page(admin, BENCH, fields(guessed(SAMPLE), act="drop-rule:0")).count('name="r-column"') == 2


def test_a_rule_goes_on_with_its_column_when_that_is_called_otherwise(admin: Client) -> None:
    draft = guessed(SAMPLE)
    names = [row.name for row in draft.columns]
    draft.columns[names.index("way")].name = "dir"

    text = page(admin, BENCH, fields(draft, act="read") | {"c-was": names})

    assert told(text) == "4 calls, 2 ignored, 0 not readable"
    assert text.count("<option selected>dir</option>") == 3


def test_a_column_is_explained_in_the_words_of_the_reference(admin: Client) -> None:
    text = page(admin, NEW, {"sample": SAMPLE})

    assert f'id="means-6">{MEANINGS["talk_s"].capitalize()}</span>' in text
    assert f"<dd>{MEANINGS['account_code'].capitalize()}</dd>" in text


def test_a_line_that_is_no_call_is_ignored_with_those_like_it_until_that_is_removed(admin: Client) -> None:
    draft = guessed(SAMPLE)
    draft.sample = f"{PAGE_HEAD.format(1)}\n{SAMPLE}{PAGE_HEAD.format(2)}\n"
    read = page(admin, BENCH, fields(draft, act="read"))
    ignored = page(admin, BENCH, fields(draft, act="ignore:1"))

    assert told(read) == "4 calls, 2 ignored, 2 not readable"
    assert told(ignored) == "4 calls, 4 ignored, 0 not readable"
    assert "“ABACUS page”, a number, “printed”, a date. Ignores 2 lines of the sample." in ignored
    draft.skips = changed(draft, "ignore:1").skips
    assert told(page(admin, BENCH, fields(draft, act="drop-skip:2"))) == told(read)
    assert told(page(admin, BENCH, fields(draft, act="drop-skip:1"))) == "4 calls, 3 ignored, 1 not readable"


def test_a_line_that_looks_like_a_call_is_not_ignored_and_the_call_is_named(admin: Client) -> None:
    draft = guessed(SAMPLE)
    draft.sample += "03/02/26 09:61 101  01 2125550142       0'45  O\n"
    text = page(admin, BENCH, fields(draft, act="ignore:7"))

    assert "Lines like line 7 cannot be ignored</strong>: line 3 is a call and looks the same" in text
    assert told(text) == "4 calls, 2 ignored, 1 not readable"


@pytest.mark.parametrize("act", ["ignore:3", "ignore:0", "ignore:99", "ignore:²", "drop-skip:²", "form:9:x", "drop:²"])
def test_a_button_for_what_is_not_there_changes_nothing(act: str) -> None:
    assert changed(guessed(SAMPLE), act) == guessed(SAMPLE)


def test_a_line_is_ignored_in_a_format_that_is_worked_at_as_text(admin: Client) -> None:
    draft = Draft(sample=f"{SAMPLE}{PAGE_HEAD.format(2)}\n", text=f"# mine\n{layout_text()}")
    text = page(admin, BENCH, fields(draft, act="ignore:7"))

    assert told(text) == "4 calls, 3 ignored, 0 not readable"
    assert "# mine" in text


def test_settings_that_no_source_knows_are_told_beside_the_result_and_not_kept(admin: Client) -> None:
    draft = Draft(sample=SAMPLE, text=f'{layout_text()}\n[delivered.tcp_client]\nprot = "2300"\n')
    text = page(admin, BENCH, fields(draft, act="read"))
    refused = page(admin, BENCH, fields(draft, act="keep", slug="abacus"))

    assert told(text) == "4 calls, 2 ignored, 0 not readable"
    assert "did you mean &#x27;port&#x27;?" in text.replace("Did", "did")
    assert refused.count("Unknown option") == 1
    assert keeping.text_of("abacus") == ""


def slow_text() -> str:
    """A format that reads calls as those of the sample are, by rules that take their time over each."""
    when = "{{ number = '(?:[0-9]?[0-9a-f]?){{60}}x{0}$' }}"
    rule = f"[[rule]]\ngroup = 'g{{0}}'\nwhen = {when}\ngives = {{{{ trunk = '{{0}}' }}}}\n"
    return layout_text() + "".join(rule.format(number) for number in range(300))


def many_calls() -> str:
    call = SAMPLE.splitlines()[2]
    return "".join(f"{call[:20]}{number:011d}{call[31:]}\n" for number in range(5000))


def test_a_sample_that_takes_too_long_is_given_up_with_a_clear_text_and_the_draft_stays(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, sample = slow_text(), many_calls()
    before = told(page(admin, BENCH, fields(Draft(sample=SAMPLE, text=layout_text()), act="read")))
    with monkeypatch.context() as hurried:
        hurried.setattr(apart, "SAMPLE_S", 1)
        text = page(admin, BENCH, fields(Draft(sample=sample, text=slow), act="read"))
        ignoring = page(admin, BENCH, fields(Draft(sample=sample, text=slow), act="ignore:1"))

    assert "The sample was not read to its end" in text
    assert "it took longer than 1 s" in text.replace("It took", "it took")
    assert "take lines out of the sample" in text.replace("Take lines", "take lines")
    assert "x299$" in text
    assert told(text) == ""
    assert "The sample was not read to its end" in ignoring
    assert told(page(admin, BENCH, fields(Draft(sample=SAMPLE, text=layout_text()), act="read"))) == before


def test_own_formats_that_take_too_long_are_left_out_and_that_is_said(
    admin: Client, engine: Engine, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kept in page(admin, NEW, {"sample": SAMPLE})
    slow = engine.site.path / "dialects" / "slow"
    slow.mkdir()
    (slow / "dialect.toml").write_text(slow_text())
    monkeypatch.setattr(apart, "SAMPLE_S", 1)
    monkeypatch.setattr(pages, "previewed", preview)
    text = page(admin, NEW, {"sample": many_calls()})

    assert "Your own formats were not looked for" in text
    assert "it took longer than 1 s" in text.replace("It took", "it took")
    assert "How a line is divided" in text


def test_whether_day_or_month_comes_first_is_asked_where_the_lines_do_not_tell(admin: Client) -> None:
    sample = "".join(SAMPLE.splitlines(keepends=True)[2:4])
    asked = page(admin, NEW, {"sample": sample})
    answered = page(admin, BENCH, fields(guessed(sample), act="form:0:DD/MM/YY"))

    assert "<code>03/02/26</code> is read as 2 March 2026 (MM/DD/YY)" in asked
    assert 'value="form:0:DD/MM/YY">Read it as 3 February 2026' in asked
    assert "2026-02-03 09:30:00" in answered
    assert "come first" not in page(admin, NEW, {"sample": SAMPLE})


def test_a_call_that_nobody_took_needs_no_moment_of_answering(admin: Client) -> None:
    rows = [(10, "2026-03-05 13:48:24"), (20, "2026-03-05 13:48:31"), (30, "2026-03-05 13:48:42"), (40, "")]
    lines = [f"201;02125550176;2026-03-05 13:48:{second};{answer};2026-03-05 13:50:42" for second, answer in rows]

    assert told(page(admin, NEW, {"sample": "\n".join(lines)})) == "4 calls, 0 ignored, 0 not readable"


def test_lines_far_down_that_cannot_be_read_are_shown(admin: Client) -> None:
    draft = guessed(SAMPLE)
    draft.sample = SAMPLE.splitlines()[2] + "\n"
    draft.sample = draft.sample * 70 + PAGE_HEAD.format(7)

    text = page(admin, BENCH, fields(draft, act="read"))

    assert text.count("<td>a call</td>") == 60
    assert 'value="ignore:71"' in text


def test_a_fault_is_told_and_the_fields_stay(admin: Client) -> None:
    draft = guessed(SAMPLE)
    draft.columns[0].form = ""
    text = page(admin, BENCH, fields(draft, act="keep", slug="abacus"))

    assert "A date needs a form" in text
    assert 'name="c-name" value="extension"' in text
    assert keeping.text_of("abacus") == ""


@pytest.mark.parametrize(
    ("slug", "words"),
    [("Abacus 1", "cannot be a format&#x27;s name"), ("panasonic-kx-hts", "is taken"), ("../up", "cannot be a format")],
)
def test_a_name_that_will_not_do_is_refused(admin: Client, slug: str, words: str) -> None:
    assert words in page(admin, BENCH, fields(guessed(SAMPLE), act="keep", slug=slug))


def test_a_format_is_kept_and_opened_again_as_it_was(admin: Client, kept: str, engine: Engine) -> None:
    draft = guessed(SAMPLE)
    draft.slug, draft.title = "abacus", "Abacus"

    assert engine.catalogue.layout_of(kept) == layout_of(draft)
    assert drafted(engine.catalogue.layout_of(kept), "abacus", SAMPLE) == draft
    assert told(page(admin, "/formats/own/abacus/")) == "4 calls, 2 ignored, 0 not readable"
    assert "Abacus" in page(admin, "/formats/")


def test_a_format_whose_records_span_lines_is_worked_on_as_text_so_that_nothing_of_it_is_lost() -> None:
    plain = layout_of(guessed(SAMPLE))
    spanning = msgspec.structs.replace(plain, lines=RecordLines(count=3))

    draft = drafted(spanning, "abacus", SAMPLE)

    assert not drafted(plain, "abacus", SAMPLE).text
    assert layout_of(draft).lines == RecordLines(count=3)


def test_a_format_can_be_worked_on_as_text_and_back(admin: Client) -> None:
    text = page(admin, BENCH, fields(guessed(SAMPLE), act="as-text"))
    draft = Draft(sample=SAMPLE, text=layout_text())
    back = page(admin, BENCH, fields(draft, act="as-fields"))
    wrong = page(admin, BENCH, fields(Draft(sample=SAMPLE, text="title = "), act="read"))

    assert "title = &quot;My format&quot;" in text
    assert 'name="c-name" value="extension"' in back
    assert "The layout cannot be read" in wrong


def layout_text() -> str:
    from tollbook.dialects.layout.written import written

    return written(layout_of(guessed(SAMPLE)))


def test_a_format_of_the_catalogue_is_the_beginning_of_ones_own(admin: Client) -> None:
    assert "my-panasonic-kx-hts" in page(admin, "/formats/copy/panasonic-kx-hts/")
    assert admin.get("/formats/copy/abacus/").status_code == 404


def test_records_that_could_not_be_read_are_the_sample(admin: Client, pbx: str, engine: Engine) -> None:
    import_file(engine, pbx, SAMPLE.encode())

    assert "2020 02 2125550143" in page(admin, f"/formats/new/?pbx={pbx}")


def test_history_is_read_again_in_another_format_and_back(admin: Client, pbx: str, engine: Engine, kept: str) -> None:
    import_file(engine, pbx, SAMPLE.encode())
    page(admin, f"/pbx/{pbx}/format/", {"dialect": kept})
    settle(engine)
    text = page(admin, f"/pbx/{pbx}/format/")

    assert [int(number) for number in re.findall(r"<td>(\d+)</td>", text)] == [6, 6, 0, 4, 0, 2, 6, 0]
    assert engine.pbxs()[pbx].dialect == kept

    page(admin, f"/pbx/{pbx}/format/", {"undo": str(FormatChange.objects.get().pk)})
    settle(engine)

    assert engine.pbxs()[pbx].dialect == "panasonic-kx-hts"
    assert engine.site.store.rows("SELECT count(*) FROM call") == [(0,)]
    assert "Undo" not in page(admin, f"/pbx/{pbx}/format/")


def test_a_format_changed_is_undone_to_what_it_was(admin: Client, pbx: str, engine: Engine, kept: str) -> None:
    import_file(engine, pbx, SAMPLE.encode())
    page(admin, f"/pbx/{pbx}/format/", {"dialect": kept})
    before = keeping.text_of(kept)
    draft = guessed(SAMPLE)
    draft.rules = []
    page(admin, BENCH, fields(draft, slug=kept, title="Abacus", act="keep"))
    page(admin, f"/pbx/{pbx}/format/", {"dialect": kept})
    settle(engine)
    without_rules = engine.site.store.rows("SELECT DISTINCT direction FROM call")
    page(admin, f"/pbx/{pbx}/format/", {"undo": str(FormatChange.objects.all()[0].pk)})
    settle(engine)

    assert without_rules == [("outgoing",)]
    assert keeping.text_of(kept) == before
    assert engine.site.store.rows("SELECT count(DISTINCT direction) FROM call") == [(2,)]


def test_a_format_in_use_is_not_removed(admin: Client, pbx: str, engine: Engine, kept: str) -> None:
    page(admin, f"/pbx/{pbx}/format/", {"dialect": kept})
    refused = page(admin, f"/formats/own/{kept}/remove/", {})
    page(admin, f"/pbx/{pbx}/format/", {"dialect": "panasonic-kx-hts"})
    page(admin, f"/formats/own/{kept}/remove/", {})

    assert "is in use" in refused
    assert kept not in engine.catalogue.layouts()


def test_an_unknown_format_is_refused(admin: Client, pbx: str) -> None:
    assert "No dialect is called &#x27;abacus&#x27;" in page(admin, f"/pbx/{pbx}/format/", {"dialect": "abacus"})


@pytest.mark.parametrize("address", [NEW, "/formats/copy/panasonic-kx-hts/"])
def test_a_viewer_looks_at_formats_and_makes_none(viewer: Client, address: str) -> None:
    assert "KX-HTS32" in page(viewer, "/formats/")
    assert viewer.get(address).status_code == 403
