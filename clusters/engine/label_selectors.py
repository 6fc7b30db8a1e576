"""The LabelSelector of ReplicaSets, Deployments and budgets: `matchLabels` and `matchExpressions`.

Models `LabelSelectorAsSelector` of apimachinery's `pkg/apis/meta/v1/helpers.go`.
"""

from typing import Final

from clusters.engine.labels import Requirement, Selector
from clusters.engine.objects import Object

_OPERATORS: Final = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!exists"}
_TEXTS: Final = {"In": "{0} in ({1})", "NotIn": "{0} notin ({1})", "Exists": "{0}", "DoesNotExist": "!{0}"}
_NOTHING: Final = (Requirement("", "in", frozenset()),)


def label_selector(obj: Object | None) -> Selector:
    """The requirements of a LabelSelector, for `labels.matches`.

    None selects nothing, an empty LabelSelector everything. Raises ValueError for an operator that does
    not exist.
    """
    if obj is None:
        return _NOTHING
    wanted = (obj.get("matchLabels") or {}).items()
    requirements = [Requirement(key, "in", frozenset((value,))) for key, value in wanted]
    for expression in obj.get("matchExpressions") or ():
        operator = _OPERATORS.get(expression["operator"])
        if operator is None:
            raise ValueError(f'"{expression["operator"]}" is not a valid label selector operator')
        values = frozenset(expression.get("values") or ())
        requirements.append(Requirement(expression["key"], operator, values))
    return tuple(requirements)


def format_label_selector(obj: Object) -> str:
    """The LabelSelector as `-l` takes it, sorted by key: `app=kubia,!old,tier in (db,web)`.

    What says something of the same key stays in its order, labels before expressions.
    """
    terms = [(key, f"{key}={value}") for key, value in (obj.get("matchLabels") or {}).items()]
    for expression in obj.get("matchExpressions") or ():
        form = _TEXTS.get(expression["operator"], "{0}")
        values = ",".join(sorted(expression.get("values") or ()))
        terms.append((expression["key"], form.format(expression["key"], values)))
    return ",".join(text for _key, text in sorted(terms, key=lambda term: term[0]))


def with_label(obj: Object, key: str, value: str) -> Object:
    """The same LabelSelector that wants one more label."""
    return {**obj, "matchLabels": {**(obj.get("matchLabels") or {}), key: value}}
