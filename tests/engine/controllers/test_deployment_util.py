"""The arithmetic of rollouts: how many pods of which revision, and under which name."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clusters.engine.controllers.deployment_util import (
    DESIRED_REPLICAS,
    HASH_LABEL,
    MAX_REPLICAS,
    REVISION,
    REVISION_HISTORY,
    find_active_or_latest,
    find_new,
    find_old,
    is_saturated,
    is_scaled,
    largest_first,
    max_replicas,
    max_surge,
    max_unavailable,
    new_annotations,
    new_replicas,
    proportions,
    replica_set_name,
    replicas,
    replicas_annotations,
    revision_of,
    same_template,
    scaled_value,
    template_hash,
    total,
)
from clusters.engine.objects import name_of, with_value
from tests.engine.builders import make_deployment, make_replica_set, pod_template

COUNTS = st.integers(0, 40)
AMOUNTS = st.one_of(st.integers(0, 10), st.integers(0, 100).map(lambda part: f"{part}%"))


def sized(name, size, created="2026-11-24T08:00:00Z", **annotations):
    """A ReplicaSet as it is stored. Annotations are given as REVISION="1"."""
    named = {globals()[key]: value for key, value in annotations.items()}
    made = make_replica_set(name, replicas=size, annotations=named)
    return with_value(
        with_value(made, ("metadata", "creationTimestamp"), created), ("metadata", "uid"), f"uid-{name}"
    )


@pytest.mark.parametrize(
    ("value", "whole", "up", "down"),
    [(3, 10, 3, 3), ("25%", 10, 3, 2), ("25%", 4, 1, 1), ("1%", 1, 1, 0), ("0%", 9, 0, 0), ("100%", 7, 7, 7)],
)
def test_percentages_are_of_the_whole(value, whole, up, down):
    assert scaled_value(value, whole, round_up=True) == up
    assert scaled_value(value, whole, round_up=False) == down


@pytest.mark.parametrize(
    ("wanted", "surge", "unavailable", "above", "missing"),
    [
        (3, "25%", "25%", 1, 0),
        (10, "25%", "25%", 3, 2),
        (1, "25%", "25%", 1, 0),
        (2, 0, "1%", 0, 1),  # else nothing would ever move
        (10, 3, 2, 3, 2),
        (2, 1, 5, 1, 2),  # more than all there are cannot be missing
        (0, "25%", "25%", 0, 0),
        (4, "50%", 0, 2, 0),
    ],
)
def test_room_above_and_below(wanted, surge, unavailable, above, missing):
    deployment = make_deployment(replicas=wanted, surge=surge, unavailable=unavailable)
    assert (max_surge(deployment), max_unavailable(deployment)) == (above, missing)


def test_recreating_needs_no_room():
    deployment = make_deployment(replicas=10, recreate=True)
    assert (max_surge(deployment), max_unavailable(deployment), max_replicas(deployment)) == (0, 0, 10)


@given(wanted=COUNTS, surge=AMOUNTS, unavailable=AMOUNTS)
def test_a_rolling_update_can_always_move(wanted, surge, unavailable):
    deployment = make_deployment(replicas=wanted, surge=surge, unavailable=unavailable)
    assert 0 <= max_unavailable(deployment) <= wanted
    assert wanted == 0 or max_surge(deployment) + max_unavailable(deployment) > 0


@given(wanted=COUNTS, surge=AMOUNTS, old=COUNTS, new=COUNTS)
def test_a_new_set_grows_into_the_room_there_is(wanted, surge, old, new):
    assume(new <= wanted)
    deployment = make_deployment(replicas=wanted, surge=surge, unavailable="25%")
    fresh, stale = sized("new", new), sized("old", old)
    size = new_replicas(deployment, [stale, fresh], fresh)
    assert new <= size <= wanted
    assert size == new or size + old <= max_replicas(deployment)


def test_upstreams_example_of_a_rollout_that_is_scaled():
    """10 pods, 3 above and 2 below allowed, in the middle of a rollout of 8 and 5: scaled to 15."""
    deployment = make_deployment(replicas=15, surge=3, unavailable=2)
    old = sized("old", 8, DESIRED_REPLICAS="10", MAX_REPLICAS="13")
    new = sized("new", 5, "2026-11-24T08:01:00Z", DESIRED_REPLICAS="10", MAX_REPLICAS="13")
    assert is_scaled(deployment, [old, new])
    assert proportions(deployment, [old, new]) == {"old": 11, "new": 7}


def test_the_largest_takes_what_is_left_over():
    deployment = make_deployment(replicas=4, surge=0, unavailable=1)
    sets = [sized(name, 1, DESIRED_REPLICAS="3", MAX_REPLICAS="3") for name in ("a", "b", "c")]
    sizes = proportions(deployment, sets)
    assert sorted(sizes.values()) == [1, 1, 2]
    assert sizes["c"] == 2  # of sets of one size the newest grows


def test_nothing_is_left_of_a_rollout_that_is_scaled_to_nothing():
    deployment = make_deployment(replicas=0)
    sets = [sized("a", 3, MAX_REPLICAS="5"), sized("b", 2, MAX_REPLICAS="5")]
    assert proportions(deployment, sets) == {"a": 0, "b": 0}


def test_who_lost_its_annotation_grows_by_what_was_counted():
    deployment = make_deployment(replicas=6, surge=0, unavailable=1)
    counted = {**deployment, "status": {"replicas": 4}}
    assert proportions(counted, [sized("a", 2), sized("b", 2)]) == {"a": 3, "b": 3}
    assert total([sized("a", 2), sized("b", 2)]) == 4
    # Nothing was counted yet: what has to be added goes to the largest.
    assert proportions(deployment, [sized("a", 2), sized("b", 1)]) == {"a": 5, "b": 1}


@given(
    wanted=COUNTS,
    surge=AMOUNTS,
    before=st.integers(1, 40),
    sizes=st.lists(st.integers(1, 20), min_size=2, max_size=5),
)
def test_scaled_sets_fill_the_room_exactly(wanted, surge, before, sizes):
    deployment = make_deployment(replicas=wanted, surge=surge, unavailable="25%")
    most = max_replicas(make_deployment(replicas=before, surge=surge, unavailable="25%"))
    sets = [
        sized(f"set-{number}", size, DESIRED_REPLICAS=str(before), MAX_REPLICAS=str(most))
        for number, size in enumerate(sizes)
    ]
    after = proportions(deployment, sets)
    assert all(size >= 0 for size in after.values())
    allowed = max_replicas(deployment) if wanted else 0
    assert sum(after.values()) == allowed or (sum(after.values()) > allowed and 0 in after.values())


def test_a_set_is_saturated_when_both_sides_think_so():
    deployment = make_deployment(replicas=3)
    assert is_saturated(deployment, sized("new", 3, DESIRED_REPLICAS="3"))
    assert not is_saturated(deployment, sized("new", 3, DESIRED_REPLICAS="5"))
    assert not is_saturated(deployment, sized("new", 3))
    assert not is_saturated(deployment, sized("new", 2, DESIRED_REPLICAS="3"))
    assert not is_saturated(deployment, None)


def test_only_sets_with_pods_know_of_a_scaling():
    deployment = make_deployment(replicas=3)
    assert not is_scaled(
        deployment, [sized("new", 3, DESIRED_REPLICAS="3"), sized("old", 0, DESIRED_REPLICAS="9")]
    )
    assert not is_scaled(deployment, [sized("adopted", 2)])
    assert not is_scaled(deployment, [sized("odd", 2, DESIRED_REPLICAS="many")])
    assert is_scaled(deployment, [sized("new", 3, DESIRED_REPLICAS="4")])


def test_the_active_set_or_the_latest():
    early, late = sized("a", 0), sized("b", 0, "2026-11-24T09:00:00Z")
    assert find_active_or_latest(None, []) is None
    assert name_of(find_active_or_latest(None, [late, early])) == "b"
    assert name_of(find_active_or_latest(early, [late])) == "a"
    assert name_of(find_active_or_latest(early, [sized("c", 2)])) == "c"
    assert find_active_or_latest(sized("a", 1), [sized("c", 2)]) is None


def test_sets_of_one_size_are_ordered_by_age():
    sets = [sized("b", 2), sized("a", 2, "2026-11-24T07:00:00Z"), sized("big", 9, "2026-11-24T09:00:00Z")]
    assert [name_of(obj) for obj in largest_first(sets, newer_first=True)] == ["big", "b", "a"]
    assert [name_of(obj) for obj in largest_first(sets, newer_first=False)] == ["big", "a", "b"]


def with_template(obj, image, hashed="abc"):
    template = pod_template({"app": "kubia", HASH_LABEL: hashed}, image=image)
    return with_value(obj, ("spec", "template"), make_replica_set(template=template)["spec"]["template"])


def test_the_new_set_is_the_oldest_of_the_same_template_whatever_its_hash():
    deployment = make_deployment(image="luksa/kubia:v2")
    old = with_template(sized("old", 1), "luksa/kubia:v1")
    first = with_template(sized("first", 1), "luksa/kubia:v2", "abc")
    second = with_template(sized("second", 1, "2026-11-24T09:00:00Z"), "luksa/kubia:v2", "def")
    sets = [second, old, first]
    assert find_new(deployment, sets) is first
    assert [name_of(obj) for obj in find_old(sets, first)] == ["second", "old"]
    assert find_new(deployment, [old]) is None
    assert find_old([old], None) == [old]


def test_templates_are_the_same_where_go_knows_no_difference():
    template = make_deployment()["spec"]["template"]
    odd = {**template, "metadata": {**template["metadata"], "creationTimestamp": None}}
    assert same_template(template, odd)
    other = with_value(template, ("metadata", "annotations"), {"kubectl.kubernetes.io/restartedAt": "now"})
    assert not same_template(template, other)


def test_a_hash_is_of_safe_characters_and_of_the_whole_template():
    template = make_deployment()["spec"]["template"]
    hashed = template_hash(template, None)
    assert re.fullmatch("[bcdfghjklmnpqrstvwxz2456789]{1,10}", hashed)
    turned = {field: template[field] for field in reversed(template)}
    assert template_hash(turned, None) == hashed
    assert template_hash(make_deployment(image="luksa/kubia:v2")["spec"]["template"], None) != hashed
    assert len({template_hash(template, count) for count in (None, 1, 2)}) == 3


def test_a_set_is_called_like_its_deployment_and_its_template():
    assert replica_set_name(make_deployment(), "5c8f") == "kubia-5c8f"
    assert len(replica_set_name(make_deployment("a" * 253), "5c8f9d7b6d")) == 253


def test_annotations_are_copied_but_for_those_of_the_controller_itself():
    deployment = make_deployment(
        annotations={
            "kubernetes.io/change-cause": "v2",
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
            REVISION: "7",
        }
    )
    assert new_annotations(deployment, {"mine": "x"}, 3) == {
        "mine": "x",
        "kubernetes.io/change-cause": "v2",
        REVISION: "3",
    }


def test_a_set_that_comes_back_remembers_its_revisions():
    deployment = make_deployment()
    back = new_annotations(deployment, {REVISION: "1"}, 3)
    assert back == {REVISION: "3", REVISION_HISTORY: "1"}
    assert new_annotations(deployment, back, 5) == {REVISION: "5", REVISION_HISTORY: "1,3"}
    assert new_annotations(deployment, back, 3) == back
    # A later one was deleted since: a revision never goes back.
    assert new_annotations(deployment, {REVISION: "4"}, 2) == {REVISION: "4"}
    assert new_annotations(deployment, {REVISION: "ten"}, 2) == {REVISION: "ten"}


def test_a_long_history_forgets_its_beginning():
    annotations = {REVISION: "1"}
    for revision in range(2, 1200):
        annotations = new_annotations(make_deployment(), annotations, revision)
    history = annotations[REVISION_HISTORY]
    assert len(history) <= 2000
    assert history.endswith(",1198")
    assert not history.startswith("1,")


def test_what_a_set_remembers_of_the_size_of_its_deployment():
    deployment = make_deployment(replicas=10, surge="25%")
    assert replicas_annotations(deployment) == {DESIRED_REPLICAS: "10", MAX_REPLICAS: "13"}
    assert replicas(deployment) == 10
    assert revision_of(sized("a", 1, REVISION="12")) == 12
    assert revision_of(sized("a", 1, REVISION="twelve")) == 0
