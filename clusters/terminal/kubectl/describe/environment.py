"""The environment variables of a container.

Models describeContainerEnvVars and describeContainerEnvFrom of kubectl's `pkg/describe/describe.go`, and
its `pkg/util/resource`.
"""

import math
from typing import Any

from clusters.engine.apiserver.tables.columns import part, parts, text
from clusters.engine.objects import Object
from clusters.engine.quantities import milli, whole
from clusters.terminal.kubectl.describe.fields import flag, lower_bool
from clusters.terminal.kubectl.describe.prefix_writer import LEVEL_2, LEVEL_3, PrefixWriter


def describe_environment(container: Object, pod: Object | None, w: PrefixWriter) -> None:
    """Write where variables come from, and the variables. `pod` is None in a template."""
    sources = parts(container, "envFrom")
    if sources:
        w.write(LEVEL_2, "Environment Variables from:\n")
    for source in sources:
        w.write(LEVEL_3, f"{_source(source)}\n")
    variables = parts(container, "env")
    w.write(LEVEL_2, f"Environment:{'' if variables else f'{chr(9)}<none>'}\n")
    for variable in variables:
        if isinstance(variable.get("valueFrom"), dict):
            _from(text(variable, "name"), variable["valueFrom"], container, pod, w)
        else:
            _value(variable, w)


def _source(source: Object) -> str:
    kind, reference = "", {}
    for field, name in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
        if not kind and isinstance(source.get(field), dict):
            kind, reference = name, source[field]
    prefix = text(source, "prefix")
    said = f"{kind} with prefix '{prefix}'" if prefix else kind
    return f"{text(reference, 'name')}\t{said}\tOptional: {lower_bool(flag(reference, 'optional'))}"


def _value(variable: Object, w: PrefixWriter) -> None:
    first, *others = text(variable, "value").split("\n")
    w.write(LEVEL_3, f"{text(variable, 'name')}:\t{first}\n")
    for line in others:
        w.write(LEVEL_3, f"\t{line}\n")


def _from(name: str, source: Object, container: Object, pod: Object | None, w: PrefixWriter) -> None:
    for field, what in _REFERENCES.items():
        reference = source.get(field)
        if isinstance(reference, dict):
            w.write(LEVEL_3, f"{name}:\t{what(reference, container, pod)}\n")
            return


def _field(reference: Object, _container: Object, pod: Object | None) -> str:
    path = text(reference, "fieldPath")
    # Other fields are known to the server only.
    known = ("metadata.name", "metadata.namespace")
    value = text(part(pod or {}, "metadata"), path.removeprefix("metadata.")) if path in known else ""
    return f"{value} ({text(reference, 'apiVersion')}:{path})"


def _resource(reference: Object, container: Object, _pod: Object | None) -> str:
    resource = text(reference, "resource")
    amount = _amount(reference, part(container, "resources"))
    if amount == "0" and resource in ("limits.cpu", "limits.memory"):
        amount = "node allocatable"
    return f"{amount} ({resource})"


def _amount(reference: Object, resources: Object) -> str:
    """How many times the divisor a resource is, rounded up, "" for what cannot be told."""
    kind, _dot, name = text(reference, "resource").partition(".")
    known = name in ("cpu", "memory", "ephemeral-storage") or name.startswith("hugepages-")
    if kind not in ("limits", "requests") or not known:
        return ""
    unit = milli if name == "cpu" else whole
    divisor: Any = reference.get("divisor") or 0
    return str(math.ceil(unit(part(resources, kind).get(name) or 0) / (unit(divisor) or unit(1))))


def _secret_key(reference: Object, _container: Object, _pod: Object | None) -> str:
    return f"<set to the key '{text(reference, 'key')}' in secret {_named(reference)}"


def _config_map_key(reference: Object, _container: Object, _pod: Object | None) -> str:
    return f"<set to the key '{text(reference, 'key')}' of config map {_named(reference)}"


def _named(reference: Object) -> str:
    return f"'{text(reference, 'name')}'>\tOptional: {lower_bool(flag(reference, 'optional'))}"


_REFERENCES = {
    "fieldRef": _field,
    "resourceFieldRef": _resource,
    "secretKeyRef": _secret_key,
    "configMapKeyRef": _config_map_key,
}
