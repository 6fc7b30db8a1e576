"""kubectl replace."""

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: nginx}]}\n"
C = "/api/v1/namespaces/default/configmaps/c"


async def test_an_object_takes_the_place_of_another(kubectl):
    assert await kubectl.refused("replace -f x.yaml", x_yaml=CONFIG) == (
        'Error from server (NotFound): error when replacing "x.yaml": configmaps "c" not found\n'
    )
    await kubectl.ok("create -f x.yaml")
    text = CONFIG.replace("a: b", "c: d")
    assert await kubectl.ok("replace -f x.yaml", x_yaml=text) == "configmap/c replaced\n"
    assert (await kubectl.read(C))["data"] == {"c": "d"}


async def test_a_version_that_is_no_longer_there_is_in_conflict(kubectl):
    await kubectl.ok("create -f x.yaml", x_yaml=CONFIG)
    error = await kubectl.refused(
        "replace -f x.yaml", x_yaml=CONFIG.replace("name: c", "name: c, resourceVersion: '1'")
    )
    assert error.startswith(
        'Error from server (Conflict): error when replacing "x.yaml": Operation cannot be'
    )


async def test_force_deletes_waits_and_makes_anew(kubectl, control_plane):
    text = POD.replace("spec: {", "spec: {terminationGracePeriodSeconds: 0, ")
    await kubectl.ok("create -f x.yaml", x_yaml=text)
    before = await kubectl.read("/api/v1/namespaces/default/pods/web")
    out = await kubectl.ok(
        "replace -f x.yaml --force", x_yaml=text.replace("name: web, image", "name: app, image")
    )
    assert out == 'pod "web" deleted from default namespace\npod/web replaced\n'
    after = await kubectl.read("/api/v1/namespaces/default/pods/web")
    assert before["metadata"]["uid"] != after["metadata"]["uid"]


async def test_force_makes_what_is_not_there(kubectl):
    assert await kubectl.ok("replace -f x.yaml --force", x_yaml=CONFIG) == "configmap/c replaced\n"


async def test_flags_that_need_force(kubectl):
    for flags, why in (
        ("--grace-period=0", "--grace-period must have --force specified"),
        ("--timeout=1s", "--timeout must have --force specified"),
        ("--force --dry-run=client", "--dry-run can not be used when --force is set"),
    ):
        assert await kubectl.refused(f"replace -f x.yaml {flags}", x_yaml=CONFIG) == f"error: {why}\n"


async def test_a_file_without_objects(kubectl):
    assert await kubectl.ok("replace -f x.yaml", x_yaml="# nothing") == ""
    done = await kubectl("replace -f x.yaml --force")
    assert done == ("No resources found\n", "error: no objects passed to replace\n", 1)
