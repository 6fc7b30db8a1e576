"""The control plane of one cluster: every controller of it, by name.

Models `cmd/kube-controller-manager/app/controllermanager.go`, where upstream lists its controllers, with
the scheduler and the kubelets beside them.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Final

from clusters.engine.cluster import CONTROLLER_MANAGER, SCHEDULER
from clusters.engine.control_plane import ControlPlane
from clusters.engine.controllers.deployment import DeploymentController
from clusters.engine.controllers.disruption import DisruptionController
from clusters.engine.controllers.endpoints import EndpointsController
from clusters.engine.controllers.endpointslice import EndpointSliceController
from clusters.engine.controllers.event_ttl import EventTTL
from clusters.engine.controllers.garbage_collector import GarbageCollector
from clusters.engine.controllers.kubernetes_service import KubernetesService
from clusters.engine.controllers.namespace import NamespaceController
from clusters.engine.controllers.node_lifecycle import NodeLifecycleController
from clusters.engine.controllers.pod_gc import PodGCController
from clusters.engine.controllers.replicaset import ReplicaSetController
from clusters.engine.controllers.replication import ReplicationManager
from clusters.engine.controllers.resource_quota import ResourceQuotaController
from clusters.engine.controllers.service import ServiceController
from clusters.engine.controllers.serviceaccounts import ServiceAccountsController
from clusters.engine.controllers.taint_eviction import TaintEvictionController
from clusters.engine.informer import Controller
from clusters.engine.kubelet.kubelet import Kubelet
from clusters.engine.scheduler.scheduler import Scheduler

MANAGED: Final[tuple[Callable[[Iterator[int]], Controller], ...]] = (
    ReplicationManager,
    ReplicaSetController,
    DeploymentController,
    EndpointsController,
    EndpointSliceController,
    NodeLifecycleController,
    TaintEvictionController,
    PodGCController,
    GarbageCollector,
    NamespaceController,
    ServiceAccountsController,
    DisruptionController,
    ResourceQuotaController,
)
"""What runs in kube-controller-manager. The cloud has a manager of its own, the API server and etcd none."""


def build(order: Iterator[int] | None = None) -> ControlPlane:
    """A control plane that has not followed any cluster yet. `order` numbers the work items."""
    order = count(1) if order is None else order
    managed = [make(order) for make in MANAGED]
    scheduler = Scheduler(order)
    rest: list[Controller] = [
        Kubelet(order),
        ServiceController(order),
        EventTTL(order),
        KubernetesService(order),
    ]
    return ControlPlane([*managed, scheduler, *rest], {CONTROLLER_MANAGER: managed, SCHEDULER: [scheduler]})
