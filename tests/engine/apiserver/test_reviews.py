"""What the holder of a key may do, and what he is told about it."""

import pytest

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.reviews import (
    Attributes,
    User,
    allows,
    authorize,
    self_subject_access_review,
    self_subject_review,
)

LEARNER = User("learner", writes=True)
READER = User("reader", writes=False)


@pytest.mark.parametrize("verb", ["get", "list", "watch", "create", "update", "patch", "delete", "escalate"])
def test_who_may_write_may_do_everything(verb):
    assert allows(LEARNER, Attributes(verb, "", "pods"))


@pytest.mark.parametrize(
    ("verb", "resource", "allowed"),
    [
        ("get", "pods", True),
        ("list", "secrets", True),
        ("watch", "events", True),
        ("get", "pods/log", True),
        ("get", "pods/exec", False),
        ("create", "pods/exec", False),
        ("get", "pods/portforward", False),
        ("create", "pods", False),
        ("delete", "pods", False),
        ("deletecollection", "pods", False),
        ("patch", "deployments/scale", False),
        ("create", "selfsubjectreviews", True),
        ("create", "selfsubjectaccessreviews", True),
        ("", "pods", False),
    ],
)
def test_who_may_read_may_only_read(verb, resource, allowed):
    asked = Attributes(verb, "", resource, "default")
    assert allows(READER, asked) is allowed
    review = {"spec": {"resourceAttributes": {"verb": verb, "resource": resource}}}
    assert self_subject_access_review(READER, review)["status"]["allowed"] is allowed


def test_a_refusal_says_who_may_not_do_what_and_where():
    with pytest.raises(StatusError) as refused:
        authorize(READER, Attributes("delete", "apps", "deployments", "blue", "web"), "Deployment")
    assert refused.value.code == 403
    assert refused.value.message == (
        'deployments.apps "web" is forbidden: User "reader" cannot delete resource "deployments"'
        ' in API group "apps" in the namespace "blue"'
    )


def test_a_sub_resource_may_be_named_apart():
    attributes = {"verb": "get", "resource": "pods", "subresource": "attach"}
    review = self_subject_access_review(READER, {"spec": {"resourceAttributes": attributes}})
    assert review["status"] == {"allowed": False, "reason": "reader may only read"}


def test_paths_that_are_no_resources_may_be_read():
    review = {"spec": {"nonResourceAttributes": {"verb": "get", "path": "/version"}}}
    assert self_subject_access_review(READER, review)["status"] == {"allowed": True}


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({}, "spec.resourceAttributes"),
        (
            {"resourceAttributes": {"verb": "get"}, "nonResourceAttributes": {"verb": "get"}},
            "spec.nonResourceAttributes",
        ),
    ],
)
def test_a_review_asks_about_one_thing(spec, field):
    with pytest.raises(StatusError) as refused:
        self_subject_access_review(LEARNER, {"spec": spec})
    assert refused.value.code == 422
    assert refused.value.details["causes"][0]["field"] == field


def test_somebody_learns_who_he_is():
    told = self_subject_review(LEARNER, {"kind": "SelfSubjectReview"})["status"]["userInfo"]
    assert told == {"username": "learner", "groups": ["system:masters", "system:authenticated"]}
