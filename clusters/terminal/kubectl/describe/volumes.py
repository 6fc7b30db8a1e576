"""The volumes of a pod.

Models describeVolumes of kubectl's `pkg/describe/describe.go`.
"""

from collections.abc import Callable
from typing import Final

from clusters.engine.apiserver.tables.columns import number, part, parts, text
from clusters.engine.objects import Object
from clusters.terminal.kubectl.describe import fields
from clusters.terminal.kubectl.describe.fields import flag, lower_bool, shorten
from clusters.terminal.kubectl.describe.prefix_writer import (
    LEVEL_0,
    LEVEL_1,
    LEVEL_2,
    LEVEL_3,
    PrefixWriter,
)
from clusters.terminal.kubectl.describe.volume_sources import SOURCES

_CLASS_ANNOTATION: Final = "volume.beta.kubernetes.io/storage-class"
_LONGEST_ATTRIBUTE: Final = 140


def describe_volumes(volumes: list[Object], w: PrefixWriter, space: str) -> None:
    """Write the volumes; `space` is what stands before the title, "" for a pod's own."""
    if not volumes:
        w.write(LEVEL_0, f"{space}Volumes:\t<none>\n")
        return
    w.write(LEVEL_0, f"{space}Volumes:\n")
    for volume in volumes:
        w.write(LEVEL_1, f"{' ' if space else ''}{text(volume, 'name')}:\n")
        _source(volume, w)


def _source(volume: Object, w: PrefixWriter) -> None:
    name = next((name for name in SOURCES if isinstance(volume.get(name), dict)), None)
    if name is None:
        w.write(LEVEL_1, "<unknown>\n")
        return
    source, value = SOURCES[name], volume[name]
    w.write(LEVEL_2, f"Type:\t{source.about}\n")
    for field in source.fields:
        w.write(LEVEL_2, f"{field.title}\t{field.show(value.get(field.name))}\n")
    if name in _MORE:
        _MORE[name](value, w)


def _ephemeral(ephemeral: Object, w: PrefixWriter) -> None:
    template = ephemeral.get("volumeClaimTemplate")
    if isinstance(template, dict):
        _claim(template, w.nested(LEVEL_2))


def _claim(claim: Object, w: PrefixWriter) -> None:
    """A template of a PersistentVolumeClaim."""
    metadata, spec = part(claim, "metadata"), part(claim, "spec")
    found = part(metadata, "annotations").get(_CLASS_ANNOTATION)
    volume = text(spec, "volumeName")
    w.write(LEVEL_0, f"StorageClass:\t{text(spec, 'storageClassName') if found is None else found}\n")
    w.write(LEVEL_0, f"Volume:\t{volume}\n")
    fields.labels_and_annotations(w, claim)
    # A template has no status, so a named volume has no capacity yet.
    w.write(LEVEL_0, f"Capacity:\t{'0' if volume else ''}\n")
    w.write(LEVEL_0, "Access Modes:\t\n")
    if spec.get("volumeMode") is not None:
        w.write(LEVEL_0, f"VolumeMode:\t{spec['volumeMode']}\n")
    if isinstance(spec.get("dataSource"), dict):
        _data_source(spec["dataSource"], w)


def _data_source(source: Object, w: PrefixWriter) -> None:
    w.write(LEVEL_0, "DataSource:\n")
    if source.get("apiGroup") is not None:
        w.write(LEVEL_1, f"APIGroup:\t{source['apiGroup']}\n")
    w.write(LEVEL_1, f"Kind:\t{text(source, 'kind')}\n")
    w.write(LEVEL_1, f"Name:\t{text(source, 'name')}\n")


def _downward_api(downward: Object, w: PrefixWriter) -> None:
    w.write(LEVEL_2, "Items:\n")
    for item in parts(downward, "items"):
        for reference, field in (("fieldRef", "fieldPath"), ("resourceFieldRef", "resource")):
            if isinstance(item.get(reference), dict):
                w.write(LEVEL_3, f"{text(item[reference], field)} -> {text(item, 'path')}\n")


def _projected(projected: Object, w: PrefixWriter) -> None:
    for source in parts(projected, "sources"):
        if isinstance(source.get("secret"), dict):
            _projection("SecretName", source["secret"], w)
        elif isinstance(source.get("downwardAPI"), dict):
            w.write(LEVEL_2, "DownwardAPI:\ttrue\n")
        elif isinstance(source.get("configMap"), dict):
            _projection("ConfigMapName", source["configMap"], w)
        elif isinstance(source.get("serviceAccountToken"), dict):
            seconds = number(source["serviceAccountToken"], "expirationSeconds")
            w.write(LEVEL_2, f"TokenExpirationSeconds:\t{seconds}\n")


def _projection(title: str, source: Object, w: PrefixWriter) -> None:
    w.write(LEVEL_2, f"{title}:\t{text(source, 'name')}\n")
    w.write(LEVEL_2, f"Optional:\t{lower_bool(flag(source, 'optional'))}\n")


def _csi(csi: Object, w: PrefixWriter) -> None:
    attributes = part(csi, "volumeAttributes")
    w.write(LEVEL_2, "VolumeAttributes:\t")
    if not attributes:
        w.write_line("<none>")
    for at, line in enumerate(fields.labels(attributes)):
        if at:
            w.write(LEVEL_2, "")
            w.write(LEVEL_2, "\t")
        w.write(LEVEL_2, f"{shorten(line, _LONGEST_ATTRIBUTE)}\n")


_MORE: Final[dict[str, Callable[[Object, PrefixWriter], None]]] = {
    "csi": _csi,
    "downwardAPI": _downward_api,
    "ephemeral": _ephemeral,
    "projected": _projected,
}
"""Kinds of volumes of which more is said than fields."""
