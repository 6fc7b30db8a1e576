"""kubectl autoscale, which makes a HorizontalPodAutoscaler; this server has none.

Models kubectl's `pkg/cmd/autoscale`: what it would create can be printed, and the server refuses it.
"""

import re
from typing import Final

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.quantity_text import canonical
from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.builder import Builder, Info
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.generate import SAVE_CONFIG, annotate_last_applied, collection, metadata
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.patches import write_query
from clusters.terminal.kubectl.pflag import integer, string
from clusters.terminal.kubectl.printing import Printer
from clusters.terminal.kubectl.record import RECORD, record

_UNITS: Final = {"cpu": "m", "memory": "Mi"}
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


async def run(k: Kubectl) -> None:
    dry_run = flag_sets.dry_run(k)
    _validate(k)
    builder = Builder(
        k,
        namespace=k.namespace,
        enforce_namespace=k.enforce_namespace,
        filenames=k.flags["filename"],
        flatten=True,
        continue_on_error=True,
    )
    result = await (await builder.type_or_name_args(k.args)).build()
    count = 0

    async def visit(info: Info) -> None:
        nonlocal count
        if "scale" not in info.mapping.subresources:
            resource = info.mapping.group_version_resource
            problem = f"could not find scale subresource for {resource} in discovery information"
            raise CommandError(f"cannot autoscale a {info.mapping.kind}: {problem}")
        await _autoscale(k, info, dry_run)
        count += 1

    await result.visit(visit)
    if not count:
        raise CommandError("no objects passed to autoscale")


def _validate(k: Kubectl) -> None:
    most, least = k.flags["max"], k.flags["min"]
    if most < 1:
        raise CommandError(f"--max=MAXPODS is required and must be at least 1, max: {most}")
    if most < least:
        raise CommandError(
            f"--max=MAXPODS must be larger or equal to --min=MINPODS, max: {most}, min: {least}"
        )
    if k.flags["cpu-percent"] > 0 and k.flags["cpu"]:
        raise CommandError("--cpu-percent and --cpu are mutually exclusive")
    _metrics(k)


async def _autoscale(k: Kubectl, info: Info, dry_run: str) -> None:
    """Try version 2 of the API, and then version 1 if that can say the same."""
    scaler = _scaler(k, info)
    record(k, scaler)
    if dry_run == "client":
        Printer(k, "created", dry_run).print(scaler)
        return
    if k.flags["save-config"]:
        annotate_last_applied(scaler)
    query = write_query(k, dry_run)
    try:
        made = await _create(k, scaler, query)
    except StatusError as error:
        if not k.flags["cpu"].endswith("%") or k.flags["memory"]:
            why = "" if k.flags["cpu"] else ": empty input"
            problem = "failed to create autoscaling/v2 HPA and the configuration is incompatible with"
            raise CommandError(f"{problem} autoscaling/v1{why or ': %!w(<nil>)'}") from error
        made = await _create(k, _as_version_1(scaler), query)
    Printer(k, "autoscaled", dry_run).print(made)


async def _create(k: Kubectl, scaler: Object, query: list[tuple[str, str]]) -> Object:
    path = collection(k, "horizontalpodautoscalers", f"/apis/{scaler['apiVersion']}")
    return await k.client.create(path, scaler, query)


def _scaler(k: Kubectl, info: Info) -> Object:
    """In Go's order: the scheme knows nothing of kinds that the server has not."""
    target = {"kind": info.mapping.kind, "name": info.name, "apiVersion": info.mapping.api_version}
    spec: Object = {"scaleTargetRef": target}
    if k.flags["min"] > 0:
        spec["minReplicas"] = k.flags["min"]
    spec["maxReplicas"] = k.flags["max"]
    metrics = _metrics(k)
    if metrics:
        spec["metrics"] = metrics
    return {
        "kind": "HorizontalPodAutoscaler",
        "apiVersion": "autoscaling/v2",
        "metadata": metadata(k, k.flags["name"] or info.name),
        "spec": spec,
        "status": {"desiredReplicas": 0, "currentMetrics": None},
    }


def _as_version_1(scaler: Object) -> Object:
    spec = {key: value for key, value in scaler["spec"].items() if key != "metrics"}
    return {**scaler, "apiVersion": "autoscaling/v1", "spec": spec, "status": {}}


def _metrics(k: Kubectl) -> list[Object]:
    percent = k.flags["cpu-percent"]
    targets = [("cpu", {"type": "Utilization", "averageUtilization": percent})] if percent > 0 else []
    targets += [(name, _target(name, k.flags[name])) for name in _UNITS if k.flags[name]]
    return [{"type": "Resource", "resource": {"name": name, "target": target}} for name, target in targets]


def _target(name: str, text: str) -> Object:
    """How much of it a pod is to use: `50%` of what it asks for, or an amount."""
    text = text.strip()
    if text.endswith("%"):
        number = text[:-1]
        if not re.fullmatch("[+]?[0-9]{1,9}", number):
            raise CommandError(f"invalid percentage value: {number}")
        return {"type": "Utilization", "averageUtilization": int(number)}
    if _NUMBER.fullmatch(text):
        text += _UNITS[name]
    try:
        return {"type": "AverageValue", "averageValue": canonical(text)}
    except ValueError as error:
        raise CommandError(f"invalid resource {name} value: {text}") from error


COMMAND: Final = Command(
    "autoscale",
    run,
    (
        RECORD,
        *flag_sets.PRINT,
        integer("min", -1, bits=32, about="how few pods there may be"),
        integer("max", -1, bits=32, about="how many pods there may be"),
        integer(
            "cpu-percent",
            -1,
            bits=32,
            deprecated=(
                "Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or "
                "'500m' for milliCPU)."
            ),
        ),
        string("cpu", about="how much CPU a pod is to use: 70% or 500m"),
        string("memory", about="how much memory a pod is to use: 70% or 200Mi"),
        string("name", about="the name of the autoscaler"),
        flag_sets.DRY_RUN,
        *flag_sets.FILENAMES,
        SAVE_CONFIG,
        flag_sets.field_manager("kubectl-autoscale"),
    ),
    required=("max",),
    use="(-f FILENAME | TYPE NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU]",
    about="Make an autoscaler, a kind that this server has not.",
)
