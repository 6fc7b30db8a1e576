"""However a command is written, the kubelet spends only so much on it. Counted are calls, not seconds."""

import sys
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.images import image_of
from clusters.engine.kubelet.replay import LOG_WORK, WORK, machine_for, replay
from clusters.engine.kubelet.surroundings import Surroundings
from tests.engine.kubelet.test_shell_limits import LINES

CALLS_A_UNIT = 12
"""Python and C functions that a unit of work may call, at most."""
AT_ONCE = 60_000
"""Units that one step may take beyond the limit."""
MANY_FILES = "i=0; while [ $i -lt 600 ]; do i=$((i+1)); touch /f$i; done; "
HOSTILE = [
    "for i in $(seq 9999); do for j in $(seq 9999); do :; done; done",
    "while :; do A=$A$A$A; done",
    "A=xxxxxxxx; for i in $(seq 20); do A=$A$A; done; while [ 1 = 1 ]; do echo $A$A$A$A; done",
    "while true; do A=$(seq 9000); echo $A; [ 1 -eq 2 ]; done",
    "i=0; while :; do i=$((i+1)); export V$i=$i; done",
    "A=$(seq 3000); while [ 1 -eq 1 ]; do echo $A $A $A $A; done",
    "while [ 1 = 1 ]; do printf %9999s x; done",
    "A=$(seq 3000); while [ 1 -eq 1 ]; do for i in $A; do :; done; done",
    "while [ 1 -eq 1 ]; do echo $((1+2*3-4)); done",
    "while [ 1 -eq 1 ]; do sh -c 'sh -c \"sh -c true\"'; done",
    "while [ 1 = 1 ]; do echo " + "$A" * 9000 + "; done",
    "A=a; while [ 1 = 1 ]; do " + "$HOME " * 9 + "echo $A$A$A$A; done",
    "A='" + "echo x;" * 2000 + '\'; while [ 1 = 1 ]; do sh -c "$A"; done',
    "while [ 1 = 1 ]; do echo " + "$((1)) " * 4000 + "; done",
    "while [ 1 = 1 ]; do echo " + "${A:-${B:-${C:-x}}} " * 2000 + "; done",
    "while [ 1 = 1 ]; do A=" + "$(echo " * 15 + "x" + ")" * 15 + "; done",
    "while [ 1 = 1 ]; do printf %s " + "a " * 9000 + "; done",
    "while [ 1 = 1 ]; do printf '' " + "a " * 9000 + "; done",
    "while [ 1 = 1 ]; do echo x > /f" + "; echo x > /g" * 100 + "; done",
    "while [ 1 = 1 ]; do date +" + "%c" * 5000 + "; done",
    "echo " + "a|" * 8_000,
    "echo " + "a|" * 20_000,
    MANY_FILES + "while [ 1 = 1 ]; do ls -la /; done",
    MANY_FILES + "ls " + "/ " * 5000,
    MANY_FILES + "tar cf - " + "/ " * 5000,
    "while [ 1 = 1 ]; do curl " + "-X a " * 4000 + "; done",
    "while [ 1 = 1 ]; do kill -9 " + "7 " * 3000 + "; done",
]


@contextmanager
def counted():
    """Counts the functions that are called meanwhile."""
    calls = [0]

    def count(frame, event, argument):
        calls[0] += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(before)


@pytest.fixture(autouse=True, scope="module")
def _catalogues():
    """What is read once a process is no work of the script that happens to be first."""
    for image in ("busybox", "ubuntu"):
        work_of("[ 1 = 1 ]; ls; date; printf x", 1_000, image)


def work_of(script, most, image="busybox"):
    """(units of work, functions called) of a script that is let go on as far as it may."""
    run = replay(["sh", "-c", script], machine_for(image_of(image), Surroundings()), most_work=most)
    with counted() as calls:
        run.run(until=float("inf"))
    return run.machine.work, calls[0]


@pytest.mark.parametrize("image", ["busybox", "ubuntu"])
@pytest.mark.parametrize("script", HOSTILE, ids=[script[:40] for script in HOSTILE])
def test_a_hostile_script_is_stopped(script, image):
    work, calls = work_of(script, WORK, image)
    assert work <= WORK + AT_ONCE
    assert calls <= CALLS_A_UNIT * (WORK + AT_ONCE)
    assert calls <= CALLS_A_UNIT * max(work, 1_000)


@given(lines=st.lists(LINES, max_size=6), body=LINES)
def test_any_script_in_an_endless_loop_is_stopped(lines, body):
    script = "\n".join([*lines, f"while [ 1 = 1 ]; do {body}", "done"])
    work, calls = work_of(script, 3_000)
    assert work <= 3_000 + AT_ONCE
    assert calls <= CALLS_A_UNIT * max(work, 3_000)


def test_a_loop_of_hundreds_of_turns_is_run_to_its_end():
    run = replay(
        ["sh", "-c", "for i in $(seq 500); do echo $i; sleep 1; done"],
        machine_for(image_of("busybox"), Surroundings()),
    )
    run.run(until=float("inf"))
    assert run.ended == 500


def test_whatever_can_be_run_to_its_end_can_be_read_too():
    assert LOG_WORK >= WORK
