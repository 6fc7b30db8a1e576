"""Pages about objects, as `kubectl describe` prints them.

Models kubectl's `pkg/describe`. Left out: kinds that this API does not serve.
"""

from typing import Any, Final

from clusters.terminal.kubectl.describe import (
    namespaces,
    nodes,
    others,
    pods,
    services,
    workloads,
)
from clusters.terminal.kubectl.describe.prefix_writer import PrefixWriter
from clusters.terminal.kubectl.describe.request import Describer, DescriberSettings, Request
from clusters.terminal.kubectl.describe.unstructured import generic
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.restmapper import Mapping

__all__ = ["DescriberSettings", "describe", "pod_template_text"]

_DESCRIBERS: Final[dict[tuple[str, str], Describer]] = {
    ("", "Pod"): pods.pod,
    ("", "ReplicationController"): workloads.replication_controller,
    ("", "Secret"): others.secret,
    ("", "Service"): services.service,
    ("", "ServiceAccount"): others.service_account,
    ("", "Node"): nodes.node,
    ("", "ResourceQuota"): namespaces.resource_quota,
    ("", "Namespace"): namespaces.namespace,
    ("", "Endpoints"): services.endpoints,
    ("", "ConfigMap"): others.config_map,
    ("discovery.k8s.io", "EndpointSlice"): services.endpoint_slice,
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "ReplicaSet"): workloads.replica_set,
    ("policy", "PodDisruptionBudget"): others.pod_disruption_budget,
}
"""By group and kind; others are described field by field."""


async def describe(
    k: Kubectl, mapping: Mapping, namespace: str, name: str, settings: DescriberSettings
) -> str:
    """The page about an object. Raises StatusError for what the server refuses."""
    describer = _DESCRIBERS.get((mapping.group, mapping.kind), generic)
    w = PrefixWriter()
    await describer(Request(k, mapping, namespace, name, settings), w)
    return w.tabbed()


def pod_template_text(template: Any) -> str:
    """A pod template as `rollout history --revision` prints it: tabs between the columns, not aligned."""
    w = PrefixWriter()
    pods.describe_pod_template(template, w)
    return w.text()
