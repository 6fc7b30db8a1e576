"""What somebody inside a container changes: its files, and whether its process goes on.

Stands in for the writable layer of a container and for signals. Such files are part of the container's
state, so that probes see them; they go with the container. Left out: more than a few KiB of them.

Functions are verbs on a store; the kubelet hears of the change and looks at the pod.
"""

from collections.abc import Mapping
from typing import Final

from clusters.engine import base64_text
from clusters.engine.clock import quantise
from clusters.engine.kubelet.inside import Running, running_container
from clusters.engine.objects import Key, Object, with_value
from clusters.engine.store import Overlay

ROOM: Final = 16_384
"""Bytes that the files of a container may take together, as text."""
_TERMINATING: Final = frozenset({2, 3, 15})


def change_files(
    store: Overlay, pod: Key, container: str, id_: str, changes: Mapping[str, bytes | None]
) -> bool:
    """Write these files, and remove those that are None. Whether that was done: the container of that id
    still runs, and there is room."""
    running = _running(store, pod, container, id_)
    if running is None:
        return False
    texts = {path: None if text is None else base64_text.encode(text) for path, text in changes.items()}
    files = {**(running.state.get("files") or {}), **texts}
    if sum(len(path) + len(text or "") for path, text in files.items()) > ROOM:
        return False
    _set(store, running, {**running.state, "files": files, **_sooner(store, running)})
    return True


def send_signal(store: Overlay, pod: Key, container: str, id_: str, signal: int) -> bool:
    """Send a signal to process 1; from inside, it takes only those that it has a handler for."""
    running = _running(store, pod, container, id_)
    if running is None:
        return False
    process = running.process
    if signal in _TERMINATING and process.sigterm is not None:
        _dies(store, running, store.now + process.sigterm, process.sigterm_code)
    return True


def end_process(store: Overlay, pod: Key, container: str, id_: str, code: int) -> bool:
    """Process 1 has ended: it was a shell, and somebody typed `exit`."""
    running = _running(store, pod, container, id_)
    if running is not None:
        _dies(store, running, store.now, code)
    return running is not None


def _running(store: Overlay, key: Key, container: str, id_: str) -> Running | None:
    pod = store.get(*key)
    running = running_container(store, pod, container, store.now) if pod is not None else None
    return running if running is not None and running.id == id_ else None


def _dies(store: Overlay, running: Running, at: float, code: int) -> None:
    death = {"at": quantise(at), "code": code, "reason": "", "message": ""}
    before = running.state.get("dies")
    if before is None or death["at"] < before["at"]:
        _set(store, running, {**running.state, "dies": death})


def _sooner(store: Overlay, running: Running) -> Object:
    """Probes that have failed for long are run seldom: from now on they are run in time again."""
    memories = {}
    for kind, memory in (running.state.get("probes") or {}).items():
        period = (running.container.get(f"{kind}Probe") or {}).get("periodSeconds", 10)
        memories[kind] = {**memory, "next": min(memory["next"], quantise(store.now + period))}
    return {"probes": memories} if memories else {}


def _set(store: Overlay, running: Running, state: Object) -> None:
    path = ("simulation", "containers", running.container["name"])
    store.update(with_value(running.pod, path, state))
