"""What is refused, and in which words: Kubernetes' own."""

import pytest

from clusters.engine import names
from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.objects import with_value
from tests.engine.apiserver.test_allocation import service
from tests.engine.apiserver.test_create import bare_controller, bare_pod, refusal
from tests.engine.builders import make_store

SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must"
    " start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is"
    r" '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and"
    " end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is"
    " '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
QUALIFIED = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
    " alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is"
    " '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
LABEL_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must"
    " start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used"
    " for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
NOT_A_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
NOT_AN_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"


def container(**fields):
    return {"name": "main", "image": "nginx", **fields}


def with_ports(*ports, **spec):
    return bare_pod(containers=[container(ports=list(ports))], **spec)


def labelled(obj, labels):
    return with_value(obj, ("metadata", "labels"), labels)


def node(**spec):
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "spec": spec}


def template(labels=None, **spec):
    return {"metadata": {"labels": labels or {"app": "kubia"}}, "spec": {"containers": [container()], **spec}}


def named(obj, name):
    return with_value(obj, ("metadata", "name"), name)


PODS = {
    "a name in capitals": (named(bare_pod(), "Web"), f'metadata.name: Invalid value: "Web": {SUBDOMAIN}'),
    "a name with HTML in it": (
        named(bare_pod(), "<b>web</b>"),
        f'metadata.name: Invalid value: "<b>web</b>": {SUBDOMAIN}',
    ),
    "a label key that is no name": (
        labelled(bare_pod(), {"-app": "x"}),
        f'metadata.labels: Invalid value: "-app": {QUALIFIED}',
    ),
    "a label key with an empty prefix": (
        labelled(bare_pod(), {"/app": "x"}),
        'metadata.labels: Invalid value: "/app": prefix part must be non-empty',
    ),
    "a label value with a blank": (
        labelled(bare_pod(), {"app": "my app"}),
        f'metadata.labels: Invalid value: "my app": {LABEL_VALUE}',
    ),
    "an annotation key that is no name": (
        with_value(bare_pod(), ("metadata", "annotations"), {"a b": "x"}),
        f'metadata.annotations: Invalid value: "a b": {QUALIFIED}',
    ),
    "annotations of more than 256 KiB": (
        with_value(bare_pod(), ("metadata", "annotations"), {"a": "x" * 262144}),
        "metadata.annotations: Too long: may not be more than 262144 bytes",
    ),
    "a finalizer of nobody": (
        with_value(bare_pod(), ("metadata", "finalizers"), ["hold"]),
        'metadata.finalizers[0]: Invalid value: "hold": name is neither a standard finalizer name nor is it'
        " fully qualified",
    ),
    "no containers": (bare_pod(containers=[]), "spec.containers: Required value"),
    "a container without a name": (
        bare_pod(containers=[{"image": "nginx"}]),
        "spec.containers[0].name: Required value",
    ),
    "a container without an image": (
        bare_pod(containers=[{"name": "main"}]),
        "spec.containers[0].image: Required value",
    ),
    "a container's name in capitals": (
        bare_pod(containers=[container(name="Main")]),
        f'spec.containers[0].name: Invalid value: "Main": {LABEL}',
    ),
    "a container's name with a dot": (
        bare_pod(containers=[container(name="a.b")]),
        'spec.containers[0].name: Invalid value: "a.b": must not contain dots',
    ),
    "two containers of one name": (
        bare_pod(containers=[container(), container()]),
        'spec.containers[1].name: Duplicate value: "main"',
    ),
    "an init container with a container's name": (
        bare_pod(initContainers=[container()]),
        'spec.initContainers[0].name: Duplicate value: "main"',
    ),
    "an image with a blank before it": (
        bare_pod(containers=[container(image=" nginx")]),
        'spec.containers[0].image: Invalid value: " nginx": must not have leading or trailing whitespace',
    ),
    "an unknown pull policy": (
        bare_pod(containers=[container(imagePullPolicy="Sometimes")]),
        'spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always",'
        ' "IfNotPresent", "Never"',
    ),
    "a port without a number": (
        with_ports({"name": "http"}),
        "spec.containers[0].ports[0].containerPort: Required value",
    ),
    "a port above 65535": (
        with_ports({"containerPort": 70000}),
        "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535,"
        " inclusive",
    ),
    "a negative port": (
        with_ports({"containerPort": -1}),
        "spec.containers[0].ports[0].containerPort: Invalid value: -1: must be between 1 and 65535,"
        " inclusive",
    ),
    "a port's name twice": (
        with_ports({"name": "http", "containerPort": 80}, {"name": "http", "containerPort": 81}),
        'spec.containers[0].ports[1].name: Duplicate value: "http"',
    ),
    "a port's name without a letter": (
        with_ports({"name": "80", "containerPort": 80}),
        'spec.containers[0].ports[0].name: Invalid value: "80": must contain at least one letter (a-z)',
    ),
    "a port's name that is too long": (
        with_ports({"name": "abcdefghijklmnop", "containerPort": 80}),
        'spec.containers[0].ports[0].name: Invalid value: "abcdefghijklmnop": must be no more than 15 bytes',
    ),
    "an unknown protocol": (
        with_ports({"containerPort": 80, "protocol": "tcp"}),
        'spec.containers[0].ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP",'
        ' "UDP"',
    ),
    "a host port twice": (
        with_ports({"containerPort": 80, "hostPort": 80}, {"containerPort": 81, "hostPort": 80}),
        'spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//80"',
    ),
    "another host port on the host's network": (
        with_ports({"containerPort": 80, "hostPort": 81}, hostNetwork=True),
        "spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when"
        " `hostNetwork` is true",
    ),
    "an unknown restart policy": (
        bare_pod(restartPolicy="Sometimes"),
        'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure",'
        ' "Never"',
    ),
    "a deadline of nothing": (
        bare_pod(activeDeadlineSeconds=0),
        "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
    ),
    "a node's name in capitals": (
        bare_pod(nodeName="Node"),
        f'spec.nodeName: Invalid value: "Node": {SUBDOMAIN}',
    ),
    "a variable without a name": (
        bare_pod(containers=[container(env=[{"value": "x"}])]),
        "spec.containers[0].env[0].name: Required value",
    ),
    "a mount of no volume": (
        bare_pod(containers=[container(volumeMounts=[{"name": "data", "mountPath": "/data"}])]),
        'spec.containers[0].volumeMounts[0].name: Not found: "data"',
    ),
    "a request above its limit": (
        bare_pod(containers=[container(resources={"requests": {"cpu": "2"}, "limits": {"cpu": "500m"}})]),
        'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit'
        " of 500m",
    ),
    "a resource that does not exist": (
        bare_pod(containers=[container(resources={"requests": {"gpu": "1"}})]),
        'spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for'
        " containers",
    ),
    "a negative amount": (
        bare_pod(containers=[container(resources={"requests": {"cpu": "-1"}})]),
        'spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0',
    ),
    "a probe that does nothing": (
        bare_pod(containers=[container(readinessProbe={"periodSeconds": 5})]),
        "spec.containers[0].readinessProbe: Required value: must specify a handler type",
    ),
    "a liveness probe that needs two successes": (
        bare_pod(
            containers=[container(livenessProbe={"exec": {"command": ["true"]}, "successThreshold": 2})]
        ),
        "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
    ),
    "a toleration of everything by value": (
        bare_pod(tolerations=[{"operator": "Equal", "value": "x"}]),
        'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty,'
        ' which means "match all values and all keys"',
    ),
    "a toleration for a while of something that does not evict": (
        bare_pod(tolerations=[{"key": "a", "operator": "Exists", "tolerationSeconds": 1}]),
        "spec.tolerations[0].effect: Invalid value: \"\": effect must be 'NoExecute' when"
        " `tolerationSeconds` is set",
    ),
}

CONTROLLERS = {
    "negative replicas": (
        bare_controller(replicas=-1),
        "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
    ),
    "a selector that the template does not match": (
        bare_controller(selector={"app": "other"}),
        'spec.template.metadata.labels: Invalid value: {"app":"kubia"}: `selector` does not match template'
        " `labels`",
    ),
    "no template": (
        {**bare_controller(), "spec": {"selector": {"app": "kubia"}}},
        "spec.template: Required value",
    ),
    "a template whose pods end": (
        bare_controller(template=template(restartPolicy="Never")),
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ),
    "a template with a deadline": (
        bare_controller(template=template(activeDeadlineSeconds=5)),
        "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicationController"
        " is not Supported",
    ),
    "a template without an image": (
        bare_controller(template=template(containers=[{"name": "main"}])),
        "spec.template.spec.containers[0].image: Required value",
    ),
    "a template with a bad label": (
        labelled(bare_controller(template=template({"app": "a b"})), {"app": "kubia"}),
        f'spec.template.labels: Invalid value: "a b": {LABEL_VALUE}',
    ),
}

SERVICES = {
    "no ports": (service(ports=[]), "spec.ports: Required value"),
    "two ports without names": (
        service(ports=[{"port": 80}, {"port": 81, "name": "b"}]),
        "spec.ports[0].name: Required value",
    ),
    "a port's name twice": (
        service(ports=[{"port": 80, "name": "a"}, {"port": 81, "name": "a"}]),
        'spec.ports[1].name: Duplicate value: "a"',
    ),
    "a port twice": (
        service(ports=[{"port": 80, "name": "a"}, {"port": 80, "name": "b"}]),
        'spec.ports[1]: Duplicate value: {"port":80,"protocol":"TCP"}',
    ),
    "a port above 65535": (
        service(ports=[{"port": 70000, "targetPort": 80}]),
        "spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive",
    ),
    "a target port that is no name": (
        service(ports=[{"port": 80, "targetPort": "HTTP"}]),
        'spec.ports[0].targetPort: Invalid value: "HTTP": must contain only alpha-numeric characters (a-z,'
        ' 0-9), and hyphens (-), spec.ports[0].targetPort: Invalid value: "HTTP": must contain at least one'
        " letter (a-z)",
    ),
    "an unknown type": (
        service(type="Balanced"),
        'spec.type: Unsupported value: "Balanced": supported values: "ClusterIP", "ExternalName",'
        ' "LoadBalancer", "NodePort"',
    ),
    "an address that is none": (
        service(clusterIP="web"),
        f'spec.clusterIPs[0]: Invalid value: "web": {NOT_AN_IP}',
    ),
    "a load balancer without an address inside": (
        service(type="LoadBalancer", clusterIP="None"),
        "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for LoadBalancer services",
    ),
    "a load balancer without an address inside, said in the list": (
        service(type="LoadBalancer", clusterIPs=["None"]),
        "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for LoadBalancer services",
    ),
    "two addresses of which the first is another": (
        service(clusterIP="web", clusterIPs=["10.96.0.10"]),
        'spec.clusterIPs: Invalid value: ["10.96.0.10"]: first value must match `clusterIP`',
    ),
    "an external name that is missing": (
        service(type="ExternalName"),
        "spec.externalName: Required value",
    ),
    "a policy for traffic from outside that never comes": (
        service(externalTrafficPolicy="Local"),
        'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible'
        " services",
    ),
    "a name with a dot": (
        named(service(), "a.b"),
        'metadata.name: Invalid value: "a.b": must not contain dots',
    ),
    "a bad selector": (
        service(selector={"app": "a b"}),
        f'spec.selector: Invalid value: "a b": {LABEL_VALUE}',
    ),
}

OTHERS = {
    "a namespace's name with a dot": (
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a.b"}},
        'metadata.name: Invalid value: "a.b": must not contain dots',
    ),
    "a node in a namespace": (
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n", "namespace": "default"}},
        "metadata.namespace: Forbidden: not allowed on this type",
    ),
    "a taint without an effect": (
        node(taints=[{"key": "a"}]),
        "metadata.taints[0].effect: Required value",
    ),
    "a range of addresses that is none": (
        node(podCIDR="10.244.1.0/33"),
        f'spec.podCIDRs[0]: Invalid value: "10.244.1.0/33": {NOT_A_CIDR}',
    ),
    "a range of addresses without its length": (
        node(podCIDR="10.244.1.0"),
        f'spec.podCIDRs[0]: Invalid value: "10.244.1.0": {NOT_A_CIDR}',
    ),
    "a second range of addresses that is none": (
        node(podCIDR="10.244.1.0/24", podCIDRs=["10.244.1.0/24", "<b>"]),
        f'spec.podCIDRs[1]: Invalid value: "<b>": {NOT_A_CIDR}',
    ),
    "endpoints without addresses": (
        {
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": {"name": "web", "namespace": "default"},
            "subsets": [{"ports": [{"port": 80}]}],
        },
        "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`",
    ),
    "endpoints that are no addresses": (
        {
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": {"name": "web", "namespace": "default"},
            "subsets": [{"addresses": [{"ip": "web"}]}],
        },
        f'subsets[0].addresses[0].ip: Invalid value: "web": {NOT_AN_IP}',
    ),
    "a slice without an address type": (
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": "web", "namespace": "default"},
        },
        "addressType: Required value",
    ),
    "an event in another namespace than its object": (
        {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": "e", "namespace": "default"},
            "involvedObject": {"namespace": "kube-system"},
        },
        'involvedObject.namespace: Invalid value: "kube-system": does not match event.namespace',
    ),
}


def cases(*tables):
    return [pytest.param(*case, id=sentence) for table in tables for sentence, case in table.items()]


@pytest.mark.parametrize(("obj", "said"), cases(PODS, CONTROLLERS, SERVICES, OTHERS))
def test_is_refused_and_nothing_is_stored(obj, said):
    store = make_store()
    error = refusal(verbs.create, store, obj)
    assert (error.code, error.reason) == (422, "Invalid")
    kind = obj["kind"] + (".discovery.k8s.io" if obj["kind"] == "EndpointSlice" else "")
    said = f"[{said}]" if len(error.details["causes"]) > 1 else said
    assert error.message == f'{kind} "{obj["metadata"]["name"]}" is invalid: {said}'
    assert store.changes == []


@pytest.mark.parametrize(
    "obj",
    [
        pytest.param(
            with_ports({"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}),
            id="one port by two protocols",
        ),
        pytest.param(
            bare_pod(
                containers=[
                    container(name="a", ports=[{"containerPort": 80}]),
                    container(name="b", ports=[{"containerPort": 80}]),
                ]
            ),
            id="two containers that want one port and will clash when they run",
        ),
        pytest.param(labelled(bare_pod(), {"example.com/App_1": ""}), id="a prefixed label without a value"),
        pytest.param(bare_pod(tolerations=[{"operator": "Exists"}]), id="a toleration of everything"),
        pytest.param(service(ports=[], clusterIP="None"), id="a headless service without ports"),
        pytest.param(
            service(ports=[], clusterIPs=["None"]), id="a headless service that says so in the list"
        ),
        pytest.param(named(service(), "1web"), id="a service whose name starts with a digit"),
        pytest.param(bare_controller(minReadySeconds=5), id="a controller that waits for its pods"),
    ],
)
def test_is_taken(obj):
    assert verbs.create(make_store(), obj)


def test_several_complaints_are_told_together():
    pod = named(bare_pod(containers=[{"name": "main"}], restartPolicy="x"), "Web")
    error = refusal(verbs.create, make_store(), pod)
    assert error.message.startswith('Pod "Web" is invalid: [metadata.name: Invalid value: "Web": ')
    assert [cause["field"] for cause in error.details["causes"]] == [
        "metadata.name",
        "spec.containers[0].image",
        "spec.restartPolicy",
    ]
    assert [cause["reason"] for cause in error.details["causes"]] == [
        "FieldValueInvalid",
        "FieldValueRequired",
        "FieldValueNotSupported",
    ]


def test_an_owner_must_be_named_in_full_and_only_one_controls():
    owner = {"apiVersion": "v1", "kind": "ReplicationController", "name": "a", "uid": "1", "controller": True}
    pod = with_value(bare_pod(), ("metadata", "ownerReferences"), [owner, {**owner, "uid": ""}])
    error = refusal(verbs.create, make_store(), pod)
    assert 'metadata.ownerReferences[1].uid: Invalid value: "": must not be empty' in error.message
    assert "Only one reference can have Controller set to true" in error.message


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (
            names.dns1123_subdomain,
            ["a", "a.b", "1-a", "a" * 253],
            ["", "-a", "a-", "a..b", "A", "a_b", "a" * 254],
        ),
        (names.dns1123_label, ["a", "1-a", "a" * 63], ["", "a.b", "-a", "a\n", "é", "a" * 64]),
        (names.label_key, ["app", "a.b/c", "A_b.c"], ["", "a/", "/a", "a/b/c", "a b", "A.b/c", "a" * 64]),
        (names.label_value, ["", "a", "A_b.c-1", "a" * 63], ["-a", "a-", "a b", "a" * 64]),
        (names.port_name, ["http", "a-1"], ["", "1", "a--b", "-a", "a-", "A"]),
        (names.environment_variable, ["PATH", "a-b.c", "_1"], ["", "a=b", "é", "a b", "1x", "..x", "."]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_names(check, good, bad):
    assert [value for value in good if check(value)] == []
    assert [value for value in bad if not check(value)] == []


def test_errors_are_exceptions_that_say_what_they_mean():
    error = refusal(verbs.get, make_store(), "EndpointSlice", "default", "web")
    assert isinstance(error, StatusError)
    assert str(error) == 'endpointslices.discovery.k8s.io "web" not found'
    assert error.status() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'endpointslices.discovery.k8s.io "web" not found',
        "reason": "NotFound",
        "details": {"name": "web", "group": "discovery.k8s.io", "kind": "endpointslices"},
        "code": 404,
    }


def test_a_pod_has_a_hundred_containers_at_most():
    def containers(count):
        return [container(name=f"c{number}") for number in range(count)]

    assert verbs.create(make_store(), bare_pod(containers=containers(100), initContainers=[]))
    error = refusal(verbs.create, make_store(), bare_pod(containers=containers(101)))
    assert error.message == (
        'Pod "web" is invalid: spec.containers: Too many: 101: must have at most 100 items'
    )
    controller = bare_controller(template=template(initContainers=containers(101)))
    error = refusal(verbs.create, make_store(), controller)
    assert [cause["reason"] for cause in error.details["causes"]] == ["FieldValueTooMany"]
