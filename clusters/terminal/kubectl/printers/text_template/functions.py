"""The functions that a template can call: Go's own, and two of kubectl's.

Models text/template's `funcs.go`, and `exists` and `base64decode` of cli-runtime's `pkg/printers`.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from operator import eq as equals
from typing import Any, Final, NamedTuple
from urllib.parse import quote_plus

from clusters.engine import base64_text
from clusters.terminal.kubectl.printers.budget import Budget
from clusters.terminal.kubectl.printers.gofmt import sprint, type_name
from clusters.terminal.kubectl.printers.printf import sprint_all, sprintf
from clusters.terminal.kubectl.printers.text_template.values import (
    NIL,
    NOTHING,
    Byte,
    Int,
    Interface,
    basic_kind,
    is_nil,
    is_true,
    unwrapped,
)

VALUE: Final = "reflect.Value"
ANY: Final = "interface {}"
STRING: Final = "string"

_HTML: Final = str.maketrans(
    {"\0": "\ufffd", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
)
_JS: Final = {
    "\\": r"\\",
    "'": r"\'",
    '"': r"\"",
    "<": r"\u003C",
    ">": r"\u003E",
    "&": r"\u0026",
    "=": r"\u003D",
}
_NO_COMPARISON: Final = "invalid type for comparison"


class Function(NamedTuple):
    """The types of its parameters, of all further ones if there may be more, and what it does.

    A `reflect.Value` comes as the template has it; the others come unwrapped, null and nothing as None.
    """

    fixed: Sequence[str]
    variadic: str
    call: Callable[..., Any]


def index(budget: Budget, item: Any, *indexes: Any) -> Any:
    """A part of a map, list or text, and a part of that. Raises ValueError with Go's words."""
    item = unwrapped(item)
    if item is NOTHING:
        raise ValueError("index of untyped nil")
    for key in map(unwrapped, indexes):
        if is_nil(item):
            raise ValueError("index of nil pointer")
        item = _at(unwrapped(item), key)
    return item


def _at(item: Any, key: Any) -> Any:
    if isinstance(item, dict):
        if key is NOTHING:
            raise ValueError("value is nil; should be of type string")
        if not isinstance(key, str):
            raise ValueError(f"value has type {type_name(key)}; should be string")
        return Interface(item[key]) if key in item else NIL
    if not isinstance(item, list | str):
        raise ValueError(f"can't index item of type {type_name(item)}")
    content = item if isinstance(item, list) else item.encode()
    at = _index_arg(key, len(content))
    if at == len(content):
        raise ValueError(f"reflect: {'slice' if isinstance(item, list) else 'string'} index out of range")
    return Interface(item[at]) if isinstance(item, list) else Byte(item.encode()[at])


def _index_arg(key: Any, end: int) -> int:
    if key is NOTHING:
        raise ValueError("cannot index slice/array with nil")
    if not isinstance(key, int) or isinstance(key, bool):
        raise ValueError(f"cannot index slice/array with type {type_name(key)}")
    if not 0 <= key <= end:
        raise ValueError(f"index out of range: {key}")
    return key


def slice_of(budget: Budget, item: Any, *indexes: Any) -> Any:
    """A list or text (its bytes) from one index to another. Raises ValueError with Go's words."""
    item = unwrapped(item)
    if item is NOTHING:
        raise ValueError("slice of untyped nil")
    if len(indexes) > 3:
        raise ValueError(f"too many slice indexes: {len(indexes)}")
    if isinstance(item, str) and len(indexes) == 3:
        raise ValueError("cannot 3-index slice a string")
    if not isinstance(item, list | str):
        raise ValueError(f"can't slice item of type {type_name(item)}")
    content = item if isinstance(item, list) else item.encode()
    bounds = [0, len(content)]
    bounds[: len(indexes)] = [_index_arg(unwrapped(key), len(content)) for key in indexes]
    for low, high in pairwise(bounds):
        if low > high:
            raise ValueError(f"invalid slice index: {low} > {high}")
    part = content[bounds[0] : bounds[1]]
    return part.decode(errors="replace") if isinstance(part, bytes) else part


def length(budget: Budget, item: Any) -> Int:
    """How many entries, items or bytes there are. Raises ValueError with Go's words."""
    if item is NOTHING:
        raise ValueError("reflect: call of reflect.Value.Type on zero Value")
    if is_nil(item):
        raise ValueError("len of nil pointer")
    item = unwrapped(item)
    if not isinstance(item, dict | list | str):
        raise ValueError(f"len of type {type_name(item)}")
    return Int(len(item.encode()) if isinstance(item, str) else len(item))


def eq(budget: Budget, first: Any, *others: Any) -> bool:
    """Whether the first value equals one of the others. Raises ValueError with Go's words."""
    if not others:
        raise ValueError("missing argument for comparison")
    return any(_equal(unwrapped(first), unwrapped(other)) for other in others)


def _equal(one: Any, other: Any) -> bool:
    kinds = basic_kind(one), basic_kind(other)
    if kinds[0] != kinds[1]:
        if sorted(kinds) == ["int", "uint"]:
            return bool(one == other)
        if NOTHING not in (one, other):
            raise ValueError(f"incompatible types for comparison: {type_name(one)} and {type_name(other)}")
        return False
    if kinds[0]:
        return bool(equals(one, other))
    if NOTHING in (one, other):
        return one is other
    if type(one) is not type(other):
        raise ValueError(
            f"non-comparable types {sprint(one)}: {type_name(one)}, {type_name(other)}: {sprint(other)}"
        )
    raise ValueError(f"non-comparable type {sprint(other)}: {type_name(other)}")


def lt(budget: Budget, one: Any, other: Any) -> bool:
    """Whether one value is less than the other. Raises ValueError with Go's words."""
    one, other = unwrapped(one), unwrapped(other)
    kinds = basic_kind(one), basic_kind(other)
    if not all(kinds):
        raise ValueError(_NO_COMPARISON)
    if kinds[0] != kinds[1] and sorted(kinds) != ["int", "uint"]:
        raise ValueError(f"incompatible types for comparison: {type_name(one)} and {type_name(other)}")
    if kinds[0] in ("bool", "complex"):
        raise ValueError(_NO_COMPARISON)
    return bool(one < other)


def le(budget: Budget, one: Any, other: Any) -> bool:
    """Whether one value is less than the other, or equal. Raises ValueError with Go's words."""
    return lt(budget, one, other) or eq(budget, one, other)


def exists(budget: Budget, item: Any, *indexes: Any) -> bool:
    """Whether `index` would find something that is not null. Without indexes there is nothing to find."""
    for key in indexes:
        if isinstance(item, dict):
            if not isinstance(key, str):
                return False
            item = item.get(key)
        elif isinstance(item, list | str) and isinstance(key, int) and not isinstance(key, bool):
            content = item if isinstance(item, list) else item.encode()
            if not 0 <= key < len(content):
                return False
            item = content[key]
        else:
            return False
    return item is not None or not indexes


def base64decode(budget: Budget, text: str) -> str:
    """The text that was encoded, U+FFFD for what is no text. Raises ValueError with kubectl's words."""
    try:
        return base64_text.decode(text).decode(errors="replace")
    except ValueError as error:
        raise ValueError(f"base64 decode failed: {error}") from error


def eval_args(args: Sequence[Any]) -> str:
    """The text that is escaped: one text as it is, all else as it is printed."""
    return sprint_all(["<no value>" if arg is None else arg for arg in args])


def escape_js(text: str) -> str:
    """A text as it may stand in a string of JavaScript."""
    return "".join(_JS.get(char) or _escaped_js(char) for char in text)


def _escaped_js(char: str) -> str:
    if " " <= char <= "\x7f" or (char > "\x7f" and char.isprintable()):
        return char
    return f"\\u{ord(char):04X}"


FUNCTIONS: Final[dict[str, Function]] = {
    "and": Function((VALUE,), VALUE, lambda budget, *args: args[-1]),
    "or": Function((VALUE,), VALUE, lambda budget, *args: args[-1]),
    "call": Function((VALUE,), VALUE, lambda budget, *args: args[0]),
    "not": Function((VALUE,), "", lambda budget, arg: not is_true(arg)),
    "index": Function((VALUE,), VALUE, index),
    "slice": Function((VALUE,), VALUE, slice_of),
    "len": Function((VALUE,), "", length),
    "eq": Function((VALUE,), VALUE, eq),
    "ne": Function((VALUE, VALUE), "", lambda *args: not eq(*args)),
    "lt": Function((VALUE, VALUE), "", lt),
    "le": Function((VALUE, VALUE), "", le),
    "gt": Function((VALUE, VALUE), "", lambda *args: not le(*args)),
    "ge": Function((VALUE, VALUE), "", lambda *args: not lt(*args)),
    "print": Function((), ANY, lambda budget, *args: sprint_all(args)),
    "println": Function((), ANY, lambda budget, *args: " ".join(map(sprint, args)) + "\n"),
    "printf": Function((STRING,), ANY, lambda budget, text, *args: sprintf(text, args, budget)),
    "html": Function((), ANY, lambda budget, *args: eval_args(args).translate(_HTML)),
    "js": Function((), ANY, lambda budget, *args: escape_js(eval_args(args))),
    "urlquery": Function((), ANY, lambda budget, *args: quote_plus(eval_args(args))),
    "exists": Function((ANY,), ANY, exists),
    "base64decode": Function((STRING,), "", base64decode),
}
