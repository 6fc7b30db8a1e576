"""What makes a ConfigMap, a Secret or a ServiceAccount wrong.

Models their parts of `pkg/apis/core/validation/validation.go`. Left out: whether a TLS key belongs to its
certificate, which upstream does not look at either.
"""

import json
from collections.abc import Iterable
from typing import Final

from clusters.engine import base64_text, names
from clusters.engine.apiserver.fields import FieldError, forbidden, invalid, required, too_long
from clusters.engine.apiserver.validation.metadata import immutable, validate_metadata
from clusters.engine.objects import Object, annotations_of

LARGEST: Final = 1024 * 1024
"""Bytes of all values of a ConfigMap or Secret together."""
_ACCOUNT: Final = "kubernetes.io/service-account.name"
_SEALED: Final = "field is immutable when `immutable` is set"
_DOCKER_KEYS: Final = {
    "kubernetes.io/dockercfg": ".dockercfg",
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
}


def validate_config_map(obj: Object) -> list[FieldError]:
    """Complaints about keys and size of a ConfigMap."""
    texts, binaries = obj.get("data") or {}, obj.get("binaryData") or {}
    errors = validate_metadata(obj) + _validate_keys("data", texts) + _validate_keys("binaryData", binaries)
    for key in texts.keys() & binaries.keys():
        errors.append(invalid(f"data[{key}]", key, "duplicate of key present in binaryData"))
    size = sum(len(text.encode()) for text in texts.values()) + _decoded_size(binaries.values())
    if size > LARGEST:
        # Upstream names the object as a whole so.
        errors.append(too_long("[]", LARGEST))
    return errors


def validate_config_map_update(obj: Object, before: Object) -> list[FieldError]:
    """A ConfigMap that was declared immutable stays what it is."""
    return _validate_seal(obj, before, ("data", "binaryData"))


def validate_secret(obj: Object) -> list[FieldError]:
    """Complaints about keys and size of a filled-in Secret, and about what its type demands."""
    data = obj.get("data") or {}
    errors = validate_metadata(obj) + _validate_keys("data", data)
    if _decoded_size(data.values()) > LARGEST:
        errors.append(too_long("data", LARGEST))
    return errors + _validate_type(obj, obj["type"], data)


def validate_secret_update(obj: Object, before: Object) -> list[FieldError]:
    """A Secret keeps its type; one that was declared immutable stays what it is."""
    return _validate_seal(obj, before, ("data",)) + immutable("type", obj["type"], before["type"])


def validate_service_account(obj: Object) -> list[FieldError]:
    """Complaints about a ServiceAccount."""
    return validate_metadata(obj)


def _validate_keys(field: str, keys: Iterable[str]) -> list[FieldError]:
    return [invalid(f"{field}[{key}]", key, said) for key in keys for said in names.config_key(key)]


def _validate_seal(obj: Object, before: Object, parts: tuple[str, ...]) -> list[FieldError]:
    if not before.get("immutable"):
        return []
    changed = [part for part in parts if (obj.get(part) or {}) != (before.get(part) or {})]
    if not obj.get("immutable"):
        changed.insert(0, "immutable")
    return [forbidden(part, _SEALED) for part in changed]


def _validate_type(obj: Object, type_: str, data: dict[str, str]) -> list[FieldError]:
    if type_ in _DOCKER_KEYS:
        return _validate_docker(_DOCKER_KEYS[type_], data)
    if type_ == "kubernetes.io/service-account-token":
        return [] if annotations_of(obj).get(_ACCOUNT) else [required(f"metadata.annotations[{_ACCOUNT}]")]
    if type_ == "kubernetes.io/basic-auth":
        # Either is enough; upstream's paths really have that `[%s]`.
        missing = {"username", "password"} - data.keys()
        return [required(f"data[%s][{key}]") for key in ("username", "password")] if len(missing) == 2 else []
    if type_ == "kubernetes.io/ssh-auth":
        return [] if data.get("ssh-privatekey") else [required("data[%s][ssh-privatekey]")]
    if type_ == "kubernetes.io/tls":
        return [required(f"data[{key}]") for key in ("tls.crt", "tls.key") if key not in data]
    return []


def _validate_docker(key: str, data: dict[str, str]) -> list[FieldError]:
    if key not in data:
        return [required(f"data[{key}]")]
    text = base64_text.decode(data[key]).decode(errors="replace")
    return [invalid(f"data[{key}]", "<secret contents redacted>", said) for said in _not_a_json_object(text)]


def _not_a_json_object(text: str) -> Iterable[str]:
    try:
        found = json.loads(text)
    except RecursionError:
        return ("exceeded max depth",)
    except json.JSONDecodeError as error:
        rest = text[error.pos :].lstrip()
        if not rest:
            return ("unexpected end of JSON input",)
        return (f"invalid character '{rest[0]}' looking for beginning of value",)
    if isinstance(found, dict) or found is None:
        return ()
    kind = {list: "array", str: "string", bool: "bool"}.get(type(found), "number")
    return (f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}",)


def _decoded_size(values: Iterable[str]) -> int:
    return sum(len(base64_text.decode(value)) for value in values)
