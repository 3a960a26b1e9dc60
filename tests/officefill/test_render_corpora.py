"""Files nobody here made, filled where they hold no tag: every part is the file's own but the properties; what is refused is refused in words.

The properties are written anew even then: who made a paper, and when, is the run's to say, and the history of the file it was drawn in (its
author, company, editing time) is nobody's business.
"""

import io
import re
import zipfile
from functools import cache

import pytest
from drawing import FILTERS, WHO
from officefill import open_template
from officefill.errors import BadTemplate
from places import SHARED, corpus

KINDS = (".docx", ".xlsx", ".docm", ".dotx", ".xlsm", ".xltx", ".dotm")
SLOW = {"poc-shared-strings.xlsx"}  # 40 MB of texts
FILES = sorted(
    p for folder in ("cn_docx", "hostile_office") for p in (SHARED / folder).rglob("*") if p.suffix in KINDS and p.name not in SLOW
)
REFUSED = {"story__story.docx", "story__segment.docx", "story__iterable_story.docx", "template__iterable_hyperlink.docx"}  # led out
PROPERTIES = {"docProps/core.xml", "docProps/app.xml"}

pytestmark = pytest.mark.skipif(not FILES, reason="the folder of real data is not beside the project")


@cache
def filled(path):
    """The file filled from nothing; None where it is refused or asks for something."""
    try:
        return open_template(path, FILTERS).render({}, WHO)
    except BadTemplate as bad:
        assert bad.faults and all(fault.what and fault.where for fault in bad.faults)
        return None


def parts(source):
    with zipfile.ZipFile(source) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


@pytest.mark.parametrize("path", corpus(FILES))
def test_a_file_without_tags_comes_back_part_by_part_or_is_refused_in_words(path):
    data = filled(path)
    if data is None:
        return
    before, after = parts(path), parts(io.BytesIO(data))
    own = {name for name in before if "core-properties" in name or name.lower() in ("docprops/core.xml", "docprops/app.xml")} | PROPERTIES
    declared = {"[Content_Types].xml", "_rels/.rels"} if after.keys() - before.keys() else set()
    assert after.keys() - before.keys() <= PROPERTIES and before.keys() <= after.keys()
    assert {name for name in before if before[name] != after[name]} <= own | declared


@pytest.mark.soak
def test_most_of_the_files_are_filled():
    assert sum(filled(path) is not None for path in FILES) > len(FILES) / 3


@pytest.mark.parametrize("path", corpus([path for path in FILES if path.parent.parent.name == "cn_docx"]))
def test_what_chinese_users_draw_comes_back_when_its_tags_are_no_tags(path, tmp_path):
    """The tags of these files are another engine's; with round brackets for braces they are text."""
    for part, data in (before := parts(path)).items():
        if part.startswith(("word/", "docProps/")) and part.endswith(".xml"):
            before[part] = re.sub(rb">[^<]*<|{{", lambda text: text[0].replace(b"{", b"(").replace(b"}", b")"), data)
    with zipfile.ZipFile(tmp_path / "plain.docx", "w") as archive:
        for part, data in before.items():
            archive.writestr(part, data)
    data = filled(tmp_path / "plain.docx")
    if data is None:
        assert path.name in REFUSED
    else:
        after = parts(io.BytesIO(data))
        assert {part for part in before if before[part] != after[part]} <= PROPERTIES | {"[Content_Types].xml", "_rels/.rels"}
