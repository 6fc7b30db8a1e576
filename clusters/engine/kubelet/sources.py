"""The ConfigMaps and Secrets that a pod names, and what is in them.

Models the kubelet's `pkg/kubelet/configmap` and `pkg/kubelet/secret` managers.
"""

from clusters.engine import base64_text
from clusters.engine.objects import Object, namespace_of
from clusters.engine.store import MemoryStore


class ConfigError(LookupError):
    """A container or volume names something that is not there; its text is the kubelet's."""


def find(store: MemoryStore, pod: Object, kind: str, name: str, *, optional: bool) -> Object | None:
    """The ConfigMap or Secret of that name beside the pod, None if it is missing and may be.

    Raises ConfigError if it must be there.
    """
    found = store.get(kind, namespace_of(pod), name)
    if found is None and not optional:
        raise ConfigError(f'{kind.lower()} "{name}" not found')
    return found


def text_of(obj: Object) -> dict[str, str]:
    """The entries that can be environment variables: texts of a ConfigMap, all data of a Secret."""
    if obj["kind"] == "ConfigMap":
        return obj.get("data") or {}
    return {key: _decoded(value) for key, value in (obj.get("data") or {}).items()}


def data_of(obj: Object) -> dict[str, str]:
    """The entries that can be files; bytes that are no text are shown as far as they are."""
    binary = {key: _decoded(value) for key, value in (obj.get("binaryData") or {}).items()}
    return {**text_of(obj), **binary}


def _decoded(value: str) -> str:
    return base64_text.decode(value).decode(errors="replace")
