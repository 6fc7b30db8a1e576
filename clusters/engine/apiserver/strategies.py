"""How objects of each kind are filled in and checked.

Models the `strategy.go` of each kind below `pkg/registry`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from clusters.engine.apiserver import defaults
from clusters.engine.apiserver.fields import FieldError
from clusters.engine.objects import Object


def _unchanged(obj: Object) -> Object:
    return obj


def _nothing_wrong(obj: Object) -> list[FieldError]:
    return []


def _any_update(obj: Object, before: Object) -> list[FieldError]:
    return []


@dataclass(frozen=True, slots=True)
class Strategy:
    """What the verbs do differently for a kind.

    `default` fills in missing fields, `validate` and `validate_update` (new, old) return complaints,
    `status` is what a new object starts with (None: it keeps its own), `counts_generations` says
    whether metadata.generation grows with the spec.
    """

    default: Callable[[Object], Object] = _unchanged
    validate: Callable[[Object], list[FieldError]] = _nothing_wrong
    validate_update: Callable[[Object, Object], list[FieldError]] = _any_update
    status: Object | None = None
    counts_generations: bool = False


STRATEGIES: Final = {
    "Endpoints": Strategy(default=defaults.endpoints),
    "EndpointSlice": Strategy(default=defaults.endpoint_slice, counts_generations=True),
    "Event": Strategy(),
    "Namespace": Strategy(default=defaults.namespace, status={"phase": "Active"}),
    "Node": Strategy(),
    "Pod": Strategy(default=defaults.pod, status={"phase": "Pending"}, counts_generations=True),
    "ReplicationController": Strategy(
        default=defaults.replication_controller, status={"replicas": 0}, counts_generations=True
    ),
    "Service": Strategy(default=defaults.service, status={"loadBalancer": {}}),
}
PLAIN: Final = Strategy()
"""For kinds that only the simulator knows."""
