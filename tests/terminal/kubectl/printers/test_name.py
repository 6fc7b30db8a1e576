"""-o name, and what became of an object."""

import pytest

from clusters.terminal.kubectl.printers.interface import WatchEvent
from clusters.terminal.kubectl.printers.name import NamePrinter
from tests.terminal.kubectl.printers.real import run

DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}


def printed(obj, operation=""):
    pieces = []
    NamePrinter(operation).print(obj, pieces.append)
    return "".join(pieces)


def test_a_group_stands_behind_the_kind():
    assert printed(DEPLOYMENT) == "deployment.apps/web\n"


def test_a_list_is_a_line_each():
    assert printed({"kind": "List", "items": [POD, DEPLOYMENT]}) == "pod/x\ndeployment.apps/web\n"


def test_a_watch_event_is_its_object():
    assert printed(WatchEvent("ADDED", POD)) == "pod/x\n"


def test_an_operation_is_told_as_by_kubectl(program):
    real = run([program, "create", "deployment", "web", "--image", "i", "--dry-run=client"])
    assert printed(DEPLOYMENT, "created (dry run)") == real.out


def test_what_has_no_name_or_kind():
    assert printed({"apiVersion": "v1", "kind": "Pod"}) == "pod/<unknown>\n"
    with pytest.raises(ValueError, match="missing apiVersion or kind"):
        printed({"metadata": {"name": "x"}})
