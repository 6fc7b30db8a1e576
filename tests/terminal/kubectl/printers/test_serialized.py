"""JSON, YAML and KYAML, byte by byte as the real kubectl prints them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.terminal.kubectl.printers.interface import WatchEvent
from clusters.terminal.kubectl.printers.json_text import json_text
from clusters.terminal.kubectl.printers.serialized import (
    JSONPrinter,
    KYAMLPrinter,
    OmitManagedFieldsPrinter,
    YAMLPrinter,
)
from clusters.terminal.kubectl.printers.yaml_text import in_natural_order, yaml_text
from tests.terminal.kubectl.printers.real import foo
from tests.terminal.kubectl.printers.values import TEXTS, VALUES

PRINTERS = {"json": JSONPrinter, "yaml": YAMLPrinter, "kyaml": KYAMLPrinter}
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}


def printed(printer, *objects):
    pieces = []
    for obj in objects:
        printer.print(obj, pieces.append)
    return "".join(pieces)


@pytest.mark.parametrize("output", PRINTERS)
@settings(max_examples=25)
@given(values=st.lists(VALUES, min_size=1, max_size=5))
def test_any_value_is_printed_as_by_kubectl(local_kubectl, output, values):
    objects = [foo(x=value) for value in values]
    real = local_kubectl(objects, "-o", output)
    assert real.code == 0, real.err
    assert printed(PRINTERS[output](), *objects) == real.out


@given(first=TEXTS, second=TEXTS)
def test_keys_have_one_order(first, second):
    assert in_natural_order((first, second)) == in_natural_order((second, first))


def test_yaml_folds_long_lines_and_indents_no_lists():
    value = {"args": ["word " * 30 + "end"], "a10": 1, "a9": {}}
    assert yaml_text(value) == (
        "a9: {}\n"
        "a10: 1\n"
        "args:\n"
        "- word word word word word word word word word word word word word word word word\n"
        "  word word word word word word word word word word word word word word end\n"
    )


def test_long_keys_get_a_question_mark():
    assert yaml_text({"k" * 129: [1]}) == f"? {'k' * 129}\n: - 1\n"


def test_a_control_character_is_no_yaml():
    with pytest.raises(ValueError, match="yaml: control characters are not allowed"):
        yaml_text({"a": "\x7f"})


def test_json_keeps_the_order_of_what_kubectl_made_itself():
    made = {"kind": "Pod", "apiVersion": "v1"}
    assert json_text(made, sort_keys=False) == '{\n    "kind": "Pod",\n    "apiVersion": "v1"\n}\n'
    assert json_text(made) == '{\n    "apiVersion": "v1",\n    "kind": "Pod"\n}\n'


def test_managed_fields_are_left_out_also_in_lists():
    managed = {**POD, "metadata": {"name": "x", "managedFields": [{"manager": "me"}]}}
    printer = OmitManagedFieldsPrinter(YAMLPrinter())
    assert "managedFields" not in printed(printer, managed, {"kind": "List", "items": [managed]})
    assert "managedFields" in managed["metadata"]


def test_what_a_watch_brought_is_one_line_of_json():
    event = WatchEvent("ADDED", POD)
    assert printed(JSONPrinter(), event) == (
        '{"type":"ADDED","object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"}}}\n'
    )
    assert printed(YAMLPrinter(), event).endswith("type: ADDED\n")


@pytest.mark.parametrize("output", PRINTERS)
def test_an_object_without_a_kind_is_not_printed(output):
    with pytest.raises(ValueError, match="missing apiVersion or kind"):
        printed(PRINTERS[output](), {"metadata": {}})
