"""What `kubectl apply` remembers of the manifest: an annotation on the object.

Models kubectl's `pkg/util/apply.go`.
"""

import json
from typing import Final

from clusters.engine.apiserver.decoding import decode
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.objects import Object, annotations_of, with_value

ANNOTATION: Final = "kubectl.kubernetes.io/last-applied-configuration"


def annotated(manifest: Object) -> Object:
    """The manifest with itself, as it was written, as an annotation."""
    annotations = {key: value for key, value in annotations_of(manifest).items() if key != ANNOTATION}
    bare = with_value(manifest, ("metadata", "annotations"), annotations)
    text = json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
    return with_value(bare, ("metadata", "annotations"), {**annotations, ANNOTATION: text})


def manifest_of(obj: Object) -> Object:
    """The manifest that was applied last, {} if none was or somebody spoilt it."""
    try:
        manifest = json.loads(annotations_of(obj).get(ANNOTATION, "{}"))
        if not isinstance(manifest, dict):
            return {}
        return decode({**manifest, "apiVersion": obj["apiVersion"], "kind": obj["kind"]})[0]
    except (ValueError, RecursionError, StatusError):
        return {}
