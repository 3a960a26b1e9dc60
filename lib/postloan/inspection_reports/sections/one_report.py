"""Reads one report, or the bank's blank form. Its functions run in child processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, TypeVar

from officefill.ooxml.sandbox import alive
from officefill.ooxml.zip_gate import Reason, Refused

from postloan.inspection_reports.sections.blank_form import NO_FORM, BlankForm
from postloan.inspection_reports.sections.section_reader import read_sections
from postloan.inspection_reports.word_text.final_text import text_of
from postloan.inspection_reports.word_text.picture_hash import PictureHash, picture_hashes
from postloan.inspection_reports.word_text.word_file import WordFile

T = TypeVar("T")


class Form(NamedTuple):
    """The blank form: its words and its pictures."""

    words: BlankForm = NO_FORM
    pictures: Sequence[PictureHash] = ()


class OneReport(NamedTuple):
    """The content of one report: the text of each section, or the reason why there is none; and its photographs.

    `strange`: headings that may be those of sections. `unread`: the sections that hold something besides text, a picture or an object, which may say more than the text.
    """

    sections: dict[str, str]
    refused: Reason | None = None
    photos: Sequence[PictureHash] = ()
    unread: frozenset[str] = frozenset()
    strange: Sequence[str] = ()


def attempt(read: Callable[[], T]) -> T | Reason:
    """Return the result of `read`, or the reason for its failure: no file may stop the reading of the next."""
    try:
        return read()
    except Refused as refused:
        return refused.reason
    except (MemoryError, RecursionError):
        return Reason.TOO_LONG
    except OSError:
        return Reason.MISSING
    except Exception:  # noqa: BLE001 - a file can be damaged in many ways
        return Reason.DAMAGED


def read_form(path: Path) -> Form | Reason:
    """Return the blank form, or the reason why it cannot be read."""

    def read() -> Form:
        with closing(WordFile(path)) as file:
            return Form(BlankForm.of(text_of(file)), list(picture_hashes(file)))

    return attempt(read)


def read_report(path: Path, form: Form) -> OneReport:
    """Return the report: unreadable text does not hide its pictures, nor the other way round."""
    read = attempt(lambda: _read(path, form))
    return OneReport({}, read) if isinstance(read, Reason) else read


def _read(path: Path, form: Form) -> OneReport:
    with closing(WordFile(path)) as file:
        read = attempt(lambda: read_sections(text_of(file), form.words))
        photos = _photos(file, form) if file.media() else []
        media = {member.filename.replace("\\", "/").lstrip("/").lower() for member in file.media()}
    if isinstance(read, Reason):
        return OneReport({}, read, photos)
    # Icons and the form's own pictures say nothing.
    nothing = media - {photo.name.replace("\\", "/").lstrip("/").lower() for photo in photos}
    unread = {section for section, parts in read.unread.items() if any(part.lower() not in nothing for part in parts)}
    return OneReport(read.texts, None, photos, frozenset(unread), read.strange)


def _photos(file: WordFile, form: Form) -> list[PictureHash]:
    letterhead = attempt(file.letterhead)
    photos = []
    for picture in picture_hashes(file, set() if isinstance(letterhead, Reason) else letterhead, form.pictures):
        photos.append(picture)
        alive()
    return photos
