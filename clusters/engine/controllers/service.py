"""Has the cloud make a load balancer, with an address for the world, for each Service that wants one.

Models cloud-provider's service-controller (`controllers/service/controller.go`) and, behind it, a cloud
that takes some seconds and hands out addresses of the documentation ranges. Left out: who may use the
load balancer, its health checks, classes, and the events that tell what of a Service was edited.

Without a cloud nobody does any of this, as in a cluster whose cloud controller does not run: no address,
no event, and what waits to be cleaned up goes on waiting.
"""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Final

from clusters.engine import cluster, events
from clusters.engine.apiserver import verbs
from clusters.engine.changes import Change
from clusters.engine.clock import draw, quantise
from clusters.engine.objects import (
    REMOVE,
    Key,
    Object,
    is_deleting,
    key_of,
    simulation_of,
    with_simulation,
    with_value,
)
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.workqueue import WorkQueue

FINALIZER: Final = "service.kubernetes.io/load-balancer-cleanup"
PUBLIC_NETWORKS: Final = (IPv4Network("203.0.113.0/24"), IPv4Network("198.51.100.0/24"))
NO_ADDRESS: Final = "Error syncing load balancer: failed to ensure load balancer: no public address is free"


class ServiceController:
    """The control loop of Services of type LoadBalancer."""

    actor = "service-controller"
    watches = frozenset({"Service", cluster.KEY.kind})

    def __init__(self, order: Iterator[int]) -> None:
        self.queue = WorkQueue(order)

    def on_change(self, change: Change, store: MemoryStore) -> None:
        changed = [change.object] if change.key.kind == "Service" else store.list("Service")
        for service in changed:
            if wants_load_balancer(service) or _holds(service):
                self.queue.add(key_of(service), change.revision)

    def sync(self, store: Overlay, key: Key, cause: int) -> None:
        """Bring the load balancer of one Service a step further."""
        service = store.get(*key)
        if service is None or not cluster.has_cloud(store):
            return
        if is_deleting(service) or not wants_load_balancer(service):
            if _holds(service):
                _release(store, service)
            return
        if "loadBalancer" not in simulation_of(service):
            service = _order(store, service)
        if not _public_ips(service):
            self._await(store, service, cause)

    def _await(self, store: Overlay, service: Object, cause: int) -> None:
        due = simulation_of(service)["loadBalancer"]["due"]
        if due > store.now:
            self.queue.add_after(key_of(service), due, cause)
        elif not _deliver(store, service):
            self.queue.add_rate_limited(key_of(service), store.now, cause)


def wants_load_balancer(service: Object) -> bool:
    """Whether this controller is asked for one; a loadBalancerClass asks somebody else's."""
    spec = service["spec"]
    return bool(spec.get("type") == "LoadBalancer" and not spec.get("loadBalancerClass"))


def _holds(service: Object) -> bool:
    return FINALIZER in (service["metadata"].get("finalizers") or ())


def _public_ips(service: Object) -> list[str]:
    """The addresses that the cloud gave to the Service."""
    balancer = (service.get("status") or {}).get("loadBalancer") or {}
    return [entry["ip"] for entry in balancer.get("ingress") or () if "ip" in entry]


def _order(store: Overlay, service: Object) -> Object:
    """Ask the cloud. When it will be done is kept in the Service, so that a restart changes nothing."""
    _tell(store, service, "EnsuringLoadBalancer", "Ensuring load balancer")
    shortest = cluster.delays_of(store).load_balancer
    wait = draw(store.seed, store.revision, f"load-balancer/{key_of(service)}").uniform(
        shortest, 2 * shortest
    )
    if not _holds(service):
        held = [*(service["metadata"].get("finalizers") or ()), FINALIZER]
        service = verbs.update(store, with_value(service, ("metadata", "finalizers"), held))
    due = quantise(store.now + wait) if wait else store.now
    ordered = with_simulation(service, loadBalancer={"due": due})
    return verbs.update_simulation(store, ordered)


def _deliver(store: Overlay, service: Object) -> bool:
    """Give the Service its public address; False if none is free."""
    taken = {ip for other in store.list("Service") for ip in _public_ips(other)}
    address = _free_address(store, service, taken)
    if address is None:
        _tell(store, service, "SyncLoadBalancerFailed", NO_ADDRESS, type_="Warning")
        return False
    ingress = [{"ip": address, "ipMode": "VIP"}]
    verbs.update_status(store, with_value(service, ("status", "loadBalancer"), {"ingress": ingress}))
    _tell(store, service, "EnsuredLoadBalancer", "Ensured load balancer")
    return True


def _free_address(store: Overlay, service: Object, taken: set[str]) -> str | None:
    for network in PUBLIC_NETWORKS:
        free = [address for host in network.hosts() if (address := str(host)) not in taken]
        if free:
            return draw(store.seed, store.revision, f"public-ip/{key_of(service)}").choice(free)
    return None


def _release(store: Overlay, service: Object) -> None:
    """Take the load balancer down; a Service that is being deleted can go after that."""
    if _public_ips(service):
        _tell(store, service, "DeletingLoadBalancer", "Deleting load balancer")
        service = verbs.update_status(store, with_value(service, ("status", "loadBalancer"), {}))
    if "loadBalancer" in simulation_of(service):
        service = verbs.update_simulation(store, with_value(service, ("simulation", "loadBalancer"), REMOVE))
    verbs.remove_finalizer(store, service, FINALIZER)
    _tell(store, service, "DeletedLoadBalancer", "Deleted load balancer")


def _tell(store: Overlay, service: Object, reason: str, message: str, *, type_: str = "Normal") -> None:
    events.record(store, service, reason, message, type_=type_, component=ServiceController.actor)
