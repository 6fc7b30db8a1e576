"""Label selectors: what they mean and how their text is read.

Models apimachinery's `pkg/labels/selector.go`. Left out: writing the set operators back as text.
"""

import json
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from clusters.engine import names

Labels = Mapping[str, str]

_INT64: Final = 2**63


class Requirement(NamedTuple):
    """One condition on one label. `operator` is "in", "notin", "exists", "!exists", "gt" or "lt"."""

    key: str
    operator: str
    values: frozenset[str]

    def matches(self, labels: Labels) -> bool:
        """Whether these labels fulfil it. `notin` is true of those that lack the key."""
        value = labels.get(self.key)
        if self.operator == "in":
            return value in self.values
        if self.operator == "notin":
            return value not in self.values
        if self.operator in ("exists", "!exists"):
            return (value is not None) == (self.operator == "exists")
        number = _int64(value or "")
        (limit,) = map(int, self.values)
        return number is not None and (number > limit if self.operator == "gt" else number < limit)


Selector = tuple[Requirement, ...]

_OPERATORS: Final = {
    "in": "in",
    "notin": "notin",
    "=": "in",
    "==": "in",
    "!=": "notin",
    ">": "gt",
    "<": "lt",
}
# Of the signs, the longest that fits comes first; what stands between signs and spaces is a word.
_TOKEN: Final = re.compile(r"[ \t\r\n]*(==|!=|[=!<>(),]|[^ \t\r\n=!<>(),]+|\Z)")
_SIGNS: Final = frozenset(("==", "!=", "=", "!", "<", ">", "(", ")", ",", ""))
_END: Final = ""


def subset_matches(wanted: Labels, labels: Labels) -> bool:
    """Whether every wanted label is there with that value (RC and Service selectors).

    An empty selector matches everything here; callers decide what an empty one means to them.
    """
    return wanted.items() <= labels.items()


def parse_selector(text: str) -> Selector:
    """Read a selector as kubectl's `-l` takes it, such as `app=kubia,tier in (web, db),!old`.

    Raises ValueError with upstream's words for what cannot be read.
    """
    return tuple(_Parser(text).requirements())


def matches(selector: Selector, labels: Labels) -> bool:
    """Whether labels fulfil all requirements; an empty selector matches everything."""
    return all(requirement.matches(labels) for requirement in selector)


def format_labels(labels: Labels) -> str:
    """`{"app": "kubia"}` as `app=kubia`, sorted by key."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def _int64(text: str) -> int | None:
    # As Go's ParseInt reads it: no spaces, no underscores, no other digits.
    if not re.fullmatch("[+-]?[0-9]{1,400}", text):
        return None
    number = int(text)
    return number if -_INT64 <= number < _INT64 else None


class _Parser:
    """Reads a selector from left to right, one token ahead."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        self._at = 0

    def requirements(self) -> list[Requirement]:
        found: list[Requirement] = []
        while (token := self._peek()) != _END:
            if token in _SIGNS and token != "!":
                raise ValueError(f"found '{token}', expected: !, identifier, or 'end of string'")
            try:
                found.append(self._requirement())
            except ValueError as error:
                raise ValueError(f"unable to parse requirement: {error}") from None
            token = self._next()
            if token == _END:
                break
            if token != ",":
                raise ValueError(f"found '{token}', expected: ',' or 'end of string'")
            if self._peek() in _SIGNS and self._peek() != "!":
                raise ValueError(f"found '{self._peek()}', expected: identifier after ','")
        return found

    def _peek(self) -> str:
        token: str = self._tokens[min(self._at, len(self._tokens) - 1)]
        return token

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _requirement(self) -> Requirement:
        negated = self._peek() == "!"
        if negated:
            self._next()
        key = self._next()
        if key in _SIGNS:
            raise ValueError(f"found '{key}', expected: identifier")
        if said := names.label_key(key):
            raise ValueError(_invalid("<nil>", key, said))
        if negated:
            return Requirement(key, "!exists", frozenset())
        if self._peek() in (_END, ","):
            return Requirement(key, "exists", frozenset())
        sign = self._next()
        if sign not in _OPERATORS:
            raise ValueError(f"found '{sign}', expected: in, notin, =, ==, !=, gt, lt")
        values = self._values() if sign in ("in", "notin") else [self._value()]
        return _checked(key, _OPERATORS[sign], sorted(set(values)))

    def _value(self) -> str:
        if self._peek() in (_END, ","):
            return ""
        return self._word("identifier")

    def _word(self, expected: str) -> str:
        word = self._next()
        if word in _SIGNS:
            raise ValueError(f"found '{word}', expected: {expected}")
        return word

    def _values(self) -> list[str]:
        opened = self._next()
        if opened != "(":
            raise ValueError(f"found '{opened}' expected: '('")
        if self._peek() in _SIGNS - {",", ")"}:
            raise ValueError(f"found '{self._peek()}', expected: ',', ')' or identifier")
        values = [self._listed()]
        while self._peek() == ",":
            self._next()
            values.append(self._listed())
        if self._next() != ")":
            raise ValueError(f"found '{self._tokens[self._at - 1]}', expected: ',' or ')'")
        return values

    def _listed(self) -> str:
        """One value of a set; nothing between two commas is the empty value."""
        return "" if self._peek() in (",", ")") else self._word("',', or identifier")


def _checked(key: str, operator: str, values: list[str]) -> Requirement:
    complaints = []
    for index, value in enumerate(values):
        if operator in ("gt", "lt") and _int64(value) is None:
            why = "for 'Gt', 'Lt' operators, the value must be an integer"
            complaints.append(_invalid(f"values[{index}]", value, (why,)))
        if said := names.label_value(value):
            complaints.append(_invalid(f"values[{index}][{key}]", value, said))
    if complaints:
        raise ValueError(complaints[0] if len(complaints) == 1 else f"[{', '.join(complaints)}]")
    return Requirement(key, operator, frozenset(values))


def _invalid(path: str, value: str, complaints: names.Complaints) -> str:
    return f"{path}: Invalid value: {json.dumps(value, ensure_ascii=False)}: {'; '.join(complaints)}"
