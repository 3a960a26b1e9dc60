"""The child process that reads reports: `python -m postloan.inspection_reports.sections.child LIST [BLANK_FORM]`.

LIST is a JSON file of paths. Prints one JSON line when it is ready and one for each report, in order: `sections`, or the reason why
it is `refused`; and its `photos`. An empty line after each picture is a sign of life. A crash or a limit reached ends it in the middle;
the parent knows from the lines which report it was.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, TypeVar

from postloan.inspection_reports.sections.blank_form import NO_FORM, BlankForm
from postloan.inspection_reports.sections.sections import sections_of
from postloan.inspection_reports.word_text.final_text import text_of
from postloan.inspection_reports.word_text.picture_hash import Look, looks
from postloan.inspection_reports.word_text.refused import Reason, Refused
from postloan.inspection_reports.word_text.word_file import WordFile

MEMORY = 2 << 30

T = TypeVar("T")


def attempt(read: Callable[[], T]) -> T | Reason:
    """What `read` gives, or the reason why the file is not read: no file may end the reading of the next."""
    try:
        return read()
    except Refused as refused:
        return refused.reason
    except (MemoryError, RecursionError):
        return Reason.TOO_LONG
    except OSError:
        return Reason.MISSING
    except Exception:  # noqa: BLE001 - a damage nobody has seen yet is the file's own
        return Reason.DAMAGED


def main(listed: str, blank_form: str = "") -> None:
    _limit_memory()
    form = attempt(lambda: _form(Path(blank_form))) if blank_form else _Form(NO_FORM, [])
    if isinstance(form, Reason):
        _say({"refused": form.value})
        return
    _say({"ready": True})
    for path in json.loads(Path(listed).read_text(encoding="utf-8")):
        answer = attempt(lambda path=path: _answer(Path(path), form))
        _say({"refused": answer.value} if isinstance(answer, Reason) else answer)


class _Form(NamedTuple):
    """The blank form: its words and its pictures."""

    words: BlankForm
    pictures: list[Look]


def _form(path: Path) -> _Form:
    with closing(WordFile(path)) as file:
        return _Form(BlankForm.of(text_of(file)), list(looks(file)))


def _answer(path: Path, form: _Form) -> dict[str, object]:
    """What is said of one report: a text that is refused does not hide its pictures, nor they it."""
    with closing(WordFile(path)) as file:
        sections = attempt(lambda: sections_of(text_of(file), form.words))
        photos = _photos(file, form) if file.media() else []
    said = {"refused": sections.value} if isinstance(sections, Reason) else {"sections": sections}
    return said | {"photos": photos}


def _photos(file: WordFile, form: _Form) -> list[Look]:
    letterhead = attempt(file.letterhead)
    photos = []
    for look in looks(file, set() if isinstance(letterhead, Reason) else letterhead, form.pictures):
        photos.append(look)
        sys.stdout.write("\n")
        sys.stdout.flush()
    return photos


def _limit_memory() -> None:
    """Bound the address space where the system can (not on Windows; there the parent's clock remains)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _say(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
