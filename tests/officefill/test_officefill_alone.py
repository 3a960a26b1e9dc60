"""The engine stands alone: it imports and fills papers where no other package of this project can be imported."""

import subprocess
import sys
from pathlib import Path

LIBRARY = Path(__file__).parents[2] / "lib"
ALONE = """
import importlib, io, sys
from datetime import datetime
from pathlib import Path


class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("postloan", "notebookrun"):
            raise ImportError(name + " is blocked")


sys.meta_path.insert(0, Blocked())
"""
FILL = """
import docx, openpyxl
from officefill import Properties, open_template

room = Path(sys.argv[1])
paper = docx.Document()
paper.add_paragraph("{{ title }}: {{ ratio|percent }}")
table = paper.add_table(1, 2)
table.cell(0, 0).text, table.cell(0, 1).text = "{% for u in units %}{{ u.name }}", "{{ u.count }}{% endfor %}"
paper.save(room / "body.docx")
book = openpyxl.Workbook()
book.active.append(["{% for u in units %}{{ u.name }}", "{{ u.count }}{% endfor %}"])
book.active.append(["total", "=SUM(B1:B1)"])
book.save(room / "book.xlsx")
context = {"title": "Report", "ratio": 0, "units": [{"name": "North", "count": 2}, {"name": "South", "count": 3}]}
about = Properties("Report", "Branch 12", datetime(2014, 6, 30))
filters = {"percent": lambda value: f"{value:.1%}"}
made = docx.Document(io.BytesIO(open_template(room / "body.docx", filters).render(context, about)))
assert made.paragraphs[0].text == "Report: 0.0%"
assert [[cell.text for cell in row.cells] for row in made.tables[0].rows] == [["North", "2"], ["South", "3"]]
made = openpyxl.load_workbook(io.BytesIO(open_template(room / "book.xlsx", filters).render(context, about)))
assert [[cell.value for cell in row] for row in made.active] == [["North", 2], ["South", 3], ["total", "=SUM(B1:B2)"]]
"""


def run_alone(code: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-c", ALONE + code, *arguments], check=True, env={"PYTHONPATH": str(LIBRARY), "PYTHONUTF8": "1"})


def test_a_word_and_an_excel_template_are_filled_without_any_other_package(tmp_path):
    run_alone(FILL, str(tmp_path))


def test_every_module_can_be_imported_alone():
    modules = sorted(".".join(path.relative_to(LIBRARY).with_suffix("").parts) for path in (LIBRARY / "officefill").rglob("*.py"))
    each = """
for name in sys.argv[1:]:
    for loaded in [loaded for loaded in sys.modules if loaded.split(".")[0] == "officefill"]:
        del sys.modules[loaded]
    importlib.import_module(name)
"""
    run_alone(each, *(name.removesuffix(".__init__") for name in modules))


def test_errors_cost_no_xml_and_no_jinja2():
    run_alone("import officefill.errors\nassert not {'lxml', 'jinja2'} & set(sys.modules)")
