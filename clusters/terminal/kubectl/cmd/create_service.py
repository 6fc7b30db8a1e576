"""kubectl create service: clusterip, nodeport, loadbalancer, externalname.

Models kubectl's `pkg/cmd/create/create_service.go`, which has --save-config and does not look at it.
"""

import re
from typing import Final

from clusters.engine import names
from clusters.engine.objects import Object
from clusters.terminal.kubectl.cobra import Command, Run
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.generate import (
    CREATE_FLAGS,
    Creation,
    collection,
    metadata,
    name_from_args,
)
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import Flag, integer, string, strings
from clusters.terminal.kubectl.printers.gofmt import quote

_TCP: Final = strings("tcp", about="a port, or two: <port>:<targetPort>")
_PORT: Final = re.compile("[0-9]+")


def _runs(type_: str) -> Run:
    async def run(k: Kubectl) -> None:
        name = name_from_args(k)
        creation = Creation(k)
        _check(k, type_)
        made = _service(k, name, type_)
        failure = f"failed to create {type_} service"
        await creation.create(made, collection(k, "services"), failure, annotate=False)

    return run


def _check(k: Kubectl, type_: str) -> None:
    headless = type_ == "ClusterIP" and k.flags["clusterip"] == "None"
    if not headless and not k.flags["tcp"] and type_ != "ExternalName":
        raise CommandError("at least one tcp port specifier must be provided")
    if type_ == "ExternalName" and names.dns1123_subdomain(k.flags["external-name"]):
        raise CommandError(f"invalid service external name {k.flags['external-name']}")


def _service(k: Kubectl, name: str, type_: str) -> Object:
    labels = {"app": name}
    node_port = k.flags["node-port"] if type_ == "NodePort" else 0
    spec: Object = {
        "type": type_,
        "selector": labels,
        "ports": [_port(text, node_port) for text in k.flags["tcp"]],
    }
    if type_ == "ExternalName":
        spec["externalName"] = k.flags["external-name"]
    if type_ == "ClusterIP" and k.flags["clusterip"]:
        spec["clusterIP"] = k.flags["clusterip"]
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata(k, name, labels), "spec": spec}


def _port(text: str, node_port: int) -> Object:
    port, *target = text.split(":")
    number = _parse_port(port)
    return {
        "name": text.replace(":", "-"),
        "port": number,
        "targetPort": _parse_target(target[0]) if target else number,
        "protocol": "TCP",
        "nodePort": node_port,
    }


def _parse_port(text: str) -> int:
    """A port from 0 on, in the words of k8s.io/utils/net.ParsePort."""
    problem = f"strconv.ParseUint: parsing {quote(text)}: "
    if not _PORT.fullmatch(text):
        raise CommandError(problem + "invalid syntax")
    if int(text) > 65535:
        raise CommandError(problem + "value out of range")
    return int(text)


def _parse_target(text: str) -> int | str:
    if re.fullmatch("[+-]?[0-9]+", text):
        _demand(names.port_number(int(text)))
        return int(text)
    _demand(names.port_name(text))
    return text


def _demand(complaints: tuple[str, ...]) -> None:
    if complaints:
        raise CommandError(",".join(complaints))


def _command(name: str, type_: str, about: str, *flags: Flag) -> Command:
    required = ("external-name",) if type_ == "ExternalName" else ()
    return Command(
        name, _runs(type_), (*CREATE_FLAGS, _TCP, *flags), required=required, use="NAME", about=about
    )


COMMAND: Final = Command(
    "service",
    commands=(
        _command(
            "clusterip",
            "ClusterIP",
            "Make a Service with an address inside the cluster.",
            string("clusterip", about="its address, or None"),
        ),
        _command(
            "nodeport",
            "NodePort",
            "Make a Service with a port on every node.",
            integer("node-port", about="the port on the nodes"),
        ),
        _command("loadbalancer", "LoadBalancer", "Make a Service with a public address."),
        _command(
            "externalname",
            "ExternalName",
            "Make a Service that is another name of a host.",
            string("external-name", about="the name of the host"),
        ),
    ),
    aliases=("svc",),
    about="Make a Service.",
)
