"""Runs a program through its life without anybody waiting: for its end, for its log, for a probe.

Stands in for a process. Time is whatever the program sleeps; what it asks of the network is answered by
what was answered before (see transcript.py), then by `ask`, in endless loops by `loop`, and else it waits
for ever.

A program may do so much WORK, see machine.py; then it is taken to go on for ever in silence.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from clusters.engine.images import Image
from clusters.engine.kubelet import transcript
from clusters.engine.kubelet.shell.catalogue import PROGRAMS
from clusters.engine.kubelet.shell.effects import (
    Ask,
    Change,
    Connect,
    Effect,
    Output,
    Ping,
    ReadAll,
    ReadLine,
    Resolve,
    Run,
    Serve,
    Sleep,
    Steady,
)
from clusters.engine.kubelet.shell.files import Files
from clusters.engine.kubelet.shell.interpreter import Shell
from clusters.engine.kubelet.shell.machine import Machine, work_of
from clusters.engine.kubelet.surroundings import Surroundings
from clusters.engine.network import TimedOut

WORK: Final = 30_000
"""Units of work, a microsecond each or so, that the kubelet spends on a command."""
LOG_WORK: Final = 100_000
"""The same where its output is wanted."""
MOST_TOUCHED: Final = 1_000
"""Files that a command may write and remove; what it does after that is not kept."""
TURNS_REPEATED: Final = 1_000
"""Turns of an endless loop whose output is looked at; those before them scroll out of the log."""
_EVERYWHERE: Final = ("/etc/group", "/etc/hostname", "/etc/hosts", "/etc/passwd", "/etc/resolv.conf")

Asked = Callable[[Ask], object]
"""Puts a question to the network now."""


def machine_for(image: Image, around: Surroundings, files: Iterable[str] = ()) -> Machine:
    """A container in which a command of a manifest runs; what is not simulated there succeeds in silence.

    `files` are the paths that are there beside those of the image.
    """
    texts: dict[str, bytes | None] = dict.fromkeys(image.files)
    texts |= dict.fromkeys((*_EVERYWHERE, *files), b"")
    texts |= dict(around.files)
    directory = around.directory or image.workdir
    return Machine(
        image,
        Files(texts, [directory]),
        PROGRAMS,
        dict(around.variables),
        around.hostname,
        around.address,
        directory=directory,
        strict=False,
    )


def replay(
    words: Sequence[str],
    machine: Machine,
    start: float = 0.0,
    *,
    stdin_open: bool = False,
    most_work: int = WORK,
    answers: Iterable[str] = (),
    ask: Asked | None = None,
) -> "Replay":
    """The command `words` as it runs from `start` on, in simulated seconds."""
    program = Shell(machine, variables=dict(machine.variables)).start(list(words))
    return Replay(program, machine, start, stdin_open, most_work, deque(answers), ask)


@dataclass
class Replay:
    """`ended` is when the program ended, None while it has not; `asks_at` when it asked the network what
    nobody has answered so far. `stdin_open`: whoever reads stdin waits for ever. `resumed` is when turns of a
    loop had been passed over, the last time, `steady` the last that such a loop has said of its turns.

    In an endless loop nobody waits for an answer that never comes: its calls are to come every so often.

    `answers` are those that it got in another run, `touched` the files that it wrote or removed, and when.
    """

    program: Run
    machine: Machine
    start: float
    stdin_open: bool
    most_work: int
    answers: deque[str]
    ask: Asked | None
    loop: Asked | None = None
    code: int = 0
    ended: float | None = None
    served: float | None = None
    resumed: float = float("-inf")
    steady: Steady | None = None
    asks_at: float | None = None
    touched: list[tuple[float, str, bytes | None]] = field(default_factory=list)
    _turn_began: int = 0
    _in_vain: bool = False

    def outputs(
        self, *, until: float, after: float = float("-inf"), repeated: float = TURNS_REPEATED
    ) -> Iterator[tuple[float, Output]]:
        """(time, output) of all it prints up to `until`.

        Left out is what an endless loop printed before `after`, or more than so many turns ago.
        """
        machine, answer = self.machine, None
        machine.now = self.start
        while machine.work <= self.most_work:
            try:
                effect = self.program.send(answer)
            except StopIteration as end:
                self.code, self.ended = int(end.value), machine.now
                return
            machine.work += work_of(effect)
            if isinstance(effect, Output):
                yield machine.now, effect
            answer = self._answer(effect, until, after, repeated)
            if machine.now > until or machine.now == float("inf") or self.asks_at is not None:
                return

    def run(self, *, until: float) -> None:
        """Run it up to `until` for what becomes of it, whatever it prints."""
        for _ in self.outputs(until=until):
            pass

    def _answer(self, effect: Effect, until: float, after: float, repeated: float) -> object:
        if isinstance(effect, (Connect, Ping, Resolve)):
            return self._answer_of_network(effect)
        if isinstance(effect, Steady):
            self.steady = effect
            return self._skipped(effect.seconds, until, after, repeated)
        if isinstance(effect, (ReadLine, ReadAll)):
            if self.stdin_open:
                self.machine.now = float("inf")
            return b""
        self._note(effect)
        return None

    def _note(self, effect: Effect) -> None:
        now = self.machine.now
        if isinstance(effect, Sleep) and self._in_vain and effect.seconds:
            self._in_vain = False
        elif isinstance(effect, Sleep):
            self.machine.now += effect.seconds
        elif isinstance(effect, Serve):
            self.served, self.machine.now = now, float("inf")
        elif isinstance(effect, Change) and len(self.touched) < MOST_TOUCHED:
            self.touched.append((now - self.start, effect.path, effect.content))

    def _answer_of_network(self, effect: Ask) -> object:
        machine = self.machine
        machine.asked += 1
        if self.answers:
            after, answer = transcript.decode(self.answers.popleft(), effect)
            machine.now = max(machine.now, self.start + after)
            return answer
        if machine.endless:
            # The answers to calls without end would fill the store.
            return self._answer_of_loop(effect)
        if self.ask is not None:
            return self.ask(effect)
        self.asks_at = machine.now
        return None

    def _answer_of_loop(self, effect: Ask) -> object:
        if self.loop is None:
            self.machine.now = float("inf")
            return None
        answer = self.loop(effect)
        self._in_vain = isinstance(answer, TimedOut)
        return answer

    def _skipped(self, seconds: float, until: float, after: float, repeated: float) -> int:
        """Pass over turns of a loop that nobody looks at, or that take too much work; returns how many."""
        if until == float("inf"):
            self.machine.now = until
            return 0
        if repeated < float("inf"):
            repeated = min(repeated, self._affordable())
        first = max(after, until - repeated * seconds)
        turns = max(0, int((first - self.machine.now) / seconds) - 1)
        self.machine.now += turns * seconds
        if turns:
            self.resumed = self.machine.now
        return turns

    def _affordable(self) -> float:
        """How many turns of a loop like the last there is work left for."""
        begun, self._turn_began = self._turn_began, self.machine.work
        if not begun:
            return float("inf")
        return (self.most_work - self.machine.work) // (self.machine.work - begun + 1)
