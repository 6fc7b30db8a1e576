"""kubectl run."""

import json

import pytest

PODS = "/api/v1/namespaces/default/pods"
UNKNOWN = "error: unknown flag: --generator\nSee 'kubectl run --help' for usage.\n"
DEPRECATED = (
    "kubectl run --generator={} is DEPRECATED and will be removed in a future version. Use kubectl run "
    "--generator=run-pod/v1 or kubectl create instead.\n"
)


async def test_an_image_runs_in_a_pod(kubectl):
    assert await kubectl.ok("run x --image=nginx --port=80 --env=A=b=c -- sleep 5") == "pod/x created\n"
    pod = await kubectl.read(f"{PODS}/x")
    assert pod["metadata"]["labels"] == {"run": "x"}
    (container,) = pod["spec"]["containers"]
    assert (container["name"], container["args"]) == ("x", ["sleep", "5"])
    assert container["env"] == [{"name": "A", "value": "b=c"}]
    assert container["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert await kubectl.refused("run x --image=nginx") == (
        'Error from server (AlreadyExists): pods "x" already exists\n'
    )


async def test_a_dry_run_prints_what_would_be_made(kubectl):
    assert await kubectl.ok("run x --image=nginx --dry-run=client -o yaml") == (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    run: x\n  name: x\nspec:\n  containers:\n"
        "  - image: nginx\n    name: x\n    resources: {}\n  dnsPolicy: ClusterFirst\n"
        "  restartPolicy: Always\nstatus: {}\n"
    )
    assert (await kubectl.read(f"{PODS}/x"))["code"] == 404


async def test_json_has_the_order_of_gos_types(kubectl):
    text = await kubectl.ok("run x --image=nginx --dry-run=client -o json -l a=b")
    assert text.startswith(
        '{\n    "kind": "Pod",\n    "apiVersion": "v1",\n    "metadata": {\n        "name": "x",\n'
    )
    assert list(json.loads(text)["spec"]) == ["containers", "restartPolicy", "dnsPolicy"]


async def test_a_service_can_be_made_with_it(kubectl):
    line = "run x --image=nginx --port=80 --expose -l app=y"
    assert await kubectl.ok(line) == "pod/x created\nservice/x created\n"
    service = await kubectl.read("/api/v1/namespaces/default/services/x")
    assert service["spec"]["selector"] == {"app": "y"}


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("", 'required flag(s) "image" not set'),
        ("--image=", "--image is required"),
        ("--image=NGINX", 'invalid image name "NGINX": invalid reference format'),
        ("--image=a --env=b", "invalid env: b"),
        ("--image=a --port=b", "--port must be a number"),
        ("--image=a --expose", "--port must be set when exposing a service"),
        ("--image=a --rm", "--rm should only be used for attached containers"),
        ("--image=a -t", "-i/--stdin is required for containers with -t/--tty=true"),
        ("--image=a -l b", "unexpected label spec: b"),
        (
            "--image=a --restart=never",
            "invalid restart policy: never, valid values are: Always, OnFailure, Never",
        ),
        ("--image=a --overrides={", "Invalid JSON Patch"),
    ],
)
async def test_what_is_wrong_is_said_before_anything_is_made(kubectl, flags, said):
    assert await kubectl.refused(f"run x {flags}") == f"error: {said}\n"
    assert (await kubectl.read(f"{PODS}/x"))["code"] == 404


@pytest.mark.parametrize(
    "override",
    [
        """'{"spec":{"nodeName":"n"}}'""",
        """'{"spec":{"nodeName":"n"}}' --override-type=strategic""",
        """'[{"op":"add","path":"/spec/nodeName","value":"n"}]' --override-type=json""",
    ],
)
async def test_the_pod_can_be_overridden(kubectl, override):
    out = await kubectl.ok(f"run x --image=a --dry-run=client -o json --overrides={override}")
    assert json.loads(out)["spec"]["nodeName"] == "n"


async def test_the_flag_of_old_books_is_unknown_today(kubectl):
    assert await kubectl.refused("run kubia --image=luksa/kubia --port=8080 --generator=run/v1") == UNKNOWN


async def test_in_book_mode_it_makes_a_replication_controller(kubectl):
    kubectl.book_mode = True
    done = await kubectl("run kubia --image=luksa/kubia --port=8080 --generator=run/v1")
    assert done == ("replicationcontroller/kubia created\n", DEPRECATED.format("run/v1"), 0)
    controller = await kubectl.read("/api/v1/namespaces/default/replicationcontrollers/kubia")
    spec = controller["spec"]
    assert (spec["replicas"], spec["selector"]) == (1, {"run": "kubia"})
    assert spec["template"]["metadata"]["labels"] == controller["metadata"]["labels"] == {"run": "kubia"}
    assert spec["template"]["spec"]["containers"][0]["ports"] == [{"containerPort": 8080, "protocol": "TCP"}]


async def test_in_book_mode_it_can_make_a_pod(kubectl):
    kubectl.book_mode = True
    done = await kubectl("run x --image=nginx --generator=run-pod/v1")
    assert done == ("pod/x created\n", DEPRECATED.format("run-pod/v1"), 0)
    assert await kubectl.ok("run y --image=nginx") == "pod/y created\n"
    assert await kubectl.refused("run z --image=nginx --generator=job/v1") == (
        'error: generator "job/v1" not found\n'
    )


async def test_a_command_that_ends_prints_its_output_and_goes(kubectl, control_plane):
    done = await kubectl("run x --image=busybox --restart=Never --rm --attach -q -- sh -c 'echo hi; exit 3'")
    assert (done.out, done.code) == ("hi\n", 3)
    assert done.err.startswith("pod default/x terminated (Error)\n")
    left = (await kubectl.read(PODS))["items"]
    assert all("deletionTimestamp" in pod["metadata"] for pod in left)


async def test_one_can_type_into_it(kubectl, control_plane):
    kubectl.typed = ["echo hello\n", "exit\n"]
    done = await kubectl("run x --image=busybox --restart=Never --rm -i -- sh")
    assert (done.code, done.out) == (0, 'hello\npod "x" deleted from default namespace\n')
