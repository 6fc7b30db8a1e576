"""kubectl taint."""

import pytest

NODE = "/api/v1/nodes/node-1"


async def taints(kubectl):
    found = (await kubectl.read(NODE))["spec"].get("taints") or []
    return [(taint["key"], taint.get("value", ""), taint["effect"]) for taint in found]


async def test_a_taint_is_added_replaced_and_removed(kubectl):
    assert await kubectl.ok("taint node node-1 a=b:NoSchedule") == "node/node-1 tainted\n"
    assert await kubectl.refused("taint node node-1 a=c:NoSchedule") == (
        "error: node node-1 already has a taint(s) with same effect(s) and --overwrite is false\n"
    )
    assert await kubectl.ok("taint node node-1 a=c:NoSchedule --overwrite") == "node/node-1 modified\n"
    assert await taints(kubectl) == [("a", "c", "NoSchedule")]
    assert await kubectl.ok("taint node node-1 d:NoExecute a-") == "node/node-1 modified\n"
    assert await taints(kubectl) == [("d", "", "NoExecute")]
    assert await kubectl.ok("taint nodes --all d:NoExecute-") == "node/node-1 untainted\n"
    assert await taints(kubectl) == []


async def test_a_dry_run_taints_nothing(kubectl):
    assert await kubectl.ok("taint node node-1 a:NoSchedule --dry-run=server") == "node/node-1 tainted\n"
    assert await kubectl.ok("taint node node-1 a:NoSchedule --dry-run=client") == "node/node-1 tainted\n"
    assert await taints(kubectl) == []


HINT = "\nSee 'kubectl taint -h' for help and examples"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("node node-1", "at least one taint update is required"),
        ("a=b:NoSchedule", "one or more resources must be specified as <resource> <name>"),
        ("node node-1 a=b", f"invalid taint spec: a=b, {{}}{HINT}"),
        ("node node-1 a=b:Never", f"invalid taint effect: Never, unsupported taint effect{HINT}"),
        ("node node-1 a:NoSchedule:b", f"invalid taint spec: a:NoSchedule:b{HINT}"),
        (
            "node node-1 a=b:NoSchedule a=c:NoSchedule",
            f"duplicated taints with the same key and effect: {{a c NoSchedule <nil>}}{HINT}",
        ),
        ("node node-1 a-", 'taint "a" not found'),
        ("node node-1 a:NoSchedule-", 'taint "a:NoSchedule" not found'),
        (
            "node node-1 a:NoSchedule a-",
            "can not both modify and remove the following taint(s) in the same command: a=",
        ),
        ("pod x a:NoSchedule", "invalid resource type pod, only node types are supported"),
        (
            "node a:NoSchedule",
            "at least one resource name must be specified since 'all' parameter is not set",
        ),
    ],
)
async def test_what_is_wrong_is_said(kubectl, words, said):
    name = (
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
        "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    )
    expected = said.replace("{}", name)
    assert await kubectl.refused(f"taint {words}") == f"error: {expected}\n"
