"""How kinds are called."""

from clusters.engine.apiserver.resources import BY_KIND, RESOURCES, served
from clusters.engine.apiserver.strategies import STRATEGIES


def test_a_kind_is_served_in_one_version_of_its_group():
    assert served("apps/v1", "Pod") is None
    assert served("v1", "Foo") is None
    assert served("discovery.k8s.io/v1", "EndpointSlice") is BY_KIND["EndpointSlice"]


def test_all_is_what_people_work_with():
    assert [resource.plural for resource in RESOURCES if "all" in resource.categories] == [
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
