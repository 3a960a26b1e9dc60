"""A theme is a switch and a folder: off or deleted, it leaves no trace in papers, and everything else is made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import docx
import pytest
import refresh_goldens as goldens
from places import ROOT, TINY
from postloan.figures.measure import all_measures
from postloan.figures.rule import all_rules
from postloan.papers.document import all_documents
from postloan.papers.ledgers import all_ledgers
from postloan.papers.make import papers
from postloan.run import compute, take_in
from postloan.themes import all_themes

WORDS = {
    "portfolio": ["关注类", "不良贷款", "资产质量"],
    "inspections": ["检查面", "及时率", "定期检查报告", "未报"],
    "report_quality": ["空白率", "重难点", "质量问题"],
    "funds_return": ["存款", "授信总额度"],
    "recoveries": ["贷款收回", "本期收回"],
    "ab_roles": ["AB角"],
    "meetings": ["例会"],
    "nonstandard": ["非标"],
    "share_gap": ["用信份额"],
    "latent_risk": ["潜在风险"],
    "signals": ["预警信号"],
    "follow_up": ["整改率", "问题整改台账"],
}
"""Words of headings and sentences that only this theme says."""
ALSO_SAID_BY = {
    "portfolio": ["share_gap", "arrears", "recoveries", "early_warning"],
    "inspections": ["report_quality", "meetings"],
    "funds_return": ["share_gap", "early_warning"],
    "share_gap": ["early_warning"],
    "signals": ["early_warning"],
    "ab_roles": ["report_quality"],
}
"""Themes that say a theme's words in their own rules: they are off, too, while its words are searched."""
CHEAP = {"inspections"}
"""The theme that every run of the tests tries: it has columns, sheets, charts, sections and rules. The others soak."""
THEMES = [pytest.param(name, marks=() if name in CHEAP else pytest.mark.soak) for name in all_themes()]


def made(folder: Path, *off: str) -> dict[str, bytes]:
    """Every paper of the little bank where the themes `off` are not on."""
    policy = folder / "our_policy.yaml"
    policy.write_text(f"based_on: branch2014\nthemes: [{', '.join(name for name in all_themes() if name not in off)}]\n", encoding="utf-8")
    book = compute(take_in(TINY), "2014Q2", str(policy))
    return {path: content for name in all_documents() for path, content in papers(book, name)}


ALWAYS = [name for name, kind in all_documents().items() if not kind.tells and not kind.over]
"""The documents that are made whatever there is to tell."""


def heading_levels(content: bytes, folder: Path) -> list[int]:
    """The level of each heading of a Word paper that has text, and 9 for each run of other things."""
    path = folder / "paper.docx"
    path.write_bytes(content)
    names = [getattr(block.style, "name", "") if hasattr(block, "text") else "" for block in docx.Document(str(path)).iter_inner_content()]
    return [int(name.split()[-1]) if name.startswith("Heading ") else 9 for name in names]


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_that_is_off_leaves_no_trace_in_papers(theme, tmp_path):
    found = made(tmp_path, theme, *ALSO_SAID_BY.get(theme, []))
    said = [one.title for known in (all_measures(), all_rules(), all_ledgers()) for one in known.values() if one.theme == theme]
    for path, content in found.items():
        text = goldens.text_of(path, content)
        assert [word for word in (*said, *WORDS.get(theme, []), "#REF!") if word in text] == [], path
        if path.endswith(".docx"):
            levels = heading_levels(content, tmp_path)
            assert [place for place, (one, following) in enumerate(zip(levels, [*levels[1:], 0])) if one < 9 and following <= one] == [], (
                path
            )
    assert [name for name in ALWAYS if not any(path.startswith(name) for path in found)] == []


def project_without(folder: Path, theme: str = "") -> Path:
    """A copy of the project without the folder of a theme."""
    for name in ("templates", "reports"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copytree(ROOT / "lib", folder / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    if theme:
        shutil.rmtree(folder / "lib" / "postloan" / "themes" / theme)
    return folder


RUN = """
import sys
from typer.testing import CliRunner
from postloan.cli.main import app
for words in (["template", "check", "templates"], ["run", "--period", "2014Q2", "--data", sys.argv[1], "--out", "out", "--progress", "none"]):
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
"""


def documents_made(project: Path) -> set[str]:
    """The documents of which a run over the little bank makes papers in a project of its own; the run and the templates' check succeed."""
    environment = {**os.environ, "PYTHONPATH": str(project / "lib")}
    command = [sys.executable, "-c", RUN, str(TINY)]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    made = project / "out" / "2014Q2"
    return {path.relative_to(made).parts[0].split(".")[0] for pattern in ("*.docx", "*.xlsx") for path in made.rglob(pattern)}


@pytest.mark.soak
@pytest.mark.parametrize("theme", list(all_themes()))
def test_without_the_folder_of_a_theme_everything_else_is_made(theme, tmp_path):
    assert documents_made(project_without(tmp_path, theme)) >= set(ALWAYS)


@pytest.mark.soak
def test_a_document_under_another_name_is_made_and_so_are_all_others(tmp_path):
    project = project_without(tmp_path)
    (project / "templates" / "quarterly_brief").rename(project / "templates" / "our_summary")
    notebook = project / "reports" / "quarterly_brief.ipynb"
    notebook.with_stem("our_summary").write_text(
        notebook.read_text(encoding="utf-8").replace("quarterly_brief", "our_summary"), encoding="utf-8"
    )
    notebook.unlink()
    assert documents_made(project) >= {*ALWAYS, "our_summary"} - {"quarterly_brief"}
