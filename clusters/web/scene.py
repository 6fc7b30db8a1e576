"""One cluster as this process last saw it: its image, its history, and what it was up to.

Everything a page shows is drawn from a scene. It follows the journal: `catch_up` asks what is new since
the revision it has, and costs nothing when there is nothing.
"""

import time
from collections import deque
from dataclasses import dataclass, field, replace
from functools import partial
from threading import RLock
from typing import Final

from django.http import Http404

from clusters import journal, memory, steady, traffic
from clusters.engine.changes import DELETED, Change
from clusters.engine.cluster import clock_of
from clusters.engine.kubelet.loops import may_call
from clusters.engine.network.clients import KIND as CLIENT
from clusters.engine.objects import simulation_of, uid_of
from clusters.engine.store import MemoryStore
from clusters.models import Cluster
from clusters.web.activity import Activity, activity_of
from clusters.web.lineage import History
from clusters.web.map import GonePod
from clusters.web.past import Past, Until
from clusters.web.timescale import WINDOW
from clusters.web.traffic import Calling, Heard, next_heard

GHOSTS_FOR: Final = 6.0
"""Seconds of real time for which a pod that is gone leaves its outline on the map."""
UNUSED_FOR: Final = 60.0
"""Seconds after which a scene that nobody asks for is dropped."""
GHOSTS: Final = 200
"""Pods that are gone of which it is known where they were: somebody may call them again."""
EVERY: Final = 1.0
"""Seconds of real time between two looks at who calls whom."""
AT_ONCE: Final = 0.25
"""The same when somebody calls by hand."""


@dataclass(frozen=True, slots=True)
class Ghost:
    """A pod that is gone, and when that happened in real time."""

    pod: GonePod
    since: float


@dataclass(frozen=True, slots=True)
class Then:
    """A cluster as it was at a revision, to be drawn as a Scene is. `time` is simulated seconds."""

    cluster: str
    revision: int
    time: float
    image: MemoryStore
    history: History
    past: Until
    activity: Activity
    heard: Heard = field(default_factory=Heard)

    def ghosts(self) -> list[GonePod]:
        """What was gone is gone: an outline is for those who saw it go."""
        return []


class Scene:
    """A cluster and its recent past. Hold `lock` while using it; raises Cluster.DoesNotExist at first."""

    def __init__(self, cluster: str) -> None:
        self.cluster = cluster
        self.lock = RLock()
        self.used_at = time.monotonic()
        self.drawings: dict[object, object] = {}
        """What `render` keeps of its last drawings, by look."""
        self.image = MemoryStore()
        self.heard = Heard()
        self._heard_at = 0.0
        self._ring_count = 0
        self._asked_of: MemoryStore | None = None
        self._may_call = False
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
            self._observe(changes, time.time())

    def then(self, revision: int, time_: float = 0.0) -> Then:
        """The cluster as it was at that revision, when it came or later. Raises past.NotKeptError.

        A cluster is made in one commit: while it is not complete, there is nothing to be seen.
        """
        revision = max(1, self.past.begun, revision)
        moment = self.past.moment(revision)
        time_ = max(moment.time, time_)
        journal = self.past.until(revision)
        activity = activity_of(self.past.backwards(revision))
        return Then(self.cluster, revision, time_, moment.image, moment.history, journal, activity)

    @property
    def activity(self) -> Activity:
        """Who did what last."""
        return activity_of(self.past.backwards())

    def hear(self) -> float | None:
        """Take in who has called whom. Returns in how many seconds to do so again, None if nobody calls."""
        ring, now = traffic.of_cluster(self.cluster), time.monotonic()
        pause = EVERY if ring.count == self._ring_count else AT_ONCE
        if not self._anybody_calls(ring):
            return None
        if now < self._heard_at + pause:
            return self._heard_at + pause - now
        self._heard_at, self._ring_count = now, ring.count
        look = steady.look(self.cluster, self.heard.until)
        self.heard = next_heard(self.heard, look, self.image, self.history)
        return EVERY

    def _anybody_calls(self, ring: traffic.Ring) -> bool:
        """Whether there may be clients, or have been calls within the chart's window."""
        if self._asked_of is not self.image:
            self._asked_of, self._may_call = self.image, may_call(self.image)
        if self._may_call or self.heard.batches or self.heard.calling != Calling():
            return True
        last = max(self._clients_at, ring.calls[-1].time if ring.calls else 0.0)
        return last > clock_of(self.image).now(time.time()) - WINDOW

    def ghosts(self) -> list[GonePod]:
        """The pods whose outlines still show."""
        called, since = self.heard.calling.called, time.time() - GHOSTS_FOR
        return [
            replace(ghost.pod, called=ghost.pod.uid in called)
            for ghost in self._ghosts
            if ghost.since >= since or ghost.pod.uid in called
        ]

    def _load(self) -> None:
        self.image = memory.image(self.cluster)
        self.history = History()
        self.past = Past()
        self._ghosts: deque[Ghost] = deque(maxlen=GHOSTS)
        self._clients_at = 0.0
        # The journal may have gone on since; the rest comes with the next catch_up.
        rows = [row for row in journal.kept(self.cluster) if row.text and row.revision <= self.revision]
        self.past.load(rows, self.history, partial(self._note, since=0.0))

    def _observe(self, changes: list[Change], since: float) -> None:
        for change in changes:
            self.history.observe(change)
            self._note(change, since)
        self.past.extend(changes, self.image, self.history)

    def _note(self, change: Change, since: float) -> None:
        """Note what the map shows of it. Who comes later does not see the outlines of pods that are gone:
        `since` is when that is taken to have happened, in real time.
        """
        if change.key.kind == CLIENT:
            self._clients_at = change.time
        elif change.key.kind == "Pod" and change.verb == DELETED:
            self._note_ghost(change, since)

    def _note_ghost(self, change: Change, since: float) -> None:
        pod, slot = change.object, simulation_of(change.object).get("slot")
        if slot is not None:
            node, ip = pod["spec"].get("nodeName", ""), (pod.get("status") or {}).get("podIP", "")
            gone = GonePod(uid_of(pod), change.key.namespace, change.key.name, node, slot, ip)
            self._ghosts.append(Ghost(gone, since))


_scenes: dict[str, Scene] = {}
_scenes_lock: Final = RLock()


def sweep() -> None:
    """Drop the scenes that nobody has asked for lately, and who called whom in their clusters."""
    steady.sweep()
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


def scene_or_404(cluster: str) -> Scene:
    """As `scene_of`, for views. Raises Http404."""
    try:
        return scene_of(cluster)
    except Cluster.DoesNotExist as error:
        raise Http404 from error
