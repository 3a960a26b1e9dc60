"""A traced filling: every figure with its path, in bookmarks that change nothing a reader sees."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import docx
from drawing import FILTERS, WHO, Drawn
from hypothesis import given
from hypothesis import strategies as st
from officefill import Shown, open_template
from officefill.language.provenance import Traced, record_part
from officefill.ooxml.package import read_package
from officefill.settings import DEFAULT

RECORD = b'<paper xmlns="urn:officefill:paper:1"/>'
UNITS = [{"name": "甲", "ratio": Decimal("0.5"), "loans": [{"no": 7}, {"no": 8}]}, {"name": "乙", "ratio": None, "loans": [{"no": 9}]}]
CONTEXT: dict[str, Any] = {"ratio": Decimal("0.1234"), "count": 5, "name": "A&B", "day": date(2014, 6, 30), "units": UNITS}


def traced(drawn: Drawn, **context: Any) -> tuple[list[Shown], bytes]:
    shown: list[Shown] = []

    def seal(made: Traced) -> bytes:
        shown.extend(made.shown)
        return RECORD

    return shown, open_template(drawn.path, FILTERS, trace=True).render(context, WHO, seal)


def bookmarked(data: bytes) -> dict[str, str]:
    """The text between the ends of each bookmark of the body."""
    body = docx.Document(io.BytesIO(data)).element
    space = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    names, texts = dict[str, str](), dict[str, str]()
    for node in body.iter():
        if node.tag == f"{space}bookmarkStart":
            names[node.get(f"{space}id")] = node.get(f"{space}name")
            texts[node.get(f"{space}name")] = ""
        elif node.tag == f"{space}bookmarkEnd":
            names.pop(node.get(f"{space}id"))
        elif node.tag == f"{space}t":
            for name in names.values():
                texts[name] += node.text or ""
    return texts


def test_every_figure_has_a_bookmark_round_what_it_prints(word: Callable[..., Drawn]) -> None:
    drawn = word("不良率{{ ratio|percent }}，共{{ count }}户，{{ name }}，{{ day|date_cn }}。")
    shown, data = traced(drawn, **CONTEXT)
    assert [(f.path, f.text) for f in shown] == [(("ratio",), "12.34%"), (("count",), "5"), (("day",), "2014年6月30日")]
    assert bookmarked(data) == {f"_pl_{f.number}": f.text for f in shown}
    assert docx.Document(io.BytesIO(data)).paragraphs[0].text == drawn.texts(**CONTEXT)[0]


def test_the_path_names_the_position_in_every_loop_around(word: Callable[..., Drawn]) -> None:
    drawn = word(
        "{% for u in units %}", "{{ u.ratio|percent }}", "{% for l in u.loans %}{{ l.no }}、{% endfor %}", "{% endfor %}", "{{ count }}"
    )
    shown, data = traced(drawn, **CONTEXT)
    assert [f.path for f in shown] == [
        ("units", 0, "ratio"),
        ("units", 0, "loans", 0, "no"),
        ("units", 0, "loans", 1, "no"),
        ("units", 1, "ratio"),
        ("units", 1, "loans", 0, "no"),
        ("count",),
    ]
    assert shown[3].value is None and shown[3].text == "不适用"
    assert bookmarked(data) == {f"_pl_{f.number}": f.text for f in shown}


def test_a_loop_that_skips_items_by_a_condition_still_counts_them(word: Callable[..., Drawn]) -> None:
    drawn = word("{% for u in units %}{% if u.ratio is none %}{{ u.ratio|percent }}{% endif %}{% endfor %}")
    shown, _ = traced(drawn, **CONTEXT)
    assert [f.path for f in shown] == [("units", 1, "ratio")]


def test_loop_numbers_and_choices_are_no_figures(word: Callable[..., Drawn]) -> None:
    shown, _ = traced(word("{% for u in units %}{{ loop.index }}{{ name or count }}{% endfor %}"), **CONTEXT)
    assert shown == []


def test_cells_of_a_sheet_are_named_where_they_came_to_lie(book: Callable[..., Drawn]) -> None:
    drawn = book(
        [
            ["共{{ count }}户，不良率{{ ratio|percent }}", None],
            ["{% for u in units %}{{ u.name }}", "{{ u.ratio|percent }}{% endfor %}"],
            ["合计", '{{ count|formula("SUM(B2:B2)") }}'],
        ]
    )
    shown, data = traced(drawn, **CONTEXT)
    assert [(f.cell, f.path, f.text) for f in shown] == [
        ("A1", ("count",), "5"),
        ("A1", ("ratio",), "12.34%"),
        ("B2", ("units", 0, "ratio"), "50.00%"),
        ("B3", ("units", 1, "ratio"), "不适用"),
        ("B4", ("count",), "5"),
    ]
    with zipfile.ZipFile(io.BytesIO(data)) as made, zipfile.ZipFile(io.BytesIO(drawn.fill(**CONTEXT))) as plain:
        assert made.read("xl/worksheets/sheet1.xml") == plain.read("xl/worksheets/sheet1.xml")


def test_a_template_drawn_from_a_finished_paper_starts_anew(word: Callable[..., Drawn]) -> None:
    drawn = word("共{{ count }}户")
    _, first = traced(drawn, **CONTEXT)
    drawn.path.write_bytes(first)
    with_tag = drawn.replaced("word/document.xml", "户", "户{{ ratio|percent }}")
    shown, second = traced(with_tag, **CONTEXT)
    assert [f.path for f in shown] == [("ratio",)]
    assert bookmarked(second) == {"_pl_1": "12.34%"}
    package = read_package(drawn.path, second)
    assert package.parts[record_part(package, DEFAULT.namespace) or ""] == RECORD
    assert sum(RECORD == data for data in package.parts.values()) == 1


@given(
    st.lists(st.tuples(st.sampled_from(["不良率{{ ratio|percent }}", "{{ count }}", "{{ name }}", "文字"]), st.integers(0, 30)), max_size=4)
)
def test_what_a_reader_sees_is_the_same_with_and_without_the_record(pieces: list[tuple[str, int]]) -> None:
    import tempfile
    from pathlib import Path

    paper = docx.Document()
    paragraph = paper.add_paragraph()
    for text, cut in pieces:
        for run in (text[:cut], text[cut:]):
            paragraph.add_run(run)
    with tempfile.TemporaryDirectory() as room:
        path = Path(room) / "body.docx"
        paper.save(str(path))
        _, data = traced(Drawn(path), **CONTEXT)
        assert [p.text for p in docx.Document(io.BytesIO(data)).paragraphs] == Drawn(path).texts(**CONTEXT)
