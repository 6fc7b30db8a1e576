"""What a line means by its kinds, names, files and selectors."""

import pytest

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, labels: {app: %s}}\n"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("patch cm -p {}", "resource(s) were provided, but no name was specified"),
        ("patch nothing x -p {}", 'the server doesn\'t have a resource type "nothing"'),
        ("patch cm/a b -p {}", "there is no need to specify a resource type as a separate argument"),
        ("patch cm/a/b -p {}", "arguments in resource/name form may not have more than one slash"),
        ("patch cm/ -p {}", "arguments in resource/name form must have a single resource and name"),
        ("patch -p {}", "You must provide one or more resources by argument or filename."),
        ("patch cm x -f x.yaml -p {}", "when paths, URLs, or stdin is provided as input, you may not"),
        ("patch cm/x -f x.yaml -p {}", "resource/name arguments cannot be provided when a path is specified"),
        ("create -f x.yaml -l a=b=c", "the provided selector \"a=b=c\" is not valid: found '=', expected:"),
        ("create -f x.yaml -k .", "only one of -f or -k can be specified"),
    ],
)
async def test_lines_that_mean_nothing(kubectl, line, why):
    error = await kubectl.refused(line, x_yaml=CONFIG % ("x", "x"))
    assert error.startswith(f"error: {why}")


async def test_a_selector_leaves_out_objects_of_files(kubectl):
    text = "---\n".join(CONFIG % (name, name) for name in "abc")
    out = await kubectl.ok("create -f x.yaml --dry-run=client -o name -l 'app in (a, c)'", x_yaml=text)
    assert out == "configmap/a\nconfigmap/c\n"
    assert await kubectl.refused("create -f x.yaml -l app=d") == "error: no objects passed to create\n"


async def test_names_that_are_not_there_do_not_keep_others_from_being_visited(kubectl):
    await kubectl.ok("create -f x.yaml", x_yaml=CONFIG % ("b", "b"))
    done = await kubectl('patch cm a b c -p \'{"data": {"x": "y"}}\'')
    assert done.out == "configmap/b patched\n"
    assert done.err == "".join(
        f'Error from server (NotFound): configmaps "{name}" not found\n' for name in "ac"
    )


async def test_a_namespace_that_is_not_there_is_told_instead_of_the_object(kubectl):
    error = await kubectl.refused("patch cm x -n nowhere -p {}")
    assert error == 'Error from server (NotFound): namespaces "nowhere" not found\n'


async def test_names_of_several_kinds(kubectl):
    await kubectl.ok("create -f x.yaml", x_yaml=CONFIG % ("a", "a"))
    out = await kubectl.ok("patch cm/a svc/kubernetes --dry-run=client -p {}")
    assert out == "configmap/a patched (no change)\nservice/kubernetes patched (no change)\n"
