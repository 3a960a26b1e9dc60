"""Every paper is the same, part by part, on machines that differ in time zone, hash seed, locale and working folder."""

import hashlib
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from places import TINY
from postloan.papers.document import all_documents
from postloan.papers.make import papers

SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from test_same_parts import all_parts
from postloan.run import compute, take_in
from pathlib import Path
sys.stdout.reconfigure(encoding="utf-8")
print(all_parts(compute(take_in(Path(sys.argv[2])), "2014Q2")))
"""


def all_parts(book):
    """Each part of each paper with its hash, in order."""
    found = []
    for name, kind in all_documents().items():
        for path, data in papers(book, name, book.units()[:1] if kind.per == ["unit"] else []):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                found += [(path, part, hashlib.sha256(archive.read(part)).hexdigest()) for part in archive.namelist()]
    return sorted(found)


def test_papers_are_the_same_in_every_part_wherever_they_are_made(tiny, tmp_path):
    here = all_parts(tiny)
    assert len({path for path, *_ in here}) > 3
    environment = {**os.environ, "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "4242", "LC_ALL": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    command = [sys.executable, "-c", SCRIPT, str(Path(__file__).parent), str(TINY)]
    there = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)
    assert there.returncode == 0, there.stderr[-2000:]
    assert there.stdout.strip() == repr(here)
