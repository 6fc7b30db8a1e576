"""kubectl create deployment, namespace, configmap and others: objects of a few words."""

import json

import pytest

IN_DEFAULT = "/api/v1/namespaces/default"


async def test_a_deployment_has_a_container_for_each_image(kubectl):
    line = "create deployment web --image=nginx:1.27 --image=reg.io/a/redis --replicas=3 --port=80"
    assert await kubectl.ok(line) == "deployment.apps/web created\n"
    spec = (await kubectl.read("/apis/apps/v1/namespaces/default/deployments/web"))["spec"]
    assert (spec["replicas"], spec["selector"]) == (3, {"matchLabels": {"app": "web"}})
    containers = spec["template"]["spec"]["containers"]
    assert [container["name"] for container in containers] == ["nginx", "redis"]
    assert "ports" in containers[0]
    assert "ports" not in containers[1]


async def test_what_go_never_leaves_out_is_printed(kubectl):
    out = await kubectl.ok("create deploy web --image=nginx --dry-run=client -o yaml")
    assert "\n  strategy: {}\n" in out
    assert "\n        resources: {}\n" in out
    assert out.endswith("\nstatus: {}\n")
    assert "creationTimestamp" not in out


async def test_names_that_are_no_names_of_containers_are_made_unique(kubectl):
    out = await kubectl.ok("create deploy web --image=my_app.v1 --dry-run=client -o json")
    (container,) = json.loads(out)["spec"]["template"]["spec"]["containers"]
    assert container["name"][:-5] == "my-app-v1-"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("deployment", 'required flag(s) "image" not set'),
        (
            "deployment --image=a",
            "exactly one NAME is required, got 0\nSee 'kubectl create deployment -h' for help and examples",
        ),
        ("deployment a --image=b --image=c -- d", "cannot specify multiple --image options and command"),
        ("service clusterip a", "at least one tcp port specifier must be provided"),
        ("service clusterip a --tcp=x", 'strconv.ParseUint: parsing "x": invalid syntax'),
        (
            "service foo",
            "unknown command \"foo\"\nSee 'kubectl create service -h' for help and examples",
        ),
        ("pdb a --min-available=1", "a selector must be specified"),
        ("quota a --hard=b", "Invalid argument syntax b, expected <resource>=<value>"),
        ("cm a --from-literal=b", "invalid literal source b, expected key=value"),
        ("cm a --from-file=b", "error reading b: no such file or directory"),
        ("secret generic a --from-file=a=b=c", "key names or file paths cannot contain '='"),
        ("token default --duration=1ms", "--duration cannot be expressed in units less than seconds"),
        ("token nobody", 'failed to create token: serviceaccounts "nobody" not found'),
        (
            "deployment a --image=b --dry-run=c",
            'Invalid dry-run value (c). Must be "none", "server", or "client".',
        ),
    ],
)
async def test_what_is_wrong_is_said(kubectl, line, said):
    assert await kubectl.refused(f"create {line}") == f"error: {said}\n"


async def test_the_server_has_the_last_word(kubectl):
    assert await kubectl.ok("create ns shop") == "namespace/shop created\n"
    assert await kubectl.refused("create ns shop") == (
        'Error from server (AlreadyExists): namespaces "shop" already exists\n'
    )
    assert await kubectl.ok("create sa bot -n shop") == "serviceaccount/bot created\n"
    assert await kubectl.refused("create sa bot -n nowhere") == (
        'error: failed to create serviceaccount: namespaces "nowhere" not found\n'
    )


async def test_a_configmap_is_made_of_words_files_and_variables(kubectl):
    line = "create cm c --from-literal=a=b,c --from-file=x.txt --from-file=y=x.txt"
    assert await kubectl.ok(line, x_txt="hello\n") == "configmap/c created\n"
    data = (await kubectl.read(f"{IN_DEFAULT}/configmaps/c"))["data"]
    assert data == {"a": "b,c", "x.txt": "hello\n", "y": "hello\n"}
    await kubectl.ok("create cm e --from-env-file=e.env", e_env="# none\n A=1\nB=x=y\n\n")
    assert (await kubectl.read(f"{IN_DEFAULT}/configmaps/e"))["data"] == {"A": "1", "B": "x=y"}


async def test_a_hash_of_the_content_can_be_in_the_name(kubectl):
    line = "create {} --from-literal=a=b --append-hash --dry-run=client -o name"
    # What kubectl 1.37 prints.
    assert await kubectl.ok(line.format("cm c")) == "configmap/c-m4h6ctkgb2\n"
    assert await kubectl.ok(line.format("secret generic c")) == "secret/c-mdmchtdbm6\n"


async def test_the_values_of_a_secret_are_base64(kubectl):
    await kubectl.ok("create secret generic s --from-literal=a=b")
    secret = await kubectl.read(f"{IN_DEFAULT}/secrets/s")
    assert (secret["data"], secret["type"]) == ({"a": "Yg=="}, "Opaque")
    out = await kubectl.ok(
        "create secret docker-registry d --docker-username=u --docker-password=p --dry-run=client "
        "-o jsonpath={.data}"
    )
    assert list(json.loads(out)) == [".dockerconfigjson"]


async def test_services_of_all_types(kubectl):
    await kubectl.ok("create service clusterip a --clusterip=None")
    await kubectl.ok("create svc nodeport b --tcp=80:http --node-port=30080")
    await kubectl.ok("create svc externalname c --external-name=example.com")
    specs = [(await kubectl.read(f"{IN_DEFAULT}/services/{name}"))["spec"] for name in "abc"]
    assert (specs[0]["clusterIP"], specs[0]["selector"]) == ("None", {"app": "a"})
    assert specs[1]["ports"] == [
        {"name": "80-http", "protocol": "TCP", "port": 80, "targetPort": "http", "nodePort": 30080}
    ]
    assert (specs[2]["type"], specs[2]["externalName"]) == ("ExternalName", "example.com")


async def test_quotas_and_budgets(kubectl):
    await kubectl.ok("create quota q --hard=pods=4,cpu=1000m")
    assert (await kubectl.read(f"{IN_DEFAULT}/resourcequotas/q"))["spec"] == {
        "hard": {"cpu": "1", "pods": "4"}
    }
    await kubectl.ok("create pdb p --selector='app=web,tier in (a,b)' --max-unavailable=50%")
    budget = await kubectl.read("/apis/policy/v1/namespaces/default/poddisruptionbudgets/p")
    assert budget["spec"] == {
        "maxUnavailable": "50%",
        "selector": {
            "matchLabels": {"app": "web"},
            "matchExpressions": [{"key": "tier", "operator": "In", "values": ["a", "b"]}],
        },
    }
