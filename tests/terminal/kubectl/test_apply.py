"""kubectl apply, from this side and from the server's, and what it keeps."""

import json

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx
        env: [{name: A, value: "1"}, {name: B, value: "2"}]
      - name: side
        image: busybox
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n"
WEB = "/apis/apps/v1/namespaces/default/deployments/web"
C = "/api/v1/namespaces/default/configmaps/c"
SIDE = "      - name: side\n        image: busybox\n"


async def test_created_unchanged_configured(kubectl):
    assert await kubectl.ok("apply -f x.yaml", x_yaml=DEPLOYMENT) == "deployment.apps/web created\n"
    assert await kubectl.ok("apply -f x.yaml") == "deployment.apps/web unchanged\n"
    text = DEPLOYMENT.replace("replicas: 2", "replicas: 3")
    assert await kubectl.ok("apply -f x.yaml", x_yaml=text) == "deployment.apps/web configured\n"
    assert (await kubectl.read(WEB))["spec"]["replicas"] == 3


async def test_what_the_file_has_no_more_is_removed_and_what_others_wrote_stays(kubectl):
    await kubectl.ok("apply -f x.yaml", x_yaml=DEPLOYMENT)
    await kubectl.ok('patch deploy web -p \'{"metadata": {"labels": {"own": "x"}}}\'')
    text = DEPLOYMENT.replace(SIDE, "").replace(', {name: B, value: "2"}', "").replace("  replicas: 2\n", "")
    await kubectl.ok("apply -f x.yaml", x_yaml=text)
    found = await kubectl.read(WEB)
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [{"name": "A", "value": "1"}]
    assert found["metadata"]["labels"] == {"own": "x"}
    assert found["spec"]["replicas"] == 1  # gone from the file, so the default


async def test_dry_runs_say_what_would_be_done(kubectl):
    await kubectl.ok("apply -f x.yaml", x_yaml=CONFIG)
    text = CONFIG.replace("a: b", "a: c")
    out = await kubectl.ok("apply -f x.yaml --dry-run=client", x_yaml=text)
    assert out == "configmap/c configured (dry run)\n"
    shown = json.loads(await kubectl.ok("apply -f x.yaml --dry-run=client -o json"))
    assert shown["data"] == {"a": "c"}
    assert await kubectl.ok("apply -f x.yaml --dry-run=server") == "configmap/c configured (server dry run)\n"
    assert (await kubectl.read(C))["data"] == {"a": "b"}


async def test_a_missing_annotation_is_warned_of_once(kubectl):
    await kubectl.ok("create -f x.yaml", x_yaml=CONFIG)
    done = await kubectl("apply -f x.yaml")
    assert (done.out, done.code) == ("configmap/c configured\n", 0)
    assert done.err.startswith(
        "Warning: resource configmaps/c is missing the kubectl.kubernetes.io/last-applied-configuration "
    )
    assert await kubectl.ok("apply -f x.yaml") == "configmap/c unchanged\n"


async def test_several_objects_are_printed_as_a_list(kubectl):
    out = await kubectl.ok("apply -f x.yaml -o json", x_yaml=f"{CONFIG}---\n{DEPLOYMENT}")
    assert out.startswith(
        '{\n    "kind": "List",\n    "apiVersion": "v1",\n    "metadata": {},\n    "items": ['
    )
    assert [item["kind"] for item in json.loads(out)["items"]] == ["ConfigMap", "Deployment"]
    assert "managedFields" not in out


async def test_what_cannot_be_changed_is_told_with_the_patch(kubectl):
    await kubectl.ok("apply -f x.yaml", x_yaml=DEPLOYMENT)
    text = DEPLOYMENT.replace("app: web}}\n    spec", "app: other}}\n    spec")
    error = await kubectl.refused("apply -f x.yaml", x_yaml=text)
    assert error.startswith('The Deployment "web" is invalid: spec.template.metadata.labels: Invalid value: ')


async def test_a_list_without_its_key_makes_no_patch(kubectl):
    await kubectl.ok("apply -f x.yaml", x_yaml=DEPLOYMENT)
    error = await kubectl.refused(
        "apply -f x.yaml", x_yaml=DEPLOYMENT.replace("- name: side\n        image", "- image")
    )
    warning, first, *rest = error.split("\n")
    why = "map: map[image:busybox] does not contain declared merge key: name"
    assert warning == f"warning: error calculating patch from openapi v3 spec: {why}"
    assert first == "error: error when applying patch:"
    assert rest[-2].endswith(f"for: {why}")


async def test_conflicts_are_only_found_when_asked_for(kubectl):
    await kubectl.ok("apply -f x.yaml", x_yaml=CONFIG)
    await kubectl.ok('patch cm c -p \'{"data": {"a": "theirs"}}\'')
    text = CONFIG.replace("a: b", "a: ours")
    error = await kubectl.refused("apply -f x.yaml --overwrite=false", x_yaml=text)
    assert "\nconflicts with changes made from original to current:\n" in error
    assert await kubectl.ok("apply -f x.yaml") == "configmap/c configured\n"
    assert (await kubectl.read(C))["data"] == {"a": "ours"}


async def test_force_makes_anew_what_cannot_be_changed(kubectl):
    text = DEPLOYMENT.replace("Deployment", "ReplicaSet")
    await kubectl.ok("apply -f x.yaml", x_yaml=text)
    before = await kubectl.read(WEB.replace("deployments", "replicasets"))
    out = await kubectl.ok("apply -f x.yaml --force", x_yaml=text.replace("app: web", "app: other"))
    assert out == "replicaset.apps/web configured\n"
    after = await kubectl.read(WEB.replace("deployments", "replicasets"))
    assert before["metadata"]["uid"] != after["metadata"]["uid"]


async def test_the_server_applies_and_knows_conflicts(kubectl):
    done = await kubectl.ok("apply -f x.yaml --server-side", x_yaml=CONFIG)
    assert done == "configmap/c serverside-applied\n"
    error = await kubectl.refused(
        "apply -f x.yaml --server-side --field-manager=me", x_yaml=CONFIG.replace("a: b", "a: c")
    )
    assert error.startswith(
        'error: Apply failed with 1 conflict: conflict with "kubectl": .data.a\nPlease review'
    )
    assert await kubectl.ok("apply -f x.yaml --server-side --field-manager=me --force-conflicts") == done
    assert (await kubectl.read(C))["data"] == {"a": "c"}


async def test_who_applied_from_here_goes_on_with_the_server(kubectl):
    await kubectl.ok("apply -f x.yaml", x_yaml=f"{CONFIG[:-2]}, b: c}}\n")
    await kubectl.ok("apply -f x.yaml --server-side", x_yaml=CONFIG)
    found = await kubectl.read(C)
    assert found["data"] == {"a": "b"}
    managers = {(entry["manager"], entry["operation"]) for entry in found["metadata"]["managedFields"]}
    assert managers == {("kubectl", "Apply"), ("kubectl-last-applied", "Apply")}


async def test_flags_that_do_not_go_together(kubectl):
    for flags, why in (
        ("--force-conflicts", "--force-conflicts only works with --server-side"),
        ("--server-side --force", "--force cannot be used with --server-side"),
        ("--dry-run=server --force", "--dry-run=server cannot be used with --force"),
        ("--all -l a=b", "cannot set --all and --selector at the same time"),
        ("--subresource=status", "--subresource can only be specified for --server-side"),
        ("--prune --all", "the real kubectl has --prune, and this terminal does not"),
        ("--cascade=x", 'invalid cascade value (x). Must be "background", "foreground", or "orphan"'),
    ):
        assert await kubectl.refused(f"apply -f x.yaml {flags}", x_yaml=CONFIG) == f"error: {why}\n"


async def test_objects_without_names(kubectl):
    text = CONFIG.replace("name: c", "generateName: c")
    assert await kubectl.refused("apply -f x.yaml", x_yaml=text) == (
        "error: from c: cannot use generate name with apply\n"
    )
    error = await kubectl.refused("apply -f x.yaml", x_yaml=CONFIG.replace("name: c", "labels: {}"))
    assert error.endswith('from server for: "x.yaml": resource name may not be empty\n')


async def test_what_was_applied_last_can_be_seen_set_and_edited(kubectl):
    await kubectl.ok("apply -f x.yaml", x_yaml=CONFIG)
    shown = await kubectl.ok("apply view-last-applied cm/c")
    assert shown.startswith("apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\n")
    text = CONFIG.replace("a: b", "a: c")
    assert await kubectl.ok("apply set-last-applied -f x.yaml", x_yaml=text) == "configmap/c configured\n"
    assert (
        await kubectl.ok("apply set-last-applied -f x.yaml") == "set-last-applied c: no changes required.\n"
    )
    kubectl.editor = lambda name, text: text.replace("a: c", "a: d")
    assert await kubectl.ok("apply edit-last-applied cm/c") == "configmap/c edited\n"
    assert "a: d\n" in await kubectl.ok("apply view-last-applied cm/c")
    assert (await kubectl.read(C))["data"] == {"a": "b"}
