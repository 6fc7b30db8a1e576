"""Which nodes can take a pod."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.objects import host_ports, with_status
from clusters.engine.scheduler import filters
from clusters.engine.scheduler.node_info import node_info
from tests.engine.builders import make_node, make_pod, make_store

GIB = 1024**3


def judged(spec, **node):
    return filters.static_filters(spec, node_info(make_node(**node)))


def taint(key="gpu", value="", effect="NoSchedule"):
    return {"key": key, "value": value, "effect": effect}


def test_a_plain_node_is_good():
    assert judged({}) == ()


def test_a_cordoned_node_is_not():
    assert judged({}, unschedulable=True) == ("node(s) were unschedulable",)
    tolerated = [{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}]
    assert judged({"tolerations": tolerated}, unschedulable=True) == ()


@pytest.mark.parametrize(
    ("toleration", "good"),
    [
        ({"key": "gpu", "operator": "Exists"}, True),
        ({"key": "gpu", "operator": "Equal", "value": "yes"}, True),
        ({"key": "gpu", "value": "yes"}, True),
        ({"key": "gpu", "value": "no"}, False),
        ({"key": "cpu", "operator": "Exists"}, False),
        ({"operator": "Exists"}, True),
        ({"key": "gpu", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}, True),
    ],
)
def test_taints_and_tolerations(toleration, good):
    reasons = judged({"tolerations": [toleration]}, taints=[taint(value="yes")])
    assert reasons == (() if good else ("node(s) had untolerated taint(s)",))


def test_every_taint_has_to_be_tolerated():
    tolerations = [{"key": "gpu", "operator": "Exists"}]
    assert judged({"tolerations": tolerations}, taints=[taint(), taint("ssd")])


def test_a_preference_is_no_taint_to_the_filter():
    assert judged({}, taints=[taint(effect="PreferNoSchedule")]) == ()


def test_the_node_selector():
    assert judged({"nodeSelector": {"disk": "ssd"}}, labels={"disk": "ssd"}) == ()
    reasons = ("node(s) didn't match Pod's node affinity/selector",)
    assert judged({"nodeSelector": {"disk": "ssd"}}) == reasons


@pytest.mark.parametrize(
    ("operator", "values", "good"),
    [
        ("In", ["1", "4"], True),
        ("In", ["1"], False),
        ("NotIn", ["1"], True),
        ("NotIn", ["4"], False),
        ("Exists", None, True),
        ("DoesNotExist", None, False),
        ("Gt", ["3"], True),
        ("Gt", ["4"], False),
        ("Lt", ["10"], True),
    ],
)
def test_required_node_affinity(operator, values, good):
    expression = {"key": "cores", "operator": operator, **({"values": values} if values else {})}
    terms = [{"matchExpressions": [expression]}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    assert (judged({"affinity": {"nodeAffinity": required}}, labels={"cores": "4"}) == ()) == good


def test_affinity_terms_are_alternatives_and_may_name_the_node():
    def named(name):
        return {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]}

    terms = [named("node-7"), named("node-1"), {}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    assert judged({"affinity": {"nodeAffinity": required}}) == ()
    assert judged({"affinity": {"nodeAffinity": required}}, name="node-2")


@pytest.mark.parametrize(
    ("request_", "usage", "reasons"),
    [
        ((1000, GIB), (3000, 7 * GIB, 5), ()),
        ((1001, 0), (3000, 0, 5), ("Insufficient cpu",)),
        ((0, GIB + 1), (0, 7 * GIB, 5), ("Insufficient memory",)),
        ((5000, 9 * GIB), (0, 0, 110), ("Too many pods", "Insufficient cpu", "Insufficient memory")),
        ((0, 0), (0, 0, 110), ("Too many pods",)),
        ((0, 0), (9000, 9 * GIB, 5), ()),
    ],
)
def test_resources(request_, usage, reasons):
    assert filters.node_resources_fit(request_, node_info(make_node()), usage) == reasons


@given(*[st.integers(0, 5000)] * 2, *[st.integers(0, 9)] * 2, st.integers(0, 120))
def test_resources_never_overflow(cpu, used_cpu, memory, used_memory, pods):
    """What fits is never more than the node has; what does not fit always has a reason."""
    usage = (used_cpu, used_memory * GIB, pods)
    reasons = filters.node_resources_fit((cpu, memory * GIB), node_info(make_node()), usage)
    fits = (
        pods < 110
        and (not cpu or cpu + used_cpu <= 4000)
        and (not memory or (memory + used_memory) * GIB <= 8 * GIB)
    )
    assert (reasons == ()) == fits


def test_ports_of_the_machine():
    def on_port(name, **options):
        pod = make_pod(name, **options)
        pod["spec"]["containers"][0]["ports"] = [{"containerPort": 80, "hostPort": 8000, "protocol": "TCP"}]
        return pod

    store = make_store(make_node(), on_port("there", node="node-1"))
    wanted = host_ports(on_port("new"))
    assert wanted == {("TCP", 8000): 80}
    info = node_info(store.get("Node", "", "node-1"))
    assert filters.node_ports(wanted, info, store) == (
        "node(s) didn't have free ports for the requested pod ports",
    )
    assert filters.node_ports(frozenset({("UDP", 8000)}), info, store) == ()
    ended = make_store(make_node(), with_status(on_port("there", node="node-1"), phase="Succeeded"))
    assert filters.node_ports(wanted, info, ended) == ()
