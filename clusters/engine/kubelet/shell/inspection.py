"""Small programs that look around in their container: who, where, what runs.

Stand in for util-linux, procps and busybox. Left out: everything that would need a kernel to ask.
"""

import re
from datetime import UTC, datetime
from typing import Final, NamedTuple

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


class _Running(NamedTuple):
    """A process: `tty` "?" has none, `started` is in simulated seconds."""

    pid: int
    line: str
    tty: str
    started: float

    @property
    def name(self) -> str:
        return self.line.split()[0].rpartition("/")[2][:15] if self.line.split() else ""

    @property
    def clock(self) -> str:
        return datetime.fromtimestamp(int(self.started), UTC).strftime("%H:%M")


def _processes(call: Call) -> list[_Running]:
    """The container's own process, what this session was started with, and `ps` itself."""
    machine, own = call.machine, " ".join([call.name, *call.arguments])
    later = list(dict.fromkeys([*machine.processes, own]))
    tty = "pts/0" if machine.tty else "?"
    # Who is attached to process 1 has its terminal.
    first = _Running(1, machine.command, "?" if machine.processes else tty, machine.started)
    return [first, *(_Running(pid, line, tty, machine.now) for pid, line in enumerate(later, _FIRST_PID))]


def _ps(call: Call) -> Run:
    flags, words = options(call.arguments)
    shown, processes = flags | set("".join(words)), _processes(call)
    if call.machine.image.base != "debian":
        yield from _ps_of_busybox(call, processes)
    elif "u" in shown:
        yield from _ps_of_users(call, processes)
    elif shown & {"e", "A", "x"}:
        yield from _ps_full(call, processes) if "f" in flags else _ps_short(processes)
    else:
        # Only those at the same terminal, or at none.
        near = [process for process in processes if process.tty == processes[-1].tty]
        yield from _ps_full(call, near) if "f" in flags else _ps_short(near)
    return 0


def _ps_of_busybox(call: Call, processes: list[_Running]) -> Run:
    yield say("PID   USER     TIME  COMMAND\n")
    for process in processes:
        yield say(f"{process.pid:>5} {call.machine.user[:8]:<8}  0:00 {process.line}\n")
    return 0


def _ps_of_users(call: Call, processes: list[_Running]) -> Run:
    yield say("USER       PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n")
    for process in processes:
        state = ("R" if process is processes[-1] else "S") + ("s" if process.pid <= _FIRST_PID else "")
        state += "+" if process.tty != "?" and process is processes[-1] else ""
        yield say(
            f"{call.machine.user:<8} {process.pid:>5}  0.0  0.1  10000  5000 {process.tty:<8} {state:<4}"
            f" {process.clock:<5}   0:00 {process.line}\n"
        )
    return 0


def _ps_full(call: Call, processes: list[_Running]) -> Run:
    yield say("UID        PID  PPID  C STIME TTY          TIME CMD\n")
    for process in processes:
        parent = process.pid - 1 if process.pid > _FIRST_PID else 0
        ids = f"{call.machine.user:<8} {process.pid:>5} {parent:>5}"
        yield say(f"{ids}  0 {process.clock} {process.tty:<8} 00:00:00 {process.line}\n")
    return 0


def _ps_short(processes: list[_Running]) -> Run:
    yield say("  PID TTY          TIME CMD\n")
    for process in processes:
        yield say(f"{process.pid:>5} {process.tty:<8} 00:00:00 {process.name}\n")
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
    pids, code = {str(process.pid) for process in _processes(call)}, 0
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
