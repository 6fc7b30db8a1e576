"""The annotation in which kubectl apply keeps what was applied last.

Models kubectl's `pkg/util/apply.go`, for objects as they are in files.
"""

from typing import Any

from clusters.engine.apiserver.last_applied import ANNOTATION
from clusters.engine.objects import Object
from clusters.terminal.kubectl.printers.json_text import compact_json


def encode(obj: Object) -> str:
    """One line, with its end, as unstructured objects are written."""
    return f"{compact_json(obj)}\n"


def original_configuration(obj: Object) -> str | None:
    """What was applied last, None if nothing was."""
    found: Any = ((obj.get("metadata") or {}).get("annotations") or {}).get(ANNOTATION)
    return found if isinstance(found, str) else None


def modified_configuration(obj: Object, *, annotate: bool) -> Object:
    """The object as it is to be: without the annotation, or with itself in it."""
    annotations = dict((obj.get("metadata") or {}).get("annotations") or {})
    annotations.pop(ANNOTATION, None)
    bare = _with_annotations(obj, annotations)
    return _with_annotations(bare, {**annotations, ANNOTATION: encode(bare)}) if annotate else bare


def create_or_update(create: bool, obj: Object) -> Object:
    """The object with the annotation; one that has none already gets it with `create` only."""
    return modified_configuration(obj, annotate=True) if create or original_configuration(obj) else obj


def _with_annotations(obj: Object, annotations: dict[str, str]) -> Object:
    return {**obj, "metadata": {**(obj.get("metadata") or {}), "annotations": annotations}}
