"""The revisions of a Deployment, and the way back to one of them.

Models kubectl's `pkg/polymorphichelpers/history.go` and `rollback.go`, and `pkg/util/deployment`.
"""

import re
from copy import deepcopy
from typing import Any, Final

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.last_applied import ANNOTATION
from clusters.engine.label_selectors import format_label_selector
from clusters.engine.objects import Object, annotations_of, controller_of, uid_of
from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.describe import pod_template_text
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.printers.gofmt import quote
from clusters.terminal.kubectl.printers.tabwriter import TabWriter
from clusters.terminal.kubectl.record import CHANGE_CAUSE
from clusters.terminal.kubectl.rest import JSON_PATCH
from clusters.terminal.kubectl.scheme import typed

_REVISION: Final = "deployment.kubernetes.io/revision"
_TEMPLATE_HASH: Final = "pod-template-hash"
_KEPT: Final = frozenset(
    {
        ANNOTATION,
        _REVISION,
        "deployment.kubernetes.io/revision-history",
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
        "deprecated.deployment.rollback.to",
    }
)
"""Annotations that a Deployment keeps when it is rolled back."""


async def view(k: Kubectl, namespace: str, name: str, revision: int) -> str:
    """All revisions as a table, or the pod template of one. Raises CommandError."""
    found = await revisions(k, namespace, name)
    if not found:
        return "No rollout history found."
    if revision:
        if revision not in found:
            raise CommandError("unable to find the specified revision")
        return pod_template_text(_with_cause(found[revision]))
    pieces: list[str] = []
    writer = TabWriter(pieces.append, padding=2)
    writer.write("REVISION\tCHANGE-CAUSE\n")
    for number in sorted(found):
        writer.write(f"{number}\t{_cause(found[number]) or '<none>'}\n")
    writer.flush()
    return "".join(pieces)


async def revisions(k: Kubectl, namespace: str, name: str) -> dict[int, Object]:
    """The ReplicaSets of a Deployment by their revisions. Raises CommandError."""
    try:
        deployment = await k.client.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
    except StatusError as error:
        raise CommandError(f"failed to retrieve deployment {name}: {error.message}") from error
    return {revision_of(rs): rs for rs in await _replica_sets(k, deployment)}


def revision_of(obj: Object) -> int:
    """The revision that an annotation says, 0 without one."""
    text = annotations_of(obj).get(_REVISION, "")
    return int(text) if re.fullmatch("[0-9]+", text) else 0


async def roll_back(k: Kubectl, namespace: str, name: str, revision: int, dry_run: str) -> str:
    """Bring the template of a revision back, 0 for the one before; what is said of it.

    Raises CommandError.
    """
    if revision < 0:
        raise _not_found(revision)
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
    try:
        deployment = await k.client.get(path)
    except StatusError as error:
        raise CommandError(f"failed to retrieve Deployment {name}: {error.message}") from error
    replica_set = _chosen(await _replica_sets(k, deployment), name, revision)
    template = typed(replica_set)["spec"]["template"]
    if dry_run == "client":
        return pod_template_text(template)
    if deployment["spec"].get("paused"):
        raise CommandError(
            "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try "
            "again"
        )
    if _without_hash(template) == _without_hash(typed(deployment)["spec"]["template"]):
        return f"skipped rollback (current template already matches revision {revision})"
    try:
        query = flag_sets.dry_run_query(dry_run)
        await k.client.patch(path, _patch(deployment, replica_set), JSON_PATCH, query)
    except StatusError as error:
        raise CommandError(f"failed restoring revision {revision}: {error.message}") from error
    return "rolled back"


def _patch(deployment: Object, replica_set: Object) -> list[Any]:
    kept = {key: text for key, text in annotations_of(deployment).items() if key in _KEPT}
    back = {key: text for key, text in annotations_of(replica_set).items() if key not in _KEPT}
    template = _without_hash(typed(replica_set)["spec"]["template"])
    return [
        {"op": "replace", "path": "/spec/template", "value": template},
        {"op": "replace", "path": "/metadata/annotations", "value": {**kept, **back}},
    ]


def _chosen(replica_sets: list[Object], name: str, revision: int) -> Object:
    """The ReplicaSet of a revision, 0 for the one before the latest. Raises CommandError."""
    by_revision = sorted(replica_sets, key=revision_of)
    if revision:
        for replica_set in by_revision:
            if revision_of(replica_set) == revision:
                return replica_set
        raise _not_found(revision)
    if len(by_revision) < 2:
        raise CommandError(f"no rollout history found for deployment {quote(name)}")
    return by_revision[-2]


def _not_found(revision: int) -> CommandError:
    return CommandError(f"unable to find specified revision {revision} in history")


async def _replica_sets(k: Kubectl, deployment: Object) -> list[Object]:
    namespace = deployment["metadata"]["namespace"]
    selector = format_label_selector(deployment["spec"]["selector"])
    path = f"/apis/apps/v1/namespaces/{namespace}/replicasets"
    found = await k.client.get(path, labelSelector=selector)
    return [
        {"apiVersion": "apps/v1", "kind": "ReplicaSet", **rs}
        for rs in found["items"]
        if (controller_of(rs) or {}).get("uid") == uid_of(deployment)
    ]


def _without_hash(template: Object) -> Object:
    copy: Object = deepcopy(template)
    labels = copy.get("metadata", {}).get("labels") or {}
    labels.pop(_TEMPLATE_HASH, None)
    return copy


def _cause(replica_set: Object) -> str:
    return annotations_of(replica_set).get(CHANGE_CAUSE, "")


def _with_cause(replica_set: Object) -> Object:
    template: Object = deepcopy(typed(replica_set)["spec"]["template"])
    cause = _cause(replica_set)
    if cause:
        metadata = template.setdefault("metadata", {})
        metadata["annotations"] = {**(metadata.get("annotations") or {}), CHANGE_CAUSE: cause}
    return template
