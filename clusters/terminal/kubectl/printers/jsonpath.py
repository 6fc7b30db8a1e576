"""What a JSONPath template of kubectl finds in an object, and how that is printed.

Models client-go's `util/jsonpath/jsonpath.go` and cli-runtime's `pkg/printers/jsonpath.go`. Left out: Go's
random order of the keys of a map under `*` and `..`, which is the dict's own here.
"""

import re
from collections.abc import Callable, Sequence
from operator import ge, gt, le, lt
from typing import Any, Final

from clusters.terminal.kubectl.printers.budget import Budget, TooMuchWorkError
from clusters.terminal.kubectl.printers.gofmt import go_syntax, quote, sprint, type_name
from clusters.terminal.kubectl.printers.interface import Object, WatchEvent, Write, as_object
from clusters.terminal.kubectl.printers.json_text import compact_json, json_text
from clusters.terminal.kubectl.printers.jsonpath_parser import (
    Array,
    Constant,
    Field,
    Filter,
    Identifier,
    JSONPathError,
    Node,
    Nodes,
    Recursive,
    Text,
    Union,
    Wildcard,
    parse,
)

__all__ = ["JSONPath", "JSONPathError", "JSONPathPrinter", "compare", "relaxed"]

_RELAXED: Final = re.compile(r"\{\.?([^{}]+)\}|\.?([^{}]+)")
_ORDERED: Final[dict[str, Callable[[Any, Any], bool]]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


class JSONPath:
    """A template that was read once. Raises JSONPathError for one that cannot be read.

    As upstream, a template with a range remembers where the range stood: the next object that is given to it
    meets only what comes after.
    """

    def __init__(self, template: str, *, allow_missing: bool = False) -> None:
        self.template = template
        self.allow_missing = allow_missing
        self._nodes = parse(template)
        self._first = 0
        self._begin_range = 0
        self._in_range = 0
        self._end_range = 0
        self._last_end = -1
        self._budget = Budget()

    def find_results(self, data: Any, budget: Budget | None = None) -> list[list[Any]]:
        """What each node of the template finds. Raises JSONPathError with upstream's words.

        Whoever has many objects has one budget for all of them.
        """
        self._budget = Budget() if budget is None else budget
        try:
            return self._find_results(data)
        except RecursionError as error:
            raise TooMuchWorkError from error

    def execute(self, write: Write, data: Any, *, as_json: bool = False) -> None:
        """Writes what is found in an object. Raises JSONPathError, before anything is written."""
        budget = Budget()
        for results in self.find_results(data):
            texts = [json_text(results)] if as_json else [_text(result) for result in results]
            write(budget.spend_on(" ".join(texts)))

    def _find_results(self, data: Any) -> list[list[Any]]:
        found: list[list[Any]] = []
        i = self._first - 1
        while (i := i + 1) < len(self._nodes):
            results = self._walk([data], self._nodes[i])
            if 0 < self._end_range <= self._in_range:
                self._end_range -= 1
                self._last_end = i
                break
            if self._begin_range:
                self._begin_range -= 1
                found += self._loop(results, i)
                i = self._last_end if self._last_end > i else i
                continue
            found.append(results)
        return found

    def _loop(self, results: list[Any], i: int) -> list[list[Any]]:
        """What stands after the range at `i`, for each result; for none, only to find the range's end."""
        self._in_range += 1
        found: list[list[Any]] = []
        for result in results:
            self._first = i + 1
            found += self._find_results(result)
        if not results:
            self._first = i + 1
            self._find_results(None)
        self._in_range -= 1
        return found

    def _walk(self, values: list[Any], node: Node) -> list[Any]:
        self._budget.spend(1 + len(values))
        return _WALKS[type(node)](self, values, node)

    def _list(self, values: list[Any], nodes: Sequence[Node]) -> list[Any]:
        for node in nodes:
            values = self._walk(values, node)
        return values

    def _identifier(self, values: list[Any], node: Identifier) -> list[Any]:
        if (name := node.name) == "range":
            self._begin_range += 1
            return values
        if name != "end":
            raise JSONPathError(f"unrecognized identifier {name}")
        if not self._in_range:
            raise JSONPathError("not in range, nothing to end")
        self._end_range += 1
        return []

    def _field(self, values: list[Any], node: Field) -> list[Any]:
        name = node.name
        results = [value[name] for value in values if isinstance(value, dict) and name in value]
        if values and not results and not self.allow_missing:
            raise JSONPathError(f"{name} is not found")
        return results

    def _recursive(self, values: list[Any], node: Recursive) -> list[Any]:
        """All values that hold others, each before those in it."""
        results: list[Any] = []
        for value in values:
            if children := _children(value):
                self._budget.spend(len(children))
                results.append(value)
                results += self._recursive(children, node)
        return results

    def _filter(self, values: list[Any], node: Filter) -> list[Any]:
        results: list[Any] = []
        for value in values:
            if not isinstance(value, list):
                raise JSONPathError(f"{sprint(value)} is not array or slice and cannot be filtered")
            self._budget.spend(len(value))
            results += [item for item in value if self._passes(item, node)]
        return results

    def _passes(self, item: Any, node: Filter) -> bool:
        if node.operator == "exists":
            return self._exists(item, node.left)
        left = self._list([item], node.left)
        if not left:
            return False
        right = self._list([item], node.right) if len(left) == 1 else left
        if len(right) > 1:
            raise JSONPathError("can only compare one element at a time")
        return bool(right) and compare(left[0], node.operator, right[0])

    def _exists(self, item: Any, nodes: Sequence[Node]) -> bool:
        """Whether anything is found. Only a field that is missing says no: other errors leave the item."""
        values = [item]
        for node in nodes:
            try:
                values = self._walk(values, node)
            except JSONPathError:
                return not isinstance(node, Field)
        return bool(values)


_WALKS: Final[dict[type, Callable[[JSONPath, list[Any], Any], list[Any]]]] = {
    Nodes: lambda path, values, node: path._list(values, node.nodes),
    Text: lambda path, values, node: [node.text],
    Field: JSONPath._field,
    Array: lambda path, values, node: _sliced(values, node),
    Filter: JSONPath._filter,
    Constant: lambda path, values, node: [node.value] * len(values),
    Wildcard: lambda path, values, node: [item for value in values for item in _children(value)],
    Recursive: JSONPath._recursive,
    Union: lambda path, values, node: [item for part in node.parts for item in path._list(values, part)],
    Identifier: JSONPath._identifier,
}


class JSONPathPrinter:
    """`-o jsonpath=...`, and `-o jsonpath-as-json=...` with `as_json`.

    `typed` objects are what kubectl made itself; upstream reads them through encoding/json, to which all
    numbers are floats.
    """

    def __init__(
        self, template: str, *, allow_missing: bool = True, as_json: bool = False, typed: bool = False
    ) -> None:
        self.path = JSONPath(template, allow_missing=allow_missing)
        self.as_json = as_json
        self.typed = typed

    def print(self, obj: Object | WatchEvent, write: Write) -> None:
        """Writes what is found in the object. Raises JSONPathError, which shows the object, too."""
        data = with_floats(as_object(obj)) if self.typed or isinstance(obj, WatchEvent) else obj
        try:
            self.path.execute(write, data, as_json=self.as_json)
        except JSONPathError as error:
            template = self.path.template
            raise JSONPathError(
                f"error executing jsonpath {quote(template)}: Error executing template: {error}."
                " Printing more information for debugging the template:\n"
                f"\ttemplate was:\n\t\t{template}\n"
                f"\tobject given to jsonpath engine was:\n\t\t{go_syntax(data)}\n\n\n"
            ) from error


def relaxed(expression: str) -> str:
    """A path with the braces and the dot that may be left out (`RelaxedJSONPathExpression`).

    Raises JSONPathError for what is more than one path.

    >>> relaxed("metadata.name"), relaxed("{.kind}"), relaxed("")
    ('{.metadata.name}', '{.kind}', '')
    """
    if not expression:
        return ""
    found = _RELAXED.fullmatch(expression)
    if found is None:
        raise JSONPathError(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}'"
            " or '{.name1.name2}'"
        )
    return f"{{.{found[1] or found[2]}}}"


def with_floats(value: Any) -> Any:
    """A value as encoding/json reads it into an interface{}."""
    if isinstance(value, dict):
        return {key: with_floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_floats(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def compare(left: Any, operator: str, right: Any) -> bool:
    """Compares two values of one basic type. Raises JSONPathError with the words of Go's templates."""
    if operator not in ("==", "!=", *_ORDERED):
        raise JSONPathError(f"unrecognized filter operator {operator}")
    for value in (left, right):
        if not isinstance(value, bool | int | float | str):
            raise JSONPathError("invalid type for comparison")
    if type(left) is not type(right):
        raise JSONPathError("incompatible types for comparison")
    if operator in ("==", "!="):
        return bool((left == right) == (operator == "=="))
    if isinstance(left, bool):
        raise JSONPathError("invalid type for comparison")
    return _ORDERED[operator](left, right)


def _sliced(values: list[Any], node: Array) -> list[Any]:
    results: list[Any] = []
    for value in values:
        if value is None:
            continue
        if not isinstance(value, list):
            raise JSONPathError(f"{type_name(value)} is not array or slice")
        start, end = _bounds(node, len(value))
        if start == end:
            return results
        if node.step is not None and node.step <= 0:
            raise JSONPathError("step must be > 0")
        results += value[start : end : node.step]
    return results


def _bounds(node: Array, length: int) -> tuple[int, int]:
    start = node.start or 0
    end = length if node.end is None else node.end
    if start < 0:
        start += length
    if end < 0 or (end == 0 and node.derived):
        end += length
    if start == end:
        return start, end
    if not 0 <= start < length:
        raise JSONPathError(f"array index out of bounds: index {start}, length {length}")
    if not 0 <= end <= length:
        raise JSONPathError(f"array index out of bounds: index {end - 1}, length {length}")
    if start > end:
        raise JSONPathError(f"starting index {start} is greater than ending index {end}")
    return start, end


def _children(value: Any) -> list[Any]:
    """What a map, a list or a text (its bytes) holds."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, str):
        return list(value.encode())
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        return compact_json(value)
    return "null" if value is None else sprint(value)
