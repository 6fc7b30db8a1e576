"""How much work an expression that somebody typed may cause.

A template or a path can loop, double its own text and name itself; upstream runs on the learner's machine and
lets it.
"""

from typing import Final

MOST_WORK: Final = 500_000
"""Steps: one for each node of an expression that is looked at, and one for CHARACTERS of text it makes."""
CHARACTERS: Final = 64


class TooMuchWorkError(ValueError):
    """An expression that is not worked out to its end. Nothing that the real kubectl would say."""

    def __init__(self) -> None:
        super().__init__("the expression takes more work than is done for it here")


class Budget:
    """The work that is left for one object that is printed."""

    def __init__(self) -> None:
        self.left = MOST_WORK

    def spend(self, steps: int = 1) -> None:
        """Takes steps from what is left. Raises TooMuchWorkError if they are not there."""
        self.left -= steps
        if self.left < 0:
            raise TooMuchWorkError

    def spend_on(self, text: str) -> str:
        """The same text, paid for."""
        self.spend(len(text) // CHARACTERS)
        return text
