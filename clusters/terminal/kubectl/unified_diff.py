"""Which lines of two texts differ, as `diff -u` finds and shows it.

Models GNU diffutils (`analyze.c`, `diffseq.h`, `context.c`) after E. Myers, so that of several shortest ways
from one text to the other the same is shown. Left out: that lines which are found very often may count as
changed.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, takewhile
from typing import Final

_CONTEXT: Final = 3
"""Lines that are shown before and after a change."""
Change = tuple[int, int, int, int]
"""Lines from and to in the first text, that lines from and to in the second have replaced."""


def unified(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """The hunks, with three lines around each change. Lines come with their ends, and go with them."""
    for hunk in _hunks(changes(before, after)):
        first, last = hunk[0], hunk[-1]
        start, other_start = (max(at - _CONTEXT, 0) for at in (first[0], first[2]))
        end = min(last[1] + _CONTEXT, len(before))
        other_end = min(last[3] + _CONTEXT, len(after))
        yield f"@@ -{_range(start, end)} +{_range(other_start, other_end)} @@\n"
        at = start
        for left, left_end, right, right_end in hunk:
            yield from (f" {line}" for line in before[at:left])
            yield from (f"-{line}" for line in before[left:left_end])
            yield from (f"+{line}" for line in after[right:right_end])
            at = left_end
        yield from (f" {line}" for line in before[at:end])


def changes(before: Sequence[str], after: Sequence[str]) -> list[Change]:
    """The runs of lines that differ, in their order."""
    # What both begin and end with is left alone but for a few lines, over which no run is moved.
    start = max(_common(zip(before, after, strict=False)) - _CONTEXT, 0)
    x, y = before[start:], after[start:]
    alike = max(_common(zip(reversed(x), reversed(y), strict=False)) - _CONTEXT, 0)
    found = _changes(x[: len(x) - alike], y[: len(y) - alike])
    return [(a + start, b + start, c + start, d + start) for a, b, c, d in found]


def _common(pairs: Iterable[tuple[str, str]]) -> int:
    """How many pairs of lines are equal, from the first on."""
    return sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _changes(before: Sequence[str], after: Sequence[str]) -> list[Change]:
    # One mark more at each end, so that runs stop there.
    gone, new = [False] * (len(before) + 2), [False] * (len(after) + 2)
    left = _with_partners(before, after, gone)
    right = _with_partners(after, before, new)
    _Comparison(before, after, left, right, gone, new).run()
    _Shift(before, gone, new).run()
    _Shift(after, new, gone).run()
    return list(_runs(gone, new))


def _with_partners(lines: Sequence[str], others: Sequence[str], marks: list[bool]) -> list[int]:
    """Where the lines are that the other text has as well; all others are marked."""
    known = set(others)
    for at, line in enumerate(lines):
        marks[at + 1] = line not in known
    return [at for at, line in enumerate(lines) if line in known]


class _Comparison:
    """Marks the lines that are not in the longest common part of two texts."""

    def __init__(
        self,
        before: Sequence[str],
        after: Sequence[str],
        left: list[int],
        right: list[int],
        gone: list[bool],
        new: list[bool],
    ) -> None:
        self._x = [before[at] for at in left]
        self._y = [after[at] for at in right]
        self._left, self._right = left, right
        self._gone, self._new = gone, new

    def run(self) -> None:
        waiting = [(0, len(self._x), 0, len(self._y))]
        while waiting:
            x, x_end, y, y_end = self._without_common_ends(*waiting.pop())
            if x < x_end and y < y_end:
                x_middle, y_middle = self._middle(x, x_end, y, y_end)
                waiting += [(x, x_middle, y, y_middle), (x_middle, x_end, y_middle, y_end)]
            else:
                for at in range(x, x_end):
                    self._gone[self._left[at] + 1] = True
                for at in range(y, y_end):
                    self._new[self._right[at] + 1] = True

    def _without_common_ends(self, x: int, x_end: int, y: int, y_end: int) -> tuple[int, int, int, int]:
        while x < x_end and y < y_end and self._x[x] == self._y[y]:
            x, y = x + 1, y + 1
        while x < x_end and y < y_end and self._x[x_end - 1] == self._y[y_end - 1]:
            x_end, y_end = x_end - 1, y_end - 1
        return x, x_end, y, y_end

    def _middle(self, x: int, x_end: int, y: int, y_end: int) -> tuple[int, int]:
        """A point on the shortest way, found from both ends; diagonals are told by x - y."""
        first, last = x - y, x_end - y_end
        is_odd = bool((first - last) % 2)
        lowest, highest = x - y_end, x_end - y
        ahead, behind = {first: x}, {last: x_end}
        down, up = _Search(first, lowest, highest), _Search(last, lowest, highest)
        while True:
            for d in down.step(ahead, -1):
                low, high = ahead[d - 1], ahead[d + 1]
                at = high if low < high else low + 1
                while at < x_end and at - d < y_end and self._x[at] == self._y[at - d]:
                    at += 1
                ahead[d] = at
                if is_odd and up.low <= d <= up.high and behind[d] <= at:
                    return at, at - d
            for d in up.step(behind, len(self._x) + len(self._y) + 1):
                low, high = behind[d - 1], behind[d + 1]
                at = low if low < high else high - 1
                while x < at and y < at - d and self._x[at - 1] == self._y[at - d - 1]:
                    at -= 1
                behind[d] = at
                if not is_odd and down.low <= d <= down.high and at <= ahead[d]:
                    return at, at - d


class _Search:
    """The diagonals that a search has come to."""

    def __init__(self, start: int, lowest: int, highest: int) -> None:
        self.low = self.high = start
        self._lowest, self._highest = lowest, highest

    def step(self, reached: dict[int, int], nowhere: int) -> range:
        """The diagonals to look at next, from the highest; those beside them lead nowhere yet."""
        if self.low > self._lowest:
            self.low -= 1
            reached[self.low - 1] = nowhere
        else:
            self.low += 1
        if self.high < self._highest:
            self.high += 1
            reached[self.high + 1] = nowhere
        else:
            self.high -= 1
        return range(self.high, self.low - 1, -2)


class _Shift:
    """Moves runs of changes together, and else as far down as they mean the same.

    `marks` are those of the lines, at one place more; so are all places here: the run from `_start` to
    before `_at`, and where the other text is then.
    """

    def __init__(self, lines: Sequence[str], marks: list[bool], others: list[bool]) -> None:
        self._lines = lines
        self._marks = marks
        self._others = others
        self._end = len(lines) + 1
        self._start = self._at = self._other = 1
        self._meets = 0

    def run(self) -> None:
        while self._find_run():
            length = -1
            while length != self._at - self._start:
                length = self._at - self._start
                while self._start > 1 and self._line(self._start - 1) == self._line(self._at - 1):
                    self._move_up()
                self._meets = self._at if self._others[self._other - 1] else self._end
                while self._at != self._end and self._line(self._start) == self._line(self._at):
                    self._move_down()
            while self._meets < self._at:
                self._move_up()

    def _find_run(self) -> bool:
        while self._at < self._end and not self._marks[self._at]:
            self._skip_others()
            self._other += 1
            self._at += 1
        self._start = self._at
        if self._at >= self._end:
            return False
        self._grow()
        self._skip_others()
        return True

    def _line(self, place: int) -> str:
        return self._lines[place - 1]

    def _move_up(self) -> None:
        self._start -= 1
        self._at -= 1
        self._marks[self._start], self._marks[self._at] = True, False
        while self._marks[self._start - 1]:
            self._start -= 1
        self._other -= 1
        while self._others[self._other]:
            self._other -= 1

    def _move_down(self) -> None:
        self._marks[self._start], self._marks[self._at] = False, True
        self._start += 1
        self._at += 1
        self._grow()
        self._other += 1
        if self._others[self._other]:
            self._skip_others()
            self._meets = self._at

    def _grow(self) -> None:
        while self._marks[self._at]:
            self._at += 1

    def _skip_others(self) -> None:
        while self._others[self._other]:
            self._other += 1


def _runs(gone: list[bool], new: list[bool]) -> Iterator[Change]:
    left = right = 0
    left_end, right_end = len(gone) - 2, len(new) - 2
    while left < left_end or right < right_end:
        start, other = left, right
        while gone[left + 1]:
            left += 1
        while new[right + 1]:
            right += 1
        if (start, other) != (left, right):
            yield start, left, other, right
        left, right = left + 1, right + 1


def _hunks(found: Sequence[Change]) -> Iterator[list[Change]]:
    """Changes that are shown together, as what is around them meets."""
    cuts = [0]
    cuts += [i for i, (one, next_) in enumerate(pairwise(found), 1) if next_[0] - one[1] > 2 * _CONTEXT]
    for start, end in pairwise([*cuts, len(found)]):
        if start < end:
            yield list(found[start:end])


def _range(start: int, end: int) -> str:
    """Lines as diff counts them: the first, and how many if it is not one."""
    length = end - start
    return f"{start + 1}" if length == 1 else f"{start + bool(length)},{length}"
