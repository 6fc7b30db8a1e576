"""Label selectors as texts, and as objects have them.

Models apimachinery's `metav1.ParseToLabelSelector`.
"""

import re
from typing import Final

from clusters.engine.labels import Requirement, parse_selector
from clusters.engine.objects import Object
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.printers.gofmt import quote

_OPERATORS: Final = {"in": "In", "notin": "NotIn", "exists": "Exists", "!exists": "DoesNotExist"}
_UNSUPPORTED: Final = {"gt": "gt", "lt": "lt"}
_BETWEEN: Final = re.compile(r",(?![^(]*\))")
"""Commas that are not in brackets."""


def parse_to_label_selector(text: str) -> Object:
    """`a=b,c in (d)` as a LabelSelector. Raises CommandError."""
    labels: dict[str, str] = {}
    expressions: list[Object] = []
    for requirement, written in _requirements(text):
        if requirement.operator in _UNSUPPORTED:
            sign = quote(_UNSUPPORTED[requirement.operator])
            raise CommandError(f"{sign} isn't supported in label selectors")
        if "!=" in written:
            raise CommandError('"!=" is not a valid label selector operator')
        if "=" in written:
            (labels[requirement.key],) = requirement.values
        else:
            expressions.append(_expression(requirement))
    return {"matchLabels": labels, "matchExpressions": expressions}


def _requirements(text: str) -> list[tuple[Requirement, str]]:
    """Each requirement with its text, sorted by their keys."""
    try:
        found = parse_selector(text)
    except ValueError as error:
        raise CommandError(f'couldn\'t parse the selector string "{text}": {error}') from error
    pairs = zip(found, _BETWEEN.split(text), strict=False)
    return sorted(pairs, key=lambda pair: pair[0].key)


def _expression(requirement: Requirement) -> Object:
    expression: Object = {"key": requirement.key, "operator": _OPERATORS[requirement.operator]}
    if requirement.values:
        expression["values"] = sorted(requirement.values)
    return expression
