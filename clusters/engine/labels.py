"""Label and field selectors: what they mean and how their text is read.

Models apimachinery's `pkg/labels/selector.go` and `pkg/fields`. Left out: the numeric operators `gt`
and `lt`, which kubectl cannot write either.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

Labels = Mapping[str, str]


class Requirement(NamedTuple):
    """One condition on one label. `operator` is "in", "notin", "exists" or "!exists"."""

    key: str
    operator: str
    values: frozenset[str]

    def matches(self, labels: Labels) -> bool:
        present = self.key in labels
        if self.operator == "in":
            return present and labels[self.key] in self.values
        if self.operator == "notin":
            return not present or labels[self.key] not in self.values
        return present == (self.operator == "exists")


Selector = tuple[Requirement, ...]

_SET = re.compile(r"^(?P<key>[^\s!=(),]+)\s+(?P<operator>in|notin)\s*\((?P<values>[^()]*)\)$")
_EQUALITY = re.compile(r"^(?P<key>[^\s!=(),]+)\s*(?P<operator>!=|==|=)\s*(?P<value>[^\s!=(),]*)$")
_EXISTS = re.compile(r"^(?P<negated>!?)\s*(?P<key>[^\s!=(),]+)$")


def subset_matches(wanted: Labels, labels: Labels) -> bool:
    """Whether every wanted label is there with that value (RC and Service selectors).

    An empty selector matches everything here; callers decide what an empty one means to them.
    """
    return wanted.items() <= labels.items()


def parse_selector(text: str) -> Selector:
    """Read a selector as kubectl's `-l` takes it, such as `app=kubia,tier in (web, db),!old`.

    Raises ValueError with the part that cannot be read.
    """
    parts = [part.strip() for part in re.split(r",(?![^(]*\))", text)]
    return tuple(_parse_requirement(part) for part in parts if part)


def matches(selector: Selector, labels: Labels) -> bool:
    return all(requirement.matches(labels) for requirement in selector)


def format_labels(labels: Labels) -> str:
    """`{"app": "kubia"}` as `app=kubia`, sorted by key."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def _parse_requirement(text: str) -> Requirement:
    if found := _SET.match(text):
        values = frozenset(value.strip() for value in found["values"].split(","))
        return Requirement(found["key"], found["operator"], values)
    if found := _EQUALITY.match(text):
        operator = "notin" if found["operator"] == "!=" else "in"
        return Requirement(found["key"], operator, frozenset([found["value"]]))
    if found := _EXISTS.match(text):
        return Requirement(found["key"], "!exists" if found["negated"] else "exists", frozenset())
    raise ValueError(f"unable to parse requirement: {text!r}")
