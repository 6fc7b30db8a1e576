"""What the command of a container does: how long it runs, how it ends, what it touches on the way.

Models no component of Kubernetes but what stands in for the machine's own: a shell that understands the
small command lines people write in manifests. Left out: variables, loops other than endless ones, pipes,
background jobs, and everything that a program would really compute.
"""

import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from clusters.engine.images import Image
from clusters.engine.objects import Object

_SHELLS: Final = frozenset({"sh", "bash", "ash", "dash"})
_QUIET: Final = frozenset(
    {"true", ":", "echo", "printf", "export", "set", "cd", "date", "env", "trap", "mkdir"}
)
_ENDLESS: Final = frozenset({"while", "until", "for", "tail", "top", "yes"})
_OPERATORS: Final = frozenset({";", "&&", "||", "&", "|"})
_UNITS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SYSTEM: Final = re.compile(r"[./]$|/(tmp|etc|proc|sys|dev|usr|bin|var)(/?$|(?<!tmp)(?<!var)/)")
"""Paths that every image has."""
_NOT_FOUND: Final = 127
FOR_EVER: Final = 1e10
"""Seconds, three hundred years, after which nobody waits for the end of a `sleep`."""
STARTUP: Final = 0.1
"""Seconds until a program that cannot work has found that out."""


class Process(NamedTuple):
    """The main process of a container. Durations in simulated seconds since its start.

    `exits_after` None: it runs for ever; `sigterm` None: it ignores SIGTERM; `ready_after` None: the
    cluster's delays say when it listens on `ports`. `touched` tells which files come (True) and go, and
    when. `start_error` says why the runtime cannot even start it.
    """

    ports: tuple[int, ...] = ()
    ready_after: float | None = None
    exits_after: float | None = None
    exit_code: int = 0
    message: str = ""
    sigterm: float | None = None
    sigterm_code: int = 0
    touched: tuple[tuple[float, str, bool], ...] = ()
    start_error: str = ""

    def files(self, elapsed: float) -> set[str]:
        """The files that it has made and not removed by then."""
        found: set[str] = set()
        for at, path, made in self.touched:
            if at <= elapsed:
                (found.add if made else found.discard)(path)
        return found


def process_of(container: Object, image: Image, given: Iterable[str] = ()) -> Process:
    """The process that this container of a pod's spec runs, started from that image.

    `given` are the names of variables that it has besides those of its spec.
    """
    variables = frozenset(variable["name"] for variable in container.get("env") or ()).union(given)
    return _process(
        image, tuple(container.get("command") or ()), tuple(container.get("args") or ()), variables
    )


def execute(command: Sequence[str], image: Image, files: set[str]) -> tuple[int, str]:
    """Run a command in a running container, as an exec probe does: its exit code and what it prints."""
    shell = _Shell(image, set(files))
    if not shell.knows(command[0]):
        return 1, f'exec: "{command[0]}": executable file not found in $PATH: unknown'
    shell.run(list(command))
    return shell.code, shell.output


@lru_cache(maxsize=1024)
def _process(
    image: Image, command: tuple[str, ...], args: tuple[str, ...], variables: frozenset[str]
) -> Process:
    if not command and (not args or not image.entrypoint):
        return _own(image, variables)
    entrypoint = () if image.entrypoint == "sh" else (image.entrypoint,)
    words = [*(command or entrypoint), *args]
    shell = _Shell(image, set())
    if not shell.knows(words[0]):
        return Process(start_error=f'exec: "{words[0]}": executable file not found in $PATH')
    shell.run(words)
    if shell.serving:
        own = _own(image, variables)
        return own._replace(
            ready_after=shell.elapsed + (own.ready_after or 0.0) if shell.elapsed else own.ready_after
        )
    return Process(
        exits_after=None if shell.endless else shell.elapsed,
        exit_code=shell.code,
        message=shell.output if shell.code else "",
        touched=tuple(shell.touched),
    )


def _own(image: Image, variables: frozenset[str]) -> Process:
    if image.needs_env and not variables.intersection(image.needs_env):
        return Process(exits_after=STARTUP, exit_code=1, message=image.message)
    return Process(
        ports=image.ports,
        ready_after=image.ready_after,
        exits_after=image.exits_after,
        exit_code=image.exit_code,
        message=image.message,
        sigterm=image.sigterm,
        sigterm_code=image.sigterm_code,
    )


@dataclass
class _Shell:
    """A command line on its way: how long it took so far, and what it left."""

    image: Image
    files: set[str]
    elapsed: float = 0.0
    code: int = 0
    output: str = ""
    endless: bool = False
    serving: bool = False
    left: bool = False
    touched: list[tuple[float, str, bool]] = field(default_factory=list)

    def knows(self, program: str) -> bool:
        name = program.rpartition("/")[2]
        return name in _COMMANDS or name in self.image.serves + self.image.programs

    def run(self, words: list[str]) -> None:
        """Run one command; afterwards `code` is its exit code."""
        if ">" in words or ">>" in words:
            at = next(i for i, word in enumerate(words) if word in (">", ">>"))
            self._touch(words[at + 1 : at + 2])
            words = words[:at]
        if not words:
            return
        name = words[0].rpartition("/")[2]
        if name in _COMMANDS:
            _COMMANDS[name](self, words[1:])
        elif name in self.image.serves:
            self.endless = self.serving = True
        else:
            known = name in self.image.programs
            self._end(0 if known else _NOT_FOUND, "" if known else f"sh: {words[0]}: not found")

    @property
    def over(self) -> bool:
        return self.endless or self.left

    def _end(self, code: int, output: str = "") -> None:
        self.code = code
        self.output = output or self.output

    def _touch(self, paths: list[str]) -> None:
        self.files.update(paths)
        self.touched.extend((self.elapsed, path, True) for path in paths)

    def quiet(self, words: list[str]) -> None:
        self._end(0)

    def false(self, words: list[str]) -> None:
        self._end(1)

    def loop(self, words: list[str]) -> None:
        self.endless = True

    def sleep(self, words: list[str]) -> None:
        if "infinity" in words or "inf" in words:
            self.endless = True
            return
        spans = [re.fullmatch(r"(\d*\.?\d+)([smhd]?)", word) for word in words]
        for span in spans:
            if span is not None:
                self.elapsed += float(span[1]) * _UNITS[span[2]]
        # Seconds that no float can be rounded up from would end the control plane, not the container.
        self.endless = self.elapsed > FOR_EVER
        bad = not words or None in spans
        self._end(1 if bad else 0, f"sleep: invalid number '{' '.join(words)}'" if bad else "")

    def exit(self, words: list[str]) -> None:
        self.left = True
        if words:
            number = re.fullmatch(r"[0-9]{1,9}", words[0])
            self._end(int(words[0]) % 256 if number else 2)

    def exec(self, words: list[str]) -> None:
        self.run(words)
        self.left = True

    def touch(self, words: list[str]) -> None:
        self._touch(_paths(words))
        self._end(0)

    def remove(self, words: list[str]) -> None:
        paths = _paths(words)
        self.files.difference_update(paths)
        self.touched.extend((self.elapsed, path, False) for path in paths)
        self._end(0)

    def cat(self, words: list[str]) -> None:
        missing = self._missing(words)
        self._end(
            1 if missing else 0, f"cat: can't open '{missing}': No such file or directory" if missing else ""
        )

    def ls(self, words: list[str]) -> None:
        missing = self._missing(words)
        self._end(1 if missing else 0, f"ls: {missing}: No such file or directory" if missing else "")

    def test(self, words: list[str]) -> None:
        self._end(1 if self._missing([word for word in words if word != "]"]) else 0)

    def shell(self, words: list[str]) -> None:
        # Without a script a shell reads its standard input, which is closed.
        for flag, text in pairwise(words):
            if flag.startswith("-") and flag.endswith("c"):
                self.script(text)
                return

    def script(self, text: str) -> None:
        """Run a script: commands joined by `;`, `&&`, `||` and line ends."""
        lexer = shlex.shlex(text.replace("\n", " ; "), posix=True, punctuation_chars=";&|>")
        lexer.whitespace_split = True
        lexer.commenters = ""
        operator, words = ";", list[str]()
        try:
            tokens = [*lexer, ";"]
        except ValueError:
            self._end(2, "sh: syntax error: unterminated quoted string")
            return
        for token in tokens:
            if token not in _OPERATORS:
                words.append(token)
                continue
            if (
                words
                and not self.over
                and (operator != "&&" or not self.code)
                and (operator != "||" or self.code)
            ):
                self.run(words)
            operator, words = token, []

    def _missing(self, words: list[str]) -> str:
        absent = (path for path in _paths(words) if path not in self.files and not _SYSTEM.match(path))
        return next(absent, "")


def _paths(words: list[str]) -> list[str]:
    return [word for word in words if not word.startswith("-")]


_COMMANDS: Final[dict[str, Callable[[_Shell, list[str]], None]]] = {
    **dict.fromkeys(_QUIET, _Shell.quiet),
    **dict.fromkeys(_ENDLESS, _Shell.loop),
    **dict.fromkeys(_SHELLS, _Shell.shell),
    "false": _Shell.false,
    "sleep": _Shell.sleep,
    "exit": _Shell.exit,
    "exec": _Shell.exec,
    "touch": _Shell.touch,
    "rm": _Shell.remove,
    "cat": _Shell.cat,
    "ls": _Shell.ls,
    "test": _Shell.test,
    "[": _Shell.test,
}
