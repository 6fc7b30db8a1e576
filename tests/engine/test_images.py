"""Names of images, and what the registries say to them."""

import pytest

from clusters.engine import images


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("luksa/kubia", "docker.io/luksa/kubia:latest"),
        ("docker.io/nginx", "docker.io/library/nginx:latest"),
        ("index.docker.io/library/nginx", "docker.io/library/nginx:latest"),
        ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"),
        ("localhost:5000/mine", "localhost:5000/mine:latest"),
    ],
)
def test_names_are_completed(name, full):
    assert images.full_name(name) == full


@pytest.mark.parametrize(
    "name", ["nginx", "docker.io/library/nginx:1.27", "nginx:1.27.3-alpine", "nginx:alpine"]
)
def test_many_names_are_one_image(name):
    assert images.image_of(name).name == "nginx"


def test_a_version_may_be_an_image_of_its_own():
    assert images.image_of("luksa/kubia:v2").answer.startswith("This is v2")
    assert images.image_of("luksa/kubia").answer.startswith("You've hit")


@pytest.mark.parametrize(
    "name", ["nginx:1.99", "luksa/kubia:v9", "nobody/nothing", "Nginx", "quay.io/a/b", "a b", ""]
)
def test_other_names_are_no_image(name):
    assert images.image_of(name) is None


def test_a_missing_repository_may_be_private():
    assert images.pull_error("kubai") == (
        'failed to pull and unpack image "docker.io/library/kubai:latest": failed to resolve reference'
        ' "docker.io/library/kubai:latest": pull access denied, repository does not exist or may require'
        " authorization: server message: insufficient_scope: authorization failed"
    )


def test_a_missing_tag_is_not_found():
    assert images.pull_error("nginx:1.99").endswith("docker.io/library/nginx:1.99: not found")


def test_a_missing_registry_has_no_address():
    error = images.pull_error("registry.example.com/app")
    assert error.endswith("dial tcp: lookup registry.example.com: no such host")


def test_upper_case_is_no_name():
    with pytest.raises(
        ValueError, match=r"invalid reference format: repository name \(Nginx\) must be lowercase"
    ):
        images.parse_reference("Nginx")


def test_ids_are_digests_and_stay():
    one, other = images.image_id("nginx:1.27"), images.image_id("nginx:1.28")
    assert one != other
    assert one == images.image_id("docker.io/library/nginx:1.27")
    assert one.startswith("docker.io/library/nginx@sha256:")
    assert len(one.rpartition(":")[2]) == 64


def test_a_digest_is_its_own_id():
    name = f"nginx@sha256:{'ab' * 32}"
    assert images.image_of(name).name == "nginx"
    assert images.image_id(name) == f"docker.io/library/nginx@sha256:{'ab' * 32}"


def test_the_catalogue_has_what_lessons_need():
    names = {image.name for image in images.catalogue().values()}
    assert {"luksa/kubia", "nginx", "busybox", "redis", "curlimages/curl"} <= names
    assert images.image_of("luksa/kubia").sigterm is None
    assert images.image_of("lifelines/stubborn").sigterm is None
    assert images.image_of("lifelines/crasher").exit_code == 1


def test_every_image_can_be_pulled_by_its_name():
    for image in images.catalogue().values():
        name = image.name if ":" in image.name else image.name + ":latest"
        found = images.image_of(name) or images.image_of(image.name + ":v1")
        assert found is not None
        assert image.size > 0
