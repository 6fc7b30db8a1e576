"""Small programs that need nothing but their arguments, the files and the time.

Stand in for GNU coreutils and busybox; where both say it differently, it is as busybox says. Left out:
most of their flags.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from clusters.engine.kubelet.shell.effects import STDOUT, Change, Output, ReadAll, Run, Sleep, complain, say
from clusters.engine.kubelet.shell.files import absolute
from clusters.engine.kubelet.shell.machine import Call, Program

_UNITS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_ESCAPE: Final = re.compile(r"\\(0[0-7]{0,3}|x[0-9a-fA-F]{1,2}|.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "\\": "\\"}
_PRINTF_MOST: Final = 65_536
_SEQ_MOST: Final = 10_000
FOR_EVER: Final = 1e10
"""Seconds, three hundred years, after which nobody waits for the end of a `sleep`."""


def options(arguments: list[str], known: str = "") -> tuple[set[str], list[str]]:
    """The one-letter flags, and everything else. `--` ends the flags."""
    flags, rest = set[str](), list[str]()
    for index, argument in enumerate(arguments):
        if argument == "--":
            return flags, rest + arguments[index + 1 :]
        if argument.startswith("-") and len(argument) > 1:
            flags.update(argument.lstrip("-"))
        else:
            rest.append(argument)
    return flags, rest


def _true(call: Call) -> Run:
    yield from ()
    return 0


def _false(call: Call) -> Run:
    yield from ()
    return 1


def _echo(call: Call) -> Run:
    words, end, escapes = list(call.arguments), "\n", call.machine.image.base == "debian"
    while words and re.fullmatch(r"-[neE]+", words[0]):
        flags = words.pop(0)
        end = "" if "n" in flags else end
        escapes = "e" in flags or (escapes and "E" not in flags)
    text = " ".join(words)
    yield say((_unescaped(text) if escapes else text) + end)
    return 0


def _unescaped(text: str) -> str:
    def replaced(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] == "0":
            return chr(int(code, 8) % 256)
        if code[0] == "x" and len(code) > 1:
            return chr(int(code[1:], 16))
        return _ESCAPES.get(code, match[0])

    return _ESCAPE.sub(replaced, text)


def _printf(call: Call) -> Run:
    if not call.arguments:
        yield complain("printf: usage: printf format [arguments]")
        return 2
    form, values = _unescaped(call.arguments[0]), call.arguments[1:]
    count = len(re.findall(r"%[-0]?\d*[sdiu]", form)) or len(values) + 1
    text = ""
    for start in range(0, max(1, len(values)), count):
        text += _formatted(form, values[start : start + count])
        call.machine.spend(4 + len(form) // 16)
        if len(text) > _PRINTF_MOST:
            break
    yield say(text)
    return 0


def _formatted(form: str, values: list[str]) -> str:
    left = iter(values)

    def replaced(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        value = next(left, "")
        width = min(int(match[2] or 0), 200)
        if match[3] in "diu":
            value = value if re.fullmatch(r"-?[0-9]{1,18}", value) else "0"
            return value.zfill(width) if match[1] == "0" else value.rjust(width)
        return value.ljust(width) if match[1] == "-" else value.rjust(width)

    return re.sub(r"%([-0]?)(\d{0,4})([sdiu])|%%", replaced, form)


def _pwd(call: Call) -> Run:
    yield say(f"{call.machine.directory}\n")
    return 0


def _env(call: Call) -> Run:
    """`env`, `printenv`, also with a name or with a command to run."""
    words = list(call.arguments)
    call.machine.spend(len(call.variables))
    variables = {k: v for k, v in call.variables.items() if re.fullmatch(r"[A-Za-z_][\w.-]*", k)}
    while words and "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        variables[name] = value
    if words and call.name == "printenv":
        yield say("".join(f"{variables[word]}\n" for word in words if word in variables))
        return 0 if all(word in variables for word in words) else 1
    if words:
        return (yield from call.start(words, variables))
    yield say("".join(f"{name}={value}\n" for name, value in variables.items()))
    return 0


def _sleep(call: Call) -> Run:
    if "infinity" in call.arguments or "inf" in call.arguments:
        yield Sleep(float("inf"))
        return 0
    spans = [re.fullmatch(r"(\d*\.?\d+)([smhd]?)", word, re.ASCII) for word in call.arguments]
    if not spans or None in spans:
        yield complain(f"sleep: invalid number '{' '.join(call.arguments)}'")
        return 1
    seconds = sum(float(span[1]) * _UNITS[span[2]] for span in spans if span)
    # Seconds that no float can be rounded up from would end the control plane, not the container.
    yield Sleep(float("inf") if seconds > FOR_EVER else seconds)
    return 0


def _endless(call: Call) -> Run:
    if call.machine.strict:
        yield complain(f"{call.name}: this program is not simulated")
        return 2
    yield Sleep(float("inf"))
    return 0


def _date(call: Call) -> Run:
    moment = datetime.fromtimestamp(int(call.machine.now), UTC)
    form = next((word[1:] for word in call.arguments if word.startswith("+")), "%a %b %e %H:%M:%S UTC %Y")
    if "-Iseconds" in call.arguments:
        form = "%Y-%m-%dT%H:%M:%S+00:00"
    form = form.replace("%N", f"{int(call.machine.now % 1 * 1e9):09d}")
    known = re.sub(r"%(?![aAbBcdeDFHIjmMpRsSTuUVwWyYZzn%])", "%%", form)
    call.machine.spend(len(form))
    yield say(moment.strftime(known.replace("%n", "\n")) + "\n")
    return 0


def _seq(call: Call) -> Run:
    numbers = [word for word in call.arguments if re.fullmatch(r"-?[0-9]{1,9}", word)]
    if len(numbers) != len(call.arguments) or not 1 <= len(numbers) <= 3:
        yield complain("seq: needs one, two or three whole numbers")
        return 1
    first = int(numbers[0]) if len(numbers) > 1 else 1
    step = int(numbers[1]) if len(numbers) == 3 else 1
    last = int(numbers[-1])
    steps = range(first, last + (1 if step > 0 else -1), step) if step else range(0)
    call.machine.spend(min(len(steps), _SEQ_MOST) // 4)
    yield say("".join(f"{number}\n" for number in steps[:_SEQ_MOST]))
    return 0


def _cat(call: Call) -> Run:
    _flags, paths = options(call.arguments)
    if not paths:
        data: bytes = yield ReadAll()
        yield Output(STDOUT, data)
        return 0
    code = 0
    for path in paths:
        code = (yield from _show(call, path)) or code
    return code


def _show(call: Call, path: str) -> Run:
    files, target = call.machine.files, absolute(path, call.machine.directory)
    data = files.read(target)
    if data is not None:
        yield Output(STDOUT, data)
        return 0
    if files.is_directory(target):
        yield complain(
            "cat: read error: Is a directory" if is_busybox(call) else f"cat: {path}: Is a directory"
        )
    elif target == "/dev/null" or (files.exists(target) and not call.machine.strict):
        return 0
    elif files.exists(target):
        yield complain(f"cat: {path}: the content of this file is not simulated")
    elif is_busybox(call):
        yield complain(f"cat: can't open '{path}': No such file or directory")
    else:
        yield complain(f"cat: {path}: No such file or directory")
    return 1


def is_busybox(call: Call) -> bool:
    """Whether small programs are busybox's, not GNU's."""
    return call.machine.image.base != "debian"


def _touch(call: Call) -> Run:
    for path in options(call.arguments)[1]:
        target = absolute(path, call.machine.directory)
        if not call.machine.files.exists(target):
            call.machine.files.write(target, b"")
            yield Change(target, b"")
    return 0


def _rm(call: Call) -> Run:
    flags, paths = options(call.arguments)
    files, code = call.machine.files, 0
    for path in paths:
        target = absolute(path, call.machine.directory)
        if files.is_directory(target) and not flags & {"r", "R"}:
            yield complain(
                f"rm: '{path}' is a directory"
                if is_busybox(call)
                else f"rm: cannot remove '{path}': Is a directory"
            )
            code = 1
        elif files.exists(target):
            call.machine.spend(len(files))
            gone = [*files.below(target), target] if files.is_directory(target) else [target]
            files.remove(target)
            for name in gone:
                yield Change(name, None)
        elif "f" not in flags:
            said = f"can't remove '{path}'" if is_busybox(call) else f"cannot remove '{path}'"
            yield complain(f"rm: {said}: No such file or directory")
            code = 1
    return code


def _mkdir(call: Call) -> Run:
    flags, paths = options(call.arguments)
    for path in paths:
        target = absolute(path, call.machine.directory)
        if call.machine.files.exists(target) and "p" not in flags:
            said = (
                f"can't create directory '{path}'"
                if is_busybox(call)
                else f"cannot create directory '{path}'"
            )
            yield complain(f"mkdir: {said}: File exists")
            return 1
        call.machine.files.make_directory(target)
    return 0


def _test(call: Call) -> Run:
    words = list(call.arguments)
    if call.name == "[":
        if words[-1:] != ["]"]:
            yield complain("[: missing ]")
            return 2
        words.pop()
    negated = False
    while words[:1] == ["!"]:
        negated, words = not negated, words[1:]
    answer = _judged(call, words)
    if answer is None:
        yield complain(f"{call.name}: {' '.join(words[:3])}: unexpected operator")
        return 2
    return 1 if answer == negated else 0


def _judged(call: Call, words: list[str]) -> bool | None:
    """Whether the condition holds; None if it is none."""
    if len(words) == 3:
        return _compared(*words)
    if len(words) == 2:
        return _asked(call, *words)
    return bool(words and words[0]) if len(words) < 2 else None


def _asked(call: Call, operator: str, operand: str) -> bool | None:
    files, path = call.machine.files, absolute(operand, call.machine.directory)
    there = files.exists(path)
    return {
        "-n": bool(operand),
        "-z": not operand,
        "-e": there,
        "-f": there and not files.is_directory(path),
        "-d": files.is_directory(path),
        "-s": there and files.read(path) != b"",
        **dict.fromkeys(("-r", "-w", "-x", "-L", "-h"), there),
    }.get(operator)


def _compared(left: str, operator: str, right: str) -> bool | None:
    if operator in ("=", "==", "!="):
        return (left == right) == (operator != "!=")
    if not all(re.fullmatch(r"\s*-?[0-9]{1,18}\s*", side) for side in (left, right)):
        return None
    one, other = int(left), int(right)
    comparisons: dict[str, Callable[[], bool]] = {
        "-eq": lambda: one == other,
        "-ne": lambda: one != other,
        "-lt": lambda: one < other,
        "-le": lambda: one <= other,
        "-gt": lambda: one > other,
        "-ge": lambda: one >= other,
    }
    return comparisons[operator]() if operator in comparisons else None


def _which(call: Call) -> Run:
    code = 0
    for name in options(call.arguments)[1]:
        if call.machine.has(name):
            yield say(f"/usr/bin/{name.rpartition('/')[2]}\n")
        else:
            code = 1
    return code


def _line_count(arguments: list[str]) -> tuple[int, list[str]]:
    """How many lines `-n 5`, `-n5` or `-5` ask for, 10 by themselves; and the other words."""
    count, rest, words = 10, list[str](), list(arguments)
    while words:
        word = words.pop(0)
        if word == "-n" and words:
            word = f"-{words.pop(0)}"
        found = re.fullmatch(r"-n?\+?-?([0-9]{1,7})", word)
        if found is not None:
            count = int(found[1])
        else:
            rest.append(word)
    return count, rest


def _head(call: Call) -> Run:
    count, rest = _line_count(call.arguments)
    return (yield from _lines_of(call, options(rest)[1], slice(count)))


def _tail(call: Call) -> Run:
    """A file's last lines; with -f it then waits for ever, as nobody here writes on."""
    count, rest = _line_count(call.arguments)
    flags, paths = options(rest)
    code = yield from _lines_of(call, paths, slice(-count, None) if count else slice(0))
    if flags & {"f", "F"}:
        yield Sleep(float("inf"))
    return code


def _lines_of(call: Call, paths: list[str], wanted: slice) -> Run:
    if not paths:
        data: bytes = yield ReadAll()
        yield Output(STDOUT, b"".join(data.splitlines(keepends=True)[wanted]))
    code = 0
    for path in paths:
        text = call.machine.files.read(absolute(path, call.machine.directory))
        if text is None:
            code = (yield from _show(call, path)) or code
        else:
            yield Output(STDOUT, b"".join(text.splitlines(keepends=True)[wanted]))
    return code


PROGRAMS: Final[dict[str, Program]] = {
    "true": _true,
    "false": _false,
    "echo": _echo,
    "printf": _printf,
    "pwd": _pwd,
    "env": _env,
    "printenv": _env,
    "sleep": _sleep,
    "yes": _endless,
    "top": _endless,
    "which": _which,
    "head": _head,
    "date": _date,
    "seq": _seq,
    "cat": _cat,
    "touch": _touch,
    "rm": _rm,
    "mkdir": _mkdir,
    "test": _test,
    "[": _test,
    "tail": _tail,
}
