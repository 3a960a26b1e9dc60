"""Profiles: YAML files that map a sender's files, headings, codes and units to ours.

title: 某系统导出
tables:
  loan:
    files: [信贷业务借据表]           names of files and sheets
    heads: {贷款账号: loan_id}       field of each heading
    codes: {product: {流贷: working_capital}}
    unit: 万元
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from postloan.data.intake.amounts import UNITS
from postloan.data.schema import FieldSpec, TableSpec, all_tables
from postloan.errors import BadPolicy, did_you_mean
from postloan.language import tr
from postloan.yaml_file import build, read_yaml

FOLDER = Path(__file__).parent / "profiles"


@dataclass(frozen=True)
class SendersTable:
    """A sender's spelling of one table: names of files, the field of each heading, the code of each word by field, the unit of amounts."""

    files: list[str] = field(default_factory=list)
    heads: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    unit: str = ""


@dataclass(frozen=True)
class Profile:
    """One sender's spelling of our tables."""

    title: str
    tables: dict[str, SendersTable] = field(default_factory=dict)


def profile_file(name: str) -> Path:
    """Return the file of a profile: one that comes with the program, or one's own. Raises `BadPolicy` where there is none."""
    packaged = {path.stem: path for path in FOLDER.glob("*.yaml")}
    path = packaged.get(name) or Path(name)
    if not path.is_file():
        raise BadPolicy(tr("there is no profile '{name}'", name=name), name, did_you_mean(name, packaged))
    return path


def tables_as_sent(name: str) -> Mapping[str, TableSpec]:
    """Return every table with the spellings of a profile; as they are where `name` is blank. Raises `BadPolicy`."""
    if not name:
        return all_tables()
    path = profile_file(name)
    mapping = read_yaml(path)
    tables = {n: build(SendersTable, m or {}, f"{path.name}: {n}") for n, m in (mapping.get("tables") or {}).items()}
    profile = build(Profile, {**mapping, "tables": tables}, path.name)
    specs = dict(all_tables())
    for table, sent in profile.tables.items():
        if table not in specs:
            raise BadPolicy(tr("there is no table '{name}'", name=table), path.name, did_you_mean(table, specs))
        specs[table] = _as_sent(specs[table], sent, f"{path.name}: {table}")
    return specs


def _as_sent(spec: TableSpec, sent: SendersTable, where: str) -> TableSpec:
    if sent.unit and sent.unit not in UNITS:
        raise BadPolicy(tr("unknown unit '{unit}'", unit=sent.unit), f"{where}: unit", "、".join(UNITS))
    for name in [*sent.heads.values(), *sent.codes]:
        if name not in spec.fields:
            raise BadPolicy(tr("unknown field '{name}'", name=name), where, did_you_mean(str(name), spec.fields))
    fields = {name: _field(one, sent, f"{where}: codes: {name}") for name, one in spec.fields.items()}
    return replace(spec, titles=[*spec.titles, *map(str, sent.files)], fields=fields, unit=sent.unit)


def _field(spec: FieldSpec, sent: SendersTable, where: str) -> FieldSpec:
    heads = [str(head) for head, name in sent.heads.items() if name == spec.name]
    spelt = {code: list(words) for code, words in spec.spellings.items()}
    known = ("yes", "no") if spec.type == "flag" else spec.values
    for word, code in sent.codes.get(spec.name, {}).items():
        code = {True: "yes", False: "no"}.get(code, code) if isinstance(code, bool) else code
        if not code:
            continue  # adopt leaves blank what a person has to say
        if code not in known:
            raise BadPolicy(tr("unknown: '{word}'", word=code), where, did_you_mean(str(code), known))
        for others in spelt.values():
            if str(word) in others:
                others.remove(str(word))
        spelt.setdefault(code, []).append(str(word).casefold() if spec.type == "flag" else str(word))
    return replace(spec, aliases=[*heads, *spec.aliases], spellings=spelt)
