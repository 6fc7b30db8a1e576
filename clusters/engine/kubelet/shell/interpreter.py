"""Runs command lines: a shell without a process.

Stands in for dash, bash and busybox's ash. Left out: what syntax.py leaves out, job control, signals and
`set -x`.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, Final

from clusters.engine.kubelet.shell.builtins import BUILTINS, Break, Exit
from clusters.engine.kubelet.shell.effects import (
    STDERR,
    STDOUT,
    Change,
    Effect,
    Output,
    Run,
    Serve,
    Sleep,
)
from clusters.engine.kubelet.shell.effects import complain as complaint
from clusters.engine.kubelet.shell.files import absolute
from clusters.engine.kubelet.shell.lexer import DEEPEST
from clusters.engine.kubelet.shell.machine import Call, Machine
from clusters.engine.kubelet.shell.steady import Turns, never_ends, turns_of
from clusters.engine.kubelet.shell.syntax import LONGEST, parse
from clusters.engine.kubelet.shell.tree import (
    For,
    If,
    Loop,
    Node,
    Not,
    NotSimulatedError,
    Redirection,
    Sequence,
    ShellSyntaxError,
    Simple,
    Subshell,
    Substitution,
)
from clusters.engine.kubelet.shell.words import ExpansionError, Words

TURN: Final = 0.01
"""Seconds that a turn of a loop takes at least, so that no loop is quicker than time."""
CALLING_TURN: Final = 1.0
"""The same of an endless loop that calls others, so that nobody has to work out too many calls."""
NOT_FOUND: Final = 127
CANNOT: Final = 2
"""The exit code of a line that is wrong, or that this shell does not do."""
MOST_VARIABLES: Final = 4_096
MOST_WORDS: Final = 10_000
_PID: Final = "7"
_QUESTIONS: Final = frozenset({"-v", "-V", "-t", "-T", "-s", "-h", "--version", "--help"})
"""Options with which a server is none."""
_COMMAND: Final = 6
_SHELL: Final = 6
"""Units of work, see machine.py."""
_OUTPUT_KEPT: Final = 65_536
"""Bytes of the output of a `$(...)`, and of a file that is written."""


@dataclass
class Shell:
    """One shell: `name` is how it was called; `line` counts the lines it has read, as dash tells them."""

    machine: Machine
    name: str = "sh"
    variables: dict[str, str] = field(default_factory=dict)
    code: int = 0
    depth: int = 0
    line: int = 1
    interactive: bool = False
    left: bool = False
    stops: bool = False
    testing: int = 0

    def __post_init__(self) -> None:
        self.variables = {"$": _PID, **self.variables, "?": str(self.code)}
        self.machine.spend(_SHELL + len(self.variables) // 32)
        self.words = Words(self.variables, self._output_of, self.machine.spend, braces=self.name == "bash")

    def script(self, text: str) -> Run:
        """Run a script to its end or its `exit`; returns the exit code."""
        if len(text) <= LONGEST:
            self.machine.spend(2 * len(text) + 4 * sum(map(text.count, ";|&()\n")))
        try:
            tree = parse(text, lenient=not self.machine.strict, depth=self.depth)
        except ShellSyntaxError as error:
            yield self.complain(str(error))
            return self.set_code(CANNOT)
        except NotSimulatedError as error:
            yield self.complain(f"{error} not simulated")
            return self.set_code(CANNOT)
        try:
            yield from self._run(tree)
        except Exit as exit_:
            self.left = True
            self.set_code(exit_.code)
        except Break:
            pass
        except ExpansionError as error:
            yield self.complain(str(error))
            self.set_code(CANNOT)
        return self.code

    def command(self, words: list[str]) -> Run:
        """Run one command, its words as they are."""
        try:
            return (yield from self._command(words))
        except Exit as exit_:
            return self.set_code(exit_.code)
        except Break:
            return self.set_code(0)

    def complain(self, what: str) -> Output:
        """`what` on stderr, after the name that this shell goes by."""
        if self.name == "bash":
            return complaint(f"bash: {what}" if self.interactive else f"bash: line {self.line}: {what}")
        if self.machine.image.base == "debian":
            return complaint(f"{self.name}: {self.line}: {what}")
        return complaint(f"{self.name}: {what}")

    def set_code(self, code: int) -> int:
        """Remember how the last command ended."""
        self.code = code
        self.variables["?"] = str(code)
        return code

    def _run(self, node: Node) -> Run:
        runner: Callable[[Shell, Node], Run] = _RUNNERS[type(node)]
        return (yield from runner(self, node))

    def _sequence(self, node: Sequence) -> Run:
        for index, (operator, command) in enumerate(node.items):
            if (operator == "&&" and self.code) or (operator == "||" and not self.code):
                continue
            code = yield from self._run(command)
            if code and self.stops and not self.testing and self._is_last(node, index):
                raise Exit(code)
        return self.code

    def _is_last(self, node: Sequence, index: int) -> bool:
        """Whether no `&&` or `||` looks at how the command ended."""
        following = node.items[index + 1 : index + 2]
        return not isinstance(node.items[index][1], Not) and not (
            following and following[0][0] in ("&&", "||")
        )

    def _condition(self, node: Node) -> Run:
        self.testing += 1
        try:
            return (yield from self._run(node))
        finally:
            self.testing -= 1

    def _not(self, node: Not) -> Run:
        code = yield from self._run(node.node)
        return self.set_code(0 if code else 1)

    def _subshell(self, node: Subshell) -> Run:
        inner = Shell(self.machine, self.name, dict(self.variables), self.code, self.depth + 1, self.line)
        directory = self.machine.directory
        try:
            yield from inner._run(node.body)
        except Exit as exit_:
            inner.code = exit_.code
        except Break:
            pass
        finally:
            self.machine.directory = directory
        return self.set_code(inner.code)

    def _if(self, node: If) -> Run:
        for condition, body in node.branches:
            if condition is None or not (yield from self._condition(condition)):
                return (yield from self._run(body))
        return self.set_code(0)

    def _for(self, node: For) -> Run:
        values = yield from self.words.fields(node.words)
        for value in values:
            self.variables[node.name] = value
            start = self.machine.now
            if (yield from self._turn(node.body)):
                break
            if self.machine.now <= start:
                yield Sleep(TURN)
        return self.code

    def _loop(self, node: Loop) -> Run:
        turns = turns_of(node, self.variables, self.machine)
        endless = never_ends(node)
        self.machine.endless += endless
        try:
            return (yield from self._turns(node, turns))
        finally:
            self.machine.endless -= endless

    def _turns(self, node: Loop, turns: Turns | None) -> Run:
        while True:
            start, asked = self.machine.now, self.machine.asked
            code = yield from self._condition(node.condition)
            if bool(code) != node.until:
                return self.set_code(0)
            last = yield from self._turn(node.body)
            if last:
                return self.set_code(0)
            if self.machine.endless and self.machine.asked > asked:
                yield Sleep(max(0.0, start + CALLING_TURN - self.machine.now))
            elif self.machine.now <= start:
                yield Sleep(TURN)
            if turns is not None:
                self.machine.spend(len(self.variables) // 4)
                yield from turns.skip(self.machine.now - start)

    def _turn(self, body: Node) -> Generator[Effect, Any, bool]:
        """One turn of a loop; returns whether it was the last."""
        try:
            yield from self._run(body)
        except Break as leave:
            return not leave.on
        return False

    def _simple(self, node: Simple) -> Run:
        # Whoever runs this counts the work, so that no script takes for ever in no time.
        self.machine.spend(_COMMAND)
        yield Sleep(0.0)
        if len(self.variables) > MOST_VARIABLES:
            raise ExpansionError("too many variables")
        words = yield from self.words.fields(node.words)
        if len(words) > MOST_WORDS:
            raise ExpansionError("Argument list too long")
        given = {}
        for name, word in node.assignments:
            given[name] = yield from self.words.text(word)
        if words:
            program = self._with(given, words)
            return (yield from self._redirected(node.redirections, program))
        self.variables.update(given)
        if not any(isinstance(part, Substitution) for _, word in node.assignments for part in word):
            self.set_code(0)
        return (yield from self._redirected(node.redirections, _nothing(self.code)))

    def _with(self, given: dict[str, str], words: list[str]) -> Run:
        """Run a command with variables that are for it alone."""
        kept = {name: self.variables.get(name) for name in given}
        self.variables.update(given)
        try:
            return (yield from self._command(words))
        finally:
            for name, value in kept.items():
                if value is None:
                    self.variables.pop(name, None)
                else:
                    self.variables[name] = value

    def _redirected(self, redirections: tuple[Redirection, ...], program: Run) -> Run:
        """Run a program whose output goes into files; /dev/null is one that keeps nothing."""
        if not redirections:
            return (yield from program)
        targets: dict[str, str] = {}
        for redirection in redirections:
            yield from self._target(redirection, targets)
        kept: dict[str, bytes] = {}
        code = yield from _caught(program, targets, kept)
        for path in dict.fromkeys(targets.values()):
            if not path.startswith(("/dev/", "&")):
                yield from self._keep(path, kept.get(path, b""))
        return code

    def _target(self, redirection: Redirection, targets: dict[str, str]) -> Generator[Effect, Any, None]:
        """Where a stream goes now: a path, or `&` and the name of the other stream."""
        stream = STDERR if redirection.fd == "2" else STDOUT
        if redirection.to:
            other = STDERR if redirection.to == "2" else STDOUT
            targets[stream] = targets.get(other, f"&{other}")
            return
        path = yield from self.words.text(redirection.word)
        if redirection.operator in (">", ">>", ">|") and path:
            targets[stream] = absolute(path, self.machine.directory)
        if redirection.fd == "&" and path:
            targets[STDERR] = targets[STDOUT]

    def _keep(self, path: str, text: bytes) -> Generator[Effect, Any, None]:
        self.machine.files.write(path, text)
        yield Change(path, text)

    def _output_of(self, script: Node) -> Generator[Effect, Any, str]:
        """What the script of a `$(...)` prints."""
        if self.depth > DEEPEST:
            raise ExpansionError("too many commands within commands")
        program = self._subshell(Subshell(script))
        output, answer = b"", None
        while True:
            try:
                effect = program.send(answer)
            except StopIteration:
                break
            answer = None
            if isinstance(effect, Output) and effect.stream == STDOUT:
                output = (output + effect.data)[:_OUTPUT_KEPT]
            else:
                answer = yield effect
        return output.decode("utf-8", "replace").replace("\0", "")

    def _command(self, words: list[str]) -> Run:
        name, arguments = words[0], words[1:]
        if name in BUILTINS:
            return self.set_code((yield from BUILTINS[name](self, arguments)))
        if not self.machine.has(name):
            said = f"{name}: command not found" if self.name == "bash" else f"{name}: not found"
            yield self.complain(said)
            return self.set_code(NOT_FOUND)
        return self.set_code((yield from self.start(words)))

    def start(self, words: list[str], variables: dict[str, str] | None = None) -> Run:
        """Run a program of the image, with other variables than the shell's if they are given."""
        program = words[0].rpartition("/")[2]
        if self.depth > DEEPEST:
            yield self.complain("too many shells within shells")
            return CANNOT
        known = self.machine.programs.get(program)
        if known is not None:
            self.machine.spend(len(self.variables) // 32 + len(words))
            given = dict(self.variables if variables is None else variables)
            call = Call(self.machine, program, words[1:], given, self.start, self.depth)
            return (yield from known(call))
        if program in self.machine.image.serves and not (self.machine.strict and _QUESTIONS & set(words)):
            code: int | None = yield Serve()
            return code or 0
        if self.machine.strict:
            yield self.complain(f"{words[0]}: this program is not simulated")
            return CANNOT
        return 0


def _caught(program: Run, targets: dict[str, str], kept: dict[str, bytes]) -> Run:
    """Run a program, and keep what it prints for the targets, by path."""
    answer: object = None
    while True:
        try:
            effect = program.send(answer)
        except StopIteration as end:
            return int(end.value)
        path = targets.get(effect.stream) if isinstance(effect, Output) else None
        if path is None:
            answer = yield effect
            continue
        assert isinstance(effect, Output)
        answer = None
        if path.startswith("&"):
            yield Output(path[1:], effect.data)
        else:
            kept[path] = (kept.get(path, b"") + effect.data)[-_OUTPUT_KEPT:]


def _nothing(code: int) -> Run:
    yield from ()
    return code


_RUNNERS: Final[dict[type, Callable[[Shell, Any], Run]]] = {
    Simple: Shell._simple,
    Sequence: Shell._sequence,
    Not: Shell._not,
    Loop: Shell._loop,
    For: Shell._for,
    If: Shell._if,
    Subshell: Shell._subshell,
}
