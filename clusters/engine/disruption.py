"""Which budgets protect a pod, and what a budget says of itself.

Models `GetPodPodDisruptionBudgets` of client-go's policy listers and component-helpers'
`apps/poddisruptionbudget`. Both who evicts pods and who counts them need it.
"""

from typing import Final

from clusters.engine.clock import rfc3339
from clusters.engine.label_selectors import label_selector
from clusters.engine.labels import matches
from clusters.engine.objects import Object, condition_of, labels_of, namespace_of
from clusters.engine.store import MemoryStore

KIND: Final = "PodDisruptionBudget"
ALLOWED: Final = "DisruptionAllowed"
NOTHING_COUNTED: Final = {
    "disruptionsAllowed": 0,
    "currentHealthy": 0,
    "desiredHealthy": 0,
    "expectedPods": 0,
}
"""The status that a budget starts with."""


def budgets_of(store: MemoryStore, pod: Object) -> list[Object]:
    """The budgets that select the pod."""
    if not store.count(KIND):
        return []
    labels = labels_of(pod)
    return [budget for budget in store.list(KIND, namespace_of(pod)) if protects(budget, labels)]


def protects(budget: Object, labels: dict[str, str]) -> bool:
    """Whether the budget selects pods with these labels: without a selector none, with an empty one all."""
    return matches(label_selector((budget.get("spec") or {}).get("selector")), labels)


def status_of(budget: Object) -> Object:
    """The budget's status, with all its counts, whoever wrote it."""
    return {**NOTHING_COUNTED, **(budget.get("status") or {})}


def condition(budget: Object, status: Object, now: float, *, failure: str = "") -> Object:
    """The condition DisruptionAllowed of a budget that is to have this status.

    `failure` says why pods could not be counted. It keeps the time of its last change.
    """
    allowed = status["disruptionsAllowed"] > 0 and not failure
    before = condition_of(budget, ALLOWED)
    value = "True" if allowed else "False"
    since = before.get("lastTransitionTime") if before and before["status"] == value else None
    return {
        "type": ALLOWED,
        "status": value,
        "observedGeneration": status.get("observedGeneration", 0),
        "lastTransitionTime": since or rfc3339(now),
        "reason": "SyncFailed" if failure else "SufficientPods" if allowed else "InsufficientPods",
        "message": failure,
    }
