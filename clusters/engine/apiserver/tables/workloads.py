"""Rows of what keeps pods running: ReplicationController, ReplicaSet, Deployment, their Scale, and budgets.

Models `printReplicationController`, `printReplicaSet`, `printDeployment`, `printScale` and
`printPodDisruptionBudget` of `pkg/printers/internalversion/printers.go`.
"""

from typing import Any, Final

from clusters.engine.apiserver.tables.columns import (
    AGE,
    APPS,
    CONTAINERS,
    CORE,
    IMAGES,
    NAME,
    NONE,
    Cells,
    Column,
    Doc,
    Printer,
    age_of,
    labels_text,
    name_of,
    number,
    part,
    parts,
    template_cells,
    text,
    texts,
)
from clusters.engine.objects import Object

_OPERATORS: Final = {"In": "{} in ({})", "NotIn": "{} notin ({})", "Exists": "{}", "DoesNotExist": "!{}"}


def _replication_controller_cells(controller: Object, now: float) -> Cells:
    spec = part(controller, "spec")
    return [
        *_replicas(controller, now),
        *template_cells(part(spec, "template")),
        labels_text(spec.get("selector")),
    ]


def _replica_set_cells(replica_set: Object, now: float) -> Cells:
    spec = part(replica_set, "spec")
    selector = _selector_text(spec.get("selector"), wrong="<error>") or NONE
    return [*_replicas(replica_set, now), *template_cells(part(spec, "template")), selector]


def _replicas(obj: Object, now: float) -> Cells:
    status = part(obj, "status")
    return [
        name_of(obj),
        number(part(obj, "spec"), "replicas"),
        number(status, "replicas"),
        number(status, "readyReplicas"),
        age_of(obj, now),
    ]


def _deployment_cells(deployment: Object, now: float) -> Cells:
    spec, status = part(deployment, "spec"), part(deployment, "status")
    return [
        name_of(deployment),
        f"{number(status, 'readyReplicas')}/{number(spec, 'replicas')}",
        number(status, "updatedReplicas"),
        number(status, "availableReplicas"),
        age_of(deployment, now),
        *template_cells(part(spec, "template")),
        _selector_text(spec.get("selector"), wrong="<invalid>"),
    ]


def _scale_cells(scale: Object, now: float) -> Cells:
    desired, available = (number(part(scale, field), "replicas") for field in ("spec", "status"))
    return [name_of(scale), desired, available, age_of(scale, now)]


def _budget_cells(budget: Object, now: float) -> Cells:
    spec = part(budget, "spec")
    return [
        name_of(budget),
        _int_or_percent(spec.get("minAvailable")),
        _int_or_percent(spec.get("maxUnavailable")),
        number(part(budget, "status"), "disruptionsAllowed"),
        age_of(budget, now),
    ]


def _int_or_percent(value: Any) -> str:
    return "N/A" if value is None else str(value)


def _selector_text(selector: Any, *, wrong: str) -> str:
    """A LabelSelector as upstream's `Selector.String` writes it, "" for none or an empty one."""
    if not isinstance(selector, dict):
        return ""
    labels = part(selector, "matchLabels")
    terms = [(key, f"{key}={labels[key] or ''}") for key in labels]
    for expression in parts(selector, "matchExpressions"):
        form = _OPERATORS.get(text(expression, "operator"))
        if form is None:
            return wrong
        key = text(expression, "key")
        terms.append((key, form.format(key, ",".join(sorted(texts(expression, "values"))))))
    return ",".join(written for _, written in sorted(terms))


def _replica_columns(spec: str, status: str) -> tuple[Column, ...]:
    return (
        NAME,
        Column("Desired", Doc(spec, "replicas"), "integer"),
        Column("Current", Doc(status, "replicas"), "integer"),
        Column("Ready", Doc(status, "readyReplicas"), "integer"),
        AGE,
        CONTAINERS,
        IMAGES,
        Column("Selector", Doc(spec, "selector"), priority=1),
    )


_DEPLOYMENT: Final = APPS + "DeploymentStatus"
_SCALE: Final = "io.k8s.api.autoscaling.v1."

REPLICATION_CONTROLLERS: Final = Printer(
    _replica_columns(CORE + "ReplicationControllerSpec", CORE + "ReplicationControllerStatus"),
    _replication_controller_cells,
)
REPLICA_SETS: Final = Printer(
    _replica_columns(APPS + "ReplicaSetSpec", APPS + "ReplicaSetStatus"),
    _replica_set_cells,
)
DEPLOYMENTS: Final = Printer(
    (
        NAME,
        Column("Ready", "Number of the pod with ready state"),
        Column("Up-to-date", Doc(_DEPLOYMENT, "updatedReplicas")),
        Column("Available", Doc(_DEPLOYMENT, "availableReplicas")),
        AGE,
        CONTAINERS,
        IMAGES,
        Column("Selector", Doc(APPS + "DeploymentSpec", "selector"), priority=1),
    ),
    _deployment_cells,
)
SCALES: Final = Printer(
    (
        NAME._replace(format=""),
        Column("Desired", Doc(_SCALE + "ScaleSpec", "replicas"), "integer"),
        Column("Available", Doc(_SCALE + "ScaleStatus", "replicas"), "integer"),
        AGE,
    ),
    _scale_cells,
)
BUDGETS: Final = Printer(
    (
        NAME,
        Column("Min Available", "The minimum number of pods that must be available."),
        Column("Max Unavailable", "The maximum number of pods that may be unavailable."),
        Column(
            "Allowed Disruptions",
            "Calculated number of pods that may be disrupted at this time.",
            "integer",
        ),
        AGE,
    ),
    _budget_cells,
)
