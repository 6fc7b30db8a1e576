"""Every command of the table prints what it must and leaves behind what it must."""

import re
import shlex

import pytest

from tests.real_clients.commands import ROWS


def run(world, typed, stdin=""):
    """Types a line; `<<` brings what comes in by itself."""
    words, _, given = typed.replace("{ns}", world.namespace).partition(" <<")
    return world.try_kubectl(*shlex.split(words), stdin=given or stdin)


def matches(pattern, text, world):
    return re.fullmatch(pattern.replace("{ns}", world.namespace), text.strip(), re.DOTALL)


@pytest.mark.parametrize("name", ROWS)
def test_kubectl(world, name):
    row = ROWS[name]
    for line in row.given:
        done = run(world, line)
        assert done.code == 0, f"{line}: {done.err}"
    done = run(world, row.typed, row.stdin)
    assert matches(row.prints, done.out, world), f"printed {done.out!r}; {done.err}"
    assert matches(row.fails, done.err, world), f"complained {done.err!r}"
    for words, path, wanted in row.leaves:
        read = ["get", *shlex.split(words), "-o", f"jsonpath={path}"]
        world.eventually(
            lambda read=read, wanted=wanted: world.try_kubectl(*read).out == wanted, (words, wanted)
        )
