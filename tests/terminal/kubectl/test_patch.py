"""kubectl patch."""

import pytest

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n"
C = "/api/v1/namespaces/default/configmaps/c"


@pytest.fixture(autouse=True)
async def _config(kubectl):
    await kubectl.ok("create -f x.yaml", x_yaml=CONFIG)


@pytest.mark.parametrize(
    ("patch", "data"),
    [
        ('-p \'{"data": {"a": "c"}}\'', {"a": "c"}),
        ("-p 'data: {c: d}'", {"a": "b", "c": "d"}),
        ('--type=merge -p \'{"data": {"a": null, "c": "d"}}\'', {"c": "d"}),
        ('--type json -p \'[{"op": "replace", "path": "/data", "value": {}}]\'', None),
        ("--patch-file ./p.yaml", {"a": "b", "f": "g"}),
    ],
)
async def test_patches_of_each_type(kubectl, patch, data):
    assert await kubectl.ok(f"patch cm c {patch}", p_yaml="data: {f: g}\n") == "configmap/c patched\n"
    assert (await kubectl.read(C)).get("data") == data


async def test_a_patch_that_changes_nothing_says_so(kubectl):
    assert await kubectl.ok('patch cm c -p \'{"data": {"a": "b"}}\'') == "configmap/c patched (no change)\n"


async def test_dry_runs_change_nothing(kubectl):
    for flag in ("--dry-run=client", "--dry-run=server"):
        assert await kubectl.ok(f"patch cm c -p 'data: {{a: z}}' {flag}") == "configmap/c patched\n"
    assert (await kubectl.read(C))["data"] == {"a": "b"}


async def test_local_patches_need_no_server(kubectl):
    out = await kubectl.ok("patch -f x.yaml --local -o yaml -p 'data: {a: z}'", x_yaml=CONFIG)
    assert out == "apiVersion: v1\ndata:\n  a: z\nkind: ConfigMap\nmetadata:\n  name: c\n"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("patch cm c", "error: must specify --patch or --patch-file containing the contents of the patch"),
        ("patch cm c -p x --patch-file y", "error: cannot specify --patch and --patch-file together"),
        ("patch cm c -p {} --type=x", 'error: --type must be one of [json merge strategic], not "x"'),
        ("patch cm c -p {} --local", "error: cannot specify --local and server resources"),
        ("patch cm c --patch-file y", "error: unable to read patch file: open y: no such file or directory"),
        (
            "patch cm c -p 'a: b: c'",
            'error: unable to parse "a: b: c": yaml: mapping values are not allowed in this context',
        ),
        ("patch cm c --dry-run=client -p '{'", "error: invalid JSON document"),
        (
            'patch cm c --type=json -p \'[{"op": "remove", "path": "/data/x"}]\'',
            "The request is invalid: the server rejected our request due to an error in our request",
        ),
        (
            'patch cm c --type=json --dry-run=client -p \'[{"op": "remove", "path": "/data/x"}]\'',
            "error: error in remove for path: '/data/x': Unable to remove nonexistent key: x: missing value",
        ),
        (
            'patch cm c --type=json --dry-run=client -p \'[{"op": "test", "path": "/data/a"}]\'',
            "error: testing value /data/a failed: test failed",
        ),
    ],
)
async def test_patches_that_are_refused(kubectl, line, why):
    assert await kubectl.refused(line) == f"{why}\n"


async def test_the_scale_of_a_deployment_is_patched(kubectl):
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
        "  selector: {matchLabels: {a: b}}\n"
        "  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: nginx}]}}\n"
    )
    await kubectl.ok("create -f y.yaml", y_yaml=text)
    out = await kubectl.ok(
        'patch deploy web --subresource=scale --type=merge -p \'{"spec": {"replicas": 3}}\''
    )
    assert out == "scale.autoscaling/web patched\n"
    assert (await kubectl.read("/apis/apps/v1/namespaces/default/deployments/web"))["spec"]["replicas"] == 3
