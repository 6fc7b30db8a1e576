"""The request that a person's change was, as the API server saw it: method and path.

The journal keeps what became of a request, not its line. A change is told as the PATCH that kubectl's
edit, scale, label and apply send; that of `kubectl replace` was a PUT.
"""

from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.changes import ADDED, DELETED, MODIFIED, Change
from clusters.engine.objects import Object, is_deleting, simulation_of, with_value
from clusters.web.widths import fit, text_width


def request_line(change: Change) -> str:
    """Such as `POST /api/v1/namespaces/default/pods`; "" for what is no request, such as a power switch."""
    resource = BY_KIND.get(change.key.kind)
    if resource is None or _is_switch(change):
        return ""
    path = f"/{'apis' if resource.group else 'api'}/{resource.api_version}"
    if resource.namespaced:
        path += f"/namespaces/{change.key.namespace}"
    path += f"/{resource.plural}"
    if change.verb == ADDED:
        return f"POST {path}"
    if change.verb == DELETED or is_deleting(change.object):
        return f"DELETE {path}/{change.key.name}"
    return f"PATCH {path}/{change.key.name}{'/scale' if _is_scaling(change) else ''}"


def short_line(line: str, width: float, size: float) -> str:
    """A request line within `width` px: the middle of its path goes first."""
    method, _space, path = line.partition(" ")
    parts = path.split("/")
    shorter = [f"/{parts[1]}/{parts[2]}/…/{parts[-1]}", f"/{parts[1]}/…/{parts[-1]}", f"…/{parts[-1]}"]
    for tried in (path, *(shorter if len(parts) > 4 else ())):
        if text_width(f"{method} {tried}", size) <= width:
            return f"{method} {tried}"
    return fit(f"{method} …/{parts[-1]}", width, size)


def _is_switch(change: Change) -> bool:
    """A machine that is switched on or off asks nobody."""
    if change.key.kind != "Node" or change.verb != MODIFIED:
        return False
    return change.previous is None or simulation_of(change.previous) != simulation_of(change.object)


def _is_scaling(change: Change) -> bool:
    before, after = change.previous, change.object.get("spec") or {}
    if before is None or before.get("spec") == after or "replicas" not in after:
        return False
    scaled: Object = with_value(before, ("spec", "replicas"), after["replicas"])
    return bool(scaled["spec"] == after)
