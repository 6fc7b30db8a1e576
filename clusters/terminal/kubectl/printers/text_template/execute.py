"""A template, applied to an object.

Models text/template's `exec.go`. Left out: methods, structs, functions and channels, which JSON has not.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Final, NoReturn

from clusters.terminal.kubectl.printers.budget import Budget, TooMuchWorkError
from clusters.terminal.kubectl.printers.gofmt import quote, type_name
from clusters.terminal.kubectl.printers.text_template.functions import ANY, FUNCTIONS, STRING, VALUE, Function
from clusters.terminal.kubectl.printers.text_template.nodes import (
    Action,
    Block,
    Branch,
    Chain,
    Command,
    Constant,
    Dot,
    Field,
    Identifier,
    Leave,
    Nil,
    Node,
    Operand,
    Pipe,
    Step,
    Template,
    Text,
    Variable,
)
from clusters.terminal.kubectl.printers.text_template.parse import TemplateError
from clusters.terminal.kubectl.printers.text_template.values import (
    NIL,
    NOTHING,
    Int,
    Interface,
    is_nil,
    is_true,
    printable,
    unwrapped,
)

_MISSING: Final = object()
"""In place of the value of the command before, for the first command of a pipeline."""


class _Break(Exception):  # noqa: N818 - no error
    pass


class _Continue(Exception):  # noqa: N818 - no error
    pass


def execute(
    name: str,
    source: str,
    blocks: dict[str, Block],
    data: Any,
    write: Callable[[str], Any],
    *,
    allow_missing_keys: bool = True,
) -> None:
    """Writes what the template of this name, read from `source`, makes of the data.

    Raises TemplateError with Go's words, and TooMuchWorkError; what came before has been written then.
    """
    state = _State(name, name, source, blocks, write, allow_missing_keys, Budget())
    try:
        state.run(blocks[name], data)
    except RecursionError as error:
        raise TooMuchWorkError from error


class _State:
    """One execution of one template: its variables, and the part that an error would be about."""

    def __init__(
        self,
        name: str,
        main: str,
        source: str,
        blocks: dict[str, Block],
        write: Callable[[str], Any],
        allow_missing_keys: bool,
        budget: Budget,
    ) -> None:
        self._name = name
        self._main = main
        self._source = source
        self._blocks = blocks
        self._write = write
        self._allow_missing_keys = allow_missing_keys
        self._budget = budget
        self._variables: list[tuple[str, Any]] = []
        self._node: Node = Block(pos=0)

    def run(self, block: Block, data: Any) -> None:
        """Executes the template; `$` and the dot are the data."""
        self._variables = [("$", data)]
        self._walk_all(data, block)

    def _walk_all(self, dot: Any, block: Block) -> None:
        for node in block.nodes:
            self._budget.spend()
            self._node = node
            self._walk(dot, node)

    def _walk(self, dot: Any, node: Step) -> None:
        match node:
            case Text():
                self._write(self._budget.spend_on(node.text))
            case Action():
                value = self._pipeline(dot, node.pipe)
                if not node.pipe.variables:
                    self._write(self._budget.spend_on(printable(value)))
            case Branch(word="range"):
                self._range(dot, node)
            case Branch():
                self._if_or_with(dot, node)
            case Template():
                self._template(dot, node)
            case Leave(word):
                raise _Break if word == "break" else _Continue

    def _if_or_with(self, dot: Any, node: Branch) -> None:
        known = len(self._variables)
        value = self._pipeline(dot, node.pipe)
        if is_true(value):
            self._walk_all(value if node.word == "with" else dot, node.block)
        elif node.otherwise is not None:
            self._walk_all(dot, node.otherwise)
        del self._variables[known:]

    def _range(self, dot: Any, node: Branch) -> None:
        known = len(self._variables)
        value = unwrapped(self._pipeline(dot, node.pipe))
        mark = len(self._variables)
        empty = True
        with suppress(_Break):
            for key, item in self._items(value, node.pipe):
                empty = False
                self._budget.spend()
                self._assign(node.pipe, key, item, mark)
                with suppress(_Continue):
                    self._walk_all(item, node.block)
                del self._variables[mark:]
        if empty and node.otherwise is not None:
            self._walk_all(dot, node.otherwise)
        del self._variables[known:]

    def _items(self, value: Any, pipe: Pipe) -> Iterable[tuple[Any, Any]]:
        """Indexes or keys, each with its item."""
        if value is NOTHING:
            return ()
        if isinstance(value, list):
            return ((Int(i), Interface(item)) for i, item in enumerate(value))
        if isinstance(value, dict):
            return ((key, Interface(value[key])) for key in sorted(value))
        if isinstance(value, int) and not isinstance(value, bool):
            if len(pipe.variables) > 1:
                self._fail(f"can't use {value} to iterate over more than one variable")
            return ((NOTHING, type(value)(i)) for i in range(value))
        return self._fail(f"range can't iterate over {printable(value)}")

    def _assign(self, pipe: Pipe, key: Any, item: Any, mark: int) -> None:
        names = [variable.names[0] for variable in pipe.variables]
        values = [item] if len(names) == 1 else [key, item]
        if pipe.is_assign:
            for name, value in zip(names, values, strict=False):
                self._set(name, value)
        elif names:
            self._variables[mark - len(names) : mark] = zip(names, values, strict=True)

    def _template(self, dot: Any, node: Template) -> None:
        block = self._blocks.get(node.name)
        if block is None:
            self._fail(f"template {quote(node.name)} not defined")
        data = NOTHING if node.pipe is None else self._pipeline(dot, node.pipe)
        inner = _State(
            node.name,
            self._main,
            self._source,
            self._blocks,
            self._write,
            self._allow_missing_keys,
            self._budget,
        )
        inner.run(block, data)

    def _pipeline(self, dot: Any, pipe: Pipe) -> Any:
        self._node = pipe
        value: Any = _MISSING
        for command in pipe.commands:
            value = unwrapped(self._command(dot, command, value))
        for variable in pipe.variables:
            if pipe.is_assign:
                self._set(variable.names[0], value)
            else:
                self._variables.append((variable.names[0], value))
        return value

    def _set(self, name: str, value: Any) -> None:
        for i in reversed(range(len(self._variables))):
            if self._variables[i][0] == name:
                self._variables[i] = (name, value)
                return
        self._fail(f"undefined variable: {name}")

    def _command(self, dot: Any, command: Command, final: Any) -> Any:
        self._budget.spend()
        first = command.args[0]
        match first:
            case Field() | Chain() | Variable():
                return self._fields(dot, first, command.args, final)
            case Identifier():
                return self._function(dot, first, command, command.args, final)
            case Pipe():
                self._not_a_function(command.args, final)
                return self._pipeline(dot, first)
        self._node = first
        self._not_a_function(command.args, final)
        if isinstance(first, Nil):
            self._fail("nil is not a command")
        return dot if isinstance(first, Dot) else self._constant(first)

    def _not_a_function(self, args: Sequence[Operand], final: Any) -> None:
        if len(args) > 1 or final is not _MISSING:
            self._fail(f"can't give argument to non-function {args[0]}")

    def _constant(self, node: Constant) -> Any:
        self._node = node
        if type(node.value) is int:
            self._fail(f"{node} overflows int")
        return node.value

    def _fields(self, dot: Any, node: Field | Chain | Variable, args: Sequence[Operand], final: Any) -> Any:
        """A field of the dot, of a variable, or of another value."""
        self._node = node
        receiver, names = dot, node.names
        if isinstance(node, Chain):
            if isinstance(node.node, Nil):
                self._fail(f"indirection through explicit nil in {node}")
            receiver = self._arg(dot, "", node.node)
        elif isinstance(node, Variable):
            receiver, names = self._value_of(names[0]), names[1:]
            if not names:
                self._not_a_function(args, final)
                return receiver
        for name in names[:-1]:
            receiver = self._field(name, receiver, has_args=False)
        return self._field(names[-1], receiver, has_args=len(args) > 1 or final is not _MISSING)

    def _value_of(self, name: str) -> Any:
        for known, value in reversed(self._variables):
            if known == name:
                return value
        return self._fail(f"undefined variable: {name}")

    def _field(self, name: str, receiver: Any, *, has_args: bool) -> Any:
        if receiver is NOTHING:
            if not self._allow_missing_keys:
                self._fail(f"nil data; no entry for key {quote(name)}")
            return NOTHING
        if is_nil(receiver):
            self._fail(f"nil pointer evaluating {type_name(receiver)}.{name}")
        value = unwrapped(receiver)
        if not isinstance(value, dict):
            self._fail(f"can't evaluate field {name} in type {type_name(receiver)}")
        if has_args:
            self._fail(f"{name} is not a method but has arguments")
        if name in value:
            return Interface(value[name])
        if not self._allow_missing_keys:
            self._fail(f"map has no entry for key {quote(name)}")
        return NOTHING

    def _function(
        self, dot: Any, node: Identifier, command: Node, args: Sequence[Operand], final: Any
    ) -> Any:
        self._node = node
        function = FUNCTIONS[node.name]
        args = args[1:]
        count = len(args) + (final is not _MISSING)
        self._check_count(node.name, function, len(args), count)
        if node.name in ("and", "or"):
            return self._and_or(dot, args, final, stop_at=node.name == "or")
        types = [*function.fixed, *[function.variadic] * count]
        values = [self._arg(dot, kind, arg) for kind, arg in zip(types, args, strict=False)]
        if final is not _MISSING:
            values.append(self._validated(final, types[len(args)]))
        try:
            if node.name == "call":
                _refuse_call(args[0] if args else node, values[0])
            return self._paid(function.call(self._budget, *map(_passed, types, values)))
        except TooMuchWorkError:
            raise
        except ValueError as error:
            self._node = command
            self._fail(f"error calling {node.name}: {error}")

    def _check_count(self, name: str, function: Function, written: int, count: int) -> None:
        fixed = len(function.fixed)
        if function.variadic and count < fixed:
            self._fail(f"wrong number of args for {name}: want at least {fixed} got {written}")
        if not function.variadic and count != fixed:
            self._fail(f"wrong number of args for {name}: want {fixed} got {count}")

    def _paid(self, value: Any) -> Any:
        return self._budget.spend_on(value) if isinstance(value, str) else value

    def _and_or(self, dot: Any, args: Sequence[Operand], final: Any, *, stop_at: bool) -> Any:
        """The first value that decides, or the last one; what comes after is not looked at."""
        value: Any = NOTHING
        for arg in args:
            value = self._arg(dot, VALUE, arg)
            if is_true(value) == stop_at:
                return value
        return value if final is _MISSING else final

    def _arg(self, dot: Any, kind: str, node: Operand) -> Any:
        """The value of an argument. `kind` is the type of the parameter, "" for any."""
        self._node = node
        match node:
            case Dot():
                return self._validated(dot, kind)
            case Nil():
                if kind == STRING:
                    self._fail(f"cannot assign nil to {kind}")
                return NIL if kind == ANY else NOTHING
            case Field() | Variable() | Chain():
                return self._validated(self._fields(dot, node, (), _MISSING), kind)
            case Pipe():
                return self._validated(self._pipeline(dot, node), kind)
            case Identifier():
                return self._validated(self._function(dot, node, node, (), _MISSING), kind)
        if kind == STRING and not isinstance(node.value, str):
            self._fail(f"expected string; found {node}")
        return self._constant(node)

    def _validated(self, value: Any, kind: str) -> Any:
        if kind == ANY and value is NOTHING:
            return NIL
        if kind != STRING:
            return value
        if value is NOTHING:
            self._fail("invalid value; expected string")
        text = value if is_nil(value) else unwrapped(value)
        if not isinstance(text, str):
            self._fail(f"wrong type for value; expected string; got {type_name(text)}")
        return text

    def _fail(self, text: str) -> NoReturn:
        before = self._source[: self._node.pos]
        line = before.count("\n") + 1
        column = len(before.rpartition("\n")[2].encode())
        raise TemplateError(
            f"template: {self._main}:{line}:{column}: executing {quote(self._name)} at <{self._node}>: {text}"
        )


def _passed(kind: str, value: Any) -> Any:
    """A value as the function takes it."""
    if kind == VALUE:
        return value
    value = unwrapped(value)
    return None if value is NOTHING else value


def _refuse_call(node: Node, value: Any) -> NoReturn:
    if unwrapped(value) is NOTHING:
        raise ValueError("call of nil")
    raise ValueError(f"non-function {node} of type {type_name(unwrapped(value))}")
