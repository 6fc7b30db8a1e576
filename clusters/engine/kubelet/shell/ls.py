"""ls, as busybox has it and as GNU has it. Left out: colours, times, owners, all other flags."""

from datetime import UTC, datetime
from typing import Final

from clusters.engine.kubelet.shell.coreutils import is_busybox, options
from clusters.engine.kubelet.shell.effects import Run, Sleep, complain, say
from clusters.engine.kubelet.shell.files import absolute
from clusters.engine.kubelet.shell.machine import Call, Program

_DIRECTORY_SIZE: Final = 4096
_TERMINAL: Final = 80


def _ls(call: Call) -> Run:
    flags, paths = options(call.arguments)
    files, code, texts = call.machine.files, 0, list[str]()
    for path in paths or ["."]:
        target = absolute(path, call.machine.directory)
        call.machine.spend(len(files))
        yield Sleep(0.0)
        if not files.exists(target):
            yield complain(_missing(call, path))
            code = 1 if is_busybox(call) else 2
            continue
        whole = files.is_directory(target) and "d" not in flags
        names = _names(call, target, flags) if whole else [path]
        call.machine.spend(len(names) * (8 if "l" in flags else 1))
        head = f"{path}:\n" if len(paths) > 1 and whole else ""
        texts.append(head + _listed(call, target if whole else call.machine.directory, names, flags, whole))
    yield say("\n".join(texts))
    return code


def _missing(call: Call, path: str) -> str:
    if is_busybox(call):
        return f"ls: {path}: No such file or directory"
    return f"ls: cannot access '{path}': No such file or directory"


def _names(call: Call, directory: str, flags: set[str]) -> list[str]:
    names = call.machine.files.names(directory)
    if "a" in flags:
        return [".", "..", *names]
    return names if "A" in flags else [name for name in names if not name.startswith(".")]


def _in_columns(names: list[str]) -> str:
    """As on a terminal: from top to bottom, in as few lines as fit."""
    lines = next(lines for lines in range(1, len(names) + 1) if _width(names, lines) <= _TERMINAL)
    widths = _widths(names, lines)
    rows = [zip(widths, names[row::lines], strict=False) for row in range(lines)]
    return "".join("".join(f"{name:<{width}}" for width, name in row).rstrip() + "\n" for row in rows)


def _widths(names: list[str], lines: int) -> list[int]:
    return [max(map(len, names[at : at + lines])) + 2 for at in range(0, len(names), lines)]


def _width(names: list[str], lines: int) -> int:
    return sum(_widths(names, lines)) - 2 if lines < len(names) else 0


def _listed(call: Call, directory: str, names: list[str], flags: set[str], whole: bool) -> str:
    if "l" not in flags:
        in_columns = call.machine.tty and "1" not in flags and names
        return _in_columns(names) if in_columns else "".join(f"{name}\n" for name in names)
    files, sizes = call.machine.files, list[tuple[bool, int, str]]()
    for name in names:
        path = absolute(name, directory)
        is_directory = files.is_directory(path)
        sizes.append((is_directory, _DIRECTORY_SIZE if is_directory else len(files.read(path) or b""), name))
    total = sum(-(-size // 4096) * 4 for _, size, _ in sizes)
    head = f"total {total}\n" if whole else ""
    day = datetime.fromtimestamp(int(call.machine.started), UTC).strftime("%b %e %H:%M")
    width = 9 if is_busybox(call) else max((len(str(size)) for _, size, _ in sizes), default=1)
    owner = "root     root     " if is_busybox(call) else "root root "
    links = "    1" if is_busybox(call) else " 1"
    modes = {True: "drwxr-xr-x", False: "-rw-r--r--"}
    return head + "".join(
        f"{modes[is_directory]}{links} {owner}{size:>{width}} {day} {name}\n"
        for is_directory, size, name in sizes
    )


PROGRAMS: Final[dict[str, Program]] = {"ls": _ls}
