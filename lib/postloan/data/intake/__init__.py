"""From the files a clerk drops to cells: CSV, Excel and Parquet, with every problem of files, sheets and headers.

`open_package` is imported late: the child process that reads Excel starts in this package too and needs no database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from postloan.data.intake.package import open_package

__all__ = ["open_package"]


def __getattr__(wanted: str) -> Any:
    if wanted in __all__:
        from postloan.data.intake import package

        return getattr(package, wanted)
    raise AttributeError(wanted)
