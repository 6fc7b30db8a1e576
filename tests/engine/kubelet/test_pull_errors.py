"""Images that cannot be pulled."""

from clusters.engine.apiserver import verbs
from clusters.engine.kubelet.kubelet import Kubelet
from clusters.engine.objects import is_ready, with_value
from tests.engine.builders import make_node, make_pod, make_store
from tests.engine.world import World

DENIED = (
    'failed to pull and unpack image "docker.io/luksa/kubai:latest": failed to resolve reference'
    ' "docker.io/luksa/kubai:latest": pull access denied, repository does not exist or may require'
    " authorization: server message: insufficient_scope: authorization failed"
)


def world(image, policy="Always", delays="none"):
    pod = make_pod("p", node="node-1", image=image)
    pod["spec"]["containers"][0]["imagePullPolicy"] = policy
    return World(make_store(make_node(), pod, delays=delays), Kubelet)


def waiting(w):
    found = w.container()["state"]["waiting"]
    return found["reason"], found.get("message", "")


def test_an_unknown_image_fails_and_backs_off():
    w = world("luksa/kubai")
    assert waiting(w) == ("ErrImagePull", DENIED)
    w.wait(5)
    assert waiting(w) == ("ImagePullBackOff", f'Back-off pulling image "luksa/kubai": ErrImagePull: {DENIED}')
    assert w.events(w.pod()) == [
        ("Pulling", 'Pulling image "luksa/kubai"'),
        ("Failed", f'Failed to pull image "luksa/kubai": {DENIED}'),
        ("Failed", "Error: ErrImagePull"),
        ("BackOff", 'Back-off pulling image "luksa/kubai"'),
        ("Failed", "Error: ImagePullBackOff"),
    ]
    assert w.pod()["status"]["phase"] == "Pending"
    assert w.container()["restartCount"] == 0
    assert w.container()["imageID"] == ""


def test_both_reasons_take_turns_and_the_pauses_double():
    w = world("luksa/kubai")
    tries = [0]
    for second in range(1, 1000):
        before = waiting(w)[0]
        w.wait(1)
        if (before, waiting(w)[0]) == ("ImagePullBackOff", "ErrImagePull"):
            tries.append(second)
    assert tries == [0, 10, 30, 70, 150, 310, 610, 910]
    assert w.count_of(w.pod(), "Pulling") == len(tries)


def test_a_failing_pull_takes_the_time_of_asking():
    w = world("luksa/kubai", delays="real")
    w.wait(1.25)
    assert waiting(w)[0] == "ContainerCreating"
    w.wait(0.1)
    assert waiting(w)[0] == "ErrImagePull"


def test_a_corrected_name_is_pulled_at_once():
    w = world("luksa/kubai")
    w.wait(5)
    containers = [{**w.pod()["spec"]["containers"][0], "image": "luksa/kubia"}]
    w.act(verbs.update, with_value(w.pod(), ("spec", "containers"), containers))
    assert is_ready(w.pod())
    assert w.container()["restartCount"] == 0


def test_a_name_that_is_none():
    w = world("Nginx")
    said = (
        'Failed to apply default image tag "Nginx": couldn\'t parse image name "Nginx": invalid reference'
        " format: repository name (Nginx) must be lowercase"
    )
    assert waiting(w) == ("InvalidImageName", said)
    assert w.events(w.pod()) == [("InspectFailed", said), ("Failed", "Error: InvalidImageName")]


def test_never_pulling_waits_for_the_image():
    w = world("nginx", policy="Never")
    said = 'Container image "nginx" is not present with pull policy of Never'
    assert waiting(w) == ("ErrImageNeverPull", said)
    assert ("ErrImageNeverPull", said) in w.events(w.pod())
    w.wait(3600)
    assert w.count_of(w.pod(), "ErrImageNeverPull") == 1
    w.act(verbs.create, make_pod("q", node="node-1", image="nginx"))
    assert is_ready(w.pod("q"))
    assert is_ready(w.pod())


def test_one_container_that_cannot_start_keeps_the_pod_pending():
    pod = make_pod("p", node="node-1", image="nginx")
    pod["spec"]["containers"].append({**pod["spec"]["containers"][0], "name": "typo", "image": "ngnix"})
    w = World(make_store(make_node(), pod), Kubelet)
    assert [c["ready"] for c in w.pod()["status"]["containerStatuses"]] == [True, False]
    assert w.pod()["status"]["phase"] == "Pending"
