"""The order in which Go's `sort.Sort` leaves what compares as equal.

Models `sort.Sort` and `sort.Slice` of Go's standard library (`zsortinterface.go`): a pattern-defeating
quicksort, which is not stable from 13 elements on, and always gives the same order for the same input.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

T = TypeVar("T")

_INSERTION: Final = 12
_NINTHER: Final = 50
_STEPS: Final = 5
_ALL_SWAPPED: Final = 12
_UINT64: Final = 2**64 - 1


def go_sorted(items: Iterable[T], key: Callable[[T], Any]) -> list[T]:
    """The items by their keys, those with equal keys where Go puts them."""
    rows = [(key(item), item) for item in items]
    _Sorter([row[0] for row in rows], rows).sort()
    return [item for _key, item in rows]


class _Sorter:
    """`keys` are compared, and `rows` moved with them."""

    def __init__(self, keys: list[Any], rows: list[Any]) -> None:
        self.keys = keys
        self.rows = rows

    def sort(self) -> None:
        size = len(self.keys)
        self._pdqsort(0, size, size.bit_length())

    def _less(self, i: int, j: int) -> bool:
        return bool(self.keys[i] < self.keys[j])

    def _swap(self, i: int, j: int) -> None:
        self.keys[i], self.keys[j] = self.keys[j], self.keys[i]
        self.rows[i], self.rows[j] = self.rows[j], self.rows[i]

    def _pdqsort(self, a: int, b: int, limit: int) -> None:
        balanced = partitioned = True
        while b - a > _INSERTION:
            if limit == 0:
                self._heap_sort(a, b)
                return
            if not balanced:
                self._break_patterns(a, b)
                limit -= 1
            pivot, hint = self._choose_pivot(a, b)
            if hint == "decreasing":
                self._reverse(a, b)
                pivot, hint = b - 1 - (pivot - a), "increasing"
            if balanced and partitioned and hint == "increasing" and self._partial_insertion_sort(a, b):
                return
            if a > 0 and not self._less(a - 1, pivot):
                a = self._partition_equal(a, b, pivot)
                continue
            middle, partitioned = self._partition(a, b, pivot)
            left, right = middle - a, b - middle
            balanced = min(left, right) >= (b - a) // 8
            if left < right:
                self._pdqsort(a, middle, limit)
                a = middle + 1
            else:
                self._pdqsort(middle + 1, b, limit)
                b = middle
        self._insertion_sort(a, b)

    def _insertion_sort(self, a: int, b: int) -> None:
        for i in range(a + 1, b):
            while i > a and self._less(i, i - 1):
                self._swap(i, i - 1)
                i -= 1

    def _heap_sort(self, a: int, b: int) -> None:
        size = b - a
        for i in range((size - 1) // 2, -1, -1):
            self._sift_down(i, size, a)
        for i in range(size - 1, -1, -1):
            self._swap(a, a + i)
            self._sift_down(0, i, a)

    def _sift_down(self, root: int, end: int, first: int) -> None:
        while (child := 2 * root + 1) < end:
            if child + 1 < end and self._less(first + child, first + child + 1):
                child += 1
            if not self._less(first + root, first + child):
                return
            self._swap(first + root, first + child)
            root = child

    def _partition(self, a: int, b: int, pivot: int) -> tuple[int, bool]:
        """Smaller ones before the pivot; its place, and whether nothing had to be moved for it."""
        self._swap(a, pivot)
        i, j, moved = a + 1, b - 1, False
        while True:
            while i <= j and self._less(i, a):
                i += 1
            while i <= j and not self._less(j, a):
                j -= 1
            if i > j:
                self._swap(j, a)
                return j, not moved
            self._swap(i, j)
            i, j, moved = i + 1, j - 1, True

    def _partition_equal(self, a: int, b: int, pivot: int) -> int:
        self._swap(a, pivot)
        i, j = a + 1, b - 1
        while True:
            while i <= j and not self._less(a, i):
                i += 1
            while i <= j and self._less(a, j):
                j -= 1
            if i > j:
                return i
            self._swap(i, j)
            i, j = i + 1, j - 1

    def _partial_insertion_sort(self, a: int, b: int) -> bool:
        """Whether a few moves were enough to sort it."""
        i = a + 1
        for _ in range(_STEPS):
            while i < b and not self._less(i, i - 1):
                i += 1
            if i == b:
                return True
            if b - a < _NINTHER:
                return False
            self._swap(i, i - 1)
            if i - a >= 2:
                self._shift(range(i - 1, 0, -1))
            if b - i >= 2:
                self._shift(range(i + 1, b))
        return False

    def _shift(self, places: range) -> None:
        for j in places:
            if not self._less(j, j - 1):
                return
            self._swap(j, j - 1)

    def _break_patterns(self, a: int, b: int) -> None:
        size = b - a
        random = size
        mask = (1 << size.bit_length()) - 1
        start = a + size // 4 * 2 - 1
        for i in range(3):
            random ^= random << 13 & _UINT64
            random ^= random >> 7
            random ^= random << 17 & _UINT64
            other = random & mask
            self._swap(start - 1 + i, a + (other - size if other >= size else other))

    def _choose_pivot(self, a: int, b: int) -> tuple[int, str]:
        quarter = (b - a) // 4
        places = [a + quarter, a + quarter * 2, a + quarter * 3]
        swaps = [0]
        if b - a >= _NINTHER:
            places = [self._median(at - 1, at, at + 1, swaps) for at in places]
        pivot = self._median(places[0], places[1], places[2], swaps)
        hints = {0: "increasing", _ALL_SWAPPED: "decreasing"}
        return pivot, hints.get(swaps[0], "unknown")

    def _median(self, a: int, b: int, c: int, swaps: list[int]) -> int:
        a, b = self._in_order(a, b, swaps)
        b, c = self._in_order(b, c, swaps)
        a, b = self._in_order(a, b, swaps)
        return b

    def _in_order(self, a: int, b: int, swaps: list[int]) -> tuple[int, int]:
        if not self._less(b, a):
            return a, b
        swaps[0] += 1
        return b, a

    def _reverse(self, a: int, b: int) -> None:
        while a < b - 1:
            self._swap(a, b - 1)
            a, b = a + 1, b - 1
