"""Small programs that look around in their container: who, where, what runs.

Stand in for util-linux, procps and busybox. Left out: everything that would need a kernel to ask.
"""

import re
from typing import Final

from clusters.engine.kubelet.shell.coreutils import options
from clusters.engine.kubelet.shell.effects import Kill, Run, complain, say
from clusters.engine.kubelet.shell.machine import Call, Program

_SIGNALS: Final = {"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "USR2": 12, "TERM": 15, "STOP": 19}
_FIRST_PID: Final = 7
"""The first process of an exec, more or less."""


def _hostname(call: Call) -> Run:
    flags, _ = options(call.arguments)
    yield say(f"{call.machine.address if flags & {'i', 'I'} else call.machine.hostname}\n")
    return 0


def _whoami(call: Call) -> Run:
    yield say(f"{call.machine.user}\n")
    return 0


def _id(call: Call) -> Run:
    flags, _ = options(call.arguments)
    user = call.machine.user
    number = 0 if user == "root" else 100
    if "u" in flags:
        yield say(f"{user if 'n' in flags else number}\n")
    else:
        group = user.replace("_user", "_group")
        yield say(f"uid={number}({user}) gid={number}({group}) groups={number}({group})\n")
    return 0


def _uname(call: Call) -> Run:
    flags, _ = options(call.arguments)
    fields = {
        "s": "Linux",
        "n": call.machine.hostname,
        "r": call.machine.kernel,
        "v": "#1 SMP PREEMPT_DYNAMIC",
        "m": "x86_64",
        "o": "GNU/Linux",
    }
    wanted = fields if "a" in flags else flags & set(fields) or {"s"}
    yield say(" ".join(text for flag, text in fields.items() if flag in wanted) + "\n")
    return 0


def _processes(call: Call) -> list[tuple[int, str]]:
    """(pid, command line): the container's own, what this session was started with, and `ps` itself."""
    own = " ".join([call.name, *call.arguments])
    later = list(dict.fromkeys([*call.machine.processes, own]))
    return [(1, call.machine.command), *enumerate(later, _FIRST_PID)]


def _ps(call: Call) -> Run:
    flags, words = options(call.arguments)
    shown = flags | set("".join(words))
    processes = _processes(call)
    if call.machine.image.base != "debian":
        yield say("PID   USER     TIME  COMMAND\n")
        yield say("".join(f"{pid:>5} {call.machine.user:<8}  0:00 {line}\n" for pid, line in processes))
    elif "u" in shown:
        yield say("USER       PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n")
        for pid, line in processes:
            yield say(
                f"{call.machine.user:<8} {pid:>5}  0.0  0.1  10000  5000 ?        S    00:00   0:00 {line}\n"
            )
    elif shown & {"e", "f", "A", "x"}:
        yield say("UID        PID  PPID  C STIME TTY          TIME CMD\n")
        for pid, line in processes:
            yield say(f"{call.machine.user:<8} {pid:>5}     0  0 00:00 ?        00:00:00 {line}\n")
    else:
        yield say("  PID TTY          TIME CMD\n")
        for pid, line in processes[1:]:
            yield say(f"{pid:>5} pts/0    00:00:00 {line.split()[0]}\n")
    return 0


def _kill(call: Call) -> Run:
    if call.arguments[:1] == ["-l"]:
        yield say(" ".join(_SIGNALS) + "\n")
        return 0
    signal, words = _signal(call.arguments)
    if signal is None:
        yield complain(f"kill: {call.arguments[0]}: invalid signal specification")
        return 1
    if not words:
        yield complain("kill: you need to specify whom to kill")
        return 1
    pids, code = {str(pid) for pid, _ in _processes(call)}, 0
    for word in words:
        if word not in pids:
            yield complain(f"kill: ({word}) - No such process")
            code = 1
        elif word == "1":
            yield Kill(1, signal)
    return code


def _signal(words: list[str]) -> tuple[int | None, list[str]]:
    """The signal that `-9`, `-TERM`, `-s TERM` name, and the words behind it; None for no signal."""
    if not words or not words[0].startswith("-"):
        return 15, words
    flag, rest = words[0][1:], words[1:]
    if flag in ("s", "n") and rest:
        flag, rest = rest[0], rest[1:]
    name = flag.removeprefix("SIG")
    if name in _SIGNALS:
        return _SIGNALS[name], rest
    return (int(name) if re.fullmatch(r"[0-9]{1,2}", name) else None), rest


PROGRAMS: Final[dict[str, Program]] = {
    "hostname": _hostname,
    "whoami": _whoami,
    "id": _id,
    "uname": _uname,
    "ps": _ps,
    "kill": _kill,
}
