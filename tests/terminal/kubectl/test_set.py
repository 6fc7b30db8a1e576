"""kubectl set."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.terminal.kubectl.cmd.set_helper import fits

WEB = "/apis/apps/v1/namespaces/default/deployments/web"


@pytest.fixture
async def web(kubectl):
    """A kubectl whose cluster has a Deployment with the containers nginx and redis."""
    await kubectl.ok("create deployment web --image=nginx --image=redis")
    return kubectl


async def containers(kubectl):
    return (await kubectl.read(WEB))["spec"]["template"]["spec"]["containers"]


async def test_the_image_of_a_container_is_set(web):
    assert await web.ok("set image deploy/web nginx=nginx:1.27") == "deployment.apps/web image updated\n"
    assert [container["image"] for container in await containers(web)] == ["nginx:1.27", "redis"]
    assert await web.ok("set image deploy/web nginx=nginx:1.27") == ""
    await web.ok("set image deploy web *=busybox")
    assert [container["image"] for container in await containers(web)] == ["busybox", "busybox"]


async def test_all_mistakes_are_told_at_once(web):
    assert await web.refused("set image deploy/web a=b c=d") == (
        'error: unable to find container named "a"\nerror: unable to find container named "c"\n'
    )


async def test_a_file_is_changed_without_the_server(web):
    text = await web.ok("get deploy web -o yaml")
    out = await web.ok("set image -f web.yaml nginx=x --local -o json", web_yaml=text)
    assert json.loads(out)["spec"]["template"]["spec"]["containers"][0]["image"] == "x"
    assert (await containers(web))[0]["image"] == "nginx"


async def test_variables_are_set_changed_and_removed(web):
    await web.ok("set env deploy/web A=1 B=2")
    assert await web.ok("set env deploy/web A=3 B- C=4 -c nginx") == "deployment.apps/web env updated\n"
    assert [container["env"] for container in await containers(web)] == [
        [{"name": "A", "value": "3"}, {"name": "C", "value": "4"}],
        [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
    ]
    assert await web.ok("set env deploy/web --list") == (
        "# Deployment web, container nginx\nA=3\nC=4\n# Deployment web, container redis\nA=1\nB=2\n"
    )


async def test_keys_of_a_configmap_become_variables(web):
    await web.ok("create cm c --from-literal=a-b=1")
    done = await web("set env deploy/web --from=cm/c -c nginx --prefix=X_")
    assert (done.err, done.code) == ("Warning: key a-b transferred to A_B\n", 0)
    assert (await containers(web))[0]["env"] == [
        {"name": "X_A_B", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "a-b"}}}
    ]
    assert "X_A_B=1\n" in await web.ok("set env deploy/web --list --resolve")
    assert "# X_A_B from configmap c, key a-b\n" in await web.ok("set env deploy/web --list")


async def test_resources_and_service_accounts_are_set(web):
    assert await web.ok("set resources deploy/web --limits=cpu=1 --requests=cpu=500m -c redis") == (
        "deployment.apps/web resource requirements updated\n"
    )
    assert [container["resources"] for container in await containers(web)] == [
        {},
        {"limits": {"cpu": "1"}, "requests": {"cpu": "500m"}},
    ]
    assert await web.ok("set sa deploy/web bot") == "deployment.apps/web serviceaccount updated\n"
    assert (await web.read(WEB))["spec"]["template"]["spec"]["serviceAccountName"] == "bot"


async def test_only_services_have_a_selector_to_set(web):
    await web.ok("expose deploy/web --port=80")
    assert await web.ok("set selector svc/web a=b") == "service/web selector updated\n"
    assert (await web.read("/api/v1/namespaces/default/services/web"))["spec"]["selector"] == {"a": "b"}
    assert await web.refused("set selector deploy/web a=b") == (
        "error: setting a selector is only supported for Services\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("foo", "unknown command \"foo\"\nSee 'kubectl set -h' for help and examples"),
        ("image deploy/web", "at least one image update is required"),
        ("image a=b deploy/web", "all resources must be specified before image changes: deploy/web"),
        (
            "env deploy/web A=1 A-",
            "can not both modify and remove the same environment variable in the same command",
        ),
        ("resources deploy/web --limits=cpu", "invalid argument syntax cpu, expected <resource>=<value>"),
        ("sa", "serviceaccount is required"),
        ("selector", "one selector is required"),
    ],
)
async def test_what_is_wrong_is_said(web, words, said):
    assert await web.refused(f"set {words}") == f"error: {said}\n"


@given(st.text("ab-", max_size=6))
def test_a_pattern_of_one_star_fits_every_name(name):
    assert fits(name, "*")
    assert fits(name, name)


@given(st.text("ab", min_size=1, max_size=4), st.text("ab", max_size=4))
def test_a_star_at_the_end_fits_names_that_begin_so(start, rest):
    assert fits(start + rest, f"{start}*")
