"""Which fields messages have, by their numbers.

`messages.txt` has what upstream's `types.go` files say of every message that a served kind reaches: its
name, then indented a line for each field with number, name in JSON and type in Go. A field called
`inline` has no name in JSON: what is in it belongs to the message around it. Of two messages with one
name, that of core keeps it and the other begins with its group. Numbers never change their meaning.
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
