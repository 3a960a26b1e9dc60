"""Everything that a file says: one changed character anywhere is seen, and saving by another program is not."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from random import Random

import docx
import openpyxl
import pytest
from officefill.content import content_changes, content_hash, content_lines
from officefill.ooxml.package import read_package
from rich_files import excel_file, single_edits, word_file

FILES = {"rich.docx": word_file, "rich.xlsx": excel_file}


def lines(data: bytes) -> list:
    return content_lines(read_package(Path("file"), data))


@pytest.mark.parametrize("name", FILES)
def test_one_changed_character_anywhere_is_seen(name: str) -> None:
    data = FILES[name]()
    made = content_hash(lines(data))
    for was, now, package in single_edits(Random(name), data, 150):
        assert content_hash(content_lines(package)) != made, (was, now)


@pytest.mark.parametrize("name", FILES)
def test_saving_by_python_changes_nothing(name: str) -> None:
    data, out = FILES[name](), io.BytesIO()
    opened = docx.Document(io.BytesIO(data)) if name.endswith("docx") else openpyxl.load_workbook(io.BytesIO(data))
    opened.save(out)
    assert content_changes(lines(data), lines(out.getvalue())) == []


@pytest.mark.parametrize("name", FILES)
def test_saving_by_libreoffice_changes_nothing(name: str, converted: Callable[..., list[Path]], tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name]())
    (saved,) = converted(name.rpartition(".")[2], tmp_path / "saved", path)
    assert content_changes(lines(path.read_bytes()), lines(saved.read_bytes())) == []


def test_every_kind_of_place_is_there() -> None:
    found = "\n".join(line.text for line in lines(word_file()))
    assert all(text in found for text in ("框中文字12", "嵌套", "首节页眉", "次节页眉", "页脚", "脚注第5条", "末尾有空格 "))
    found = "\n".join(line.text for line in lines(excel_file()))
    assert all(text in found for text in ("余额图", "万元", "&C表头", "&LQH-2014Q2", "=SUM(B2:B3)", "0.758620689655172"))
