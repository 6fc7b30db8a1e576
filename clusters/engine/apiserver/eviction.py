"""Asks a pod to go, if the budgets that protect it allow that.

Models `pkg/registry/core/pod/storage/eviction.go`. Left out: retries, since nobody writes in between.
"""

from typing import Final

from clusters.engine import disruption
from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError, bad_request, conflict, forbidden
from clusters.engine.clock import rfc3339
from clusters.engine.objects import (
    Object,
    is_deleting,
    is_finished,
    is_ready,
    key_of,
    name_of,
)
from clusters.engine.pod_conditions import pod_condition, with_pod_condition
from clusters.engine.store import Overlay

_MOST_DISRUPTED: Final = 2000
_RETRY_AFTER: Final = 10
_REFUSED: Final = "Cannot evict pod as it would violate the pod's disruption budget."
_SUCCESS: Final = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def evict(store: Overlay, namespace: str, name: str, eviction: Object) -> Object:
    """Delete a pod as its budget allows, and take note of it in the budget.

    `eviction` is a policy/v1 Eviction with `deleteOptions`. Returns a Status. Raises 404 NotFound, 400 for
    another name in the body, 409 for a precondition, 429 TooManyRequests if the budget is used up, and 500
    for a pod with two budgets, which upstream does not know what to do with either.
    """
    if (eviction.get("metadata") or {}).get("name") != name:
        raise bad_request("name in URL does not match name in Eviction object")
    pod = verbs.get(store, "Pod", namespace, name)
    options = eviction.get("deleteOptions") or {}
    _demand_preconditions(pod, options.get("preconditions") or {})
    if not _needs_no_budget(pod):
        budgets = disruption.budgets_of(store, pod)
        if len(budgets) > 1:
            said = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not"
            raise StatusError(500, "", f"{said} support.")
        if budgets and not _is_free(pod, budgets[0]):
            verbs.update_status(store, _charged(budgets[0], name, store.now))
    _delete(store, pod, options)
    return _SUCCESS


def _needs_no_budget(pod: Object) -> bool:
    phase = (pod.get("status") or {}).get("phase")
    return phase == "Pending" or is_finished(pod) or is_deleting(pod)


def _is_free(pod: Object, budget: Object) -> bool:
    """Whether the pod is unhealthy anyway, and its budget lets such pods go."""
    if is_ready(pod):
        return False
    if (budget.get("spec") or {}).get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    status = disruption.status_of(budget)
    return bool(0 < status["desiredHealthy"] <= status["currentHealthy"])


def _charged(budget: Object, pod: str, now: float) -> Object:
    """The budget after one more pod was disrupted."""
    status, name = disruption.status_of(budget), name_of(budget)
    allowed, disrupted = status["disruptionsAllowed"], status.get("disruptedPods") or {}
    if status.get("observedGeneration", 0) < budget["metadata"]["generation"]:
        raise _too_many(f"The disruption budget {name} is still being processed by the server.", _RETRY_AFTER)
    if allowed < 0:
        raise forbidden("poddisruptionbudget.policy", name, "pdb disruptions allowed is negative")
    if len(disrupted) > _MOST_DISRUPTED:
        why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller"
        raise forbidden("poddisruptionbudget.policy", name, why)
    if not allowed:
        needs, has = status["desiredHealthy"], status["currentHealthy"]
        raise _too_many(f"The disruption budget {name} needs {needs} healthy pods and has {has} currently")
    status = {
        **status,
        "disruptionsAllowed": allowed - 1,
        "disruptedPods": {**disrupted, pod: rfc3339(now)},
    }
    return {**budget, "status": {**status, "conditions": [disruption.condition(budget, status, now)]}}


def _too_many(cause: str, retry_after: int = 0) -> StatusError:
    details: Object = {"causes": [{"reason": "DisruptionBudget", "message": cause}]}
    if retry_after:
        details["retryAfterSeconds"] = retry_after
    return StatusError(429, "TooManyRequests", _REFUSED, details)


def _demand_preconditions(pod: Object, preconditions: Object) -> None:
    for field, said in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
        wanted, found = preconditions.get(field), pod["metadata"][field]
        if wanted is not None and wanted != found:
            why = f"Precondition failed: {said} in precondition: {wanted}, {said} in object meta: {found}"
            raise conflict("Pod", name_of(pod), why)


def _delete(store: Overlay, pod: Object, options: Object) -> None:
    reason, said = "EvictionByEvictionAPI", "Eviction API: evicting"
    condition = pod_condition(pod, "DisruptionTarget", "True", store.now, reason, said)
    verbs.update_status(store, with_pod_condition(pod, condition))
    verbs.delete(
        store,
        *key_of(pod),
        grace_seconds=options.get("gracePeriodSeconds"),
        propagation=options.get("propagationPolicy") or "Background",
    )
