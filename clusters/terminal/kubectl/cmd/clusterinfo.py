"""kubectl cluster-info: where the control plane is.

Models kubectl's `pkg/cmd/clusterinfo`. Left out: dump.
"""

from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.kubectl import Kubectl

_SELECTOR: Final = "kubernetes.io/cluster-service=true"


async def run(k: Kubectl) -> None:
    namespace = k.namespace if k.enforce_namespace else "kube-system"
    path = f"/api/v1/namespaces/{namespace}/services"
    found = await k.client.get(path, labelSelector=_SELECTOR)
    k.out(f"Kubernetes control plane is running at {k.host.server}\n")
    for service in found["items"]:
        labels = service["metadata"].get("labels") or {}
        name = labels.get("kubernetes.io/name") or service["metadata"]["name"]
        k.out(f"{name} is running at {_link(k, service)}\n")
    k.out("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n")


def _link(k: Kubectl, service: Object) -> str:
    ports = service["spec"].get("ports") or ()
    ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress")
    if ingress:
        host = ingress[0].get("ip") or ingress[0].get("hostname", "")
        return "".join(f"http://{host}:{port['port']} " for port in ports)
    metadata = service["metadata"]
    name = metadata["name"]
    if ports:
        port = ports[0].get("name", "")
        secure = port == "https" or ports[0]["port"] == 443
        name = f"https:{name}:{port}" if secure else f"{name}:{port}" if port else name
    return f"{k.host.server}/api/v1/namespaces/{metadata['namespace']}/services/{name}/proxy"


COMMAND: Final = Command(
    "cluster-info",
    run,
    commands=(Command("dump", unsupported=True),),
    about="Where the control plane is.",
)
