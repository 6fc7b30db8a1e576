"""What Go has of every field: its number in protobuf, its type, and whether it is a pointer.

Models the structs in upstream's `types.go` files. OpenAPI cannot tell a field that may be zero, which
is one that Go has a pointer to, from one that is left out where it is zero.

`messages.txt` has what upstream's `types.go` files say of every message that a served kind reaches: its
name, then indented and in Go's order a line for each field with number, name in JSON and type in Go. A
field called `inline` has no name in JSON: what is in it belongs to the message around it. Of two messages
with one name, that of core keeps it and the other begins with its group. Numbers never change their meaning.
"""

from pathlib import Path
from typing import Final, Literal, NamedTuple

INLINE: Final = "inline"


class Field(NamedTuple):
    """One field: its name in JSON, whether Go has a pointer to it, and of what it has how many.

    `type` is the name of a message or of a scalar.
    """

    name: str
    type: str
    pointer: bool
    shape: Literal["one", "list", "map"]

    @property
    def go_name(self) -> str:
        """As Go's decoder calls it."""
        return self.name[:1].upper() + self.name[1:]


Message = dict[int, Field]


def _field(name: str, type_: str) -> Field:
    if type_.startswith("[]"):
        return Field(name, type_.removeprefix("[]"), False, "list")
    if type_.startswith("map "):
        return Field(name, type_.removeprefix("map "), False, "map")
    return Field(name, type_.removeprefix("*"), type_.startswith("*"), "one")


def _read(text: str) -> dict[str, Message]:
    messages: dict[str, Message] = {}
    message: Message = {}
    for line in text.splitlines():
        if line.startswith(" "):
            number, name, type_ = line.split(maxsplit=2)
            message[int(number)] = _field(name, type_)
        else:
            message = messages[line] = {}
    return messages


MESSAGES: Final = _read((Path(__file__).parent / "messages.txt").read_text(encoding="utf-8"))


def pointers(name: str) -> frozenset[str]:
    """The fields of a message, as JSON names them, that Go has pointers to; none of an unknown one."""
    found: set[str] = set()
    for field in MESSAGES.get(name, {}).values():
        if field.name == INLINE:
            found |= pointers(field.type)
        elif field.pointer:
            found.add(field.name)
    return frozenset(found)


def names(name: str) -> list[str]:
    """The fields of a message, as JSON names them, in the order in which Go writes them."""
    found: list[str] = []
    for field in MESSAGES.get(name, {}).values():
        found += names(field.type) if field.name == INLINE else [field.name]
    return found
