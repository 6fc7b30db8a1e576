"""The one thread of a process that reads and writes the tables of clusters.

Two threads that write to the same cluster would only take its revision from each other, and on SQLite
wait for each other's locks. So a process that serves people has one thread for it. What is queued is done
at once, a person's verb before a worker's pass; the clusters get their turns, so that nobody waits for all
that somebody else has asked for. Management commands and tests, which have no such thread, do the same work
in the calling thread, one at a time.
"""

import itertools
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from math import inf
from typing import Any, Final, TypeVar

from django.db import connection

logger = logging.getLogger(__name__)

T = TypeVar("T")

PERSON: Final = 0
WORKER: Final = 1
LATER: Final = 2
_STOP: Final = 3
_PATIENCE: Final = 4
"""Jobs of each cluster for which a job of the next class waits at most."""

Lane = tuple[int, str]
"""A class of jobs, and the cluster they are for. Those of a lane are done in the order in which they came."""


class Writer:
    """Runs jobs one after the other: in its own thread once started, else in the caller's."""

    def __init__(self) -> None:
        self._jobs: queue.PriorityQueue[tuple[float, int, int, float, Callable[[], None]]]
        self._jobs = queue.PriorityQueue()
        self._round = 0.0
        self._rounds: dict[Lane, float] = {}
        self._order = itertools.count()
        self._inline = threading.RLock()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread, unless it runs. Nobody may fork afterwards."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Do what is queued, close the thread's database connection, and end it."""
        thread = self._thread
        if thread is not None:
            self._put((_STOP, ""), lambda: None)
            thread.join()

    def submit(self, job: Callable[[], T], priority: int = PERSON, cluster: str = "") -> Future[T]:
        """Have a job done. The Future has its result or exception; async code awaits it by wrap_future.

        `cluster` is the one it writes to; reading takes little time, and is done in a turn of its own.
        """
        future: Future[T] = Future()

        def run() -> None:
            if future.set_running_or_notify_cancel():
                _settle(future, job)

        if self._thread is threading.current_thread():
            run()
        elif not self._put((priority, cluster), run):
            with self._inline:
                run()
        return future

    def post(self, job: Callable[[], object], priority: int = LATER) -> None:
        """Have a job done for which nobody waits: it gets its turn like any other, also when a job posts
        it, and what it raises is logged."""

        def run() -> None:
            try:
                job()
            except Exception:
                logger.exception("A job that nobody waits for failed.")

        if not self._put((priority, ""), run):
            with self._inline:
                run()

    def call(self, job: Callable[[], T], priority: int = PERSON, cluster: str = "") -> T:
        """Have a job done and wait for its result; for threads, never for an event loop.

        Raises what the job raises, and RuntimeError inside a transaction: on SQLite the caller's
        transaction and the writer's would wait for each other.
        """
        if self._thread not in (None, threading.current_thread()) and connection.in_atomic_block:
            raise RuntimeError("The writer cannot be waited for inside a transaction.")
        return self.submit(job, priority, cluster).result()

    def _put(self, lane: Lane, job: Callable[[], None]) -> bool:
        with self._starting:
            if self._thread is None:
                return False
            priority, at = lane[0], self._place(lane)
            key = at + _PATIENCE * priority if priority != _STOP else inf
            self._jobs.put((key, priority, next(self._order), at, job))
            return True

    def _place(self, lane: Lane) -> float:
        """The round of the lane's next job: in each round every lane has one."""
        if self._jobs.empty():
            self._rounds.clear()
        at = max(self._round, self._rounds.get(lane, 0.0))
        self._rounds[lane] = at + 1
        return at

    def _run(self) -> None:
        while self._next():
            # A connection is kept for as long as it works: to open one costs as much as a small commit, and
            # whoever closes the last one of an SQLite file copies its log.
            connection.close_at = None
            connection.close_if_unusable_or_obsolete()
        with self._starting:
            self._thread = None  # whoever comes now does it himself
        while not self._jobs.empty():
            self._next()
        connection.close()

    def _next(self) -> bool:
        _, priority, _, at, job = self._jobs.get()
        self._round = max(self._round, at)
        job()
        return priority != _STOP


def _settle(future: Future[Any], job: Callable[[], Any]) -> None:
    try:
        future.set_result(job())
    except BaseException as error:  # whoever waits for the future gets it, the thread goes on
        future.set_exception(error)


writer: Final = Writer()
"""The writer of this process."""
