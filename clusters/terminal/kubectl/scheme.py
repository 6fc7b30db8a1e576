"""Objects as Go's types of their kinds write them: fields in Go's order, with those that are never left out.

Models client-go's `kubernetes/scheme` with encoding/json. Commands that generate or change objects hold
them in Go's types, which shows in `-o json` and in what `--save-config` keeps; others print what the
server sent, with sorted keys.
"""

from typing import Any, Final

from clusters.engine.apiserver.schema import Field, Struct, struct_of
from clusters.engine.objects import Object
from clusters.terminal.kubectl.printers.json_text import compact_json

_ALWAYS: Final = {
    "EndpointSlice": frozenset({"endpoints", "ports"}),
    "Event": frozenset({"reportingComponent", "reportingInstance"}),
    "GRPCAction": frozenset({"service"}),
    "PodDisruptionBudgetStatus": frozenset(
        {"disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"}
    ),
    "TokenRequestSpec": frozenset({"audiences", "expirationSeconds", "boundObjectRef"}),
    "TypedLocalObjectReference": frozenset({"apiGroup"}),
}
"""Optional fields without `omitempty`, of which OpenAPI does not tell, by type."""
_POINTERS: Final = {"ListMeta": frozenset({"shardInfo"})}
"""Fields that are pointers, of types that have no protobuf form here."""
_OMIT_ZERO: Final = "creationTimestamp"
_ZERO: Final[dict[str, Any]] = {
    "string": "",
    "bool": False,
    "int32": 0,
    "int64": 0,
    "int-or-string": 0,
    "quantity": "0",
}
"""What Go writes for a value of that kind that nobody has set; null of all others."""


def typed(obj: Object) -> Object:
    """The object as its Go type writes it; one of a kind that this server has not stays as it is."""
    try:
        struct = struct_of(obj.get("apiVersion", ""), obj.get("kind", ""))
    except KeyError:
        return obj
    return _struct(struct, obj)


def encode(obj: Object) -> str:
    """One line, as the JSON encoder of the scheme writes it: scheme.DefaultJSONEncoder."""
    return f"{compact_json(typed(obj), sort_keys=False)}\n"


def _struct(struct: Struct, value: Object) -> Object:
    always = _ALWAYS.get(struct.short_name, frozenset())
    pointers = _POINTERS.get(struct.short_name, frozenset())
    written: Object = {}
    for name, field in struct.fields.items():
        found = value.get(name)
        if found is None:
            if name not in pointers and (_is_written(name, field) or name in always):
                written[name] = _zero(field)
        elif found or not field.omits_empty or name in always:
            written[name] = _value(field, found)
    return written


def _is_written(name: str, field: Field) -> bool:
    """Whether Go writes the field though it is not set."""
    if field.required:
        return True
    return (
        not field.pointer
        and field.kind in ("struct", "time", "quantity", "int-or-string")
        and (name != _OMIT_ZERO)
    )


def _zero(field: Field) -> Any:
    if field.pointer:
        return None
    return _struct(field.struct, {}) if field.struct is not None else _ZERO.get(field.kind)


def _value(field: Field, value: Any) -> Any:
    if field.struct is not None and isinstance(value, dict):
        return _struct(field.struct, value)
    if field.item is not None and isinstance(value, list):
        return [_value(field.item, item) for item in value]
    if field.item is not None and isinstance(value, dict):
        return {key: _value(field.item, value[key]) for key in sorted(value)}
    return value
