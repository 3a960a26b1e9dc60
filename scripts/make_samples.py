"""Make the sample data: `python scripts/make_samples.py [--out data_samples] [branch2014] [tiny]`.

A new set is a module in `samples/` with `make(folder)` and one entry in `SETS`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from samples import branch2014, tiny

SETS = {"branch2014": branch2014.make, "tiny": tiny.make}


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the sample data, the same bytes every time.")
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"which sets to make, of {', '.join(SETS)}; all without one")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "data_samples")
    arguments = parser.parse_args()
    if unknown := set(arguments.sets) - set(SETS):
        parser.error(f"no such set: {', '.join(sorted(unknown))}; there are {', '.join(SETS)}")
    for name in arguments.sets or SETS:
        SETS[name](arguments.out / name)


if __name__ == "__main__":
    main()
