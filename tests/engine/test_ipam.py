"""Which addresses pods get."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine import ipam
from clusters.engine.objects import Key
from tests.engine.builders import make_node, make_pod, make_store


def node_with_range(store, name="node-1"):
    block = ipam.claim_range(store, name)["spec"]
    node = make_node(name)
    return store.create({**node, "spec": {"podCIDR": block["cidr"]}})


def pod_with(store, node, ip, name):
    return store.create(make_pod(name, node=node["metadata"]["name"], ip=ip))


def test_nodes_get_ranges_of_their_own():
    store = make_store()
    assert [ipam.claim_range(store, f"node-{n}")["spec"]["cidr"] for n in (1, 2, 3)] == [
        "10.244.1.0/24",
        "10.244.2.0/24",
        "10.244.3.0/24",
    ]


def test_a_node_that_comes_back_has_its_range_and_goes_on_counting():
    store = make_store()
    node = node_with_range(store)
    assert ipam.allocate(store, node) == "10.244.1.2"
    ipam.retire(store, "node-1")
    assert ipam.claim_range(store, "node-2")["spec"]["number"] == 2
    assert ipam.claim_range(store, "node-1")["spec"]["cidr"] == "10.244.1.0/24"
    assert ipam.allocate(store, node) == "10.244.1.3"


def test_when_all_ranges_were_used_the_longest_unused_comes_first():
    store = make_store()
    for number in range(1, 256):
        ipam.claim_range(store, f"node-{number}")
    with pytest.raises(LookupError):
        ipam.claim_range(store, "node-256")
    for number in (7, 3):
        store.now += 60
        ipam.retire(store, f"node-{number}")
    assert ipam.claim_range(store, "node-256")["spec"]["cidr"] == "10.244.7.0/24"
    assert ipam.claim_range(store, "node-257")["spec"]["cidr"] == "10.244.3.0/24"


def test_a_range_that_changes_hands_goes_on_counting():
    store = make_store()
    node = node_with_range(store)
    ipam.allocate(store, node)
    for number in range(2, 256):
        ipam.claim_range(store, f"node-{number}")
    ipam.retire(store, "node-1")
    assert ipam.allocate(store, node_with_range(store, "node-256")) == "10.244.1.3"


def test_no_address_comes_twice_before_the_range_is_used_up():
    store = make_store()
    node = node_with_range(store)
    given_out = [ipam.allocate(store, node) for _ in range(253)]
    assert len(set(given_out)) == 253
    assert given_out[0] == "10.244.1.2"
    assert given_out[-1] == "10.244.1.254"


def test_then_the_longest_unused_comes_first():
    store = make_store()
    node = node_with_range(store)
    ips = []
    for number in range(252):
        ips.append(ipam.allocate(store, node))
        pod_with(store, node, ips[-1], f"p{number}")
    store.delete(Key("Pod", "default", "p100"))
    pod_with(store, node, ipam.allocate(store, node), "last")
    store.delete(Key("Pod", "default", "p5"))
    assert [ipam.allocate(store, node), ipam.allocate(store, node)] == [ips[100], ips[5]]


def test_with_all_addresses_in_use_there_is_none():
    store = make_store()
    node = node_with_range(store)
    for number in range(253):
        pod_with(store, node, ipam.allocate(store, node), f"p{number}")
    with pytest.raises(LookupError, match="no IP addresses available"):
        ipam.allocate(store, node)


@given(st.lists(st.integers(0, 20), max_size=400))
def test_no_two_pods_ever_have_the_same_address(choices):
    """An even choice makes a pod, an odd one removes one; the range is walked round several times."""
    store = make_store()
    node = node_with_range(store)
    block = store.get("IPAMBlock", "", "node-1")
    store.update({**block, "spec": {**block["spec"], "next": 235}})
    living, names = {}, count()
    for choice in choices:
        if choice % 2 and living:
            name = sorted(living)[choice % len(living)]
            store.delete(Key("Pod", "default", name))
            del living[name]
        elif len(living) < 30:
            ip = ipam.allocate(store, node)
            assert ip not in living.values()
            name = f"p{next(names)}"
            living[name] = ip
            pod_with(store, node, ip, name)


def test_a_range_that_somebody_else_chose_is_used_as_it_is():
    store = make_store(make_node())
    assert ipam.allocate(store, store.get("Node", "", "node-1")) == "10.244.0.2"


def test_the_time_of_leaving_stays():
    store = make_store()
    node_with_range(store)
    left = ipam.retire(store, "node-1")
    store.now += 30
    assert ipam.retire(store, "node-1") == left
    assert ipam.retire(store, "never-there") == store.now
