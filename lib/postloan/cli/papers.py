"""The commands that read finished papers: `postloan verify` and `postloan diff`."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from postloan.cli import options
from postloan.cli.output import print_json, print_lines, written
from postloan.errors import BadCommand, BadFile, BadPaper
from postloan.language import tr


def verify_command(
    files: options.Papers, data: options.Data = "", calendar: options.CalendarFile = "", policy: options.PolicyName = "",
    out: options.CopiesOut = "", as_json: options.Json = False,
) -> None:  # fmt: skip
    """Check finished papers, also after people edited them; with --data against today's data too. 复核已生成的材料。"""
    from postloan.audit.verify import check_papers, severity_words, write_checked
    from postloan.audit.verify.current_data import CurrentData

    today = CurrentData(data, calendar, policy) if data else None
    try:
        # ~$… is what Word and WPS lay beside a file somebody has open; *.docx names it, too.
        checked, faults = check_papers([file for file in files if not file.name.startswith("~$")], today)
    except BadFile as fault:
        for problem in fault.problems or (today.stops if today else ()):
            print(f"  {problem.file}:{problem.row or ''} {problem.field}  {problem.says}", file=sys.stderr)
        raise
    if faults and not checked:
        raise faults[0] if len(faults) == 1 else BadPaper("\n".join(map(str, faults)))
    filed = write_checked(checked, Path(out)) if out else []
    if as_json:
        unread = [{"file": fault.where, "what": fault.what, "do": fault.do} for fault in faults]
        print_json({"papers": [one.plain() for one in checked], "unread": unread, "filed": [str(path) for path in filed]})
    else:
        words = severity_words()
        for one in checked:
            count = {"figures": one.figures, "errors": one.errors, "hints": len(one.remarks) - one.errors}
            ours = tr("{file}: {figures} figures; {errors} errors, {hints} hints", file=one.name, **count)
            if any(remark.kind == "draft" for remark in one.remarks):
                ours = tr("{file}: a DRAFT, not to be signed; {figures} figures; {errors} errors, {hints} hints", file=one.name, **count)
            print_lines(
                [
                    ours
                    if one.about
                    else tr(
                        "{file}: no paper of postloan, only wording and sums checked; {errors} errors, {hints} hints",
                        file=one.name,
                        **count,
                    )
                ]
            )
            print_lines(f"  {sign_off.words}" for sign_off in one.sign_offs)
            print_lines(f"  {words[severity]}  {place}  {says}" for _, severity, _, _, place, says in one.rows())
        print_lines(written(filed))
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults or any(one.errors for one in checked):
        raise typer.Exit(1)


def diff_command(old: options.Paper, new: options.Paper, redline: options.Redline = "", as_json: options.Json = False) -> None:
    """Say which figures differ between two papers, and why; with --redline as a Word file with tracked changes, too. 比较两份材料并说明原因。"""
    from postloan.audit.redline import redline_of
    from postloan.audit.verify.difference import difference
    from postloan.file import put

    found = difference(old, new)
    filed = [Path(redline)] if redline else []
    for path in filed:
        if path.resolve() in (old.resolve(), new.resolve()):
            raise BadCommand(tr("the redline would take the place of a paper"), redline, tr("give another file"))
        put(path, redline_of(old, new))
    if as_json:
        print_json({**found.plain(), "filed": [str(path) for path in filed]})
    else:
        print_lines([*found.words(), *written(filed)])
    if found.differs:
        raise typer.Exit(1)
