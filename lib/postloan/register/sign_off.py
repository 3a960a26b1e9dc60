"""The sign-offs that a paper bears: who signed it in which office and role, on which day, and what it said then.

A sign-off is one line at the end of the paper (in Excel on a sheet of its own). Its code binds person, office, day and remark to the hash of
all that the paper says beside its sign-offs and review notes. So it goes stale by itself: nothing is kept anywhere but the line.

    编制：王芳（客户经理）　2014年7月10日　校验码：3f0c9d2b7a6e4d10
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import date

from officefill.content import ContentLine, content_hash, content_lines
from officefill.ooxml.package import Package

from postloan.numbers import date_cn
from postloan.papers.record.review_notes import without_notes

PREPARER, REVIEWER, APPROVER = "preparer", "reviewer", "approver"
ROLES = {PREPARER: "编制", REVIEWER: "复核", APPROVER: "审批"}
SIGN_SHEET = "签批"
CODE = "校验码："
_CODE_DIGITS = 16
_LINE = re.compile(
    rf"(?P<role>{'|'.join(ROLES.values())})：(?P<signer>[^　（）]+)(?:（(?P<office>[^　（）]+)）)?"
    rf"　(?P<year>\d{{4}})年(?P<month>\d{{1,2}})月(?P<day>\d{{1,2}})日(?:　意见：(?P<note>[^　]+))?　{CODE}(?P<code>[0-9a-f]{{{_CODE_DIGITS}}})"
)


def with_office(signer: str, office: str) -> str:
    """Return a name with the office, where it is known."""
    return f"{signer}（{office}）" if office else signer


@dataclass(frozen=True)
class SignOff:
    """One sign-off: role, name, day, office and remark (blank where not given), and the code that binds them to what the paper says."""

    role: str
    signer: str
    signed_on: date
    office: str = ""
    note: str = ""
    code: str = ""

    @property
    def line(self) -> str:
        """The line as the paper shows it."""
        remark = f"　意见：{self.note}" if self.note else ""
        return f"{ROLES[self.role]}：{self.person}　{date_cn(self.signed_on)}{remark}　{CODE}{self.code}"

    @property
    def person(self) -> str:
        """The name with the office."""
        return with_office(self.signer, self.office)

    def bound(self, content: str) -> SignOff:
        """Return the sign-off with the code for a paper of this content hash."""
        said = (self.role, self.signer, self.office, self.signed_on.isoformat(), self.note, content)
        return replace(self, code=hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:_CODE_DIGITS])


@dataclass(frozen=True)
class SignedContent:
    """The content of a paper without its sign-offs and review notes, its hash, and the sign-offs that it bears."""

    lines: list[ContentLine]
    content_hash: str
    sign_offs: list[SignOff]

    def is_current(self, sign_off: SignOff) -> bool:
        """Return True where the paper says what it said when it was signed."""
        return sign_off.bound(self.content_hash) == sign_off

    @property
    def stale(self) -> list[SignOff]:
        """The sign-offs of something that the paper does not say any more."""
        return [one for one in self.sign_offs if not self.is_current(one)]


def signed_content(package: Package) -> SignedContent:
    """Return the content of a paper, and its sign-offs."""
    lines, sign_offs = list[ContentLine](), list[SignOff]()
    for line in without_notes(content_lines(package)):
        found = sign_off_of(line.text) if line.part in ("body", SIGN_SHEET) else None
        if found:
            sign_offs.append(found)
        elif line != (SIGN_SHEET, "", SIGN_SHEET):
            lines.append(line)
    return SignedContent(lines, content_hash(lines), sign_offs)


def is_signed(package: Package) -> bool:
    """Return True for a paper with a sign-off, current or stale."""
    return any(CODE.encode() in data for data in package.parts.values()) and bool(signed_content(package).sign_offs)


def sign_off_of(line: str) -> SignOff | None:
    """Return the sign-off in a line; None in any other."""
    found = _LINE.fullmatch(line)
    if not found:
        return None
    try:
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None
    role = next(role for role, word in ROLES.items() if word == found["role"])
    return SignOff(role, found["signer"], day, found["office"] or "", found["note"] or "", found["code"])
