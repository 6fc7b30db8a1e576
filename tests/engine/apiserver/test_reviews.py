"""What the holder of a key may do, and what he is told about it."""

import pytest

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.resources import RESOURCES
from clusters.engine.apiserver.reviews import (
    Attributes,
    administrator,
    allows,
    authorize,
    self_subject_access_review,
    self_subject_review,
    self_subject_rules_review,
    service_account,
    viewer,
)

LEARNER = administrator("learner")
READER = viewer("reader")
ROBOT = service_account("blue", "robot", "1234", (("authentication.kubernetes.io/pod-name", "web"),))

EVERYTHING = [
    (resource.group, name, verb)
    for resource in RESOURCES
    for name, verbs in (
        (resource.plural, resource.verbs),
        *((f"{resource.plural}/{part.name}", part.verbs) for part in resource.subresources),
    )
    for verb in verbs
]
"""(group, resource, verb) of all that is served."""


def allowed(user, verb, group, resource):
    """What the user is told about himself, which must be what he meets with."""
    attributes = {"verb": verb, "group": group, "resource": resource, "namespace": "default"}
    told = self_subject_access_review(user, {"spec": {"resourceAttributes": attributes}})["status"]
    assert told == {"allowed": allows(user, Attributes(verb, group, resource, "default"))}
    return told["allowed"]


def rules_of(user):
    """The status of the review of all rules."""
    return self_subject_rules_review(user, {"spec": {"namespace": "default"}})["status"]


def listed(user, verb, group, resource):
    """Whether one of the rules says so, as RBAC reads them."""
    return any(
        {verb, "*"} & set(rule["verbs"])
        and {group, "*"} & set(rule["apiGroups"])
        and {resource, "*"} & set(rule["resources"])
        for rule in rules_of(user)["resourceRules"]
    )


@pytest.mark.parametrize(
    "verb", ["get", "list", "watch", "create", "update", "patch", "delete", "escalate", "*"]
)
def test_who_may_write_may_do_everything(verb):
    assert allowed(LEARNER, verb, "", "pods")
    assert allowed(LEARNER, verb, "example.com", "widgets/parts")


@pytest.mark.parametrize(
    ("verb", "resource", "expected"),
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
        ("create", "serviceaccounts/token", False),
        ("", "pods", False),
        ("*", "pods", False),
        ("get", "*", False),
    ],
)
def test_who_may_read_may_only_read(verb, resource, expected):
    assert allowed(READER, verb, "", resource) is expected


@pytest.mark.parametrize(("group", "resource", "verb"), EVERYTHING)
def test_who_may_read_may_read_all_that_can_be_read(group, resource, verb):
    streams = resource in ("pods/attach", "pods/exec", "pods/portforward")
    about_himself = resource.startswith("selfsubject")
    reads = verb in ("get", "list", "watch") and not streams
    assert allowed(READER, verb, group, resource) is (reads or about_himself)


@pytest.mark.parametrize(("group", "resource", "verb"), EVERYTHING)
def test_an_account_may_only_ask_about_itself(group, resource, verb):
    assert allowed(ROBOT, verb, group, resource) is resource.startswith("selfsubject")


@pytest.mark.parametrize("user", [LEARNER, READER, ROBOT], ids=lambda user: user.name)
def test_the_list_of_rules_says_the_same_as_each_answer(user):
    for group, resource, verb in EVERYTHING:
        assert listed(user, verb, group, resource) is allowed(user, verb, group, resource)
    assert rules_of(user)["incomplete"] is False


def test_who_may_write_has_the_rules_of_a_cluster_admin():
    rules = rules_of(LEARNER)
    assert rules["resourceRules"][0] == {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    assert rules["nonResourceRules"][0] == {"verbs": ["*"], "nonResourceURLs": ["*"]}


def test_rules_are_asked_for_in_a_namespace_and_answered_without_what_was_asked():
    with pytest.raises(StatusError) as refused:
        self_subject_rules_review(LEARNER, {"spec": {}})
    assert (refused.value.code, refused.value.message) == (400, "no namespace on request")
    review = {"kind": "SelfSubjectRulesReview", "metadata": {"name": "x"}, "spec": {"namespace": "blue"}}
    answered = self_subject_rules_review(LEARNER, review)
    assert (answered["kind"], answered["metadata"], answered["spec"]) == (review["kind"], {}, {})


def test_a_refusal_says_who_may_not_do_what_and_where():
    with pytest.raises(StatusError) as refused:
        authorize(READER, Attributes("delete", "apps", "deployments", "blue", "web"), "Deployment")
    assert refused.value.code == 403
    assert refused.value.message == (
        'deployments.apps "web" is forbidden: User "reader" cannot delete resource "deployments"'
        ' in API group "apps" in the namespace "blue"'
    )


@pytest.mark.parametrize(("part", "expected"), [("attach", False), ("log", True)])
def test_a_sub_resource_may_be_named_apart(part, expected):
    attributes = {"verb": "get", "resource": "pods", "subresource": part}
    review = self_subject_access_review(READER, {"spec": {"resourceAttributes": attributes}})
    assert review["status"] == {"allowed": expected}


@pytest.mark.parametrize(
    ("verb", "path", "expected"),
    [
        ("get", "/version", True),
        ("get", "/api", True),
        ("get", "/apis/apps/v1", True),
        ("get", "/apiserver", False),
        ("get", "/metrics", False),
        ("post", "/version", False),
        ("", "", False),
    ],
)
def test_everybody_may_read_the_paths_of_discovery(verb, path, expected):
    review = {"spec": {"nonResourceAttributes": {"verb": verb, "path": path, "x": ""}}}
    for user in (READER, ROBOT):
        assert self_subject_access_review(user, review)["status"] == {"allowed": expected}
    assert self_subject_access_review(LEARNER, review)["status"] == {"allowed": True}


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


def test_an_account_learns_its_groups_and_what_its_token_says():
    told = self_subject_review(ROBOT, {"kind": "SelfSubjectReview"})["status"]["userInfo"]
    assert told == {
        "username": "system:serviceaccount:blue:robot",
        "uid": "1234",
        "groups": ["system:serviceaccounts", "system:serviceaccounts:blue", "system:authenticated"],
        "extra": {"authentication.kubernetes.io/pod-name": ["web"]},
    }
