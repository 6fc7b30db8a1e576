"""--record: the command that changed an object, as an annotation of it.

Models cli-runtime's `pkg/genericclioptions/record_flags.go`.
"""

from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import boolean

CHANGE_CAUSE: Final = "kubernetes.io/change-cause"
RECORD: Final = boolean("record", deprecated="--record will be removed in the future")


def record(k: Kubectl, obj: Object) -> None:
    """Annotate the object with the line, if the line says so."""
    if k.flags["record"]:
        metadata = obj.setdefault("metadata", {})
        metadata["annotations"] = {**(metadata.get("annotations") or {}), CHANGE_CAUSE: change_cause(k)}


def change_cause(k: Kubectl) -> str:
    """The line, with its flags at the end: `kubectl set image deployment/x a=b --record=true`."""
    said = [f"--{name}={value}" for name, value in k.flags.said]
    return " ".join((k.found.path, *k.args, *said))
