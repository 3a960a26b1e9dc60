"""The commonest spellings, read by DuckDB itself: one SQL expression per type, so that millions of cells need no Python.

Every cell that an expression here does not take (`odd`) goes through `cells.py`, once per distinct value.
"""

from __future__ import annotations

from typing import NamedTuple

from postloan.data.intake.blanks import BLANKS
from postloan.data.intake.cells import EXCEL_ERRORS, NOT_KNOWN, NOTHING
from postloan.data.schema import FieldSpec

NATIVE = {
    "money": {"DECIMAL", "DOUBLE", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"},
    "count": {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"},
    "date": {"DATE", "TIMESTAMP"}, "time": {"DATE", "TIMESTAMP"}, "flag": {"BOOLEAN"},
}  # fmt: skip
"""Column types of Parquet that hold a contract type as it is; any other is read as text."""

_YEAR = "(?:19|20)[0-9]{2}"
"""Days after 2099, and the first day that Excel knows, are left to Python: they often stand for an open end, or for nothing."""
_MONTH_DAY = "-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"


LONGEST_NOTHING = max(len(word.encode()) for word in NOTHING)


class Reading(NamedTuple):
    """A column as SQL: `value` is typed SQL, NULL where blank or odd; `odd` is true where Python must look.

    `sure` is the value once no cell is odd: for most columns of Parquet the sender's column itself, at no cost.
    """

    value: str
    odd: str
    sure: str


def literal(text: str) -> str:
    """`text` as a SQL string."""
    return "'" + text.replace("'", "''") + "'"


def name(text: str) -> str:
    """`text` as a SQL identifier."""
    return '"' + text.replace('"', '""') + '"'


def _when(test: str, value: str, x: str) -> Reading:
    guarded = f"CASE WHEN {test} THEN {value} END"
    return Reading(guarded, f"{x} IS NOT NULL AND ({guarded}) IS NULL", guarded)


def _matching(x: str, pattern: str, value: str) -> Reading:
    return _when(f"regexp_full_match({x}, {literal(pattern)})", value, x)


def _among(x: str, words: dict[str, str]) -> Reading:
    cases = " ".join(f"WHEN {literal(word)} THEN {value}" for word, value in words.items())
    value = f"CASE {x} {cases} END"
    return Reading(value, f"{x} NOT IN ({', '.join(map(literal, words))})", value)


def _spells_nothing(x: str) -> str:
    return f"strlen({x}) <= {LONGEST_NOTHING} AND lower({x}) IN ({', '.join(map(literal, sorted(NOTHING)))})"


def _id(x: str, spec: FieldSpec) -> Reading:
    # ASCII, nothing before '(' in front, a digit or letter behind, no '+' of an exponent: half the cost of a regular expression.
    test = f"strlen({x}) = length({x}) AND {x} >= '(' AND {x}[-1] >= '0' AND lower({x}[-1]) NOT IN {_NO_END} AND NOT contains({x}, '+')"
    test += f" AND lower({x}) NOT IN ({', '.join(literal(word) for word in sorted(NOT_KNOWN) if word.isascii())})"
    if not spec.required:
        test += f" AND NOT ({_spells_nothing(x)})"
    return Reading(f"CASE WHEN {test} THEN {x} END", f"NOT ({test})", x)


_NO_END = f"({', '.join(map(literal, filter(lambda c: not c.isalnum(), map(chr, range(0x3A, 0x80)))))})"


def _text(x: str, spec: FieldSpec) -> Reading:
    blanks = literal(BLANKS)
    ends = f"contains({blanks}, {x}[1]) OR contains({blanks}, {x}[-1])"
    trimmed = f"CASE WHEN {ends} THEN nullif(trim({x}, {blanks}), '') ELSE {x} END"
    if not spec.required and not spec.verbatim:
        trimmed = f"CASE WHEN NOT ({_spells_nothing(f'trim({x}, {blanks})')}) THEN {trimmed} END"
    error = f"{x}[1] = '#' AND lower(trim({x}, {blanks})) IN ({', '.join(map(literal, sorted(EXCEL_ERRORS)))})"
    return Reading(f"CASE WHEN NOT ({error}) THEN {trimmed} END", error, trimmed)


def text_reading(x: str, spec: FieldSpec) -> Reading:
    """The reading of a column of text `x` (SQL; NULL where empty)."""
    match spec.type:
        case "id":
            return _id(x, spec)
        case "text" | "name":
            return _text(x, spec)
        case "one_of":
            codes = ", ".join(map(literal, spec.values))
            return Reading(f"CASE WHEN {x} IN ({codes}) THEN {x} END", f"{x} NOT IN ({codes})", x)
        case "flag":
            return _among(x, {"是": "true", "否": "false", "1": "true", "0": "false", "Y": "true", "N": "false",
                              "true": "true", "false": "false", "TRUE": "true", "FALSE": "false"})  # fmt: skip
        case "money" if spec.yuan > 1:
            decimals = len(str(spec.yuan)) + 1
            amount = f"CAST(TRY_CAST({x} AS DECIMAL(28,10)) * {spec.yuan} AS DECIMAL(18,2))"
            return _matching(x, rf"-?[0-9]{{1,8}}(?:\.[0-9]{{1,{decimals}}})?", amount)
        case "money":
            return _matching(x, r"-?[0-9]{1,16}(?:\.[0-9]{1,2})?", f"TRY_CAST({x} AS DECIMAL(18,2))")
        case "number":
            return _matching(x, r"-?[0-9]{1,20}(?:\.[0-9]{1,6})?", f"TRY_CAST({x} AS DECIMAL(28,6))")
        case "ratio":
            return _matching(x, r"0(?:\.[0-9]{1,10})?", f"TRY_CAST({x} AS DECIMAL(18,10))")
        case "count":
            return _matching(x, "[0-9]{1,18}", f"TRY_CAST({x} AS BIGINT)")
        case "date":
            return _matching(x, _YEAR + _MONTH_DAY, f"nullif(TRY_CAST({x} AS DATE), DATE '1900-01-01')")
        case "time":
            clock = "(?: (?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])?"
            return _matching(x, _YEAR + _MONTH_DAY + clock, f"CASE WHEN {x} > '1900-01-02' THEN TRY_CAST({x} AS TIMESTAMP) END")
        case _:
            return _matching(x, _YEAR + "(?:Q[1-4]|H[12]|-(?:0[1-9]|1[0-2]))?", x)._replace(sure=x)


def native_reading(x: str, spec: FieldSpec, sql_type: str) -> Reading:
    """The reading of a Parquet column `x` whose type holds the contract's type as it is (`NATIVE`)."""
    if spec.type in ("date", "time"):
        within = f"{x} > DATE '1900-01-01' AND {x} < DATE '2100-01-01'"
        if spec.type == "date" and sql_type == "TIMESTAMP":
            within += f" AND {x} = date_trunc('day', {x})"
        value = f"CAST({x} AS {spec.sql_type})" if sql_type != spec.sql_type else x
        return Reading(f"CASE WHEN {within} THEN {value} END", f"NOT ({within})", value)
    if spec.type == "money" and sql_type == "DOUBLE":
        return _when(f"abs({x}) < 1e13 AND {x} = round({x}, 2)", f"CAST({x} AS DECIMAL(18,2))", x)
    if spec.type == "money" and sql_type != "DECIMAL(18,2)":
        return _when(f"{x} = round({x}, 2)", f"TRY_CAST({x} AS DECIMAL(18,2))", x)
    if spec.type == "count":
        return Reading(f"CASE WHEN {x} >= 0 THEN CAST({x} AS BIGINT) END", f"{x} < 0", f"CAST({x} AS BIGINT)")
    return Reading(x, "false", x)


def native_type(spec: FieldSpec, sql_type: str) -> str:
    """Return the type in which a Parquet column of `sql_type` is read for a field: its own where that can hold the field's, else text."""
    if spec.yuan > 1:
        return "VARCHAR"
    plain = "TIMESTAMP" if sql_type.startswith("TIMESTAMP_") else sql_type
    return plain if plain.split("(")[0] in NATIVE.get(spec.type, ()) else "VARCHAR"
