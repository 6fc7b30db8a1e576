"""kubectl edit: what the editor is opened with, and what becomes of what it leaves."""

import re

import pytest

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n"
C = "/api/v1/namespaces/default/configmaps/c"
HEADER = (
    "# Please edit the object below. Lines beginning with a '#' will be ignored,\n"
    "# and an empty file will abort the edit. If an error occurs while saving this file will be\n"
    "# reopened with the relevant failures.\n#\n"
)


@pytest.fixture(autouse=True)
async def _config(kubectl):
    await kubectl.ok("create -f x.yaml", x_yaml=CONFIG)


def edits(kubectl, *changes):
    """Has the editor make one change after the other, each a pair of texts; then it leaves all as it is."""
    waiting = list(changes)

    def edit(name, text):
        return text.replace(*waiting.pop(0)) if waiting else text

    kubectl.editor = edit


async def test_what_was_changed_is_sent(kubectl):
    edits(kubectl, ("a: b", "a: c"))
    assert await kubectl.ok("edit cm c") == "configmap/c edited\n"
    assert (await kubectl.read(C))["data"] == {"a": "c"}
    ((name, text),) = kubectl.edited
    assert re.fullmatch(r"kubectl-edit-\d+\.yaml", name)
    assert text.startswith(f"{HEADER}apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\n")
    assert "managedFields" not in text


async def test_nothing_is_sent_without_a_change(kubectl):
    for text in (None, "# a comment\n"):
        kubectl.editor = lambda name, old, text=text: text and f"{text}{old}"
        assert await kubectl("edit cm c") == ("", "Edit cancelled, no changes made.\n", 0)


async def test_json_has_no_header(kubectl):
    edits(kubectl, ('"a": "b"', '"a": "c"'))
    assert '"a": "c"' in await kubectl.ok("edit cm c -o json --output-patch")
    ((name, text),) = kubectl.edited
    assert (name[-5:], text[0]) == (".json", "{")


async def test_the_patch_is_shown_when_asked_for(kubectl):
    edits(kubectl, ("a: b", "a: c"))
    assert await kubectl.ok("edit cm c --output-patch") == 'Patch: {"data":{"a":"c"}}\nconfigmap/c edited\n'


async def test_the_editor_opens_again_with_what_is_wrong(kubectl):
    edits(kubectl, ("a: b", "a: b: c"), ("a: b: c", "a: d"))
    done = await kubectl("edit cm c")
    assert done == ("configmap/c edited\n", 'error: configmaps "c" is invalid\n', 0)
    again = kubectl.edited[1][1]
    assert again.startswith(
        f'{HEADER}# configmaps "c" was not valid:\n# * <nil>: Invalid value: "The edited file failed '
        'validation": yaml: line 3: mapping values are not allowed in this context\n#\napiVersion: v1\n'
    )


async def test_whoever_leaves_it_wrong_gets_a_copy(kubectl):
    edits(kubectl, ("a: b", "a: b: c"))
    done = await kubectl("edit cm c")
    assert (done.out, done.code) == ("", 1)
    found = re.search(r'stored to "/tmp/(kubectl-edit-\d+\.yaml)"\n', done.err)
    assert done.err.endswith("error: Edit cancelled, no valid changes were saved.\n")
    assert "a: b: c" in kubectl.files[found[1]]


async def test_what_the_server_refuses_can_be_put_right(kubectl):
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
        "  selector: {matchLabels: {a: b}}\n"
        "  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: nginx}]}}\n"
    )
    await kubectl.ok("create -f y.yaml", y_yaml=text)
    edits(kubectl, ("replicas: 1", "replicas: -1"), ("replicas: -1", "replicas: 4"))
    done = await kubectl("edit deploy/web")
    assert done == ("deployment.apps/web edited\n", 'error: deployments.apps "web" is invalid\n', 0)
    assert (
        "# * spec.replicas: Invalid value: -1: must be greater than or equal to 0\n" in kubectl.edited[1][1]
    )


async def test_an_object_that_changed_meanwhile_can_be_replaced_by_the_copy(kubectl):
    await kubectl.ok("patch cm c -p 'data: {x: z}'")
    kubectl.editor = lambda name, text: re.sub('resourceVersion: ".*"', 'resourceVersion: "1"', text)
    done = await kubectl("edit cm c")
    assert done.code == 1
    found = re.search(r"You can run `(kubectl replace -f /tmp/\S+)` to try this update again\.\n", done.err)
    error = await kubectl.refused(found[1].removeprefix("kubectl "))
    assert error.startswith("Error from server (Conflict): ")


async def test_names_may_not_change(kubectl):
    edits(kubectl, ("name: c", "name: d"))
    done = await kubectl("edit cm c")
    assert done.err.endswith("error: At least one of apiVersion, kind and name was changed\n")


async def test_several_objects_are_edited_as_a_list(kubectl):
    await kubectl.ok("create -f y.yaml", y_yaml=CONFIG.replace("name: c", "name: d"))
    kubectl.editor = lambda name, text: text.replace("a: b", "a: c", 1)
    assert await kubectl.ok("edit cm c d") == "configmap/c edited\nconfigmap/d skipped\n"
    assert "kind: List\n" in kubectl.edited[0][1]


async def test_what_is_not_there_cannot_be_edited(kubectl):
    assert await kubectl.refused("edit cm x") == 'Error from server (NotFound): configmaps "x" not found\n'
    assert await kubectl.refused("edit pods") == "error: edit cancelled, no objects found\n"
    assert await kubectl.refused("edit cm c -o wide") == (
        'error: unable to match a printer suitable for the output format "wide", '
        "allowed formats are: json,kyaml,yaml\n"
    )
    assert not kubectl.edited
