"""From -o and --template to a printer, or to kubectl's complaint."""

import pytest

from clusters.terminal.kubectl.printers.print_flags import GET_FORMATS, PrintFlags
from tests.terminal.kubectl.printers.real import foo, run

FILES = {"path": "{.kind}", "template": "{{.kind}}", "columns": "KIND\nkind\n"}
GOOD = [
    ["-o", "json"],
    ["-o", "JSON"],
    ["-o", "yaml"],
    ["-o", "kyaml"],
    ["-o", "name"],
    [],
    ["-o", "jsonpath={.kind}"],
    ["-o", "jsonpath", "--template", "{.kind}"],
    ["-o", "jsonpath-as-json={.metadata}"],
    ["-o", "go-template={{.kind}}"],
    ["-o", "template", "--template", "{{.kind}}"],
    ["--template", "{{.kind}}"],
    ["-o", "jsonpath={.missing}", "--allow-missing-template-keys=false"],
    ["-o", "go-template={{.missing}}", "--allow-missing-template-keys=false"],
    ["-o", "jsonpath={.x}"],
    ["-o", "jsonpath"],
    ["-o", "jsonpath="],
    ["-o", "go-template"],
    ["-o", "jsonpath={"],
    ["-o", "go-template={{"],
    ["-o", "foo"],
    ["-o", "foo=bar"],
    ["-o", "Jsonpath={.kind}"],
    ["-o", "wide"],
    ["-o", "json", "--template", "x"],
    ["-o", "custom-columns=A:.kind"],
    ["-o", "jsonpath-file=no-such-file"],
    ["-o", "go-template-file=no-such-file"],
]


async def read_file(name):
    if name not in FILES:
        raise FileNotFoundError(name)
    return FILES[name]


def flags_of(words, **others):
    given = dict(zip(words[::2], words[1::2], strict=False))
    allow = "--allow-missing-template-keys=false" not in words
    return PrintFlags(
        output=given.get("-o", ""),
        template=given.get("--template", ""),
        allow_missing_template_keys=allow,
        **others,
    )


async def printed(flags, obj):
    pieces = []
    try:
        printer = flags.to_printer(await flags.read_template(read_file))
        printer.print(obj, pieces.append)
    except ValueError as error:
        return "".join(pieces), f"error: {error}"
    return "".join(pieces), ""


@pytest.mark.parametrize("words", GOOD, ids=" ".join)
async def test_flags_do_what_they_do_with_kubectl(local_kubectl, words):
    obj = foo(x=1)
    real = local_kubectl([obj], *words)
    out, err = await printed(flags_of(words, operation="annotated"), obj)
    assert (out, err.strip()) == (real.out, real.err.strip())


@pytest.mark.parametrize(
    ("output", "out"),
    [
        ("jsonpath-file=path", "Foo"),
        ("go-template-file=template", "Foo"),
        ("templatefile=template", "Foo"),
        ("custom-columns-file=columns", "KIND\nFoo\n"),
        ("custom-columns=KIND:.kind", "KIND\nFoo\n"),
    ],
)
async def test_files_are_read(output, out):
    assert await printed(PrintFlags(output=output, allowed=GET_FORMATS), foo()) == (out, "")


async def test_a_file_that_is_not_there_is_told():
    flags = PrintFlags(output="custom-columns-file=nope", allowed=GET_FORMATS)
    _, err = await printed(flags, foo())
    assert err == "error: error reading template nope, open nope: no such file or directory\n"


async def test_get_knows_more_formats(stand_in):
    _, err = await printed(PrintFlags(output="foo", allowed=GET_FORMATS), foo())
    assert stand_in.get("-o", "foo").err == f"{err}\n"


async def test_what_kubectl_made_itself_keeps_its_order(program):
    real = run([program, "create", "namespace", "x", "--dry-run=client", "-o", "json"])
    made = {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "x"}, "spec": {}, "status": {}}
    assert await printed(PrintFlags(output="json", typed=True), made) == (real.out, "")


async def test_what_kubectl_made_itself_has_floats_in_paths(program):
    path = "jsonpath={.spec.ports[?(@.port==80)].port}{.spec.ports[0].port}"
    made = {"spec": {"ports": [{"port": 1000000}]}}
    out, err = await printed(PrintFlags(output=path, typed=True), made)
    assert out == ""
    assert "incompatible types for comparison" in err
    words = ["create", "service", "clusterip", "x", "--tcp=80", "--dry-run=client", "-o", path]
    assert "incompatible types for comparison" in run([program, *words]).err
