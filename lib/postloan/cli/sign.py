"""The command that signs a finished paper: `postloan sign`."""

from __future__ import annotations

from typing import Annotated

import typer

from postloan.cli import options
from postloan.cli.output import print_json, print_lines, written
from postloan.language import tr

Role = Annotated[str, typer.Option("--as", help="preparer, reviewer or approver / 签批角色：编制preparer、复核reviewer、审批approver")]
Signer = Annotated[str, typer.Option("--by", help="name / 姓名")]
Office = Annotated[str, typer.Option("--office", help="office / 职务")]
SignedOn = Annotated[str, typer.Option("--on", help="day of the signature, else today / 签批日期，不写则为今天")]
Remark = Annotated[str, typer.Option("--note", help="remark / 意见")]


def sign_command(
    paper: options.Paper, role: Role, by: Signer, office: Office = "", on: SignedOn = "", note: Remark = "", as_json: options.Json = False
) -> None:
    """Sign a finished paper: name, office and day are bound to all that it says. 签批已生成的材料。"""
    from postloan.papers.signing import today, written_day
    from postloan.register.sign_off import SignOff
    from postloan.register.sign_paper import sign

    made = sign(paper, SignOff(role, by, written_day(on) if on else today(), office, note))
    filed = (made.paper, made.copy, made.register)
    if as_json:
        print_json({"line": made.sign_off.line, "content_hash": made.content_hash, "filed": [str(path) for path in filed]})
    else:
        print_lines([tr("signed: {line}", line=made.sign_off.line), *written(filed)])
