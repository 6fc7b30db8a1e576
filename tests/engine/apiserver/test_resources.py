"""How kinds are called."""

import pytest

from clusters.engine.apiserver.resources import BY_KIND, RESOURCES, find, in_category, served
from clusters.engine.apiserver.strategies import STRATEGIES


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("po", "Pod"),
        ("pod", "Pod"),
        ("pods", "Pod"),
        ("Pod", "Pod"),
        ("rc", "ReplicationController"),
        ("svc", "Service"),
        ("no", "Node"),
        ("ns", "Namespace"),
        ("ev", "Event"),
        ("ep", "Endpoints"),
        ("endpointslices.discovery.k8s.io", "EndpointSlice"),
        ("PODS", "Pod"),
    ],
)
def test_a_kind_is_found_by_its_names(name, kind):
    assert find(name) is BY_KIND[kind]


def test_other_names_are_unknown():
    assert find("daemonsets") is None
    assert served("apps/v1", "Pod") is None
    assert served("v1", "Foo") is None
    assert served("discovery.k8s.io/v1", "EndpointSlice") is BY_KIND["EndpointSlice"]


def test_all_is_what_people_work_with():
    assert [resource.plural for resource in in_category("all")] == [
        "pods",
        "replicationcontrollers",
        "services",
        "deployments",
        "replicasets",
    ]


def test_every_kind_that_is_stored_has_a_strategy():
    assert {resource.kind for resource in RESOURCES if not resource.derived} == STRATEGIES.keys()


def test_every_stored_kind_has_a_name_of_its_own():
    stored = [resource for resource in RESOURCES if not resource.derived]
    names = [name for r in stored for name in {r.plural, r.singular, *r.short_names}]
    assert len(set(names)) == len(names)
