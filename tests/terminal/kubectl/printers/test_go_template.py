"""Go templates, byte by byte as the real kubectl works them out. templates.txt has them, dashes between."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.terminal.kubectl.printers.budget import MOST_WORK, TooMuchWorkError
from clusters.terminal.kubectl.printers.go_template import GoTemplatePrinter
from clusters.terminal.kubectl.printers.interface import WatchEvent
from clusters.terminal.kubectl.printers.text_template import TemplateError
from tests.terminal.kubectl.printers.real import foo

TEMPLATES = (Path(__file__).parent / "templates.txt").read_text().removesuffix("\n").split("\n--\n")
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
        {"n": "c", "v": 3},
    ],
    s="té%xt",
    e={},
    el=[],
    nul=None,
    ints=[0, 1, 2, 3],
    big=1e6,
    v=3,
    b64="aGVsbG8=",
)


def printed(template, obj=OBJECT, **options):
    pieces = []
    try:
        printer = GoTemplatePrinter(template, **options)
    except TemplateError as error:
        return "", f"error: error parsing template {template}, {error}\n"
    try:
        printer.print(obj, pieces.append)
    except TooMuchWorkError:
        raise
    except ValueError as error:
        return "".join(pieces), f"error: {error}\n"
    return "".join(pieces), ""


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_makes_what_it_makes_with_kubectl(local_kubectl, template):
    real = local_kubectl([OBJECT], "-o", f"go-template={template}")
    assert printed(template) == (real.out, real.err)


@pytest.mark.parametrize("template", TEMPLATES[::8])
def test_missing_keys_can_be_errors(local_kubectl, template):
    words = ("-o", f"go-template={template}", "--allow-missing-template-keys=false")
    real = local_kubectl([OBJECT], *words)
    assert printed(template, allow_missing_keys=False) == (real.out, real.err)


def test_what_a_watch_brought_has_its_type():
    assert printed("{{.type}} {{.object.kind}}", WatchEvent("ADDED", foo())) == ("ADDED Foo", "")


WORDS = st.sampled_from(
    ["{{", "}}", "{{- ", " -}}", ".", ".kind", ".ints", "$", "$x", ":=", "=", ",", "|", "(", ")", " ", "\n",
     "if", "else", "end", "range", "with", "define", "block", "template", "break", "nil", "true", "1", "1.5",
     "'a'", '"T"', '"', "`", "len", "index", "printf", '"%5d %v"', "eq", "and", "/*", "*/", "é", "#"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=25).map("".join))
def test_any_text_is_a_template_or_is_refused(text):
    printed(text)
    printed("{{range .items2}}{{" + text + "}}{{end}}")


DOUBLED = '{{$x := "0123456789"}}' + "{{$x = print $x $x}}" * 40


@pytest.mark.parametrize(
    "template",
    [
        "{{range 1000000000}}{{end}}",
        '{{define "T"}}{{template "T" .}}{{end}}{{template "T" .}}',
        '{{define "T"}}{{template "T" .}}{{template "T" .}}{{end}}{{template "T" .}}',
        DOUBLED,
        '{{range 100}}{{printf "%999999d" 1}}{{end}}',
        '{{printf "' + "%999999d" * 100 + '"' + " 1" * 100 + "}}",
        '{{printf "%999999v" .many}}',
        '{{range 1000}}{{printf "%.999999f" 1.5}}{{end}}',
        "{{" + "(" * 5000 + ".kind" + ")" * 5000 + "}}",
        "{{if .kind}}" * 5000 + "{{end}}" * 5000,
        "{{range 900}}{{range 900}}{{end}}{{end}}",
    ],
    ids=lambda template: template[:30],
)
def test_no_template_runs_for_long(template):
    with pytest.raises(TooMuchWorkError):
        printed(template, {"kind": "Foo", "many": list(range(1000))})


def test_a_template_over_many_objects_is_worked_out():
    pods = {"items": [{"metadata": {"name": f"p{i}", "labels": {"app": "web"}}} for i in range(5000)]}
    template = (
        '{{range $i, $p := .items}}{{$p.metadata.name}} {{index $p.metadata.labels "app"}}{{"\\n"}}{{end}}'
    )
    out, err = printed(template, pods)
    assert (out.count("\n"), err) == (5000, "")
    assert MOST_WORK > 5000


@given(st.binary(), st.integers(-(2**70), 2**70))
def test_numbers_and_bytes_are_printed(data, number):
    text = data.decode(errors="replace").replace("\\", "").replace('"', "").replace("\n", "")
    printed('{{printf "%q %x %s %v %d" .a .a .a .n .n}}{{len .a}}{{js .a}}', {"a": text, "n": number})
