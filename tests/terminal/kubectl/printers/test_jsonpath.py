"""JSONPath, byte by byte as the real kubectl finds and prints it. The templates are lines of jsonpath.txt."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.terminal.kubectl.printers.budget import TooMuchWorkError
from clusters.terminal.kubectl.printers.interface import WatchEvent
from clusters.terminal.kubectl.printers.jsonpath import JSONPath, JSONPathError, JSONPathPrinter, relaxed
from tests.terminal.kubectl.printers.real import foo

TEMPLATES = (Path(__file__).parent / "jsonpath.txt").read_text().splitlines()
OBJECT = foo(
    items2=[
        {
            "n": "a",
            "v": 1,
            "t": ["x", "y"],
            "f": 1.5,
            "b": True,
            "nil": None,
            "m": {"k.d": "dot", "z": "<&>"},
        },
        {"n": "b", "v": 2, "t": []},
        {"n": "c", "v": 3, "q": {"deep": [{"n": "in"}]}},
        {"n": "d", "v": 10},
    ],
    s="text",
    e={},
    el=[],
    nul=None,
    ints=[0, 1, 2, 3, 4, 5],
    big=1e6,
)


def printed(template, *objects, **options):
    pieces = []
    try:
        printer = JSONPathPrinter(template, **options)
    except JSONPathError as error:
        return "", f"error: error parsing jsonpath {template}, {error}"
    try:
        for obj in objects:
            printer.print(obj, pieces.append)
    except JSONPathError as error:
        return "".join(pieces), f"error: {error}"
    return "".join(pieces), ""


def in_order(value):
    """With the keys of all maps sorted, as the API sends them."""
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value)}
    return [in_order(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_finds_what_it_finds_with_kubectl(local_kubectl, template):
    real = local_kubectl([OBJECT], "-o", f"jsonpath={template}")
    out, err = printed(template, in_order(OBJECT))
    assert (out, err.strip()) == (real.out, real.err.strip())


@pytest.mark.parametrize("template", TEMPLATES[::6])
def test_missing_keys_can_be_errors(local_kubectl, template):
    words = ("-o", f"jsonpath-as-json={template}", "--allow-missing-template-keys=false")
    real = local_kubectl([OBJECT], *words)
    out, err = printed(template, in_order(OBJECT), allow_missing=False, as_json=True)
    assert (out, err.strip()) == (real.out, real.err.strip())


def test_a_second_object_meets_what_comes_after_the_range(local_kubectl):
    template = "{range .ints[*]}{@},{end}{.kind}"
    real = local_kubectl([OBJECT, OBJECT], "-o", f"jsonpath={template}")
    out, err = printed(template, in_order(OBJECT), OBJECT)
    assert (out, err.removeprefix("error: ").strip()) == (real.out, real.err.removeprefix("error: ").strip())


@given(st.text("{}[]().,*@$?:'\"\\ ab01-+<>=!~#\nrangeend\u00e9\N{GRINNING FACE}", max_size=20))
def test_any_text_is_a_template_or_is_refused(text):
    printed(text, OBJECT)
    printed("{" + text + "}", OBJECT)


def test_what_a_watch_brought_has_its_type():
    assert printed("{.type} {.object.kind}", WatchEvent("ADDED", foo())) == ("ADDED Foo", "")


@pytest.mark.parametrize(
    "template", ["{..n..n..n..n..n}", "{range .l[*]}" * 9 + "{.n}", "{range .l[*]}" * 1000]
)
def test_no_template_runs_for_long(template):
    nested = {}
    for _ in range(60):
        nested = {"n": nested}
    many = {"l": [{"l": [{"l": [1] * 20}] * 20}] * 60, **nested}
    with pytest.raises(TooMuchWorkError):
        JSONPath(template, allow_missing=True).find_results(many)


@pytest.mark.parametrize("path", ["metadata.name", ".metadata.name", "{metadata.name}", "{.metadata.name}"])
def test_braces_and_the_dot_may_be_left_out(path):
    assert relaxed(path) == "{.metadata.name}"


def test_more_than_one_path_is_none():
    with pytest.raises(JSONPathError, match=r"^unexpected path string"):
        relaxed("{.a}{.b}")
