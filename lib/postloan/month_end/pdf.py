"""Papers as PDF, for a look before they are printed and signed. Optional: LibreOffice makes them, and may be absent.

One LibreOffice works through all papers of a batch, with a profile of its own; starting one for each costs two to three times the CPU
(scripts/bench_pdf.py). It says nothing of failures (exit code 0 without a file, traps E11), so every file is looked at; it may hang (traps
Word 13), so each paper has a time-out, after which LibreOffice is killed with all it started and a new one goes on behind that paper.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from officefill.ooxml.package import read_package
from officefill.ooxml.zip_gate import Reason, Refused, parse_xml

from postloan.errors import BadTemplate, CannotFile
from postloan.file import cannot, has_content
from postloan.language import tr
from postloan.month_end.preview_fonts import PreviewFonts, fontconfig, installed_faces, preview_fonts

OFFICE = "POSTLOAN_SOFFICE"
"""The environment variable that names LibreOffice's program where it is in no usual place."""
SECONDS = 120
"""The time of one paper at most, LibreOffice's start included; an ordinary one takes less than one."""
_AT_ONCE = 200  # a command line of Windows holds 32,767 characters
_LOOKS = 0.05
_KINDS = (".docx", ".xlsx")
_USUAL = {
    "win32": [r"{ProgramFiles}\LibreOffice\program\soffice.com", r"{ProgramFiles(x86)}\LibreOffice\program\soffice.com"],
    "darwin": ["/Applications/LibreOffice.app/Contents/MacOS/soffice", "{HOME}/Applications/LibreOffice.app/Contents/MacOS/soffice"],
    "linux": ["/usr/bin/soffice", "/usr/lib/libreoffice/program/soffice", "/opt/libreoffice*/program/soffice", "/snap/bin/libreoffice"],
}


@dataclass(frozen=True)
class Preview:
    """The preview of one paper: the PDF's bytes, or the reason why there is none."""

    paper: Path
    pdf: bytes | None
    reason: str = ""


def pdf_path(paper: Path) -> Path:
    """Return the place of a paper's PDF: 全行.docx and 全行.xlsx lie in one folder, so its whole name counts."""
    return paper.with_name(paper.name + ".pdf")


def drop_stale_preview(paper: Path, content: bytes) -> None:
    """Remove the PDF of a paper that is about to be filed with other content: it would show the old content.

    Before the paper is filed, so that a kill in between leaves none; the times of files tell nothing, since clocks are set back.
    """
    if not has_content(paper, content):
        try:
            pdf_path(paper).unlink(missing_ok=True)
        except OSError as error:
            raise cannot(pdf_path(paper), error) from error


def find_office() -> Path:
    """LibreOffice's program. Raises `CannotFile`, which says what to do, where there is none."""
    named = os.environ.get(OFFICE, "")
    if named and not Path(named).is_file():
        raise CannotFile(tr("there is no program there"), named, tr("set {name} to LibreOffice's soffice", name=OFFICE))
    found = named or shutil.which("soffice") or shutil.which("libreoffice") or next(_usual_places(), None)
    if not found:
        what = tr("PDF previews need LibreOffice, which is not installed")
        raise CannotFile(what, do=tr("install LibreOffice, or set {name} to its soffice, or leave --pdf out", name=OFFICE))
    return Path(found)


def _usual_places() -> Iterator[str]:
    for place in _USUAL.get(sys.platform, ()):
        with suppress(KeyError):
            pattern = Path(place.format_map(os.environ))
            yield from (str(path) for path in Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor))) if path.is_file())


def previews(papers: Sequence[Path], seconds: float = SECONDS) -> list[Preview]:
    """A preview of each of `papers` (.docx, .xlsx), in order. Raises `CannotFile` where there is no LibreOffice.

    The same papers give the same bytes under one version of LibreOffice. A paper with a character that no face of the preview has
    gets none, since a box in it could pass unseen; so does one that is no Office file.
    """
    office, installed = find_office(), installed_faces()
    done: dict[Path, Preview] = {}
    alike: dict[PreviewFonts, list[Path]] = {}
    for paper in dict.fromkeys(papers):
        try:
            fonts = preview_fonts(_characters(paper), installed)
        except Refused as refused:
            done[paper] = Preview(paper, None, refused.what)
            continue
        if fonts.lacking:
            done[paper] = Preview(paper, None, _lacking(fonts.lacking))
        else:
            alike.setdefault(fonts, []).append(paper)
    for fonts, group in alike.items():
        done |= _converted(office, fonts, group, seconds)
    return [done[paper] for paper in papers]


def _lacking(characters: Sequence[str]) -> str:
    named = ", ".join(f"{character} (U+{ord(character):04X})" for character in characters)
    return tr("no font of the preview has the character {named}", named=named)


def _characters(paper: Path) -> frozenset[str]:
    """The characters of a paper that a font must have, ASCII aside. Raises `Refused` where it is no Office file."""
    if paper.suffix.lower() not in _KINDS:
        raise Refused(Reason.UNFIT, tr("only .docx and .xlsx are turned into PDF"))
    try:
        parts = read_package(paper, paper.read_bytes()).parts
    except OSError as fault:
        raise Refused(Reason.UNFIT, tr("the file cannot be read: {reason}", reason=fault.strerror or str(fault))) from None
    except BadTemplate as bad:
        raise Refused(Reason.UNFIT, bad.faults[0].what) from None
    found: set[str] = set()
    for name, data in parts.items():
        if name.endswith(".xml") and name.startswith(("word/", "xl/")):
            for text in parse_xml(data).itertext():
                found.update(text)
    return frozenset(character for character in found if character > "~" and character.isprintable())


# LibreOffice


def _converted(office: Path, fonts: PreviewFonts, papers: Sequence[Path], seconds: float) -> dict[Path, Preview]:
    """The previews of `papers`, by as many LibreOffices as it takes: one, unless it dies or hangs."""
    done: dict[Path, Preview] = {}
    with tempfile.TemporaryDirectory(prefix="postloan-", ignore_cleanup_errors=True) as private:
        room = Path(private)
        (room / "fonts.conf").write_text(fontconfig(fonts), encoding="utf-8")
        while left := [paper for paper in papers if paper not in done][:_AT_ONCE]:
            # Copies under plain names: LibreOffice leaves lock files beside what it opens, and would name two papers' PDFs alike.
            copies = [room / f"{len(done) + number:04d}{paper.suffix.lower()}" for number, paper in enumerate(left)]
            for paper, copy in zip(left, copies, strict=True):
                shutil.copyfile(paper, copy)
            in_time = _one_office(office, room, copies, seconds, bool(fonts.families))
            there = [number for number, copy in enumerate(copies) if _made(copy).exists()]
            # What was to come behind the last PDF is what it died or hung at; what lies before without a PDF, it could not open.
            tried = max(there, default=-1) + 2
            done |= {paper: _looked_at(paper, _made(copy), in_time) for paper, copy in zip(left[:tried], copies[:tried], strict=True)}
    return done


def _made(copy: Path) -> Path:
    return copy.parent / "pdf" / f"{copy.stem}.pdf"


def _looked_at(paper: Path, pdf: Path, in_time: bool) -> Preview:
    data = pdf.read_bytes() if pdf.exists() else b""
    if not data:
        return Preview(paper, None, tr("LibreOffice made no PDF of it") if in_time else tr("LibreOffice did not finish it in time"))
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-64:] or not page_count(data):
        return Preview(paper, None, tr("what LibreOffice made of it is no PDF with a page"))
    return Preview(paper, _settled(data))


def _one_office(office: Path, room: Path, copies: Iterable[Path], seconds: float, own_fonts: bool) -> bool:
    """Run one LibreOffice over `copies`; returns True where it ended by itself, before one of them took more than `seconds`."""
    profile = f"-env:UserInstallation={(room / 'profile').as_uri()}"
    options = ["--headless", "--norestore", "--nologo", "--nolockcheck", "--convert-to", "pdf", "--outdir", str(room / "pdf")]
    environment = os.environ | ({"FONTCONFIG_FILE": str(room / "fonts.conf")} if own_fonts else {})
    with _started([str(office), profile, *options, *map(str, copies)], environment) as process:
        finished, since = 0, time.monotonic()
        while process.poll() is None:
            time.sleep(_LOOKS)
            now = sum(1 for _ in (room / "pdf").glob("*.pdf"))
            if now != finished:
                finished, since = now, time.monotonic()
            if time.monotonic() - since > seconds:
                return False
        return True


@contextmanager
def _started(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, which is killed as a whole when the block ends: soffice is a script that starts the office."""
    nothing = subprocess.DEVNULL
    # `sys.platform` and not `os.name`: it is what a type checker understands.
    with subprocess.Popen(
        command, env=environment, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=sys.platform != "win32"
    ) as process:
        try:
            yield process
        finally:
            if sys.platform == "win32":
                subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], stdout=nothing, stderr=nothing, check=False)
            else:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


# PDF files

_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
_PACKED_OBJECTS = re.compile(rb"/Type\s*/ObjStm.*?stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_DATE = re.compile(rb"(/(?:CreationDate|ModDate)\s*\(D:)(\d{14})")
_IDENTITY = re.compile(rb"(?<=[</])[0-9A-F]{32}(?=>|\r?\n|\s*>>)")


def page_count(pdf: bytes) -> int:
    """Return the number of pages that a PDF declares, also where its objects are packed."""
    packed = []
    for stream in _PACKED_OBJECTS.findall(pdf):
        with suppress(zlib.error):
            packed.append(zlib.decompress(stream))
    return sum(len(_PAGE.findall(part)) for part in (pdf, *packed))


def _settled(pdf: bytes) -> bytes:
    """`pdf` without the moment it was made at: its date is the first of 1980 and its identity, which hashes the moment, is blank.

    All stays in its place, so the table of offsets still holds.
    """
    head, trailer, tail = pdf.rpartition(b"\ntrailer")
    tail = _IDENTITY.sub(b"0" * 32, tail)
    return _DATE.sub(lambda found: found[1] + b"19800101000000", head + trailer + tail)
