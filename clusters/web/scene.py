"""One cluster as this process last saw it: its image, its history, and what it was up to.

Everything a page shows is drawn from a scene. It follows the journal: `catch_up` asks what is new since
the revision it has, and costs nothing when there is nothing.
"""

import time
from collections import deque
from dataclasses import dataclass
from threading import RLock
from typing import Final

from clusters import journal, memory
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.changes import DELETED, Change, by_person
from clusters.engine.cluster import INTERNAL_KINDS
from clusters.engine.objects import is_deleting, simulation_of, uid_of
from clusters.engine.store import MemoryStore
from clusters.web.lineage import History
from clusters.web.map import GonePod
from clusters.web.past import Past

GHOSTS_FOR: Final = 6.0
"""Seconds of real time for which a pod that is gone leaves its outline on the map."""
UNUSED_FOR: Final = 60.0
"""Seconds after which a scene that nobody asks for is dropped."""


@dataclass(frozen=True, slots=True)
class Ghost:
    """A pod that is gone, and when that happened in real time."""

    pod: GonePod
    since: float


class Scene:
    """A cluster and its recent past. Hold `lock` while using it; raises Cluster.DoesNotExist at first."""

    def __init__(self, cluster: str) -> None:
        self.cluster = cluster
        self.lock = RLock()
        self.used_at = time.monotonic()
        self.drawings: dict[object, object] = {}
        """What `render` keeps of its last drawings, by look."""
        self.image = MemoryStore()
        self._load()

    @property
    def revision(self) -> int:
        return self.image.revision

    def catch_up(self) -> None:
        """Take in what has happened since. Raises Cluster.DoesNotExist if the cluster was removed."""
        self.used_at = time.monotonic()
        image, changes = memory.follow(self.cluster, self.revision).result()
        if changes is None:
            self._load()
        else:
            self.image = image
            self._observe(changes)
            self._note_ghosts(changes)

    def ghosts(self) -> list[GonePod]:
        """The pods whose outlines still show."""
        while self._ghosts and self._ghosts[0].since < time.time() - GHOSTS_FOR:
            self._ghosts.popleft()
        return [ghost.pod for ghost in self._ghosts]

    def _load(self) -> None:
        self.image = memory.image(self.cluster)
        self.history = History()
        self.activity: dict[str, str] = {}
        self.past = Past()
        self._ghosts: deque[Ghost] = deque()
        # The journal may have gone on since; the rest comes with the next catch_up.
        past = journal.history(self.cluster)
        self._observe([change for change in past if change.revision <= self.revision])

    def _observe(self, changes: list[Change]) -> None:
        for change in changes:
            self.history.observe(change)
            self._note_activity(change)
        self.past.extend(changes)

    def _note_activity(self, change: Change) -> None:
        """What each part of the control plane did last, as the map shows it."""
        if change.key.kind in INTERNAL_KINDS:
            return
        if by_person(change.actor):
            deleted = change.verb == DELETED or is_deleting(change.object)
            verb = "DELETE" if deleted else {"ADDED": "POST"}.get(change.verb, "PUT")
            resource = BY_KIND.get(change.key.kind)
            self.activity["apiserver"] = f"{verb} {resource.plural if resource else change.key.kind}"
        elif change.actor == "default-scheduler" and change.key.kind == "Pod":
            node = change.object["spec"].get("nodeName")
            if node:
                self.activity["scheduler"] = f"{change.key.name.rsplit('-', 1)[-1]} → {node}"

    def _note_ghosts(self, changes: list[Change]) -> None:
        """Only pods that go while somebody looks leave an outline: when the others went nobody knows."""
        for change in changes:
            slot = simulation_of(change.object).get("slot")
            if change.verb == DELETED and change.key.kind == "Pod" and slot is not None:
                pod = change.object
                node, ip = pod["spec"].get("nodeName", ""), (pod.get("status") or {}).get("podIP", "")
                gone = GonePod(uid_of(pod), change.key.namespace, change.key.name, node, slot, ip)
                self._ghosts.append(Ghost(gone, time.time()))


_scenes: dict[str, Scene] = {}
_scenes_lock: Final = RLock()


def sweep() -> None:
    """Drop the scenes that nobody has asked for lately."""
    with _scenes_lock:
        now = time.monotonic()
        for known in [name for name, scene in _scenes.items() if scene.used_at < now - UNUSED_FOR]:
            del _scenes[known]


def scene_of(cluster: str) -> Scene:
    """The scene of that cluster, shared by all who look at it. Raises Cluster.DoesNotExist."""
    sweep()
    with _scenes_lock:
        if cluster in _scenes:
            return _scenes[cluster]
    scene = Scene(cluster)
    with _scenes_lock:
        return _scenes.setdefault(cluster, scene)
