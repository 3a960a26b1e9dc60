"""The child process that reads reports: `python -m postloan.inspection_reports.sections.reader_process LIST [BLANK_FORM]`.

LIST is a JSON file of paths. The process prints one JSON line when it is ready and one for each report, in order: `sections`, or the reason
in `refused`; and `photos`. An empty line after each picture shows that it still works. After a crash or a reached limit the parent knows
the report from the number of lines.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, TypeVar

from postloan.inspection_reports.sections.blank_form import NO_FORM, BlankForm
from postloan.inspection_reports.sections.section_reader import sections_of
from postloan.inspection_reports.word_text.final_text import text_of
from postloan.inspection_reports.word_text.picture_hash import PictureHash, picture_hashes
from postloan.inspection_reports.word_text.unreadable import Unreadable, UnreadableReason
from postloan.inspection_reports.word_text.word_file import WordFile

MEMORY = 2 << 30

T = TypeVar("T")


def attempt(read: Callable[[], T]) -> T | UnreadableReason:
    """Return the result of `read`, or the reason for its failure: no file may stop the reading of the next."""
    try:
        return read()
    except Unreadable as unreadable:
        return unreadable.reason
    except (MemoryError, RecursionError):
        return UnreadableReason.TOO_LONG
    except OSError:
        return UnreadableReason.MISSING
    except Exception:  # noqa: BLE001 - a file can be damaged in many ways
        return UnreadableReason.DAMAGED


def main(listed: str, blank_form: str = "") -> None:
    _limit_memory()
    form = attempt(lambda: _form(Path(blank_form))) if blank_form else _Form(NO_FORM, [])
    if isinstance(form, UnreadableReason):
        _print({"refused": form.value})
        return
    _print({"ready": True})
    for path in json.loads(Path(listed).read_text(encoding="utf-8")):
        answer = attempt(lambda path=path: _answer(Path(path), form))
        _print({"refused": answer.value} if isinstance(answer, UnreadableReason) else answer)


class _Form(NamedTuple):
    """The blank form: its words and its pictures."""

    words: BlankForm
    pictures: list[PictureHash]


def _form(path: Path) -> _Form:
    with closing(WordFile(path)) as file:
        return _Form(BlankForm.of(text_of(file)), list(picture_hashes(file)))


def _answer(path: Path, form: _Form) -> dict[str, object]:
    """Return the answer for one report: unreadable text does not hide its pictures, nor the other way round."""
    with closing(WordFile(path)) as file:
        sections = attempt(lambda: sections_of(text_of(file), form.words))
        photos = _photos(file, form) if file.media() else []
    text = {"refused": sections.value} if isinstance(sections, UnreadableReason) else {"sections": sections}
    return text | {"photos": photos}


def _photos(file: WordFile, form: _Form) -> list[PictureHash]:
    letterhead = attempt(file.letterhead)
    photos = []
    for picture in picture_hashes(file, set() if isinstance(letterhead, UnreadableReason) else letterhead, form.pictures):
        photos.append(picture)
        sys.stdout.write("\n")
        sys.stdout.flush()
    return photos


def _limit_memory() -> None:
    """Limit the address space. Windows has no such limit; there only the parent's clock ends a process."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _print(answer: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
