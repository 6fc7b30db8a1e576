"""Notes beneath an output: what helps, and nothing where nothing helps."""

import pytest

from clusters.engine import bootstrap, cluster
from clusters.engine.clock import Clock
from clusters.engine.store import MemoryStore, Overlay
from clusters.terminal.notes import Ended, in_korean_mode, notes_of
from clusters.terminal.words import words_of
from clusters.terminal.world import World
from tests.engine.builders import NOW, make_deployment, make_pod, make_service


def world(*objects, cloud=False):
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=1, delays="none", clock=Clock(NOW, NOW))
    cluster.set_cloud(store, cloud)
    for obj in objects:
        store.create(obj)
    return World(store.publish())


def notes(line, code=1, output="", *objects, **options):
    return notes_of(Ended(words_of(line), code, output), world(*objects, **options))


def not_found(name, resource="pods"):
    return f'Error from server (NotFound): {resource} "{name}" not found\n'


@pytest.mark.parametrize(
    "line", ["kubectl get pods", "kubectl delete pod web", "ls", "cat a", "foo --generator"]
)
def test_mostly_there_are_none(line):
    assert notes(line, 0, "NAME READY\n") == []


def test_a_pod_of_a_controller_has_a_name_with_a_random_part():
    pods = [make_pod(name) for name in ("web-x7k2", "website")]
    assert notes("kubectl delete pod web", 1, not_found("web"), *pods) == [
        "There is web-x7k2. Names made by a controller end in a random part."
    ]


def test_of_many_pods_some_are_named():
    pods = [make_pod(f"web-{letter}") for letter in "abcde"]
    assert notes("kubectl logs web", 1, not_found("web"), *pods[:2]) == [
        "There are web-a, web-b. Names made by a controller end in a random part."
    ]
    assert notes("kubectl logs web", 1, not_found("web"), *pods) == [
        "There are web-a, web-b, web-c and 2 more. Names made by a controller end in a random part."
    ]


def test_what_is_in_another_namespace_is_found_there():
    pod = make_pod("web", namespace="shop")
    assert notes("kubectl get pod web", 1, not_found("web"), pod) == [
        "There is one in the namespace shop. Add -n shop."
    ]
    assert notes("kubectl get pod web -n other", 1, not_found("web"), pod) != []


@pytest.mark.parametrize("option", ["-n shop", "--namespace shop", "--namespace=shop", "-nshop"])
def test_names_are_looked_up_in_the_namespace_that_was_meant(option):
    pods = [make_pod("web-a"), make_pod("web-b", namespace="shop")]
    assert notes(f"kubectl get pod web {option}", 1, not_found("web"), *pods) == [
        "There is web-b. Names made by a controller end in a random part."
    ]


def test_a_misspelt_name_is_guessed():
    said = notes(
        "kubectl delete deploy kubai", 1, not_found("kubai", "deployments.apps"), make_deployment("kubia")
    )
    assert said == ["Did you mean kubia?"]


def test_a_name_that_is_like_no_other_is_not_guessed():
    assert notes("kubectl get pod web", 1, not_found("web"), make_pod("database")) == []
    assert notes("kubectl get foo web", 1, not_found("web", "foos.example.com")) == []


def test_what_a_controller_has_replaced_is_not_taken_for_a_slip():
    pods = [make_pod(name) for name in ("web-x7k2b", "web-b4vnp")]
    assert notes("kubectl logs web-9qz6t", 1, not_found("web-9qz6t"), *pods) == [
        "It may be gone. Its controller has made others since: web-b4vnp, web-x7k2b."
    ]


def test_what_has_the_name_and_is_of_another_kind_is_named():
    output = not_found("kubia", "replicationcontrollers")
    assert notes("kubectl scale rc kubia --replicas=3", 1, output, make_deployment("kubia")) == [
        "Another kind has this name: deployment/kubia."
    ]


def no_kind(word):
    return f'error: the server doesn\'t have a resource type "{word}"\n'


@pytest.mark.parametrize(("word", "meant"), [("pdos", "pods"), ("service", ""), ("deploymnet", "deployment")])
def test_a_misspelt_kind_is_guessed(word, meant):
    said = [f"Did you mean {meant}?"] if meant else []
    assert notes(f"kubectl get {word}", 1 if meant else 0, no_kind(word)) == said


def test_a_name_without_its_kind_gets_one():
    assert notes("kubectl delete web", 1, no_kind("web"), make_pod("web"), make_service("web")) == [
        "This is a name. Its kind belongs before it: pod/web, service/web."
    ]


def test_a_namespace_that_is_not_there_is_told_from_an_empty_one():
    nothing = "No resources found in {} namespace.\n"
    assert notes("kubectl get pods -n defualt", 0, nothing.format("defualt")) == [
        "There is no namespace defualt. Did you mean default?"
    ]
    assert notes("kubectl get pods -n shop", 0, nothing.format("shop")) == ["There is no namespace shop."]
    assert notes("kubectl get pods", 0, nothing.format("default")) == []


def test_stopping_to_wait_stops_no_deletion():
    output = 'pod "web" deleted from default namespace\n'
    (said,) = notes("kubectl delete pod web", 130, output)
    assert said.startswith("Only the waiting has stopped")
    assert notes("kubectl delete pod web", 130) == notes("kubectl delete pod web", 0, output) == []


PENDING = "NAME TYPE CLUSTER-IP EXTERNAL-IP\nweb LoadBalancer 10.96.0.9 <pending>\n"


def test_an_address_that_nobody_gives_is_explained():
    (said,) = notes("kubectl get svc", 0, PENDING)
    assert said.startswith("EXTERNAL-IP is <pending>: no cloud is attached")
    (said,) = notes("kubectl get svc", 0, PENDING, cloud=True)
    assert said.endswith("the cloud makes the load balancer, and has an address in a moment.")
    assert notes("kubectl describe svc", 0, "<pending>") == []


@pytest.mark.parametrize("line", ["ping -c 3 10.96.0.77", "kubectl exec a -- ping web.default"])
def test_ping_of_a_service_is_explained(line):
    service = make_service("web", cluster_ip="10.96.0.77")
    assert notes(line, 1, "", service) == [
        "ping got no answer: a Service IP is a rule, not a machine. Try curl."
    ]


@pytest.mark.parametrize(
    "line", ["curl 10.96.0.77", "curl -s http://10.96.0.77:80/x", "curl web", "curl 10.244.1.2", "ping web"]
)
def test_addresses_of_the_inside_do_not_answer_outside(line):
    service = make_service("web", cluster_ip="10.96.0.77")
    pod = make_pod("one", ip="10.244.1.2")
    (said,) = notes(line, 28, "", service, pod)
    assert said.startswith("This is known inside of the cluster only")
    assert said not in notes(f"kubectl exec one -- {line}", 28, "", service, pod)
    assert notes(line, 0, "", service, pod) == []


def test_addresses_that_are_no_address_are_no_matter():
    assert notes("curl http://[::1", 3) == []
    assert notes("curl 192.0.2.9", 28) == []
    assert notes("curl", 2) == []


def test_the_old_generator_is_explained():
    output = "error: unknown flag: --generator\nSee 'kubectl run --help' for usage.\n"
    assert notes("kubectl run kubia --image=x --generator=run/v1", 1, output) == [
        "Unknown flag --generator: removed in 1.21. In book mode it works; "
        "today use kubectl create deployment."
    ]


def test_a_misspelt_flag_is_guessed():
    assert notes("kubectl logs web --folow", 1, "error: unknown flag: --folow\n") == [
        "Did you mean --follow?"
    ]


@pytest.mark.parametrize("word", ["-image=nginx", "-image", "--imag=nginx"])
def test_a_flag_with_one_hyphen_is_guessed_too(word):
    said = "unknown flag: --imag" if word.startswith("--") else "unknown shorthand flag: 'm' in -mage=nginx"
    assert notes(f"kubectl run web {word}", 1, f"error: {said}\n") == ["Did you mean --image?"]


def test_for_a_flag_like_no_other_those_that_there_are_are_named():
    (said,) = notes("kubectl cordon n --zzzzzz", 1, "error: unknown flag: --zzzzzz\n")
    assert said == "kubectl cordon knows --dry-run, --selector. -h names them all."
    (said,) = notes("kubectl top pod -z", 1, "error: unknown shorthand flag: 'z' in -z\n")
    assert said.startswith("kubectl top pod knows --")


def test_what_only_a_real_kubectl_can_do_is_said_where():
    output = 'error: the real kubectl has "kubectl proxy", and this terminal does not\n'
    (said,) = notes("kubectl proxy", 1, output)
    assert said.startswith("Your own kubectl")


@pytest.mark.parametrize("told", ["Error from server (Forbidden)", "error: unable to upgrade connection"])
def test_who_may_only_look_is_told_so(told):
    output = f'{told}: pods "web" is forbidden: User "reader" cannot delete resource "pods"\n'
    assert notes("kubectl delete pod web", 1, output) == [
        "You may look at this cluster, and change nothing in it."
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kubctl get pods", "Did you mean kubectl?"),
        ("kubect", "Did you mean kubectl?"),
        ("get pods", "Did you mean kubectl get pods?"),
        ("docker ps", "This terminal does not have docker. It has kubectl, curl, ping"),
        ("helm", "This terminal does not have helm."),
        ("qqqq", "This terminal has kubectl, curl, ping"),
    ],
)
def test_programs_that_are_not_there(line, said):
    (told,) = notes(line, 127, f"{line}: command not found\n")
    assert told.startswith(said)


def test_a_word_in_korean_letters_is_mapped_back():
    output = 'error: unknown command "ㅎㄷㅅ" for "kubectl"\n'
    assert notes("kubectl ㅎㄷㅅ ㅔㅐㅇㄴ", 1, output) == [
        "Keyboard is in Korean mode: did you mean kubectl get pods?"
    ]
    assert notes("kubectl annotate pod web note=안녕", 0) == []


def test_korean_words_are_no_mistake_of_the_keyboard():
    assert notes("kubectl get 파드", 1, no_kind("파드")) == []
    assert not in_korean_mode(["도움"])
    assert in_korean_mode(["쳐기"])  # curl
    assert in_korean_mode(["겨ㅜ"])
    assert not in_korean_mode(["kubectl", "ㅎㄷㅅ"])
