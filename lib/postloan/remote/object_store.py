"""A place for outputs that is named by a URL: an object store, SFTP and the like, reached through fsspec.

What is put there is there whole or not at all. Object stores take an object in one piece; anywhere else it is written beside its place under a
name nobody reads and moved over the old one.
"""

from __future__ import annotations

import errno
import getpass
import json
import platform
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from posixpath import dirname
from typing import Any
from urllib.parse import urlsplit

from postloan.errors import BadCommand, CannotFile
from postloan.file import PREFIX
from postloan.language import tr

AT_ONCE = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oss", "memory"})
"""Stores that show an object only when all of it has arrived."""
LOCK = ".postloan.lock"
STALE = timedelta(hours=24)
"""Age after which a lock is that of a run that died."""
_CONTENT = ("ETag", "etag", "md5Hash", "md5")
_CHANGE = ("size", "mtime", "created", "LastModified", "last_modified", "modified", "updated", "time")


@dataclass(frozen=True)
class Store:
    """The place `url`; paths are below it, with slashes. Every method raises `CannotFile` where the store fails."""

    url: str
    system: Any
    root: str

    @classmethod
    def of(cls, url: str) -> Store:
        """Return the store at `url`. Raises `BadCommand` where there is no way to such a place, or the URL holds a password."""
        if urlsplit(url).password:
            raise BadCommand(
                tr("a password stands in the URL, which is written into records"),
                _without_password(url),
                tr("put it into the environment or the configuration of fsspec"),
            )
        try:
            import fsspec
        except ImportError as error:
            raise BadCommand(tr("fsspec is not installed"), url, "pip install 'postloan[cluster]'") from error
        try:
            system, root = fsspec.core.url_to_fs(url)
        except Exception as error:  # each kind of store has errors of its own
            raise BadCommand(
                tr("there is no way to such a place ({why})", why=error), url, tr("see the docs for what may be given")
            ) from error
        return cls(url.rstrip("/"), system, root.rstrip("/"))

    @property
    def takes_at_once(self) -> bool:
        """True where a put is all or nothing."""
        kinds = self.system.protocol
        return not AT_ONCE.isdisjoint((kinds,) if isinstance(kinds, str) else kinds)

    def listing(self, under: str) -> dict[str, str]:
        """Return every object at or below `under`, with its mark: another one, or a blank, when the object is not known to be the same."""
        with _store_faults(f"{self.url}/{under}", tr("the store cannot be read ({why})")):
            self.system.invalidate_cache()
            try:
                found = self.system.find(self._at(under), detail=True)
            except FileNotFoundError:
                return {}
            names = {_below(self.root, name): info for name, info in found.items() if info.get("type", "file") == "file"}
            return {name: _mark(info) for name, info in names.items() if name == under or name.startswith(f"{under}/")}

    def read(self, path: str) -> bytes:
        """Return an object's content."""
        with _store_faults(f"{self.url}/{path}", tr("the store cannot be read ({why})")):
            return self.system.cat_file(self._at(path))

    def put(self, path: str, content: bytes) -> str:
        """Put an object, whole or not at all; returns its mark."""
        with _store_faults(f"{self.url}/{path}", tr("the store does not take the file ({why})")):
            place = self._at(path)
            if self.takes_at_once:
                self.system.pipe_file(place, content)
            else:
                self._put_beside(place, content)
            self.system.invalidate_cache(dirname(place))
            info = self.system.info(place)
            if info.get("size", len(content)) != len(content):
                raise OSError(tr("{there} of {bytes} bytes arrived", there=info["size"], bytes=len(content)))
            return _mark(info)

    def _put_beside(self, place: str, content: bytes) -> None:
        beside = f"{dirname(place)}/{PREFIX}{secrets.token_hex(8)}"
        self.system.makedirs(dirname(place), exist_ok=True)
        try:
            self.system.pipe_file(beside, content)
            try:
                self.system.mv(beside, place)
            except OSError as error:
                if getattr(error, "errno", None) != errno.EEXIST:
                    raise
                # A store that moves nothing over what is there: for a moment there is neither, never half of one.
                self.system.rm_file(place)
                self.system.mv(beside, place)
        finally:
            with suppress(Exception):
                if self.system.exists(beside):
                    self.system.rm_file(beside)

    def remove(self, path: str) -> None:
        """Remove an object, if it is there."""
        with _store_faults(f"{self.url}/{path}", tr("the store does not take the file away ({why})")), suppress(FileNotFoundError):
            self.system.rm_file(self._at(path))

    @contextmanager
    def locked(self, owner: str) -> Iterator[str]:
        """Keep runs of other owners out, as far as the store can; gives a sentence where the lock of a dead run was taken over.

        An owner has other means against running twice: its own lock is from a run of it that was killed. Raises `CannotFile` where another
        run is at work.
        """
        mine = {"owner": owner, "run": secrets.token_hex(8), "who": _who(), "when": _now().isoformat(timespec="seconds")}
        found = self._lock()
        taken_over = self._check_free(found, owner) if found else ""
        self.put(LOCK, json.dumps(mine, ensure_ascii=False).encode())
        if (now := self._lock() or mine)["run"] != mine["run"]:
            raise self._busy(now)
        try:
            yield taken_over
        finally:
            with suppress(CannotFile):
                if (self._lock() or {}).get("run") == mine["run"]:
                    self.remove(LOCK)

    def _lock(self) -> dict[str, str] | None:
        if not self.listing(LOCK):
            return None
        try:
            return {"owner": "", "run": "", "who": "?", "when": "?"} | json.loads(self.read(LOCK))
        except (ValueError, TypeError):
            return {"owner": "", "run": "", "who": "?", "when": "?"}

    def _check_free(self, found: Mapping[str, str], owner: str) -> str:
        if found["owner"] == owner:
            return ""
        with suppress(ValueError):
            if _now() - datetime.fromisoformat(found["when"]) > STALE:
                return tr("the run of {who} that began {when} has died; its lock is taken over", who=found["who"], when=found["when"])
        raise self._busy(found)

    def _busy(self, found: Mapping[str, str]) -> CannotFile:
        return CannotFile(
            tr("a run of {who} has been at work there since {when}", who=found["who"], when=found["when"]),
            self.url,
            tr("wait until it has ended; if it has died, delete {lock}", lock=f"{self.url}/{LOCK}"),
        )

    def _at(self, path: str) -> str:
        return f"{self.root}/{path}"


@contextmanager
def _store_faults(where: str, what: str) -> Iterator[None]:
    """Turn errors of the store into our words; `what` has a slot for the reason."""
    try:
        yield
    except Exception as error:  # each kind of store has errors of its own
        why = f"{type(error).__name__}: {error}".rstrip(": ")
        raise CannotFile(
            what.replace("{why}", why), where, tr("see that the store is there and takes files, then run again: nothing made is lost")
        ) from error


def _below(root: str, name: str) -> str:
    """A path below the store; some kinds of store name objects with a leading slash and some without."""
    return name.lstrip("/").removeprefix(root.lstrip("/")).lstrip("/")


def _mark(info: Mapping[str, Any]) -> str:
    """The mark of an object, another one for every content: its tag where the store gives one, else its size and time."""
    said = next((f"{name} {info[name]}" for name in _CONTENT if info.get(name)), "")
    changes = [f"{name} {info[name]}" for name in _CHANGE if info.get(name) is not None]
    return said or (" ".join(changes) if len(changes) > 1 else "")


def _without_password(url: str) -> str:
    return re.sub(r"(?<=://)[^/]*@", "***@", url)


def _who() -> str:
    try:
        return f"{getpass.getuser()}@{platform.node()}"
    except (OSError, KeyError, ImportError):
        return platform.node()


def _now() -> datetime:
    return datetime.now(UTC)
