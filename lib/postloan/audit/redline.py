"""`postloan diff --redline`: two finished Word papers as one with tracked changes."""

from __future__ import annotations

from pathlib import Path

from officefill.ooxml.package import read_package
from officefill.ooxml.sandbox import limited
from officefill.word.redline import redline
from officefill.word.redline_paragraph import Marking

from postloan.audit.verify import MEGABYTES, SECONDS
from postloan.errors import BadCommand
from postloan.language import tr
from postloan.papers.paper_template import SETTINGS
from postloan.papers.record.finished_paper import open_paper


def redline_of(old: Path, new: Path) -> bytes:
    """Return the paper `new` with everything tracked that differs from `old`. Raises `BadPaper`, `BadCommand` for papers that are not Word's."""
    papers = [open_paper(path, any_program=True) for path in (old, new)]
    for paper in papers:
        if not paper.is_word:
            what, do = (
                tr("changes are tracked in Word files only"),
                tr("leave out --redline: the figures and lines that differ are printed"),
            )
            raise BadCommand(what, paper.path.name, do)
    return limited(_redline, papers[0].data, papers[1].data, seconds=SECONDS, megabytes=MEGABYTES)


def _redline(old: bytes, new: bytes) -> bytes:
    return redline(read_package(Path("old"), old), read_package(Path("new"), new), Marking(SETTINGS.application))
