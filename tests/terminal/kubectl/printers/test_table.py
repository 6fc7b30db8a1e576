"""Tables, byte by byte as the real kubectl prints them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.terminal.kubectl.printers.interface import WatchEvent
from clusters.terminal.kubectl.printers.table import HumanReadablePrinter, PrintOptions
from clusters.terminal.kubectl.printers.tabwriter import new_tab_writer

COLUMNS = [
    {"name": "Name", "type": "string", "format": "name", "priority": 0},
    {"name": "Ready", "type": "string", "priority": 0},
    {"name": "Restarts", "type": "integer", "priority": 0},
    {"name": "IP", "type": "string", "priority": 1},
]
TEXTS = st.sampled_from(
    ["1/1", "<none>", "", "ünïcödé", "中文", "two\nlines", "a\x1bb", "a\rb", "a longer text"]
)
LABELS = st.sampled_from([None, {}, {"app": "web"}, {"k8s.io/tier": "é", "app": "db"}])
ROWS = st.lists(
    st.tuples(TEXTS, TEXTS | st.none(), st.sampled_from([0, 7, 12345, True, 1.5, 1e6]), TEXTS, LABELS),
    min_size=1,
    max_size=3,
)
FLAGS = {
    (): {},
    ("-o", "wide"): {"wide": True},
    ("--no-headers",): {"no_headers": True},
    ("-A",): {"with_namespace": True},
    ("--show-labels",): {"show_labels": True},
    ("-L", "app,k8s.io/tier"): {"column_labels": ["app", "k8s.io/tier"]},
    ("-A", "-L", "app", "--show-labels", "--show-kind", "-o", "wide", "--no-headers"): {
        "with_namespace": True,
        "column_labels": ["app"],
        "show_labels": True,
        "kind": "Pod",
        "wide": True,
        "no_headers": True,
    },
}


def row_object(name, labels):
    metadata = {"name": name, "namespace": "ns", "labels": labels}
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}


def table_of(rows, columns=COLUMNS):
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": "1"},
        "columnDefinitions": columns,
        "rows": [
            {"cells": [name, *cells], "object": row_object(name, labels)} for name, *cells, labels in rows
        ],
    }


def printed(*objects, now=0.0, **options):
    pieces = []
    printer = HumanReadablePrinter(PrintOptions(**options), lambda: now)
    writer = new_tab_writer(pieces.append)
    for obj in objects:
        printer.print(obj, writer)
    writer.flush()
    return "".join(pieces)


@pytest.mark.parametrize("words", FLAGS, ids=" ".join)
@settings(max_examples=8)
@given(rows=ROWS, times=st.sampled_from([1, 1, 30, 101]))
def test_any_table_is_printed_as_by_kubectl(stand_in, words, rows, times):
    stand_in.table = table_of(rows * times)
    real = stand_in.get(*words)
    assert (real.err, real.code) == ("", 0)
    assert printed(stand_in.table, **FLAGS[words]) == real.out


def test_headers_come_again_only_for_other_columns():
    row = ("a", "1/1", 0, "", None)
    same = table_of([row], [])
    other = table_of([("b", "x", 1, "", None)], COLUMNS[:2])
    assert printed(table_of([row]), same, other).split() == [
        *("NAME", "READY", "RESTARTS", "a", "1/1", "0", "a", "1/1", "0"),
        *("NAME", "READY", "b", "x"),
    ]


def test_what_a_watch_brought_has_a_column():
    event = WatchEvent("DELETED", table_of([("a", "1/1", 0, "", None)]))
    assert printed(event) == "EVENT      NAME   READY   RESTARTS\nDELETED    a      1/1     0\n"


def test_an_empty_table_is_nothing():
    assert printed(table_of([])) == ""


def test_what_is_no_table_has_name_and_age():
    pod = {"kind": "Pod", "metadata": {"name": "x", "creationTimestamp": "1970-01-01T00:00:10Z"}}
    shown = printed({"kind": "List", "items": [pod, pod]}, now=70.0, kind="Pod", show_labels=True)
    assert shown == "NAME    AGE   LABELS\npod/x   60s   <none>\npod/x   60s   <none>\n"


def test_the_table_itself_is_left_alone():
    table = table_of([("a", "1/1", 0, "", None)])
    printed(table, with_namespace=True, kind="Pod", show_labels=True)
    assert table == table_of([("a", "1/1", 0, "", None)])
