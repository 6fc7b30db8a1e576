"""Sorts as Go does, down to the order of what is equal.

Models `sort.Sort` of Go, pattern-defeating quicksort: it is not stable, and kubectl's comparisons are not
even consistent where a field is missing, so only the same steps lead to the same order.
"""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_MAX_INSERTION: Final = 12
_SHORTEST_NINTHER: Final = 50
_SHORTEST_SHIFTING: Final = 50
_MOST_SHIFTS: Final = 5
_MOST_SWAPS: Final = 12
_UINT64: Final = 2**64 - 1


def go_sorted(items: list[T], is_less: Callable[[T, T], bool]) -> list[T]:
    """The items in the order in which `sort.Sort` would leave them."""
    sorter = _Sorter(items, is_less)
    sorter.quicksort(0, len(items), len(items).bit_length())
    return sorter.data


class _Sorter(Generic[T]):
    """All ranges are from a up to, but not including, b."""

    def __init__(self, items: list[T], is_less: Callable[[T, T], bool]) -> None:
        self.data = list(items)
        self._is_less = is_less
        self._swaps = 0

    def less(self, i: int, j: int) -> bool:
        return self._is_less(self.data[i], self.data[j])

    def swap(self, i: int, j: int) -> None:
        self.data[i], self.data[j] = self.data[j], self.data[i]

    def quicksort(self, a: int, b: int, limit: int) -> None:
        """Sorts a range; after `limit` bad pivots by a heap."""
        was_balanced = was_partitioned = True
        while b - a > _MAX_INSERTION:
            if not limit:
                self._heapsort(a, b)
                return
            if not was_balanced:
                self._break_patterns(a, b)
                limit -= 1
            pivot, increasing = self._pivot(a, b)
            if was_balanced and was_partitioned and increasing and self._partial_insertion_sort(a, b):
                return
            if a > 0 and not self.less(a - 1, pivot):
                a = self._partition_equal(a, b, pivot)
                continue
            middle, was_partitioned = self._partition(a, b, pivot)
            was_balanced = min(middle - a, b - middle) >= (b - a) // 8
            if middle - a < b - middle:
                self.quicksort(a, middle, limit)
                a = middle + 1
            else:
                self.quicksort(middle + 1, b, limit)
                b = middle
        self._insertion_sort(a, b)

    def _insertion_sort(self, a: int, b: int) -> None:
        for i in range(a + 1, b):
            self._shift_left(i, a)

    def _shift_left(self, i: int, a: int) -> None:
        while i > a and self.less(i, i - 1):
            self.swap(i, i - 1)
            i -= 1

    def _pivot(self, a: int, b: int) -> tuple[int, bool]:
        """Where the pivot is, and whether the range seems to be in order; one in reverse is turned round."""
        length = b - a
        self._swaps = 0
        places = [a + length // 4 * quarter for quarter in (1, 2, 3)]
        if length >= _SHORTEST_NINTHER:
            places = [self._median(place - 1, place, place + 1) for place in places]
        pivot = self._median(*places)
        if self._swaps == _MOST_SWAPS:
            self.data[a:b] = self.data[a:b][::-1]
            return (b - 1) - (pivot - a), True
        return pivot, not self._swaps

    def _median(self, a: int, b: int, c: int) -> int:
        a, b = self._in_order(a, b)
        b, c = self._in_order(b, c)
        return self._in_order(a, b)[1]

    def _in_order(self, a: int, b: int) -> tuple[int, int]:
        if not self.less(b, a):
            return a, b
        self._swaps += 1
        return b, a

    def _partial_insertion_sort(self, a: int, b: int) -> bool:
        """Puts right a range that is almost in order; False if it is not after a few shifts."""
        i = a + 1
        for _ in range(_MOST_SHIFTS):
            while i < b and not self.less(i, i - 1):
                i += 1
            if i == b:
                return True
            if b - a < _SHORTEST_SHIFTING:
                return False
            self.swap(i, i - 1)
            if i - a >= 2:
                self._shift_left(i - 1, 0)
            if b - i >= 2:
                self._shift_right(i + 1, b)
        return False

    def _shift_right(self, i: int, b: int) -> None:
        while i < b and self.less(i, i - 1):
            self.swap(i, i - 1)
            i += 1

    def _partition(self, a: int, b: int, pivot: int) -> tuple[int, bool]:
        """What is less goes before the pivot. Where that is then, and whether it was so already."""
        self.swap(a, pivot)
        i, j = self._meet(a + 1, b - 1, a)
        already = i > j
        while i <= j:
            self.swap(i, j)
            i, j = self._meet(i + 1, j - 1, a)
        self.swap(j, a)
        return j, already

    def _meet(self, i: int, j: int, pivot: int) -> tuple[int, int]:
        while i <= j and self.less(i, pivot):
            i += 1
        while i <= j and not self.less(j, pivot):
            j -= 1
        return i, j

    def _partition_equal(self, a: int, b: int, pivot: int) -> int:
        """What equals the pivot goes before what is greater. Where that begins."""
        self.swap(a, pivot)
        i, j = a + 1, b - 1
        while True:
            while i <= j and not self.less(a, i):
                i += 1
            while i <= j and self.less(a, j):
                j -= 1
            if i > j:
                return i
            self.swap(i, j)
            i, j = i + 1, j - 1

    def _break_patterns(self, a: int, b: int) -> None:
        """Scatters three items, by numbers that only depend on the length."""
        length = b - a
        random = length
        modulus = 1 << length.bit_length()
        middle = a + length // 4 * 2 - 1
        for i in range(3):
            random ^= random << 13 & _UINT64
            random ^= random >> 7
            random ^= random << 17 & _UINT64
            other = random & (modulus - 1)
            self.swap(middle + i, a + (other - length if other >= length else other))

    def _heapsort(self, a: int, b: int) -> None:
        length = b - a
        for i in range((length - 1) // 2, -1, -1):
            self._sift_down(i, length, a)
        for i in range(length - 1, -1, -1):
            self.swap(a, a + i)
            self._sift_down(0, i, a)

    def _sift_down(self, root: int, end: int, first: int) -> None:
        while (child := 2 * root + 1) < end:
            if child + 1 < end and self.less(first + child, first + child + 1):
                child += 1
            if not self.less(first + root, first + child):
                return
            self.swap(first + root, first + child)
            root = child
