"""--sort-by, down to the order of what is equal."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.terminal.kubectl.printers.budget import TooMuchWorkError
from clusters.terminal.kubectl.printers.gosort import go_sorted
from clusters.terminal.kubectl.printers.sorter import UnsortableError, less, sort_objects, sort_table

VALUES = {
    "few": st.integers(0, 2),
    "many": st.integers(),
    "texts": st.sampled_from(["a", "b", "B", ""]),
    "quantities": st.sampled_from(["1Gi", "500Mi", "2", "100m", "1e3"]),
}


def pods(values):
    return [
        {
            "kind": "Pod",
            "apiVersion": "v1",
            "metadata": {"name": f"p{i}"},
            "spec": {} if value is None else {"v": value},
        }
        for i, value in enumerate(values)
    ]


def names(objects):
    return [obj["metadata"]["name"] for obj in objects]


@pytest.mark.parametrize("values", VALUES)
@settings(max_examples=10)
@given(data=st.data(), length=st.sampled_from([3, 12, 13, 40, 60, 150]))
def test_the_order_is_that_of_kubectl(stand_in, values, data, length):
    value = VALUES[values].filter(lambda v: not isinstance(v, int) or abs(v) < 2**63)
    drawn = data.draw(st.lists(value | st.none(), min_size=length, max_size=length))
    stand_in.objects = {
        "kind": "PodList",
        "apiVersion": "v1",
        "metadata": {},
        "items": pods([*drawn, data.draw(value)]),
    }
    real = stand_in.get("--sort-by", ".spec.v", "--no-headers", "-o", "custom-columns=N:.metadata.name")
    assert real.out.split() == names(sort_objects(stand_in.objects["items"], ".spec.v"))


@given(st.lists(st.integers(0, 20)))
def test_nothing_is_lost_and_all_is_in_order(values):
    assert go_sorted(values, int.__lt__) == sorted(values)


@given(st.lists(st.booleans(), min_size=13))
def test_a_comparison_that_always_says_yes_ends(values):
    assert sorted(go_sorted(values, lambda one, other: True)) == sorted(values)


def test_rows_are_sorted_by_their_objects():
    rows = [{"cells": [i], "object": obj} for i, obj in enumerate(pods(["2", "1500m", "1"]))]
    assert [row["cells"] for row in sort_table({"rows": rows}, "{.spec.v}")["rows"]] == [[2], [1], [0]]


def test_a_field_that_no_object_has_is_told():
    with pytest.raises(
        ValueError, match=r'^couldn\'t find any field with path "\{.spec.x\}" in the list of objects$'
    ):
        sort_objects(pods([1, 2]), "spec.x")


def test_a_path_that_is_none_is_told():
    with pytest.raises(ValueError, match=r"^sorting error: unterminated array$"):
        sort_table({"rows": []}, ".spec[")
    with pytest.raises(ValueError, match=r"^unexpected path string, expected a 'name1.name2'"):
        sort_objects(pods([1, 2]), "{.a}{.b}")


def test_one_object_is_in_order_whatever_the_field():
    assert names(sort_objects(pods([1]), "{{")) == ["p0"]


@pytest.mark.parametrize(
    ("one", "other", "complaint"),
    [
        ({}, {}, r"unsortable type: map\[string\]interface {}"),
        (True, False, "unsortable type: bool"),
        (1, "1", "unsortable interface: interface"),
    ],
)
def test_some_values_have_no_order(one, other, complaint):
    with pytest.raises(UnsortableError, match=f"^{complaint}$"):
        less(one, other)


def test_a_path_into_everything_of_many_objects_is_not_followed_to_its_end():
    objects = pods([{str(key): {} for key in range(3_000)}] * 300)
    with pytest.raises(TooMuchWorkError):
        sort_objects(objects, "{..}")
