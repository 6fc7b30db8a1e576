"""What images.yaml says has to be true of itself, for every image."""

import re
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
import yaml

from clusters.engine import images
from clusters.engine.images import Image, catalogue, image_of, parse_reference, programs_of
from clusters.engine.kubelet.shell.catalogue import PROGRAMS
from clusters.engine.network import Request, http

ENTRIES = yaml.safe_load(images._CATALOGUE.read_text(encoding="utf-8"))
IMAGES = sorted(catalogue().items())
MOMENT = datetime(2026, 11, 24, 8, 0, 0, 123456, UTC)

every_image = pytest.mark.parametrize(("name", "image"), IMAGES, ids=[name for name, _ in IMAGES])


def test_every_key_is_explained_and_means_something():
    known = {field.name for field in fields(Image)}
    explained = images._CATALOGUE.read_text(encoding="utf-8").split("- name:")[0]
    for entry in ENTRIES:
        assert entry.keys() <= known
        assert all(re.search(rf"^# .*\b{key}\b", explained, re.MULTILINE) for key in entry)


def test_no_name_is_given_twice():
    names = [str(parse_reference(entry["name"])) for entry in ENTRIES]
    assert len(names) == len(set(names))


@every_image
def test_its_tags_are_a_pattern_and_its_own_name_can_be_pulled(name, image):
    re.compile(image.tags)
    tagged = ":" in name.rpartition("/")[2]
    names = [name] if tagged else [f"{name}:latest", f"{name}:v1"]
    assert image in [image_of(found) for found in names]


@every_image
def test_its_base_is_known_and_gives_it_programs(name, image):
    found = programs_of(image)
    assert ("sh" in found) == (image.base != "none")
    assert ("curl" in found) == bool(image.curl)


@every_image
def test_its_entrypoint_is_one_of_its_programs(name, image):
    assert image.entrypoint in {"", *programs_of(image)}


@every_image
def test_an_image_that_serves_something_says_what_ps_shows(name, image):
    assert bool(image.runs) >= bool(image.ports)


@every_image
def test_its_versions_of_curl_are_numbers(name, image):
    assert re.fullmatch(r"(\d+\.\d+\.\d+)?", image.curl)


@every_image
def test_its_paths_and_files_are_absolute(name, image):
    assert all(path.startswith("/") for path in (*image.files, image.workdir, *(image.paths or ())))


@every_image
def test_its_texts_can_be_filled_in(name, image):
    given = {"time": MOMENT, "hostname": "p", "uptime": 1.5}
    for text in (*image.start_log, image.end_log, image.stop_log):
        assert "{" not in text.format(**given)
    asked = {"client": "10.0.0.1", "method": "GET", "path": "/", "status": 200, "size": 5, "agent": "-"}
    assert "{" not in image.access_log.format(**given, **asked, number=1)


@every_image
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("path", ["/", "/nothing/like/this"])
def test_what_speaks_http_answers_every_request(name, image, method, path):
    response = http.respond(image, Request(method, path), "p", 0.0)
    assert (response is not None) == bool(image.answer)
    if response is not None:
        assert int(dict(response.headers)["Content-Length"]) >= len(response.body)
        assert b"{" not in response.body or image.name == "unknown"


@every_image
def test_what_answers_has_a_port_and_what_ends_has_none(name, image):
    assert bool(image.ports) >= bool(image.answer)
    assert image.exits_after is None or not image.ports
    assert all(0 < port < 65536 for port in image.ports)


@every_image
def test_sizes_and_times_are_no_less_than_nothing(name, image):
    assert image.size > 0
    times = (image.ready_after, image.exits_after, image.sigterm)
    assert all(time is None or time >= 0 for time in times)
    assert 0 <= image.exit_code <= 255
    assert 0 <= image.sigterm_code <= 255


@every_image
def test_what_wants_variables_says_so_when_it_lacks_them(name, image):
    assert bool(image.needs_env) <= bool(image.message)


def test_every_program_that_is_simulated_is_in_some_image():
    found = frozenset[str]().union(*(programs_of(image) for image in catalogue().values()))
    assert set(PROGRAMS) <= found


def test_no_base_has_a_program_twice():
    for programs in yaml.safe_load(images._PROGRAMS.read_text(encoding="utf-8")).values():
        assert len(programs) == len(set(programs))


def test_a_base_that_nobody_knows_is_an_error():
    with pytest.raises(KeyError):
        programs_of(replace(image_of("nginx"), base="slackware"))
