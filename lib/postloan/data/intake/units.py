"""The units in which a table counts its amounts, as its headings and the lines around it say."""

from __future__ import annotations

from postloan.data.intake.amounts import UNITS
from postloan.data.intake.header import Header
from postloan.data.schema import TableSpec
from postloan.language import tr

CONTRADICT = "units_contradict"
NAMES = {yuan: name for name, yuan in UNITS.items() if name.endswith("元")}

Said = list[tuple[str, str]]


def units_of(header: Header, spec: TableSpec, stated: set[int]) -> tuple[dict[str, int], Said]:
    """Return the yuan that each field of money is counted in, where not in yuan, and what to say of it: check and sentence.

    `stated` are the units said of the whole table.
    """
    money = [name for name in header.columns if spec.fields[name].type == "money"]
    beside = {name: unit for name in money if (unit := header.unit_of(name))}
    said = stated | set(beside.values()) if stated else set()
    if money and (len(stated) > 1 or stated and len(said) > 1):
        names = "、".join(NAMES[unit] for unit in sorted(said))
        return {}, [(CONTRADICT, tr("the table says two units for its amounts: {names}; leave the right one", names=names))]
    of_all = min(stated, default=1)
    units = {name: unit for name in money if (unit := beside.get(name, of_all)) > 1}
    if not units:
        return {}, []
    fields = "、".join(f"{spec.fields[name].label}（{NAMES[unit]}）" for name, unit in units.items())
    return units, [("unit_converted", tr("amounts were converted to yuan: {fields}", fields=fields))]
