"""The two ways of running a notebook."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from notebookrun.worker_pool import WorkerPool


@pytest.fixture(scope="session")
def _workers() -> Iterator[WorkerPool]:
    pool = WorkerPool(trusted=["notebookrun"])
    yield pool
    pool.close()


@pytest.fixture
def pool(_workers: WorkerPool) -> WorkerPool:
    """A pool whose workers stay from test to test."""
    return _workers


@pytest.fixture(params=["workers", "kernel"])
def way(request: pytest.FixtureRequest, pool: WorkerPool) -> WorkerPool | None:
    """A pool of workers, and then none: a kernel."""
    return pool if request.param == "workers" else None
