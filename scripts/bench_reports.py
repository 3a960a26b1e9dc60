"""Reading 1,000 inspection reports in Word: ours against a walk with python-docx, interleaved, medians of CPU time (children included).

    python scripts/bench_reports.py [reports] [rounds]

`text`: final text of each file in this process; `sections`: its sections too; `read_reports`: the whole way as a run goes it, child
processes and their start included; `with pictures`: the same with PICTURES photographs (JPEG, 3 megapixels) in each report, and what one
costs. The peer opens `docx.Document` and takes the text of each paragraph and each cell, and knows nothing of
sections. That both see the same paragraphs is checked before anything is timed.
"""

from __future__ import annotations

import io
import os
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import docx
from PIL import Image
from postloan.data.schema import all_tables
from postloan.inspection_reports.sections import read_reports
from postloan.inspection_reports.sections.section_reader import sections_of
from postloan.inspection_reports.word_text.final_text import final_text

TITLES = list(all_tables()["report_section"].fields["section"].values.values())
DISTINCT = 100
PICTURES = 3
SENTENCE = "本季度企业实现销售收入{}万元，通过我行账户归行{}万元，归行率{}.{}%，较上季度有所提升，主要原因是下游回款加快。"


def draw_headings(paper: docx.Document, sentence: Callable[[], str]) -> None:
    """A report of headings, paragraphs and tables of figures."""
    for number, title in zip("一二三四五六七八", TITLES, strict=True):
        paper.add_heading(f"{number}、{title}", 1)
        for _ in range(3):
            paragraph = paper.add_paragraph()
            for piece in sentence().split("，"):  # Word cuts a sentence into runs wherever somebody edited it
                paragraph.add_run(piece + "，")
        if number in "三四":
            draw_figures(paper)


def draw_figures(paper: docx.Document) -> None:
    for row in paper.add_table(8, 4).rows:
        for cell in row.cells:
            cell.text = str(random.randint(1, 99_999))


def draw_form(paper: docx.Document, sentence: Callable[[], str]) -> None:
    """A form: name on the left, answer on the right."""
    table = paper.add_table(0, 2)
    for title in TITLES:
        name, answer = table.add_row().cells
        name.text, answer.text = title, sentence()
        for _ in range(3):
            answer.add_paragraph(sentence())
    draw_figures(paper)


def make_reports(folder: Path, reports: int) -> dict[str, str]:
    """Write the reports, every second a form; inspection id → file."""
    random.seed(2014)
    files = {f"I{number:05}": f"{number:05}.docx" for number in range(reports)}
    for number, name in enumerate(files.values()):
        if number >= DISTINCT:
            shutil.copy(folder / f"{number % DISTINCT:05}.docx", folder / name)
            continue
        paper = docx.Document()
        draw = draw_form if number % 2 else draw_headings
        draw(paper, lambda: SENTENCE.format(*(random.randint(10, 9_999) for _ in range(4))))
        paper.save(str(folder / name))
    return files


def photograph(number: int) -> io.BytesIO:
    """A picture of no place, as large as people put into reports."""
    rough = Image.frombytes("L", (24, 18), random.Random(number).randbytes(24 * 18)).resize((2000, 1500), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    Image.blend(rough, Image.effect_noise(rough.size, 40), 0.2).convert("RGB").save(file, "JPEG", quality=85)
    return file


def add_pictures(folder: Path, files: dict[str, str]) -> dict[str, str]:
    """The same reports with photographs in them; inspection id → file."""
    for number, name in enumerate(files.values()):
        if number >= DISTINCT:
            shutil.copy(folder / f"p{number % DISTINCT:05}.docx", folder / f"p{name}")
            continue
        paper = docx.Document(str(folder / name))
        for picture in range(PICTURES):
            paper.add_picture(photograph(PICTURES * number + picture))
        paper.save(str(folder / f"p{name}"))
    return {inspection: f"p{name}" for inspection, name in files.items()}


def walk(path: Path) -> list[str]:
    """What python-docx sees of a file."""
    paper = docx.Document(str(path))
    texts = [paragraph.text for paragraph in paper.paragraphs]
    return texts + [cell.text for table in paper.tables for row in table.rows for cell in row.cells]


def cpu() -> float:
    return sum(os.times()[:4])


def measured(work: Callable[[], object]) -> float:
    before = cpu()
    work()
    return cpu() - before


def main(reports: int = 1_000, rounds: int = 3) -> None:
    with tempfile.TemporaryDirectory() as private:
        folder = Path(private)
        files = make_reports(folder, reports)
        paths = [folder / name for name in files.values()]
        for path in paths[:DISTINCT]:
            ours = "".join(block.text for block in final_text(path))
            assert all(line in ours for text in walk(path) for line in text.split("\n")), path
        illustrated = add_pictures(folder, files)
        read = read_reports(folder, illustrated)
        assert read[:2] == read_reports(folder, files)[:2] and len(read.rows) == len(TITLES) * reports and not read.problems
        assert len(read.photos) == PICTURES * reports and all(photo.dhash for photo in read.photos)
        ways = {
            "python-docx walk": lambda: [walk(path) for path in paths],
            "text": lambda: [final_text(path) for path in paths],
            "sections": lambda: [sections_of(final_text(path)) for path in paths],
            "read_reports": lambda: read_reports(folder, files),
            "with pictures": lambda: read_reports(folder, illustrated),
        }
        taken: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, work in ways.items():
                taken[way].append(measured(work))
    peer = statistics.median(taken["python-docx walk"])
    with_pictures = statistics.median(taken.pop("with pictures"))
    for way, seconds in taken.items():
        median = statistics.median(seconds)
        sys.stdout.write(f"{way:18} {median:7.2f} s of CPU for {reports} reports   {peer / median:5.2f} times the speed of the walk\n")
    each = (with_pictures - statistics.median(taken["read_reports"])) / reports / PICTURES
    size = photograph(0).getbuffer().nbytes
    sys.stdout.write(f"{'with pictures':18} {with_pictures:7.2f} s of CPU: {1000 * each:.1f} ms a picture of {size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
