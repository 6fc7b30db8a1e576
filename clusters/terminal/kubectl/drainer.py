"""Takes the pods off a node: which of them may go, and how they go.

Models kubectl's `pkg/drain` (drain.go, filters.go). As upstream, all pods are evicted at the same time.
"""

import asyncio
import math
from dataclasses import dataclass, field

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.clock import parse_rfc3339
from clusters.engine.objects import Object, annotations_of, controller_of, is_finished, name_of, namespace_of
from clusters.terminal.kubectl.errors import AggregateError, CommandError, KubectlError, is_not_found
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import format_duration
from clusters.terminal.kubectl.printers.gofmt import quote
from clusters.terminal.kubectl.printing import DRY_RUN, sentence

_INTERVAL = 1.0
_RETRY = 5.0
_MIRROR = "kubernetes.io/config.mirror"
_EMPTY_DIR = (
    "Pods with local storage (use --delete-emptydir-data to override)",
    "deleting Pods with local storage",
)
_UNMANAGED = (
    "Pods that declare no controller (use --force to override)",
    "deleting Pods that declare no controller",
)
_DAEMON_SET = (
    "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)",
    "ignoring DaemonSet-managed Pods",
)


@dataclass
class _Chosen:
    """The pods that are to go, and what is said of others, by what is said."""

    pods: list[Object] = field(default_factory=list)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)


class Drainer:
    """Drains nodes, as the flags of the line want it."""

    def __init__(self, k: Kubectl, dry_run: str) -> None:
        self.k = k
        self.dry_run = dry_run
        self.timeout: float = k.flags["timeout"] or math.inf

    async def drain(self, node: str) -> None:
        """Take its pods off a node. Raises CommandError."""
        chosen = await self._choose(node)
        if chosen.warnings:
            self.k.err(f"Warning: {'; '.join(_lines(chosen.warnings))}\n")
        if self.dry_run == "client":
            for pod in chosen.pods:
                self.k.out(f"evicting pod {namespace_of(pod)}/{name_of(pod)} (dry run)\n")
            return
        try:
            await self._take_off(chosen.pods)
        except KubectlError as error:
            await self._tell_pending(node, error)
            raise

    async def _choose(self, node: str) -> _Chosen:
        """Which pods may go. Raises CommandError if one must not."""
        query = [("fieldSelector", f"spec.nodeName={node}"), ("limit", str(self.k.flags["chunk-size"]))]
        if self.k.flags["pod-selector"]:
            query.append(("labelSelector", self.k.flags["pod-selector"]))
        found = await self.k.client.request("GET", "/api/v1/pods", query)
        pods = found["items"]
        while more := found["metadata"].get("continue"):
            found = await self.k.client.request("GET", "/api/v1/pods", [*query, ("continue", more)])
            pods += found["items"]
        chosen = _Chosen()
        for pod in pods:
            await self._look_at({"apiVersion": "v1", "kind": "Pod", **pod}, chosen)
        if chosen.errors:
            raise AggregateError([CommandError(f"cannot delete {said}") for said in _lines(chosen.errors)])
        return chosen

    async def _look_at(self, pod: Object, chosen: _Chosen) -> None:
        """The filters, of which the last that has something to say is heard."""
        if self._is_skipped(pod):
            return
        flags, name = self.k.flags, f"{namespace_of(pod)}/{name_of(pod)}"
        warning = ""
        if not is_finished(pod):
            controller = controller_of(pod)
            if controller is not None and controller["kind"] == "DaemonSet":
                why = await self._against_daemon_set(pod, controller)
                if why:
                    ignored = why == _DAEMON_SET[1]
                    (chosen.warnings if ignored else chosen.errors).setdefault(why, []).append(name)
                    return
            for concerns, allowed, said in (
                (_has_local_storage(pod), flags["delete-emptydir-data"], _EMPTY_DIR),
                (controller is None, flags["force"], _UNMANAGED),
            ):
                if concerns and not allowed:
                    chosen.errors.setdefault(said[0], []).append(name)
                    return
                # As upstream, a later filter that has nothing against a pod takes back the warning.
                warning = said[1] if concerns else ""
        if warning:
            chosen.warnings.setdefault(warning, []).append(name)
        chosen.pods.append(pod)

    async def _against_daemon_set(self, pod: Object, controller: Object) -> str:
        """What is said of a pod of a DaemonSet; "" if its DaemonSet is gone and --force is given."""
        try:
            path = f"/apis/apps/v1/namespaces/{namespace_of(pod)}/daemonsets/{controller['name']}"
            await self.k.client.get(path)
        except StatusError as error:
            return "" if is_not_found(error) and self.k.flags["force"] else error.message
        return _DAEMON_SET[self.k.flags["ignore-daemonsets"]]

    def _is_skipped(self, pod: Object) -> bool:
        return _MIRROR in annotations_of(pod) or self._ends_too_long(pod)

    def _ends_too_long(self, pod: Object) -> bool:
        limit, since = self.k.flags["skip-wait-for-delete-timeout"], pod["metadata"].get("deletionTimestamp")
        return limit > 0 and since is not None and int(self.k.host.now() - parse_rfc3339(since)) > limit

    async def _take_off(self, pods: list[Object]) -> None:
        if self.k.flags["disable-eviction"]:
            await self._delete(pods)
            return
        results = await asyncio.gather(*(self._evict(pod) for pod in pods), return_exceptions=True)
        errors: list[Exception] = []
        for result in results:
            if isinstance(result, KubectlError):
                errors.append(result)
            elif isinstance(result, BaseException):
                raise result
        if errors:
            raise AggregateError(errors)

    async def _evict(self, pod: Object) -> None:
        """Evict one pod, again and again while a budget is against it, and wait until it is gone."""
        k, name, namespace = self.k, name_of(pod), namespace_of(pod)
        end = k.host.now() + self.timeout
        where = f"{quote(name)} -n {quote(namespace)}"
        eviction = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": name, "namespace": namespace},
            "deleteOptions": self._options(),
        }
        while True:
            k.out(f"evicting pod {namespace}/{name}{DRY_RUN.get(self.dry_run, '')}\n")
            if k.host.now() >= end:
                limit = format_duration(self.timeout)
                raise CommandError(f"error when evicting pods/{where}: global timeout reached: {limit}")
            try:
                await k.client.create(f"{_path(pod)}/eviction", eviction)
                break
            except StatusError as error:
                if is_not_found(error):
                    return
                if error.code != 429:
                    raise CommandError(f"error when evicting pods/{where}: {error.message}") from error
                k.err(f"error when evicting pods/{where} (will retry after 5s): {error.message}\n")
            await k.host.sleep(_RETRY)
        if self.dry_run == "none":
            await self._wait_for_evicted(pod, end)

    async def _wait_for_evicted(self, pod: Object, end: float) -> None:
        try:
            await self._wait([pod], end, "evicted")
        except KubectlError as error:
            where = f"pod {quote(name_of(pod))} in namespace {quote(namespace_of(pod))}"
            raise CommandError(f"error when waiting for {where} to terminate: {error}") from error

    async def _delete(self, pods: list[Object]) -> None:
        for pod in pods:
            try:
                await self.k.client.delete(_path(pod), self._options())
            except StatusError as error:
                if not is_not_found(error):
                    raise
        if self.dry_run == "none":
            await self._wait(pods, self.k.host.now() + self.timeout, "deleted")

    async def _wait(self, pods: list[Object], end: float, done: str) -> None:
        """Wait until these pods are gone, and say of each that it is."""
        while True:
            pods = [pod for pod in pods if await self._is_there(pod, done)]
            if not pods:
                return
            if self.k.host.now() >= end:
                raise CommandError("context deadline exceeded")
            await self.k.host.sleep(_INTERVAL)

    async def _is_there(self, pod: Object, done: str) -> bool:
        try:
            found = await self.k.client.get(_path(pod))
        except StatusError as error:
            if not is_not_found(error):
                raise
            found = None
        if found is None or found["metadata"]["uid"] != pod["metadata"]["uid"]:
            self.k.out(sentence(pod, done, self.dry_run))
            return False
        if self._ends_too_long(found):
            limit = self.k.flags["skip-wait-for-delete-timeout"]
            self.k.out(
                f"pod {quote(name_of(pod))} has DeletionTimestamp older than {limit} seconds, skipping\n"
            )
            return False
        return True

    def _options(self) -> Object:
        options: Object = {}
        if self.k.flags["grace-period"] >= 0:
            options["gracePeriodSeconds"] = self.k.flags["grace-period"]
        if self.dry_run == "server":
            options["dryRun"] = ["All"]
        return options

    async def _tell_pending(self, node: str, error: Exception) -> None:
        try:
            chosen = await self._choose(node)
        except KubectlError as newer:
            self.k.err(f"Following errors occurred while getting the list of pods to delete:\n{newer}")
            return
        if chosen.pods:
            self.k.err(f"There are pending pods in node {quote(node)} when an error occurred: {error}\n")
            self.k.err("".join(f"pod/{name_of(pod)}\n" for pod in chosen.pods))


def _lines(said: dict[str, list[str]]) -> list[str]:
    return [f"{what}: {', '.join(names)}" for what, names in said.items()]


def _path(pod: Object) -> str:
    return f"/api/v1/namespaces/{namespace_of(pod)}/pods/{name_of(pod)}"


def _has_local_storage(pod: Object) -> bool:
    return any("emptyDir" in volume for volume in pod["spec"].get("volumes") or ())
