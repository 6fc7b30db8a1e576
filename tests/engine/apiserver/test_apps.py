"""ReplicaSets and Deployments at the API server: what is filled in, and what is refused in which words."""

import copy

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.objects import REMOVE, with_value
from tests.engine.builders import make_store

PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or"
    " '93%', regex used"
    " for validation is '[0-9]+%')"
)
LABELS = {"app": "kubia"}


def bare(kind, **spec):
    """A manifest with nothing in it that is not needed."""
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "kubia", "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": LABELS},
            "template": {
                "metadata": {"labels": LABELS},
                "spec": {"containers": [{"name": "main", "image": "nginx"}]},
            },
            **spec,
        },
    }


def rolling(**fields):
    return bare("Deployment", strategy={"type": "RollingUpdate", "rollingUpdate": fields})


def refusal(obj, verb=verbs.create, store=None):
    store = store or make_store()
    revision = store.revision
    with pytest.raises(StatusError) as refused:
        verb(store, obj)
    assert store.revision == revision
    assert (refused.value.code, refused.value.reason) == (422, "Invalid")
    return refused.value


def test_a_deployment_is_rolled_out_a_quarter_at_a_time_unless_it_says_otherwise():
    made = verbs.create(make_store(), bare("Deployment"))
    spec = made["spec"]
    assert spec["replicas"] == 1
    assert spec["revisionHistoryLimit"] == 10
    assert spec["progressDeadlineSeconds"] == 600
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
    }
    assert spec["template"]["spec"]["restartPolicy"] == "Always"
    assert (made["metadata"]["generation"], made["status"]) == (1, {})
    assert "labels" not in made["metadata"]  # only ReplicationControllers take those of their template


def test_what_a_deployment_says_is_kept():
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2}}
    spec = verbs.create(make_store(), bare("Deployment", replicas=0, strategy=strategy))["spec"]
    assert spec["replicas"] == 0
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 2, "maxUnavailable": "25%"}
    recreate = verbs.create(make_store(), bare("Deployment", strategy={"type": "Recreate"}))
    assert recreate["spec"]["strategy"] == {"type": "Recreate"}


def test_a_replica_set_has_one_replica_unless_it_says_otherwise():
    made = verbs.create(make_store(), bare("ReplicaSet"))
    assert made["spec"]["replicas"] == 1
    assert made["status"] == {"replicas": 0}
    assert made["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] == "Always"


@pytest.mark.parametrize("kind", ["ReplicaSet", "Deployment"])
@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (
            {"selector": None},
            '[spec.selector: Required value, spec.template.metadata.labels: Invalid value: {"app":"kubia"}:'
            " `selector` does not match template `labels`]",
        ),
        ({"selector": {}}, "spec.selector: Invalid value: {}: empty selector is invalid for deployment"),
        (
            {"selector": {"matchLabels": {"app": "web"}}},
            'spec.template.metadata.labels: Invalid value: {"app":"kubia"}: `selector` does not'
            " match template"
            " `labels`",
        ),
        (
            {"selector": {"matchExpressions": [{"key": "app", "operator": "In"}]}},
            "[spec.selector.matchExpressions[0].values: Required value: must be specified when"
            " `operator` is 'In'"
            " or 'NotIn', spec.selector: Invalid value:"
            ' {"matchExpressions":[{"key":"app","operator":"In"}]}:'
            " invalid label selector]",
        ),
        (
            {"selector": {"matchExpressions": [{"key": "app", "operator": "Exists", "values": ["a"]}]}},
            "[spec.selector.matchExpressions[0].values: Forbidden: may not be specified when"
            " `operator` is 'Exists'"
            " or 'DoesNotExist', spec.selector: Invalid value:"
            ' {"matchExpressions":[{"key":"app","operator":'
            '"Exists","values":["a"]}]}: invalid label selector]',
        ),
        ({"replicas": -1}, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        (
            {"minReadySeconds": -1},
            "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0",
        ),
    ],
)
def test_both_kinds_refuse(kind, spec, said):
    error = refusal(bare(kind, **spec))
    assert error.message == f'{kind}.apps "kubia" is invalid: {said}'
    assert (error.details["kind"], error.details["group"]) == (kind, "apps")


@pytest.mark.parametrize(
    ("obj", "said"),
    [
        (rolling(maxSurge="half"), f'spec.strategy.rollingUpdate.maxSurge: Invalid value: "half": {PERCENT}'),
        (
            rolling(maxUnavailable=-1),
            "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: -1: must be greater"
            " than or equal to 0",
        ),
        (
            rolling(maxUnavailable="0%", maxSurge=0),
            'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when'
            " `maxSurge` is 0",
        ),
        (
            rolling(maxUnavailable="110%"),
            'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "110%": must not be'
            " greater than 100%",
        ),
        (
            bare("Deployment", strategy={"type": "Recreate", "rollingUpdate": {}}),
            "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
        ),
        (
            bare("Deployment", strategy={"type": "Canary"}),
            'spec.strategy: Unsupported value: {"RollingUpdate":null,"Type":"Canary"}:'
            ' supported values: "Recreate",'
            ' "RollingUpdate"',
        ),
        (
            bare("Deployment", revisionHistoryLimit=-1),
            "spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            bare("Deployment", minReadySeconds=600),
            "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds",
        ),
    ],
)
def test_a_deployment_refuses(obj, said):
    assert refusal(obj).message == f'Deployment.apps "kubia" is invalid: {said}'


def test_more_surge_than_everything_is_taken():
    assert verbs.create(make_store(), rolling(maxSurge="300%", maxUnavailable=0))


def test_a_template_is_of_pods_that_run_for_ever():
    obj = bare("Deployment")
    obj["spec"]["template"]["spec"] |= {"restartPolicy": "Never", "activeDeadlineSeconds": 5}
    assert refusal(obj).message == (
        'Deployment.apps "kubia" is invalid: [spec.template.spec.restartPolicy: Unsupported'
        ' value: "Never": supported'
        ' values: "Always", spec.template.spec.activeDeadlineSeconds: Forbidden:'
        " activeDeadlineSeconds in ReplicaSet"
        " is not Supported]"
    )


@pytest.mark.parametrize("kind", ["ReplicaSet", "Deployment"])
def test_without_a_template_there_is_nothing_to_run(kind):
    obj = with_value(bare(kind), ("spec", "template"), REMOVE)
    assert refusal(obj).message == (
        f'{kind}.apps "kubia" is invalid: [spec.template.metadata.labels: Invalid value: null:'
        " `selector` does not"
        " match template `labels`, spec.template.spec.containers: Required value]"
    )


@pytest.mark.parametrize("kind", ["ReplicaSet", "Deployment"])
def test_the_selector_stays_as_it_is(kind):
    store = make_store()
    made = verbs.create(store, bare(kind))
    wider = copy.deepcopy(made)
    wider["spec"]["selector"] = {"matchExpressions": [{"key": "app", "operator": "Exists"}]}
    assert refusal(wider, verbs.update, store).message == (
        f'{kind}.apps "kubia" is invalid: spec.selector: Invalid value:'
        ' {"matchExpressions":[{"key":"app","operator":"Exists"}]}: field is immutable'
    )
    other = with_value(made, ("spec", "selector"), {"matchLabels": {"app": "web"}})
    assert [cause["field"] for cause in refusal(other, verbs.update, store).details["causes"]] == [
        "spec.template.metadata.labels",
        "spec.selector",
    ]


@pytest.mark.parametrize("kind", ["ReplicaSet", "Deployment"])
def test_generations_count_what_is_asked_for_not_what_is_reported(kind):
    store = make_store()
    made = verbs.create(store, bare(kind))
    reported = verbs.update_status(store, {**made, "status": {"replicas": 1}})
    annotated = verbs.update(store, with_value(reported, ("metadata", "annotations"), {"a": "b"}))
    assert annotated["metadata"]["generation"] == 1
    scaled = verbs.scale(store, kind, "default", "kubia", 4)
    assert (scaled["metadata"]["generation"], scaled["spec"]["replicas"]) == (2, 4)
    assert scaled["status"] == {"replicas": 1}
