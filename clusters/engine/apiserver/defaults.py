"""What an object's missing fields mean.

Models the `defaults.go` of `pkg/apis/core/v1` and `pkg/apis/apps/v1` and, for what a new object always
starts with, the `PrepareForCreate` of `pkg/registry/core/*/strategy.go`. Left out: defaults of fields that
neither the simulation nor kubectl reads, such as those of `lifecycle` and of image volumes.

Functions take an object of which nothing may be changed, and return one that shares what needed no
change.
"""

from typing import Any, Final

from clusters.engine import base64_text
from clusters.engine.objects import Object, labels_of, name_of, with_value

GRACE_PERIOD: Final = 30
"""Seconds that a pod gets to stop, unless it says otherwise."""

_READABLE: Final = 0o644
"""Of files in volumes, which manifests show in decimals."""
_VOLUMES: Final[dict[str, dict[str, Any]]] = {
    "configMap": {"defaultMode": _READABLE},
    "secret": {"defaultMode": _READABLE},
    "downwardAPI": {"defaultMode": _READABLE},
    "projected": {"defaultMode": _READABLE},
    "hostPath": {"type": ""},
    "azureDisk": {"kind": "Shared", "cachingMode": "ReadWrite", "fsType": "ext4", "readOnly": False},
    "iscsi": {"iscsiInterface": "default"},
    "rbd": {"pool": "rbd", "user": "admin", "keyring": "/etc/ceph/keyring"},
    "scaleIO": {"storageMode": "ThinProvisioned", "fsType": "xfs"},
}
"""What a volume's source does not say; kubectl relies on all of it."""
_TOKEN: Final = {"expirationSeconds": 3600}
_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_PROBE: Final = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_CONDITION: Final = {"type": "", "status": ""}
_ADDRESS: Final = {"type": "", "address": ""}


def namespace(obj: Object) -> Object:
    """A Namespace with its own name as a label, held by what is in it."""
    labels = {**labels_of(obj), "kubernetes.io/metadata.name": name_of(obj)}
    spec = {"finalizers": ["kubernetes"], **(obj.get("spec") or {})}
    return {**with_value(obj, ("metadata", "labels"), labels), "spec": spec}


def carry_over_namespace(obj: Object, before: Object) -> Object:
    """A new state of a Namespace that waits for what its old state waited for."""
    return {**obj, "spec": before["spec"]}


def node(obj: Object) -> Object:
    """A Node with a spec. A status that somebody wrote has what Go's structs always have."""
    obj = {**obj, "spec": obj.get("spec") or {}}
    for part, empty in (("conditions", _CONDITION), ("addresses", _ADDRESS)):
        found = (obj.get("status") or {}).get(part)
        if found:
            obj = with_value(obj, ("status", part), [{**empty, **item} for item in found])
    return obj


def carry_over_node(obj: Object, before: Object) -> Object:
    """A new state of a Node with the range of pod addresses that it once got."""
    kept = {part: before["spec"][part] for part in ("podCIDR", "podCIDRs") if part in before["spec"]}
    return {**obj, "spec": {**kept, **obj["spec"]}}


def pod_status(pod: Object) -> Object:
    """The status of a new pod."""
    return {"phase": "Pending", "qosClass": qos_class(pod.get("spec") or {})}


def qos_class(spec: Object) -> str:
    """Who is evicted first: as upstream's `ComputePodQOS`."""
    resources = [container.get("resources") or {} for container in spec.get("containers") or ()]
    if not any(found.get("limits") or found.get("requests") for found in resources):
        return "BestEffort"
    for found in resources:
        limits, requests = found.get("limits") or {}, found.get("requests") or {}
        if not {"cpu", "memory"} <= limits.keys() or any(
            requests.get(name, limits[name]) != limits[name] for name in ("cpu", "memory")
        ):
            return "Burstable"
    return "Guaranteed"


def replication_controller(obj: Object) -> Object:
    """A ReplicationController with one replica, its selector and labels from the template."""
    spec = {"replicas": 1, **_set_fields(obj.get("spec") or {})}
    template = spec.get("template")
    if not template:
        return {**obj, "spec": spec}
    spec["template"] = {**template, "spec": pod_spec(template.get("spec") or {})}
    labels = (template.get("metadata") or {}).get("labels")
    if labels and not spec.get("selector"):
        spec["selector"] = labels
    obj = {**obj, "spec": spec}
    if labels and not labels_of(obj):
        obj = with_value(obj, ("metadata", "labels"), labels)
    return obj


def replica_set(obj: Object) -> Object:
    """A ReplicaSet with one replica."""
    return _filled_template({"replicas": 1}, obj)


def deployment(obj: Object) -> Object:
    """A Deployment with one replica, rolled out a quarter at a time."""
    obj = _filled_template(
        {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600, "strategy": {}}, obj
    )
    strategy = {"type": "RollingUpdate", **_set_fields(obj["spec"]["strategy"])}
    if strategy["type"] == "RollingUpdate":
        given = _set_fields(strategy.get("rollingUpdate") or {})
        strategy["rollingUpdate"] = {"maxUnavailable": "25%", "maxSurge": "25%", **given}
    return with_value(obj, ("spec", "strategy"), strategy)


def service(obj: Object) -> Object:
    """A Service of type ClusterIP, whose target ports are its ports."""
    spec = {"type": "ClusterIP", "sessionAffinity": "None", **_set_fields(obj.get("spec") or {})}
    if spec["sessionAffinity"] == "ClientIP":
        spec.setdefault("sessionAffinityConfig", {"clientIP": {"timeoutSeconds": 10800}})
    if spec["type"] != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if spec.get("ports"):
        spec["ports"] = [_service_port(port) for port in spec["ports"]]
    return {**obj, "spec": spec}


def secret(obj: Object) -> Object:
    """A Secret of type Opaque, with its texts in `stringData` among the data, which never shows them."""
    texts = obj.get("stringData") or {}
    filled = {"type": "Opaque", **_set_fields(obj)}
    filled.pop("stringData", None)
    if texts:
        encoded = {key: base64_text.encode(text.encode()) for key, text in texts.items()}
        filled["data"] = {**(obj.get("data") or {}), **encoded}
    return filled


def endpoints(obj: Object) -> Object:
    """Endpoints whose ports are TCP."""
    subsets = [
        {**subset, "ports": [{"protocol": "TCP", **port} for port in subset["ports"]]}
        if subset.get("ports")
        else subset
        for subset in obj.get("subsets") or ()
    ]
    return {**obj, "subsets": subsets} if subsets else obj


def endpoint_slice(obj: Object) -> Object:
    """An EndpointSlice whose ports are TCP and have at least an empty name."""
    ports = [{"name": "", "protocol": "TCP", **port} for port in obj.get("ports") or ()]
    return {**obj, "endpoints": obj.get("endpoints") or [], "ports": ports}


def pod_spec(spec: Object) -> Object:
    """A PodSpec with everything that it does not say."""
    filled = {
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": GRACE_PERIOD,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
        "enableServiceLinks": True,
        **_set_fields(spec),
    }
    host_network = bool(filled.get("hostNetwork"))
    if filled.get("volumes"):
        filled["volumes"] = [_volume(volume) for volume in filled["volumes"]]
    for field in ("containers", "initContainers", "ephemeralContainers"):
        if filled.get(field):
            filled[field] = [_container(container, host_network) for container in filled[field]]
    return filled


def _volume(volume: Object) -> Object:
    """A volume that starts empty unless it says what it is made of."""
    filled = _set_fields(volume)
    if not filled.keys() - {"name"}:
        filled["emptyDir"] = {}
    for part in filled.keys() & _VOLUMES.keys():
        filled[part] = {**_VOLUMES[part], **_set_fields(filled[part])}
    if (filled.get("projected") or {}).get("sources"):
        sources = [_projection(source) for source in filled["projected"]["sources"]]
        filled["projected"] = {**filled["projected"], "sources": sources}
    return filled


def _projection(source: Object) -> Object:
    token = source.get("serviceAccountToken")
    if token is None:
        return source
    return {**source, "serviceAccountToken": {**_TOKEN, **_set_fields(token)}}


def _variable(variable: Object) -> Object:
    source = variable.get("valueFrom") or {}
    for part, default in (("fieldRef", {"apiVersion": "v1"}), ("resourceFieldRef", {"divisor": "0"})):
        if source.get(part) is not None:
            filled = {**default, **_set_fields(source[part])}
            variable = {**variable, "valueFrom": {**source, part: filled}}
    return variable


def image_pull_policy(image: str) -> str:
    """`Always` for an image whose tag is `latest` or missing, else `IfNotPresent`."""
    if "@" in image:
        return "IfNotPresent"
    tag = image.rsplit("/", 1)[-1].partition(":")[2]
    return "Always" if tag in ("", "latest") else "IfNotPresent"


def _filled_template(values: Object, obj: Object) -> Object:
    """The object with these values where its spec has none, and a pod template with everything in it."""
    spec = {**values, **_set_fields(obj.get("spec") or {})}
    template = spec.get("template") or {}
    spec["template"] = {**template, "spec": pod_spec(template.get("spec") or {})}
    return {**obj, "spec": spec}


def _container(container: Object, host_network: bool) -> Object:
    filled = {
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": image_pull_policy(container.get("image") or ""),
        **_set_fields(container),
    }
    if filled.get("ports"):
        filled["ports"] = [_container_port(port, host_network) for port in filled["ports"]]
    if any(variable.get("valueFrom") for variable in filled.get("env") or ()):
        filled["env"] = [_variable(variable) for variable in filled["env"]]
    limits = filled["resources"].get("limits")
    if limits:
        requests = {**limits, **(filled["resources"].get("requests") or {})}
        filled["resources"] = {**filled["resources"], "requests": requests}
    for probe in _PROBES:
        if filled.get(probe):
            filled[probe] = _probe(filled[probe])
    return filled


def _container_port(port: Object, host_network: bool) -> Object:
    filled = {"protocol": "TCP", **_set_fields(port)}
    if host_network:
        filled.setdefault("hostPort", filled.get("containerPort"))
    return filled


def _probe(probe: Object) -> Object:
    # In Go a number that is 0 is one that was not given.
    filled = {**probe, **{part: probe.get(part) or value for part, value in _PROBE.items()}}
    if filled.get("httpGet"):
        filled["httpGet"] = {"path": "/", "scheme": "HTTP", **filled["httpGet"]}
    if filled.get("grpc"):
        filled["grpc"] = {"service": "", **_set_fields(filled["grpc"])}
    return filled


def _service_port(port: Object) -> Object:
    filled = {"protocol": "TCP", **_set_fields(port)}
    if not filled.get("targetPort") and "port" in filled:
        filled["targetPort"] = filled["port"]
    return filled


def _set_fields(fields: dict[str, Any]) -> dict[str, Any]:
    # In Go an explicit null and an empty text are the same as nothing, so defaults apply to them.
    return {field: value for field, value in fields.items() if value is not None and value != ""}
