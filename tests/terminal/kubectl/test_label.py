"""kubectl label and kubectl annotate."""

import pytest

POD = "/api/v1/namespaces/default/pods/x"


@pytest.fixture
async def pod(kubectl):
    """A kubectl whose cluster has a pod x."""
    await kubectl.ok("run x --image=nginx")
    return kubectl


async def test_a_label_is_set_kept_changed_and_removed(pod):
    assert await pod.ok("label pod x a=b") == "pod/x labeled\n"
    assert await pod.ok("label pod x a=b") == "pod/x not labeled\n"
    assert await pod.refused("label pod x a=c") == (
        "error: 'a' already has a value (b), and --overwrite is false\n"
    )
    assert await pod.ok("label pod x a=c --overwrite") == "pod/x labeled\n"
    assert await pod.ok("label pod x a- d=e") == "pod/x modified\n"
    assert await pod.ok("label pod x a-") == 'label "a" not found.\npod/x not labeled\n'
    assert await pod.ok("label pod x d-") == "pod/x unlabeled\n"
    assert (await pod.read(POD))["metadata"]["labels"] == {"run": "x"}


async def test_dry_runs_change_nothing(pod):
    assert await pod.ok("label pod x a=b --dry-run=client") == "pod/x labeled (dry run)\n"
    assert await pod.ok("annotate pod x a=b --dry-run=server") == "pod/x annotated (server dry run)\n"
    metadata = (await pod.read(POD))["metadata"]
    assert metadata["labels"] == {"run": "x"}
    assert "annotations" not in metadata


async def test_labels_are_listed(pod):
    assert await pod.ok("label pod x --list") == "run=x\n"
    assert await pod.ok("label pod --all --list") == "Listing labels for Pod./x:\n run=x\n"


async def test_many_objects_are_labelled_at_once(pod):
    await pod.ok("run y --image=nginx")
    assert await pod.ok("label pods --all a=b") == "pod/x labeled\npod/y labeled\n"
    assert await pod.ok("label pods -l run=y c=d") == "pod/y labeled\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("label pod x", "at least one label update is required"),
        (
            "label a=b",
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ),
        ("label a=b pod x", "all resources must be specified before label changes: pod"),
        ("label pod x a=b=c", "invalid label spec: a=b=c"),
        ("label pod x a=b a-", "can not both modify and remove a label in the same command"),
        ("label pod --all -l a=b c=d", "cannot set --all and --selector at the same time"),
        ("label pod x --list -o yaml", "--list and --output may not be specified together"),
        ("annotate pod x", "at least one annotation update is required"),
        (
            "annotate pod x a=b a-",
            "can not both modify and remove the following annotation(s) in the same command: a",
        ),
    ],
)
async def test_what_is_wrong_is_said(pod, words, said):
    assert await pod.refused(words) == f"error: {said}\n"


async def test_only_that_version_is_changed(pod):
    assert "the object has been modified" in await pod.refused("label pod x a=b --resource-version=1")
    version = (await pod.read(POD))["metadata"]["resourceVersion"]
    assert await pod.ok(f"label pod x a=b --resource-version={version}") == "pod/x labeled\n"


async def test_annotations_are_set_kept_and_removed(pod):
    assert await pod.ok("annotate pod x note='a b'") == "pod/x annotated\n"
    assert await pod.refused("annotate pod x note=c") == (
        "error: --overwrite is false but found the following declared annotation(s): 'note' already has a "
        "value (a b)\n"
    )
    assert await pod.ok("annotate pod x note=c --overwrite") == "pod/x annotated\n"
    assert await pod.ok("annotate pod x --list") == "note=c\n"
    await pod.ok("annotate pod x note-")
    assert "annotations" not in (await pod.read(POD))["metadata"]


async def test_the_command_can_be_recorded(pod):
    done = await pod("label pod x a=b --record")
    assert done.err == "Flag --record has been deprecated, --record will be removed in the future\n"
    annotations = (await pod.read(POD))["metadata"]["annotations"]
    assert annotations == {"kubernetes.io/change-cause": "kubectl label pod x a=b --record=true"}


async def test_a_file_is_changed_without_the_server(pod):
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: z}\n"
    out = await pod.ok("label -f z.yaml a=b --local -o yaml", z_yaml=text)
    assert out == "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    a: b\n  name: z\n"
