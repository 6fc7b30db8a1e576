"""-o custom-columns, byte by byte as the real kubectl prints them."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.terminal.kubectl.printers.budget import TooMuchWorkError
from clusters.terminal.kubectl.printers.customcolumns import from_spec, from_template
from clusters.terminal.kubectl.printers.interface import WatchEvent
from clusters.terminal.kubectl.printers.json_text import compact_json
from tests.terminal.kubectl.printers.values import VALUES

SPEC = "NAME:.metadata.name,V:spec.v,LIST:{.spec.list[*]},SECOND:.spec.list[1:2],NONE:.nope.nope,ALL:.spec"


def printed(printer, *objects):
    pieces = []
    for obj in objects:
        printer.print(obj, pieces.append)
    return "".join(pieces)


def pod(**spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": spec}


def has_no_tab(value):
    return "\t" not in str(value) and "\\" not in repr(value)


@settings(max_examples=15)
@given(st.lists(VALUES.filter(has_no_tab), min_size=1, max_size=3), st.booleans())
def test_any_value_is_printed_as_by_kubectl(stand_in, values, no_headers):
    # As an API that is written in Go would send them: 1e6 as 1000000.
    values = json.loads(compact_json(values))
    items = [pod(v=value, list=["a", value]) for value in values]
    stand_in.objects = {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items}
    real = stand_in.get("-o", f"custom-columns={SPEC}", *["--no-headers"] * no_headers)
    assert printed(from_spec(SPEC, no_headers=no_headers), {"kind": "List", "items": items}) == real.out


def test_headers_come_again_when_a_list_follows():
    printer = from_spec("N:.metadata.name")
    assert printed(printer, pod(), pod(), {"items": [pod()]}) == "N\nx\nx\nN\nx\n"


def test_a_watch_event_has_its_type():
    assert printed(from_spec("T:.type,N:.object.metadata.name"), WatchEvent("ADDED", pod())) == (
        "T       N\nADDED   x\n"
    )


def test_a_file_has_headers_and_paths():
    assert printed(from_template("NAME  V\nmetadata.name {.spec.v}\n"), pod(v=1)) == "NAME   V\nx      1\n"


@pytest.mark.parametrize("text", ["NAME", "NAME:.a,", "NAME:{.a}{.b}", "NAME:{range}x"])
def test_a_bad_spec_is_told_as_by_kubectl(stand_in, text):
    stand_in.objects = {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [pod()]}
    complaint = stand_in.get("-o", f"custom-columns={text}").err.removeprefix("error: ").strip()
    with pytest.raises(ValueError, match=f"^{re.escape(complaint)}$"):
        printed(from_spec(text), pod())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "invalid template, missing header line. Expected format is one line"),
        ("NAME\n", "invalid template, missing spec line. Expected format is one line"),
        ("A B\na\n", r"number of headers \(2\) and field specifications \(1\) don't match"),
    ],
)
def test_a_bad_file_is_told(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        from_template(text)


def test_many_columns_of_many_objects_are_not_worked_out_to_their_end():
    printer = from_spec(",".join(["A:{..}"] * 1_000))
    items = [pod(v={str(key): {} for key in range(100)})] * 100
    with pytest.raises(TooMuchWorkError):
        printed(printer, {"kind": "List", "apiVersion": "v1", "items": items})
