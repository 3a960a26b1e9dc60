"""Filling a Word template with three tables of 10, 50 and 500 rows: ours against a bare string render and docxtpl, interleaved.

    python scripts/bench_render.py [rounds]

As a run over 300 branches fills one template again and again: ours opened once, ours opened each time (an unchanged file is compiled once),
ours compiled each time, docxtpl with its object kept and with a new one. The bare render is the floor: document.xml compiled by jinja2
beforehand, rendered and put into a copy of the file, which is packed as hard as ours. The texts of all papers are compared before anything
is timed. Then ours with one table of up to 4,000 rows: milliseconds a row. Figures are medians of CPU time.
"""

from __future__ import annotations

import io
import re
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import docx
from docxtpl import DocxTemplate
from jinja2 import Environment
from officefill import Properties, open_template
from officefill.ooxml.package import LEVEL
from postloan.numbers import FILTERS

ROWS = (10, 50, 500)
LENGTHS = (500, 1000, 2000, 4000)
FIELDS = ("no", "unit", "customer", "words", "amount", "note")
WHO = Properties(title="季度贷后管理报告", author="某某支行", created=datetime(2014, 6, 30))


def draw(path: Path, begin: str, end: str) -> None:
    """The template: three headed tables; `begin` and `end` are the loop tags of one engine, in rows of their own."""
    paper = docx.Document()
    paper.add_paragraph("{{ title }}：不良贷款率 {{ npl_ratio|percent }}。")
    for number, _ in enumerate(ROWS):
        paper.add_heading(f"第{number + 1}部分")
        table = paper.add_table(rows=4, cols=len(FIELDS), style="Table Grid")
        table.cell(1, 0).text = begin.format(rows=f"rows{number}")
        table.cell(3, 0).text = end
        for column, name in enumerate(FIELDS):
            table.cell(0, column).text = name
            table.cell(2, column).text = "{{ f.amount|wan }}" if name == "amount" else f"{{{{ f.{name} }}}}"
    paper.save(str(path))


def context() -> dict[str, object]:
    """Values for the template."""
    filled: dict[str, object] = {"title": "季度贷后管理报告", "npl_ratio": Decimal("0.0123")}
    for number, rows in enumerate(ROWS):
        filled[f"rows{number}"] = [
            {
                "no": i,
                "unit": f"支行{i % 30}",
                "customer": f"客户{i}有限公司",
                "words": "未按期提交贷后检查报告",
                "amount": Decimal(i) * 12345,
                "note": "—",
            }
            for i in range(rows)
        ]
    return filled


def texts(data: bytes) -> list[list[str]]:
    """Texts of all rows of a paper."""
    paper = docx.Document(io.BytesIO(data))
    space = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    return [
        ["".join(t.text or "" for t in cell.iter(f"{space}t")) for cell in row.iter(f"{space}tc")]
        for row in paper.element.iter(f"{space}tr")
    ]


def bare(path: Path, environment: Environment) -> Callable[[dict[str, object]], bytes]:
    """The template's document.xml as one compiled jinja2 template, rendered into a copy of the file."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    rows = re.compile(r"<w:tr\b(?:(?!</w:tr>).)*?({%[^%]*%})(?:(?!</w:tr>).)*</w:tr>", re.DOTALL)
    compiled = environment.from_string(rows.sub(lambda row: row[1], parts["word/document.xml"].decode("utf-8")))

    def render(filled: dict[str, object]) -> bytes:
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
            for name, data in parts.items():
                archive.writestr(name, compiled.render(filled).encode("utf-8") if name == "word/document.xml" else data)
        return held.getvalue()

    return render


def ways(room: Path, filled: dict[str, object]) -> dict[str, Callable[[], bytes]]:
    """The competitors by name, each of which gives the paper's bytes."""
    ours, theirs = room / "ours.docx", room / "theirs.docx"
    draw(ours, "{{% for f in {rows} %}}", "{% endfor %}")
    draw(theirs, "{{%tr for f in {rows} %}}", "{%tr endfor %}")
    template, kept, peer = open_template(ours, FILTERS), DocxTemplate(theirs), Environment(autoescape=True)
    peer.filters.update(FILTERS)

    floor = bare(ours, peer)

    def docxtpl(paper: DocxTemplate) -> bytes:
        file = io.BytesIO()
        paper.render(dict(filled), peer)
        paper.save(file)
        return file.getvalue()

    return {
        "postloan, template kept": lambda: template.render(filled, WHO),
        "postloan, opened each time": lambda: open_template(ours, FILTERS).render(filled, WHO),
        "postloan, compiled each time": lambda: open_template(ours, {**FILTERS, "again": lambda value: value}).render(filled, WHO),
        "bare string render": lambda: floor(filled),
        "docxtpl, object kept": lambda: docxtpl(kept),
        "docxtpl, new object": lambda: docxtpl(DocxTemplate(theirs)),
    }


def measure(competitors: dict[str, Callable[[], bytes]], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each, taken in turn."""
    spent: dict[str, list[float]] = {name: [] for name in competitors}
    for _ in range(rounds):
        for name, way in competitors.items():
            start = time.process_time()
            way()
            spent[name].append(time.process_time() - start)
    return spent


def by_length(path: Path, rounds: int) -> dict[int, float]:
    """Seconds for one table of so many rows, the others empty."""
    template, row = open_template(path, FILTERS), context()["rows2"][0]  # type: ignore[index]
    filled = {length: {**context(), "rows0": [], "rows1": [], "rows2": [{**row, "no": i} for i in range(length)]} for length in LENGTHS}
    spent = measure({str(length): (lambda said=said: template.render(said, WHO)) for length, said in filled.items()}, rounds)
    return {length: statistics.median(spent[str(length)]) for length in LENGTHS}


def main(rounds: int) -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as room:
        competitors = ways(Path(room), context())
        wanted = texts(competitors["docxtpl, new object"]())
        for name, way in competitors.items():
            if texts(way()) != wanted:
                raise SystemExit(f"{name}: the paper differs")
        spent = measure(competitors, rounds)
        longer = by_length(Path(room) / "ours.docx", rounds)
    best = statistics.median(spent["postloan, template kept"])
    for name, seconds in spent.items():
        middle = statistics.median(seconds)
        span = f"[{min(seconds) * 1000:.0f}-{max(seconds) * 1000:.0f}]"
        sys.stdout.write(f"{name:28} {middle * 1000:8.1f} ms cpu {span:>12} {middle / best:6.2f}x of ours\n")
    for rows, middle in longer.items():
        sys.stdout.write(f"postloan, {rows:5} rows         {middle * 1000:8.1f} ms cpu {middle * 1000 / rows:8.4f} ms a row\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
