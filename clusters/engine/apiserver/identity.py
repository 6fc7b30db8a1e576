"""Remembers what was computed for the very same object.

A controller makes a thousand pods from one template, and a stored template is never changed: what was
found out about its spec once holds for all of them.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

from clusters.engine.objects import Object

T = TypeVar("T")


class IdentityCache(Generic[T]):
    """`compute`, called once for each object as long as it is among the last `size` ones.

    Only for objects that nobody changes. Safe to use from any thread: at worst something is computed
    twice.
    """

    def __init__(self, compute: Callable[[Object], T], size: int = 64) -> None:
        self._compute = compute
        self._size = size
        self._known: dict[int, tuple[Object, T]] = {}

    def __call__(self, obj: Object) -> T:
        known = self._known.get(id(obj))
        # The entry holds on to its object, so that no other can get the same id meanwhile.
        if known is not None and known[0] is obj:
            return known[1]
        result = self._compute(obj)
        if len(self._known) >= self._size:
            self._known = {}
        self._known[id(obj)] = obj, result
        return result
