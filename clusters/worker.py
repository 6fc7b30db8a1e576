"""The worker: lets the control planes of all clusters work, in turns.

How a cluster gets its turn:

1. It is *due*: its `wake_at` has come. Every commit of a person sets it to now, every pass of the control
   plane to the next time at which something waits, so the database always says what there is to do.
2. A nudge on the channel `reconcile` says so at once; a poll each second says so when the nudge was lost,
   and tells a worker that has just started everything at once.
3. The cluster goes to the end of the line. Its turn is one pass of at most 100 writes or 25 ms, one commit.
4. More to do: it goes to the end of the line again. Lost to somebody faster: the next pass is a quarter as
   long, not under 25 writes; each pass that wins may be twice as long again.
5. Nothing more to do: the worker sleeps until the exact time at which the next cluster is due.

A cluster whose pass raises is a bug in it: it rests, longer each time, and the others do not notice. The
worker itself is restarted when it fails, and needs to remember nothing.
"""

import asyncio
import heapq
import logging
import secrets
import time
from collections import deque
from functools import partial
from typing import Any, Final

from channels.layers import get_channel_layer
from channels.worker import Worker

from clusters import access, actions, announce, memory, storage
from clusters.models import Cluster
from clusters.writer import WORKER, writer

logger = logging.getLogger(__name__)

POLL: Final = 1.0
"""Seconds between two looks at the database for due clusters."""
LONGEST_PASS: Final = 100
SHORTEST_PASS: Final = 25
"""Writes."""
PASS_SECONDS: Final = 0.025
PURGE: Final = 3600.0
"""Seconds between two looks for clusters that nobody has touched for long, and sessions that have ended."""
LATE: Final = 0.001
"""Seconds by which to wake late rather than early: early, nothing would be due yet."""
RESTART_AFTER: Final = 1.0
LONGEST_REST: Final = 60.0
"""Seconds for which a cluster whose passes raise is left alone at most."""


class Reconciler:
    """Gives clusters their turns. Lives on one event loop; the passes run in the writer's thread."""

    def __init__(self) -> None:
        self.owner = secrets.token_hex(8)
        self._line: deque[str] = deque()
        self._waiting: set[str] = set()
        self._heap: list[tuple[float, str]] = []
        self._due: dict[str, float] = {}
        self._limits: dict[str, int] = {}
        self._failures: dict[str, int] = {}
        self._rests: dict[str, float] = {}
        self._purge_at = 0.0
        self._nudged = asyncio.Event()
        self._stopping = False

    def wake(self, cluster_id: str, at: float = 0.0) -> None:
        """The cluster is due at that wall time, by default at once."""
        at = max(at, self._rests.get(cluster_id, 0.0))
        if at <= time.time():
            if cluster_id not in self._waiting:
                self._waiting.add(cluster_id)
                self._line.append(cluster_id)
        elif at < self._due.get(cluster_id, float("inf")):
            self._due[cluster_id] = at
            heapq.heappush(self._heap, (at, cluster_id))
        self._nudged.set()

    def stop(self) -> None:
        """End after the pass that is under way."""
        self._stopping = True
        self._nudged.set()

    async def run(self) -> None:
        """Work until `stop`."""
        poll_at = 0.0
        while not self._stopping:
            if time.time() >= poll_at:
                await self._poll()
                poll_at = time.time() + POLL
            self._promote()
            if self._line:
                await self._turn(self._line.popleft())
            else:
                await self._sleep(poll_at)

    async def _poll(self) -> None:
        for cluster_id, wake_at in await asyncio.wrap_future(writer.submit(self._look, WORKER)):
            self.wake(cluster_id, wake_at)

    def _look(self) -> list[tuple[str, float]]:
        now = time.time()
        memory.sweep(now)
        if now >= self._purge_at:
            self._purge_at = now + PURGE
            for cluster in actions.untouched(now):
                writer.post(partial(actions.delete_cluster, cluster.id))
            writer.post(access.forget_sessions)
            writer.post(memory.thaw)
        return storage.due(now + POLL, self.owner)

    def _promote(self) -> None:
        now = time.time()
        while self._heap and self._heap[0][0] <= now:
            at, cluster_id = heapq.heappop(self._heap)
            if self._due.get(cluster_id) == at:
                del self._due[cluster_id]
                self.wake(cluster_id)

    async def _sleep(self, poll_at: float) -> None:
        self._nudged.clear()
        until = min(poll_at, self._heap[0][0] + LATE) if self._heap else poll_at
        try:
            async with asyncio.timeout(until - time.time()):
                await self._nudged.wait()
        except TimeoutError:
            pass

    async def _turn(self, cluster_id: str) -> None:
        self._waiting.discard(cluster_id)
        self._due.pop(cluster_id, None)
        limit = self._limits.get(cluster_id, LONGEST_PASS)
        try:
            done = await asyncio.wrap_future(actions.reconcile(cluster_id, self.owner, limit, PASS_SECONDS))
        except Cluster.DoesNotExist:
            self._forget(cluster_id)
        except Exception:
            logger.exception("Cluster %s: a pass of its control plane failed.", cluster_id)
            self._rest(cluster_id)
        else:
            if done is not None:
                self._passed(cluster_id, limit, done)

    def _passed(self, cluster_id: str, limit: int, done: actions.Pass) -> None:
        self._failures.pop(cluster_id, None)
        self._rests.pop(cluster_id, None)
        limit = max(limit // 4, SHORTEST_PASS) if done.lost else limit * 2
        self._limits[cluster_id] = limit
        if limit >= LONGEST_PASS:
            del self._limits[cluster_id]
        if done.more:
            self.wake(cluster_id)
        elif done.wake_at is not None:
            self.wake(cluster_id, done.wake_at)

    def _rest(self, cluster_id: str) -> None:
        failures = self._failures[cluster_id] = self._failures.get(cluster_id, 0) + 1
        self._rests[cluster_id] = time.time() + min(2.0 ** (failures - 1), LONGEST_REST)

    def _forget(self, cluster_id: str) -> None:
        for known in (self._limits, self._failures, self._rests):
            known.pop(cluster_id, None)


class ReconcileWorker(Worker):
    """Listens to the channel `reconcile`, and passes what it hears on to the Reconciler it runs."""

    def __init__(self) -> None:
        super().__init__(None, [announce.RECONCILE], get_channel_layer())
        self.reconciler = Reconciler()

    async def handle(self) -> None:
        """Work until `stop`; raises what made one of the two tasks fail."""
        listening = asyncio.create_task(self.listener(announce.RECONCILE))
        working = asyncio.create_task(self.reconciler.run())
        try:
            await asyncio.wait({listening, working}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (listening, working):
                task.cancel()
            results = await asyncio.gather(listening, working, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def listener(self, channel: str) -> None:
        """Hear nudges for ever. Messages without a type are none."""
        async for nudge in announce.received(channel):
            self.reconciler.wake(nudge["cluster"])


class Supervisor:
    """Keeps a worker running, and ends it cleanly."""

    def __init__(self) -> None:
        self._worker: ReconcileWorker | None = None
        self._stopped = False

    async def run(self) -> None:
        """Run a worker until `stop`; one that fails is replaced, and the new one asks the database."""
        while not self._stopped:
            self._worker = ReconcileWorker()
            try:
                await self._worker.handle()
            except Exception:
                logger.exception("The worker failed and is started again.")
                await asyncio.sleep(RESTART_AFTER)

    def stop(self, *_: Any) -> None:
        """Let the pass that is under way end, and no other begin."""
        self._stopped = True
        if self._worker is not None:
            self._worker.reconciler.stop()
