"""ConfigMaps, Secrets, ServiceAccounts and PodDisruptionBudgets.

Models their describers in kubectl's `pkg/describe/describe.go`.
"""

import base64
from typing import Any, Final

from clusters.engine.apiserver.tables.columns import number, part, parts, text
from clusters.engine.objects import Object
from clusters.terminal.kubectl.describe import fields
from clusters.terminal.kubectl.describe.prefix_writer import LEVEL_0, LEVEL_2, PrefixWriter
from clusters.terminal.kubectl.describe.request import Request

_TOKEN_SECRET: Final = "kubernetes.io/service-account-token"
_PULL_SECRETS: Final = "Image pull secrets:"


async def config_map(request: Request, w: PrefixWriter) -> None:
    """All its texts, and the sizes of what is no text."""
    found = await request.get()
    fields.name_and_namespace(w, found)
    fields.labels_and_annotations(w, found)
    w.write(LEVEL_0, "\nData\n====\n")
    data, binary = part(found, "data"), part(found, "binaryData")
    for key in sorted(data):
        w.write(LEVEL_0, f"{key}:\n----\n")
        w.write(LEVEL_0, f"{data[key]}\n")
        w.write(LEVEL_0, "\n")
    w.write(LEVEL_0, "\nBinaryData\n====\n")
    for key in sorted(binary):
        w.write(LEVEL_0, f"{key}: {len(_decoded(binary[key]))} bytes\n")
    w.write(LEVEL_0, "\n")
    await request.describe_events(found, w)


async def secret(request: Request, w: PrefixWriter) -> None:
    """The sizes of its values, and of a token for the API all."""
    found = await request.get()
    fields.name_and_namespace(w, found)
    fields.labels_and_annotations(w, found)
    w.write(LEVEL_0, f"\nType:\t{text(found, 'type')}\n")
    w.write(LEVEL_0, "\nData\n====\n")
    data = part(found, "data")
    for key in sorted(data):
        value = _decoded(data[key])
        is_token = key == "token" and text(found, "type") == _TOKEN_SECRET
        said = value.decode(errors="replace") if is_token else f"{len(value)} bytes"
        w.write(LEVEL_0, f"{key}:\t{said}\n")


def _decoded(value: Any) -> bytes:
    return base64.b64decode(value or "")


async def service_account(request: Request, w: PrefixWriter) -> None:
    """With the Secrets that it pulls images with."""
    found = await request.get()
    fields.name_and_namespace(w, found)
    fields.labels_and_annotations(w, found)
    header = _PULL_SECRETS
    for name in [text(each, "name") for each in parts(found, "imagePullSecrets")] or ["<none>"]:
        w.write(LEVEL_0, f"{header}\t{name}\n")
        header = " " * len(_PULL_SECRETS)
    await request.describe_events(found, w)


async def pod_disruption_budget(request: Request, w: PrefixWriter) -> None:
    """What it wants, and how its pods are."""
    found = await request.get()
    spec, status = part(found, "spec"), part(found, "status")
    fields.name_and_namespace(w, found)
    _wanted(spec, w)
    selector = spec.get("selector")
    said = fields.selector_text(selector) if isinstance(selector, dict) else fields.UNSET
    w.write(LEVEL_0, f"Selector:\t{said}\n")
    w.write(LEVEL_0, "Status:\n")
    for title, field in (
        ("Allowed disruptions", "disruptionsAllowed"),
        ("Current", "currentHealthy"),
        ("Desired", "desiredHealthy"),
        ("Total", "expectedPods"),
    ):
        w.write(LEVEL_2, f"{title}:\t{number(status, field)}\n")
    await request.describe_events(found, w)


def _wanted(spec: Object, w: PrefixWriter) -> None:
    for title, field in (("Min available", "minAvailable"), ("Max unavailable", "maxUnavailable")):
        if spec.get(field) is not None:
            w.write(LEVEL_0, f"{title}:\t{spec[field]}\n")
            return
