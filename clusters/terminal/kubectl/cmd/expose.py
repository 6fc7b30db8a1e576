"""kubectl expose: a Service for pods, or for what makes them.

Models kubectl's `pkg/cmd/expose`.
"""

from collections.abc import Iterator
from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets, polymorphic
from clusters.terminal.kubectl.builder import Builder, Info
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.generate import (
    OVERRIDES,
    SAVE_CONFIG,
    Creation,
    atoi,
    collection,
    int_or_string,
    overridden,
    parse_labels,
)
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import string
from clusters.terminal.kubectl.record import RECORD, record
from clusters.terminal.kubectl.scheme import typed

_LONGEST_NAME: Final = 63
_AFFINITIES: Final = ("None", "ClientIP")


async def run(k: Kubectl) -> None:
    creation = Creation(k, "exposed")
    builder = Builder(
        k,
        namespace=k.namespace,
        enforce_namespace=k.enforce_namespace,
        filenames=k.flags["filename"],
        continue_on_error=True,
        flatten=True,
    )
    result = await (await builder.type_or_name_args(k.args)).build()
    exposure = _Exposure(k)

    async def visit(info: Info) -> None:
        service = typed(overridden(k, exposure.service(info)))
        record(k, service)
        if creation.dry_run == "client" and k.enforce_namespace:
            service["metadata"]["namespace"] = k.namespace
        await creation.create(service, collection(k, "services"), annotate=creation.dry_run != "client")

    await result.visit(visit)


class _Exposure:
    """Makes Services. As upstream, what was found out of one object is used for the next ones, too."""

    def __init__(self, k: Kubectl) -> None:
        self.k = k
        self.selector: str = k.flags["selector"]
        self.port: str = k.flags["port"]
        self.ports = ""
        self.protocols: dict[str, list[str]] = {}
        self.labels: str = k.flags["labels"]

    def service(self, info: Info) -> Object:
        """The Service for an object. Raises CommandError."""
        polymorphic.demand_exposable(info.mapping)
        self._look_into(info.obj)
        if not self.selector:
            raise CommandError("selector must be specified")
        metadata: Object = {"name": self.k.flags["name"] or info.name[:_LONGEST_NAME]}
        spec: Object = {"selector": parse_labels(self.selector)}
        if self.labels:
            metadata["labels"] = parse_labels(self.labels)
        spec["ports"] = list(self._service_ports())
        self._set_target(spec["ports"])
        self._set_options(spec)
        return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}

    def _look_into(self, obj: Object) -> None:
        if not self.selector:
            try:
                self.selector = _text(polymorphic.map_based_selector(obj))
            except CommandError as error:
                problem = "couldn't retrieve selectors via --selector flag or introspection"
                raise CommandError(f"{problem}: {error.message}") from error
        if not self.port:
            self._find_ports(polymorphic.ports(obj))
        self.protocols = polymorphic.protocols(obj) or self.protocols
        if not self.labels:
            self.labels = _text(obj["metadata"].get("labels") or {})

    def _find_ports(self, found: list[str]) -> None:
        if len(found) > 1:
            self.ports = ",".join(found)
        elif found:
            self.port = found[0]
        elif self.k.flags["cluster-ip"] != "None":
            raise CommandError("couldn't find port via --port flag or introspection")

    def _service_ports(self) -> Iterator[Object]:
        text = self.ports or self.port
        numbers = text.split(",") if text else []
        said = self.k.flags["protocol"]
        for index, number in enumerate(numbers, 1):
            port = atoi(number)
            name = f"port-{index}" if len(numbers) > 1 else ""
            known = self.protocols.get(number, ["TCP"])
            if said or len(known) == 1:
                yield {"name": name, "port": port, "protocol": said or known[0]}
                continue
            for protocol in known:
                yield {"name": f"port-{index}-{protocol.lower()}", "port": port, "protocol": protocol}

    def _set_target(self, ports: list[Object]) -> None:
        said = self.k.flags["target-port"]
        for port in ports:
            port["targetPort"] = int_or_string(said) if said else port["port"]

    def _set_options(self, spec: Object) -> None:
        flags = self.k.flags
        if flags["external-ip"]:
            spec["externalIPs"] = [flags["external-ip"]]
        if flags["type"]:
            spec["type"] = flags["type"]
        if flags["type"] == "LoadBalancer":
            spec["loadBalancerIP"] = flags["load-balancer-ip"]
        affinity = flags["session-affinity"]
        if affinity and affinity not in _AFFINITIES:
            raise CommandError(f"unknown session affinity: {affinity}")
        spec["sessionAffinity"] = affinity
        spec["clusterIP"] = flags["cluster-ip"]


def _text(labels: dict[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in labels.items())


COMMAND: Final = Command(
    "expose",
    run,
    (
        *flag_sets.PRINT,
        RECORD,
        string("protocol", about="TCP, UDP or SCTP"),
        string("port", about="the port of the Service"),
        string("type", about="ClusterIP, NodePort, LoadBalancer or ExternalName"),
        string("load-balancer-ip"),
        string("selector", about="labels of the pods"),
        string("labels", shorthand="l", about="labels of the Service"),
        string("target-port", about="name or number of the port of the containers"),
        string("external-ip"),
        string("name", about="the name of the Service"),
        string("session-affinity", about="None or ClientIP"),
        string("cluster-ip", about="its address, or None"),
        flag_sets.field_manager("kubectl-expose"),
        *OVERRIDES,
        flag_sets.DRY_RUN,
        SAVE_CONFIG,
        *flag_sets.FILENAMES,
    ),
    use="(-f FILENAME | TYPE NAME) [--port=port]",
    about="Make a Service for pods, or for what makes them.",
)
