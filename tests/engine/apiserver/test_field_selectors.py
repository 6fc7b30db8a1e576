"""By which fields objects can be selected, and how a selector is read."""

import pytest
from hypothesis import given
from hypothesis.strategies import dictionaries, sampled_from, text

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.field_selectors import parse_field_selector
from clusters.engine.apiserver.resources import BY_KIND, RESOURCES
from tests.engine.builders import make_node, make_store

POD = {
    "metadata": {"name": "kubia", "namespace": "default"},
    "spec": {
        "nodeName": "node-1",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "serviceAccountName": "robot",
        "hostNetwork": True,
    },
    "status": {"phase": "Running", "podIP": "10.244.0.5", "nominatedNodeName": "node-2"},
}
INVOLVED = {
    "kind": "Pod",
    "namespace": "default",
    "name": "kubia",
    "uid": "u-1",
    "apiVersion": "v1",
    "resourceVersion": "7",
    "fieldPath": "spec.containers{main}",
}
EVENT = {
    "metadata": {"name": "kubia.1", "namespace": "default"},
    "involvedObject": INVOLVED,
    "reason": "Started",
    "type": "Normal",
    "source": {"component": "kubelet", "host": "node-1"},
}
SCHEDULED = {
    "metadata": {"name": "kubia.2"},
    "involvedObject": {"kind": "Pod"},
    "source": {},
    "reportingComponent": "default-scheduler",
}


def selects(kind, selector, obj):
    return parse_field_selector(selector, BY_KIND[kind]).matches(obj)


def refusal(selector, kind="Pod"):
    with pytest.raises(StatusError) as refused:
        parse_field_selector(selector, BY_KIND[kind])
    assert (refused.value.code, refused.value.reason) == (400, "BadRequest")
    return refused.value.message


@pytest.mark.parametrize(
    ("kind", "obj", "field", "value"),
    [
        ("Pod", POD, "metadata.name", "kubia"),
        ("Pod", POD, "metadata.namespace", "default"),
        ("Pod", POD, "spec.nodeName", "node-1"),
        ("Pod", POD, "spec.host", "node-1"),
        ("Pod", POD, "spec.restartPolicy", "Always"),
        ("Pod", POD, "spec.schedulerName", "default-scheduler"),
        ("Pod", POD, "spec.serviceAccountName", "robot"),
        ("Pod", POD, "spec.hostNetwork", "true"),
        ("Pod", {"spec": {}}, "spec.hostNetwork", "false"),
        ("Pod", {"spec": {"hostNetwork": False}}, "spec.hostNetwork", "false"),
        ("Pod", POD, "status.phase", "Running"),
        ("Pod", POD, "status.podIP", "10.244.0.5"),
        ("Pod", POD, "status.nominatedNodeName", "node-2"),
        *(
            ("Event", EVENT, f"involvedObject.{part}", EVENT["involvedObject"][part])
            for part in EVENT["involvedObject"]
        ),
        ("Event", EVENT, "reason", "Started"),
        ("Event", EVENT, "type", "Normal"),
        ("Event", EVENT, "source", "kubelet"),
        ("Event", EVENT, "reportingComponent", ""),
        ("Event", SCHEDULED, "source", "default-scheduler"),
        ("Event", SCHEDULED, "reportingComponent", "default-scheduler"),
        ("Event", SCHEDULED, "involvedObject.namespace", ""),
        ("Node", {"metadata": {"name": "node-1"}}, "metadata.name", "node-1"),
        ("Node", {"spec": {"unschedulable": True}}, "spec.unschedulable", "true"),
        ("Node", {"spec": {}}, "spec.unschedulable", "false"),
        ("Namespace", {"status": {"phase": "Active"}}, "status.phase", "Active"),
        ("Service", {"spec": {"clusterIP": "None", "type": "ClusterIP"}}, "spec.clusterIP", "None"),
        ("Service", {"spec": {"clusterIP": "None", "type": "ClusterIP"}}, "spec.type", "ClusterIP"),
        ("Secret", {"type": "Opaque"}, "type", "Opaque"),
        ("ReplicationController", {"status": {"replicas": 3}}, "status.replicas", "3"),
        ("ReplicaSet", {"status": {"replicas": 0}}, "status.replicas", "0"),
        ("ReplicaSet", {}, "status.replicas", "0"),
        ("Deployment", {"metadata": {"name": "d"}}, "metadata.name", "d"),
    ],
)
def test_the_fields_of_a_kind(kind, obj, field, value):
    assert selects(kind, f"{field}={value}", obj)
    assert selects(kind, f"{field}=={value}", obj)
    assert not selects(kind, f"{field}!={value}", obj)
    assert not selects(kind, f"{field}={value}x", obj)
    assert selects(kind, f"{field}!={value}x", obj)


def test_every_term_must_hold():
    selector = "spec.nodeName=node-1,status.phase!=Succeeded,status.phase!=Failed"
    assert selects("Pod", selector, POD)
    assert not selects("Pod", selector, {**POD, "status": {"phase": "Failed"}})
    assert not selects("Pod", selector, {**POD, "spec": {"nodeName": "node-2"}})


@pytest.mark.parametrize("selector", ["", ",", ",,"])
def test_no_term_selects_everything(selector):
    assert parse_field_selector(selector, BY_KIND["Pod"]).terms == ()
    assert selects("Pod", selector, POD)


def test_an_empty_value_selects_what_lacks_the_field():
    assert selects("Pod", "spec.nodeName=", {"spec": {}})
    assert selects("Pod", "spec.nodeName=", {"spec": {"nodeName": None}})
    assert selects("Pod", "spec.nodeName=", {"spec": None})
    assert not selects("Pod", "spec.nodeName=", POD)
    assert selects("Pod", "spec.nodeName!=", POD)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"a\,b", "a,b"),
        (r"a\=b", "a=b"),
        (r"a\\b", r"a\b"),
        (r"\\", "\\"),
        (r"a\\\,b", r"a\,b"),
        ("a!b", "a!b"),
        (" a ", " a "),
    ],
)
def test_a_backslash_takes_the_meaning_from_the_next_character(written, meant):
    (term,) = parse_field_selector(f"metadata.name={written}", BY_KIND["Pod"]).terms
    assert term.value == meant


@given(text(max_size=20))
def test_any_value_can_be_written_with_backslashes(value):
    written = value.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=")
    selector = f"metadata.name={written},metadata.namespace=default"
    obj = {"metadata": {"name": value, "namespace": "default"}}
    assert selects("Pod", selector, obj)


@given(text(alphabet="metadata.name=!,\\ x", max_size=30))
def test_any_text_is_read_or_refused_as_bad(selector):
    codes = set()
    try:
        parse_field_selector(selector, BY_KIND["Pod"])
    except StatusError as error:
        codes.add(error.code)
    assert codes <= {400}


FIELDS = sampled_from(["spec.nodeName", "status.phase", "metadata.name"])


@given(dictionaries(FIELDS, sampled_from(["", "a", "node-1", "Running"])))
def test_the_order_of_terms_does_not_matter(wanted):
    terms = [f"{field}={value}" for field, value in wanted.items()]
    assert selects("Pod", ",".join(terms), POD) is selects("Pod", ",".join(reversed(terms)), POD)
    assert selects("Pod", ",".join(terms), POD) is all(selects("Pod", term, POD) for term in terms)


def test_a_list_of_one_name_is_known_as_such():
    selector = parse_field_selector("metadata.name=kubia,status.phase!=Failed", BY_KIND["Pod"])
    assert selector.required("metadata.name") == "kubia"
    assert selector.required("status.phase") is None
    assert selector.required("spec.nodeName") is None


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("spec.x=1", "field label not supported: spec.x"),
        ("=1", "field label not supported: "),
        ("metadata.labels=1", "field label not supported: metadata.labels"),
        ("metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'"),
        (
            "metadata.name=a,status.phase",
            "invalid selector: 'metadata.name=a,status.phase'; can't understand 'status.phase'",
        ),
        ("metadata.name===a", "invalid field selector: unescaped character in value: 61"),
        ("metadata.name=a=b", "invalid field selector: unescaped character in value: 61"),
        (r"metadata.name=a\b", r"invalid field selector: invalid escape sequence: \b"),
        ("metadata.name=a\\", "invalid field selector: invalid escape sequence: \\"),
    ],
)
def test_what_cannot_be_selected_is_refused_with_upstreams_words(selector, message):
    assert refusal(selector) == message


@pytest.mark.parametrize("kind", ["ConfigMap", "Deployment", "Lease", "ComponentStatus", "PodMetrics"])
def test_most_kinds_are_selected_by_name_only(kind):
    known = 'only "metadata.name", "metadata.namespace"'
    assert refusal("spec.x=1", kind) == f'"spec.x" is not a known field selector: {known}'


@pytest.mark.parametrize("kind", ["Node", "Namespace"])
def test_what_is_in_no_namespace_cannot_be_selected_by_it(kind):
    assert refusal("metadata.namespace=a", kind) == "field label not supported: metadata.namespace"


def test_every_kind_is_selected_by_its_name():
    for resource in RESOURCES:
        assert selects(resource.kind, "metadata.name=a", {"metadata": {"name": "a"}})


def test_a_stored_node_is_selected():
    store = make_store(make_node("node-1"))
    node = store.get("Node", "", "node-1")
    assert selects("Node", "metadata.name=node-1,spec.unschedulable=false", node)
