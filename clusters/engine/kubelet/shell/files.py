"""The files of a container: those that every image has, those that the cluster puts there, those made since.

Stands in for a root file system. Left out: permissions, links, times, devices, and the content of what
came with the image unless it is short; such a file is there, and reading it says that it is not
simulated.
"""

import posixpath
import re
from collections.abc import Iterable, Mapping
from typing import Final

_DIRECTORIES: Final = (
    *("/bin", "/dev", "/etc", "/home", "/lib", "/media", "/mnt", "/opt", "/proc", "/root", "/run", "/sbin"),
    *("/srv", "/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/sbin"),
    *("/usr/share", "/var", "/var/cache", "/var/lib", "/var/log", "/var/run", "/var/tmp"),
)
_MOST: Final = 10_000
"""Files; what is written beyond them is lost."""
_SYSTEM: Final = re.compile(r"/(bin|dev|lib|lib64|proc|sbin|sys|usr)/.")
"""Where every image has files that nobody lists here."""


class Files:
    """`texts` is the content of each file, None for one whose content is not known.

    `version` changes whenever a file does.
    """

    def __init__(self, texts: Mapping[str, bytes | None], directories: Iterable[str] = ()) -> None:
        self.version = 0
        self._texts: dict[str, bytes | None] = {}
        self._directories = {"/", *_DIRECTORIES}
        for path in directories:
            self.make_directory(path)
        for path, text in texts.items():
            self.write(path, text)

    def write(self, path: str, text: bytes | None) -> None:
        """Make or replace a file; `path` is absolute."""
        if len(self._texts) < _MOST:
            self.make_directory(posixpath.dirname(path))
            self.version += path not in self._texts or self._texts[path] != text
            self._texts[path] = text

    def remove(self, path: str) -> None:
        """Remove a file, or a directory with all that is in it."""
        self.version += self.exists(path)
        self._texts.pop(path, None)
        inside = f"{path.rstrip('/')}/"
        self._directories = {d for d in self._directories if d != path and not d.startswith(inside)} | {"/"}
        for name in [name for name in self._texts if name.startswith(inside)]:
            del self._texts[name]

    def make_directory(self, path: str) -> None:
        while path not in self._directories and len(self._directories) < _MOST:
            self._directories.add(path)
            path = posixpath.dirname(path)

    def is_directory(self, path: str) -> bool:
        return path in self._directories

    def exists(self, path: str) -> bool:
        return path in self._texts or path in self._directories or bool(_SYSTEM.match(path))

    def read(self, path: str) -> bytes | None:
        """The content; None if it is not known."""
        return self._texts.get(path)

    def __len__(self) -> int:
        """Files and directories."""
        return len(self._texts) + len(self._directories)

    def names(self, directory: str) -> list[str]:
        """What is in a directory, sorted."""
        inside = directory.rstrip("/") + "/"
        found = {
            path.removeprefix(inside).partition("/")[0]
            for path in (*self._texts, *self._directories)
            if path.startswith(inside)
        }
        return sorted(found - {""})

    def below(self, directory: str) -> list[str]:
        """The paths of all files in a directory and its directories, sorted."""
        inside = directory.rstrip("/") + "/"
        return sorted(path for path in self._texts if path.startswith(inside))


def absolute(path: str, directory: str) -> str:
    """The path as seen from the directory, without `.` and `..`."""
    joined = posixpath.normpath(posixpath.join(directory, path))
    return "/" + joined.lstrip("/")
