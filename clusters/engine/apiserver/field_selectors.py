"""Field selectors: which fields a kind can be selected by, and what a selector means.

Models apimachinery's `pkg/fields/selector.go`, the field labels of `pkg/apis/core/v1/conversion.go` and
the `ToSelectableFields` of each registry. A field that an object lacks has the value "".
"""

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from clusters.engine.apiserver.errors import bad_request
from clusters.engine.apiserver.fields import quoted
from clusters.engine.apiserver.resources import Resource
from clusters.engine.objects import Object

Getter = Callable[[Object], str]

NAME: Final = "metadata.name"
NAMESPACE: Final = "metadata.namespace"


class Term(NamedTuple):
    """One condition: the field has the value, or another one if not `equal`."""

    field: str
    equal: bool
    value: str
    getter: Getter


class FieldSelector(NamedTuple):
    """What all terms together select; without terms everything."""

    terms: tuple[Term, ...] = ()

    def matches(self, obj: Object) -> bool:
        """Whether an object of the selector's kind fulfils all terms."""
        return all((term.getter(obj) == term.value) is term.equal for term in self.terms)

    def required(self, field: str) -> str | None:
        """The one value that the field must have, as upstream's `RequiresExactMatch`."""
        return next((term.value for term in self.terms if term.equal and term.field == field), None)


def _at(*path: str) -> Getter:
    def read(obj: Object) -> str:
        found: Any = obj
        for step in path:
            found = (found or {}).get(step)
        return "" if found is None else str(found)

    return read


def _flag(*path: str) -> Getter:
    read = _at(*path)
    return lambda obj: "true" if read(obj) == "True" else "false"


def _count(*path: str) -> Getter:
    read = _at(*path)
    return lambda obj: read(obj) or "0"


def _source(event: Object) -> str:
    return _at("source", "component")(event) or _at("reportingComponent")(event)


_OBJECT: Final[dict[str, Getter]] = {NAME: _at("metadata", "name")}
_IN_NAMESPACE: Final[dict[str, Getter]] = {**_OBJECT, NAMESPACE: _at("metadata", "namespace")}
_REPLICAS: Final[dict[str, Getter]] = {"status.replicas": _count("status", "replicas")}
_INVOLVED: Final = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")

_FIELDS: Final[dict[str, dict[str, Getter]]] = {
    "Event": {
        **_IN_NAMESPACE,
        **{f"involvedObject.{field}": _at("involvedObject", field) for field in _INVOLVED},
        "reason": _at("reason"),
        "reportingComponent": _at("reportingComponent"),
        "source": _source,
        "type": _at("type"),
    },
    "Namespace": {**_OBJECT, "status.phase": _at("status", "phase")},
    "Node": {**_OBJECT, "spec.unschedulable": _flag("spec", "unschedulable")},
    "Pod": {
        **_IN_NAMESPACE,
        "spec.host": _at("spec", "nodeName"),
        "spec.hostNetwork": _flag("spec", "hostNetwork"),
        "spec.nodeName": _at("spec", "nodeName"),
        "spec.restartPolicy": _at("spec", "restartPolicy"),
        "spec.schedulerName": _at("spec", "schedulerName"),
        "spec.serviceAccountName": _at("spec", "serviceAccountName"),
        "status.nominatedNodeName": _at("status", "nominatedNodeName"),
        "status.phase": _at("status", "phase"),
        "status.podIP": _at("status", "podIP"),
    },
    "ReplicaSet": {**_IN_NAMESPACE, **_REPLICAS},
    "ReplicationController": {**_IN_NAMESPACE, **_REPLICAS},
    "Secret": {**_IN_NAMESPACE, "type": _at("type")},
    "Service": {
        **_IN_NAMESPACE,
        "spec.clusterIP": _at("spec", "clusterIP"),
        "spec.type": _at("spec", "type"),
    },
}

# A backslash takes the next character with it, so an escaped comma does not part two terms.
_TERMS: Final = re.compile(r"(?:\\.|[^,\\]|\\\Z)+", re.DOTALL)
_TERM: Final = re.compile(r"(?P<field>.*?)(?P<operator>!=|==|=)(?P<value>.*)", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.?)|([,=])", re.DOTALL)


def parse_field_selector(text: str, resource: Resource) -> FieldSelector:
    """Read a selector such as `spec.nodeName=n1,status.phase!=Failed` for a kind of object.

    Raises StatusError 400 for what cannot be read and for fields that the kind cannot be selected by.
    """
    return FieldSelector(tuple(_term(part, text, resource) for part in sorted(_TERMS.findall(text))))


def _term(part: str, text: str, resource: Resource) -> Term:
    found = _TERM.fullmatch(part)
    if found is None:
        raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
    field, value = found["field"], _ESCAPED.sub(_unescaped, found["value"])
    return Term(field, found["operator"] != "!=", value, _getter(resource, field))


def _unescaped(found: re.Match[str]) -> str:
    escaped, bare = found.groups()
    if bare:
        # Upstream prints the code point of the character.
        raise bad_request(f"invalid field selector: unescaped character in value: {ord(bare)}")
    if not escaped or escaped not in "\\,=":
        raise bad_request(f"invalid field selector: invalid escape sequence: \\{escaped}")
    return str(escaped)


def _getter(resource: Resource, field: str) -> Getter:
    own = _FIELDS.get(resource.kind)
    getter = (own or _IN_NAMESPACE).get(field)
    if getter is not None:
        return getter
    if own is not None:
        raise bad_request(f"field label not supported: {field}")
    known = f"only {quoted(NAME)}, {quoted(NAMESPACE)}"
    raise bad_request(f"{quoted(field)} is not a known field selector: {known}")
