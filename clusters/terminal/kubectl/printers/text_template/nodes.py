"""The parts of a template, and how each is shown in an error.

Models text/template/parse's `node.go`. `pos` is where a part starts, in characters of the whole text.
"""

from dataclasses import dataclass, field
from typing import Any

from clusters.terminal.kubectl.printers.gofmt import quote


@dataclass(frozen=True, kw_only=True)
class Node:
    pos: int


@dataclass(frozen=True)
class Text(Node):
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Identifier(Node):
    """The name of a function."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Variable(Node):
    """`$x.a.b`: a variable with its dollar sign, and fields."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(self.names)


@dataclass(frozen=True)
class Field(Node):
    """`.a.b`"""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return "".join(f".{name}" for name in self.names)


@dataclass(frozen=True)
class Dot(Node):
    def __str__(self) -> str:
        return "."


@dataclass(frozen=True)
class Nil(Node):
    def __str__(self) -> str:
        return "nil"


@dataclass(frozen=True)
class Constant(Node):
    """A number, true, false or a text, as it was written and as it is meant."""

    written: str
    value: Any

    def __str__(self) -> str:
        return self.written


@dataclass(frozen=True)
class Command(Node):
    args: list["Operand"]

    def __str__(self) -> str:
        return " ".join(f"({arg})" if isinstance(arg, Pipe) else str(arg) for arg in self.args)


@dataclass(frozen=True)
class Pipe(Node):
    """Commands, each of which gives its value to the next; variables that take the last one."""

    is_assign: bool
    variables: list[Variable]
    commands: list[Command]

    def __str__(self) -> str:
        declared = ", ".join(map(str, self.variables)) + (" = " if self.is_assign else " := ")
        return (declared if self.variables else "") + " | ".join(map(str, self.commands))


@dataclass(frozen=True)
class Chain(Node):
    """Fields of what is no field or variable itself: `(index .items 0).metadata`."""

    node: "Operand"
    names: tuple[str, ...]

    def __str__(self) -> str:
        inner = f"({self.node})" if isinstance(self.node, Pipe) else str(self.node)
        return inner + "".join(f".{name}" for name in self.names)


@dataclass(frozen=True)
class Action(Node):
    pipe: Pipe

    def __str__(self) -> str:
        return f"{{{{{self.pipe}}}}}"


@dataclass(frozen=True)
class Block(Node):
    """What stands between two actions."""

    nodes: list["Step"] = field(default_factory=list)

    def __str__(self) -> str:
        return "".join(map(str, self.nodes))


@dataclass(frozen=True)
class Branch(Node):
    """`if`, `range` or `with`."""

    word: str
    pipe: Pipe
    block: Block
    otherwise: Block | None

    def __str__(self) -> str:
        otherwise = "" if self.otherwise is None else f"{{{{else}}}}{self.otherwise}"
        return f"{{{{{self.word} {self.pipe}}}}}{self.block}{otherwise}{{{{end}}}}"


@dataclass(frozen=True)
class Leave(Node):
    """`break` or `continue`."""

    word: str

    def __str__(self) -> str:
        return f"{{{{{self.word}}}}}"


@dataclass(frozen=True)
class Template(Node):
    """Calls another template."""

    name: str
    pipe: Pipe | None

    def __str__(self) -> str:
        return f"{{{{template {quote(self.name)}{'' if self.pipe is None else f' {self.pipe}'}}}}}"


@dataclass(frozen=True)
class End(Node):
    """`end`, or `else`: ends a block, and is no part of it."""

    word: str

    def __str__(self) -> str:
        return f"{{{{{self.word}}}}}"


Operand = Identifier | Variable | Field | Dot | Nil | Constant | Pipe | Chain
Step = Text | Action | Branch | Leave | Template


def is_empty(block: Block) -> bool:
    """Whether there is nothing but spaces."""
    return all(isinstance(node, Text) and not node.text.strip() for node in block.nodes)
