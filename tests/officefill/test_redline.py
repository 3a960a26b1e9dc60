"""A redline: all accepted it is the new file, all rejected the old one, in text and structure."""

from __future__ import annotations

import io
from copy import deepcopy
from pathlib import Path
from random import Random

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt
from lxml import etree
from officefill.content import content_changes, content_lines
from officefill.ooxml.namespaces import w
from officefill.ooxml.package import Package, read_package
from officefill.word.redline import redline
from officefill.word.redline_keys import Source
from officefill.word.tracked_changes import accept_all, has_changes, reject_all, story_parts
from rich_files import packed, word_file

WORDS = ["不良率", "0.95%", "较上季度", "下降", "0.44个百分点", "，", "。", "市场一部", " ", "1234.5", "万元", "report", "\t"]


def opened(data: bytes) -> Package:
    return read_package(Path("paper.docx"), data)


def settled(data: bytes, settle: object) -> Package:
    package = opened(data)
    for part in story_parts(package):
        settle(package.tree(part))  # type: ignore[operator]
    return package


def structure(package: Package) -> list[bytes]:
    """Every block of the body with its forms; runs of one form are one run, however they are cut."""
    source, found = Source(package, package.main), []
    for block in package.tree(package.main).find(w("body")):
        copy = deepcopy(block)
        for node in [node for node in copy.iter("{*}bookmarkStart", "{*}bookmarkEnd")]:
            node.getparent().remove(node)
        for run in [run for run in copy.iter(w("r")) if all(node.tag == w("rPr") for node in run)]:
            run.getparent().remove(run)
        for run in list(copy.iter(w("r"))):
            _join(run)
        for form in [form for form in copy.iter(w("pPr"), w("rPr"), w("trPr")) if not len(form)][::-1]:
            form.getparent().remove(form)
        for form in [form for form in copy.iter(w("pPr")) if not len(form)]:
            form.getparent().remove(form)
        found.append(source.key(copy))
    return found


def _join(run: etree._Element) -> None:
    before = run.getprevious()
    if before is not None and before.tag == w("r") and _form(before) == _form(run):
        before.extend(node for node in list(run) if node.tag != w("rPr"))
        run.getparent().remove(run)
        run = before
    last: etree._Element | None = None
    for node in list(run):
        if node.tag == w("t"):
            node.attrib.clear()
            if last is not None:
                last.text = (last.text or "") + (node.text or "")
                run.remove(node)
                continue
        last = node if node.tag == w("t") else None


def _form(run: etree._Element) -> bytes:
    form = run.find(w("rPr"))
    return b"" if form is None or not len(form) else etree.tostring(form, method="c14n")


def both_ways(old: bytes, new: bytes) -> bytes:
    """The redline of two files, which is proven on the way to hold both."""
    made = redline(opened(old), opened(new))
    for settle, wanted in ((accept_all, new), (reject_all, old)):
        got = settled(made, settle)
        assert not has_changes(got)
        assert content_changes(content_lines(opened(wanted)), content_lines(got)) == []
        assert structure(got) == structure(opened(wanted))
    return made


def text(dice: Random) -> str:
    return "".join(dice.choice(WORDS) for _ in range(dice.randint(0, 8)))


def random_file(dice: Random) -> bytes:
    paper = docx.Document()
    for _ in range(dice.randint(1, 8)):
        if dice.random() < 0.3:
            rows, columns = dice.randint(1, 4), dice.randint(1, 3)
            table = paper.add_table(rows, columns)
            for row in table.rows:
                for cell in row.cells:
                    cell.text = text(dice)
                    if dice.random() < 0.2:
                        cell.add_paragraph(text(dice))
            paper.add_paragraph(text(dice))
        else:
            paragraph = paper.add_paragraph()
            for _ in range(dice.randint(0, 3)):
                run = paragraph.add_run(text(dice))
                run.bold = dice.random() < 0.3 or None
    return _saved(paper)


def mutated(dice: Random, data: bytes) -> bytes:
    """The file after some edits that a person might make."""
    paper = docx.Document(io.BytesIO(data))
    for _ in range(dice.randint(1, 6)):
        blocks = [node for node in paper.element.body if node.tag in (w("p"), w("tbl"))]
        node = dice.choice(blocks)
        match dice.choice(["text", "gone", "twice", "new", "form", "bold", "row", "moved"]):
            case "text" if texts := [t for t in node.iter(w("t")) if t.text]:
                chosen = dice.choice(texts)
                at = dice.randrange(len(chosen.text))
                chosen.text = chosen.text[:at] + text(dice) + chosen.text[at + dice.randint(0, 2) :]
            case "gone" if len(blocks) > 1 and node.tag == w("p") and node.find(f".//{w('sectPr')}") is None and _may_go(node):
                node.getparent().remove(node)
            case "twice" if node.find(f".//{w('sectPr')}") is None and node.tag == w("p"):
                node.addnext(deepcopy(node))
            case "new":
                node.addprevious(docx.Document().add_paragraph(text(dice))._p)
            case "form" if node.tag == w("p") and node.find(f".//{w('sectPr')}") is None:
                docx.text.paragraph.Paragraph(node, paper).alignment = dice.choice(list(WD_ALIGN_PARAGRAPH)[:3])
            case "bold" if runs := [docx.text.run.Run(r, paper) for r in node.iter(w("r"))]:
                dice.choice(runs).font.size = Pt(dice.choice([9, 12]))
            case "row" if rows := list(node.iterchildren(w("tr"))):
                chosen = dice.choice(rows)
                if dice.random() < 0.5 and len(rows) > 1:
                    node.remove(chosen)
                else:
                    chosen.addnext(deepcopy(chosen))
            case "moved" if node.tag == w("p") and node.find(f".//{w('sectPr')}") is None and _may_go(node):
                dice.choice([other for other in blocks if other is not node] or [node]).addprevious(node)
    return _saved(paper)


def _may_go(node: etree._Element) -> bool:
    """Return True unless the paragraph parts two tables."""
    around = (node.getprevious(), node.getnext())
    return not any(other is not None and other.tag == w("tbl") for other in around)


def _saved(paper: docx.document.Document) -> bytes:
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


@pytest.mark.parametrize("seed", range(25))
def test_a_file_and_its_edited_copy(seed: int) -> None:
    dice = Random(seed)
    old = random_file(dice)
    both_ways(old, mutated(dice, old))


@pytest.mark.parametrize("seed", range(8))
def test_two_files_that_have_nothing_to_do_with_each_other(seed: int) -> None:
    dice = Random(seed)
    both_ways(random_file(dice), random_file(dice))


@pytest.mark.parametrize("seed", range(8))
def test_a_file_with_notes_boxes_and_sections_after_edits(seed: int) -> None:
    dice, old = Random(seed), word_file()
    both_ways(old, mutated(dice, old))


def test_equal_files_have_no_changes() -> None:
    assert not has_changes(opened(redline(opened(word_file()), opened(word_file()))))


def test_headers_and_notes_are_compared() -> None:
    old = word_file()
    paper = docx.Document(io.BytesIO(old))
    paper.sections[0].header.paragraphs[0].text = "首节新页眉"
    package = opened(_saved(paper))
    note = next(node for node in package.tree("word/footnotes.xml").iter(w("t")))
    note.text = " 脚注第6条"
    package.save("word/footnotes.xml")
    made = both_ways(old, packed(package))
    assert b"<w:ins " in opened(made).parts["word/header1.xml"]


def test_only_what_changed_is_marked() -> None:
    old, new = docx.Document(), docx.Document()
    old.add_paragraph("期末贷款余额8.174亿元，较上季度末增加0.2亿元。")
    new.add_paragraph("期末贷款余额8.162亿元，较上季度末增加0.2亿元。")
    package = opened(both_ways(_saved(old), _saved(new)))
    root = package.tree(package.main)
    assert ["".join(node.itertext()) for node in root.iter(w("del"))] == ["8.174"]
    assert ["".join(node.itertext()) for node in root.iter(w("ins"))] == ["8.162"]
