"""What the API server accepts never stops the control plane, however odd it is."""

import json

import pytest

from clusters.engine import bootstrap
from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.manifests import parse_manifests
from clusters.engine.clock import Clock, rfc3339
from clusters.engine.objects import is_ready
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import NOW, make_node, make_service, make_store
from tests.engine.world import World

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
TERMS = f"spec.affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms"


def pod(spec, **container):
    spec = {"containers": [{"name": "main", "image": "nginx", **container}], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "odd"}, "spec": spec}


def with_affinity(*terms):
    return pod({"affinity": {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": list(terms)}}}})


def expression(**fields):
    return {"matchExpressions": [fields]}


def applied(manifest):
    """A world in which somebody applied this and let ten minutes pass."""
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=1, clock=Clock(NOW, NOW), delays="none")
    world = World(store)
    for obj in parse_manifests(json.dumps(manifest)):
        world.act(verbs.apply, obj)
    world.wait(600)
    return world


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (with_affinity(), f"{TERMS}: Required value: must have at least one node selector term"),
        (
            with_affinity(expression(key="disk")),
            f'{TERMS}[0].matchExpressions[0].operator: Invalid value: "": not a valid selector operator',
        ),
        (
            with_affinity(expression(key="disk", operator="In")),
            f"{TERMS}[0].matchExpressions[0].values: Required value: must be specified when `operator` is"
            " 'In' or 'NotIn'",
        ),
        (
            with_affinity(expression(key="disk", operator="Exists", values=["ssd"])),
            f"{TERMS}[0].matchExpressions[0].values: Forbidden: may not be specified when `operator` is"
            " 'Exists' or 'DoesNotExist'",
        ),
        (
            with_affinity(expression(key="disks", operator="Gt")),
            f"{TERMS}[0].matchExpressions[0].values: Required value: must be specified single value when"
            " `operator` is 'Lt' or 'Gt'",
        ),
        (
            with_affinity({"matchFields": [{"key": "metadata.name", "operator": "In"}]}),
            f"{TERMS}[0].matchFields[0].values: Required value: must be only one value when `operator` is"
            " 'In' or 'NotIn' for node field selector",
        ),
        (
            with_affinity({"matchFields": [{"key": "spec.x", "operator": "In", "values": ["a"]}]}),
            f'{TERMS}[0].matchFields[0].key: Invalid value: "spec.x": not a valid field selector key',
        ),
    ],
)
def test_affinity_that_no_scheduler_could_read_is_refused(manifest, said):
    with pytest.raises(StatusError) as refused:
        applied(manifest)
    assert refused.value.code == 422
    assert refused.value.message == f'Pod "odd" is invalid: {said}'


def test_a_limit_that_is_no_number_matches_no_node():
    world = applied(with_affinity(expression(key="disks", operator="Gt", values=["many"])))
    assert world.get("Pod", "odd")["spec"].get("nodeName") is None


@pytest.mark.parametrize("part", ["periodSeconds", "timeoutSeconds", "successThreshold", "failureThreshold"])
def test_a_probe_with_zeros_is_one_with_the_defaults(part):
    probe = {"tcpSocket": {"port": 81}}
    odd = applied(pod({}, livenessProbe={**probe, part: 0})).get("Pod", "odd")
    usual = applied(pod({}, livenessProbe=probe)).get("Pod", "odd")
    assert odd["spec"] == usual["spec"]
    assert odd["status"]["containerStatuses"][0]["restartCount"] > 0


def test_a_grace_period_longer_than_the_calendar_ends_with_the_calendar():
    world = applied(pod({"terminationGracePeriodSeconds": 2**62}))
    world.act(verbs.delete, "Pod", "default", "odd")
    assert rfc3339(NOW + 2**62) == "9999-12-31T23:59:59Z"
    world.wait(60)
    assert world.get("Pod", "odd") is None


def test_conditions_and_addresses_of_a_node_may_be_half_written():
    status = {"conditions": [{}, {"type": "Ready"}], "addresses": [{}]}
    world = applied({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "odd"}, "status": status})
    assert not is_ready(world.get("Node", "odd", ""))


def test_a_slice_for_all_ports_under_the_controllers_label_is_put_right():
    world = World(make_store(make_node("node-1"), make_service("web")))
    (ours,) = world.store.indexed("slices-by-service", "default/web")
    labels = ours["metadata"]["labels"]
    odd = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "odd", "namespace": "default", "labels": labels},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.0.0.1"]}],
        "ports": [{}],
    }
    world.act(verbs.create, odd)
    assert world.get("EndpointSlice", "odd") is None
    assert world.store.indexed("slices-by-service", "default/web") == [ours]
