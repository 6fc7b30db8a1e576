"""kubectl create -f."""

import json

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: nginx}]}\n"


async def test_a_file_becomes_an_object_once(kubectl):
    assert await kubectl.ok("create -f x.yaml", x_yaml=POD) == "pod/web created\n"
    assert await kubectl.refused("create -f x.yaml") == (
        'Error from server (AlreadyExists): error when creating "x.yaml": pods "web" already exists\n'
    )
    assert (await kubectl.read("/api/v1/namespaces/default/pods/web"))["spec"]["containers"][0][
        "image"
    ] == "nginx"


async def test_each_object_of_a_file_is_made_whatever_becomes_of_the_others(kubectl):
    text = POD + "---\n" + POD + "---\n" + POD.replace("name: web}", "name: db}")
    done = await kubectl("create -f x.yaml", x_yaml=text)
    assert done.out == "pod/web created\npod/db created\n"
    assert done.code == 1


async def test_a_dry_run_makes_nothing(kubectl):
    assert await kubectl.ok("create -f x.yaml --dry-run=client", x_yaml=POD) == "pod/web created (dry run)\n"
    assert await kubectl.ok("create -f x.yaml --dry-run=server") == "pod/web created (server dry run)\n"
    assert (await kubectl.read("/api/v1/namespaces/default/pods/web"))["code"] == 404


async def test_unknown_fields_are_refused_warned_of_or_ignored(kubectl):
    text = POD.replace("image: nginx", "image: nginx, imagee: x")
    assert await kubectl.refused("create -f x.yaml", x_yaml=text) == (
        'Error from server (BadRequest): error when creating "x.yaml": Pod in version "v1" cannot be handled '
        'as a Pod: strict decoding error: unknown field "spec.containers[0].imagee"\n'
    )
    done = await kubectl("create -f x.yaml --validate=warn --dry-run=server")
    assert done == (
        "pod/web created (server dry run)\n",
        'Warning: unknown field "spec.containers[0].imagee"\n',
        0,
    )
    assert await kubectl.ok("create -f x.yaml --validate=false") == "pod/web created\n"


async def test_the_manifest_is_kept_for_apply(kubectl):
    obj = json.loads(await kubectl.ok("create -f x.yaml --save-config -o json", x_yaml=POD))
    kept = obj["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
    assert kept == (
        '{"apiVersion":"v1","kind":"Pod","metadata":{"annotations":{},"name":"web","namespace":"default"},'
        '"spec":{"containers":[{"image":"nginx","name":"web"}]}}\n'
    )
    assert await kubectl.ok("apply -f x.yaml") == "pod/web unchanged\n"


async def test_each_object_can_be_edited_first(kubectl):
    kubectl.editor = lambda name, text: text.replace("image: nginx", "image: busybox")
    assert await kubectl.ok("create -f x.yaml --edit", x_yaml=POD) == "pod/web created\n"
    assert (await kubectl.read("/api/v1/namespaces/default/pods/web"))["spec"]["containers"][0][
        "image"
    ] == "busybox"
    kubectl.editor = lambda name, text: None
    done = await kubectl("create -f x.yaml --edit", x_yaml=POD.replace("web}", "db}"))
    assert done == ("", "Edit cancelled, no changes made.\n", 0)


async def test_lines_without_a_file(kubectl):
    assert await kubectl.refused("create") == "error: must specify one of -f and -k\n"
    assert await kubectl.refused("create nothing -f x.yaml") == (
        "error: Unexpected args: [nothing]\nSee 'kubectl create -h' for help and examples\n"
    )
    assert (
        await kubectl.refused("create -f x.yaml", x_yaml="# nothing")
        == "error: no objects passed to create\n"
    )
