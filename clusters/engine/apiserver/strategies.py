"""How objects of each kind are filled in and checked.

Models the `strategy.go` of each kind below `pkg/registry`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from clusters.engine.apiserver import allocation, defaults
from clusters.engine.apiserver.admission import admitted_pod_spec
from clusters.engine.apiserver.fields import FieldError
from clusters.engine.apiserver.identity import IdentityCache
from clusters.engine.apiserver.validation import apps, config, others, resource_quota
from clusters.engine.apiserver.validation import ephemeral_containers as ephemeral
from clusters.engine.apiserver.validation.disruption_budget import validate_disruption_budget
from clusters.engine.apiserver.validation.metadata import validate_metadata
from clusters.engine.apiserver.validation.pod import validate_pod_spec, validate_pod_update
from clusters.engine.apiserver.validation.replication_controller import validate_replication_controller
from clusters.engine.apiserver.validation.service import validate_service, validate_service_update
from clusters.engine.disruption import NOTHING_COUNTED
from clusters.engine.objects import Object, controller_of


def _unchanged(obj: Object) -> Object:
    return obj


def _nothing_wrong(obj: Object) -> list[FieldError]:
    return []


def _any_update(obj: Object, before: Object) -> list[FieldError]:
    return []


def _nothing_carried(obj: Object, before: Object) -> Object:
    return obj


@dataclass(frozen=True, slots=True)
class Strategy:
    """What the verbs do differently for a kind.

    `default` fills in missing fields. `carry_over` (new, old) brings along what an update does not
    repeat. `validate` and `validate_update` (new, old) return complaints. `status` gives the status a
    new object starts with; without it the object keeps its own. `counts_generations` says whether
    metadata.generation grows with the spec.
    """

    default: Callable[[Object], Object] = _unchanged
    carry_over: Callable[[Object, Object], Object] = _nothing_carried
    validate: Callable[[Object], list[FieldError]] = _nothing_wrong
    validate_update: Callable[[Object, Object], list[FieldError]] = _any_update
    status: Callable[[Object], Object] | None = None
    counts_generations: bool = False


def _filled_spec(spec: Object) -> Object:
    return admitted_pod_spec(defaults.pod_spec(spec))


_filled_template = IdentityCache(_filled_spec)
_checked_template = IdentityCache(validate_pod_spec)


def _default_pod(pod: Object) -> Object:
    # Only a controller's pods share a spec that nobody changes: that of its stored template.
    fill = _filled_template if controller_of(pod) else _filled_spec
    return {**pod, "spec": fill(pod.get("spec") or {})}


def _validate_pod(pod: Object) -> list[FieldError]:
    check = _checked_template if controller_of(pod) else validate_pod_spec
    errors = validate_metadata(pod) + check(pod["spec"])
    if pod["spec"].get("ephemeralContainers"):
        errors += ephemeral.validate_ephemeral_containers(pod)
    return errors


STRATEGIES: Final = {
    "ConfigMap": Strategy(
        validate=config.validate_config_map, validate_update=config.validate_config_map_update
    ),
    "Deployment": Strategy(
        default=defaults.deployment,
        validate=apps.validate_deployment,
        validate_update=apps.validate_selector_update,
        status=lambda deployment: {},
        counts_generations=True,
    ),
    "Endpoints": Strategy(default=defaults.endpoints, validate=others.validate_endpoints),
    "EndpointSlice": Strategy(
        default=defaults.endpoint_slice,
        validate=others.validate_endpoint_slice,
        validate_update=others.validate_endpoint_slice_update,
        counts_generations=True,
    ),
    "Event": Strategy(validate=others.validate_event),
    "Namespace": Strategy(
        default=defaults.namespace,
        carry_over=defaults.carry_over_namespace,
        validate=others.validate_namespace,
        status=lambda namespace: {"phase": "Active"},
    ),
    "Node": Strategy(
        default=defaults.node,
        carry_over=defaults.carry_over_node,
        validate=others.validate_node,
        validate_update=others.validate_node_update,
    ),
    "Pod": Strategy(
        default=_default_pod,
        validate=_validate_pod,
        validate_update=validate_pod_update,
        status=defaults.pod_status,
        counts_generations=True,
    ),
    "PodDisruptionBudget": Strategy(
        validate=validate_disruption_budget,
        status=lambda budget: NOTHING_COUNTED,
        counts_generations=True,
    ),
    "ReplicaSet": Strategy(
        default=defaults.replica_set,
        validate=apps.validate_replica_set,
        validate_update=apps.validate_selector_update,
        status=lambda replica_set: {"replicas": 0},
        counts_generations=True,
    ),
    "ReplicationController": Strategy(
        default=defaults.replication_controller,
        validate=validate_replication_controller,
        status=lambda controller: {"replicas": 0},
        counts_generations=True,
    ),
    "ResourceQuota": Strategy(
        validate=resource_quota.validate_resource_quota,
        validate_update=resource_quota.validate_resource_quota_update,
        status=lambda quota: {},
    ),
    "Secret": Strategy(
        default=defaults.secret,
        validate=config.validate_secret,
        validate_update=config.validate_secret_update,
    ),
    "Service": Strategy(
        default=defaults.service,
        carry_over=allocation.carry_over,
        validate=validate_service,
        validate_update=validate_service_update,
        status=lambda service: {"loadBalancer": {}},
    ),
    "ServiceAccount": Strategy(validate=config.validate_service_account),
}
PLAIN: Final = Strategy()
"""For kinds that only the simulator knows."""
_SUBRESOURCES: Final = {
    ("Pod", "ephemeralcontainers"): Strategy(
        default=_default_pod,
        carry_over=ephemeral.carry_over,
        validate=_validate_pod,
        validate_update=ephemeral.validate_ephemeral_containers_update,
        counts_generations=True,
    ),
}


def strategy_of(kind: str, subresource: str = "") -> Strategy:
    """The strategy of a kind, or that of changes by one of its sub-resources if it has rules of its own."""
    return _SUBRESOURCES.get((kind, subresource)) or STRATEGIES.get(kind, PLAIN)
