"""kubectl autoscale, create job and create cronjob: kinds that this server has not."""

import json

import pytest

NOT_FOUND = "Error from server (NotFound): the server could not find the requested resource\n"
INCOMPATIBLE = (
    "error: failed to create autoscaling/v2 HPA and the configuration is incompatible with autoscaling/v1: "
)


@pytest.fixture
async def web(kubectl):
    """A kubectl whose cluster has a Deployment web."""
    await kubectl.ok("create deployment web --image=nginx")
    return kubectl


async def test_an_autoscaler_is_printed_as_it_would_be(web):
    line = "autoscale deploy web --max=4 --cpu=50% --memory=20 --dry-run=client -o json"
    spec = json.loads(await web.ok(line))["spec"]
    assert list(spec) == ["scaleTargetRef", "maxReplicas", "metrics"]
    assert [metric["resource"]["target"] for metric in spec["metrics"]] == [
        {"type": "Utilization", "averageUtilization": 50},
        {"type": "AverageValue", "averageValue": "20Mi"},
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--cpu=50%", NOT_FOUND),
        ("", f"{INCOMPATIBLE}empty input\n"),
        ("--min=5", "error: --max=MAXPODS must be larger or equal to --min=MINPODS, max: 4, min: 5\n"),
        ("--cpu=x", "error: invalid resource cpu value: x\n"),
        ("--memory=x%", "error: invalid percentage value: x\n"),
    ],
)
async def test_the_server_refuses_it(web, words, said):
    assert await web.refused(f"autoscale deploy web --max=4 {words}") == said


async def test_a_job_is_printed_as_it_would_be_and_refused(kubectl):
    job = json.loads(await kubectl.ok("create job j --image=busybox --dry-run=client -o json -- date"))
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container == {"name": "j", "image": "busybox", "command": ["date"], "resources": {}}
    refused = "the server could not find the requested resource\n"
    assert await kubectl.refused("create job j --image=busybox") == f"error: failed to create job: {refused}"
    assert await kubectl.refused("create cj c --image=busybox --schedule=*") == (
        f"error: failed to create cronjob: {refused}"
    )
    assert await kubectl.refused("create job j") == "error: either --image or --from must be specified\n"
