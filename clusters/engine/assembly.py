"""The control plane of one cluster: every controller of it, by name.

Models `cmd/kube-controller-manager/app/controllermanager.go`, where upstream lists its controllers, with
the scheduler and the kubelets beside them.
"""

from collections.abc import Iterator
from itertools import count

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
from clusters.engine.kubelet.kubelet import Kubelet
from clusters.engine.scheduler.scheduler import Scheduler


def build(order: Iterator[int] | None = None) -> ControlPlane:
    """A control plane that has not followed any cluster yet. `order` numbers the work items."""
    order = count(1) if order is None else order
    return ControlPlane(
        [
            ReplicationManager(order),
            ReplicaSetController(order),
            DeploymentController(order),
            Scheduler(order),
            Kubelet(order),
            EndpointsController(order),
            EndpointSliceController(order),
            ServiceController(order),
            NodeLifecycleController(order),
            TaintEvictionController(order),
            PodGCController(order),
            GarbageCollector(order),
            NamespaceController(order),
            EventTTL(order),
            KubernetesService(order),
            ServiceAccountsController(order),
            DisruptionController(order),
            ResourceQuotaController(order),
        ]
    )
