"""What the documents for people name is there."""

import re

import pytest
from places import ROOT

DOCUMENTS = ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_that_a_document_names_is_there(name):
    text = (ROOT / name).read_text(encoding="utf-8").replace("templates/文种/", "")
    named = set(re.findall(r"`((?:lib|tests|scripts|templates|reports|docs|data_samples)/[^`\s<*]*)", text)) | set(
        re.findall(r"\]\(([^)#:]+)\)", text)
    )
    folder = (ROOT / name).parent
    whole = [path for path in named if not path.endswith("_")]
    assert not [path for path in whole if not (ROOT / path).exists() and not (folder / path).exists()]


def test_a_document_names_no_item_of_ours():
    for name in DOCUMENTS:
        assert not re.findall(r"\b[ST]\d{2,3}\b", (ROOT / name).read_text(encoding="utf-8")), name
