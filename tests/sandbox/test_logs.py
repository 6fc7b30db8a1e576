"""One line an event, no secrets."""

import logging

import pytest

from sandbox.logs import LineFormatter


def line(message, *arguments, exc_info=None):
    record = logging.LogRecord("sandbox.access", logging.INFO, "f", 1, message, arguments, exc_info)
    return LineFormatter().format(record)


def test_claim_tokens_are_masked():
    text = line("GET %s 200", "/c/7/?x=1&claim=s3cr3t-token_x&y=2")
    assert "s3cr3t" not in text
    assert "/c/7/?x=1&claim=***&y=2 200" in text


def test_keys_of_clusters_are_masked():
    assert line("GET /k8s/abcdefghijklmnop/api/v1/pods 200").endswith("GET /k8s/***/api/v1/pods 200")
    assert line("GET /k8s/abcdefghijklmnop 200").endswith("GET /k8s/*** 200")


@pytest.mark.parametrize(
    "path", ["/k8s//{}/api", "/K8S/{}/api", "/k8s/***/../{}/api", "/api?server={}", "/c/{}", "/k8s/{}//api"]
)
def test_keys_are_masked_in_whatever_place_they_are(path):
    key = "q7" * 13
    assert line(f"GET {path.format(key)} 404").endswith(f"GET {path.format('***')} 404")


def test_masked_in_tracebacks_too():
    try:
        raise ValueError("bad address /c/7/?claim=s3cr3t")
    except ValueError as error:
        text = line("failed", exc_info=(type(error), error, error.__traceback__))
    assert "ValueError: bad address /c/7/?claim=***" in text
    assert "s3cr3t" not in text


def test_nobody_forges_a_line():
    assert line("GET %s 404", "/a\n2026-01-01 00:00:00 INFO fake").count("\n") == 0


@pytest.mark.django_db
def test_a_request_is_one_masked_line(client, caplog):
    with caplog.at_level("INFO"):
        client.get("/nothing-here?claim=s3cr3t")
        client.get("/static/css/base.css")
        client.get("/healthz")
    lines = [LineFormatter().format(record) for record in caplog.records if record.levelno >= logging.INFO]
    access = [text for text in lines if "sandbox.access" in text]
    assert len(access) == 1
    assert " GET /nothing-here?claim=*** 404 " in access[0]
    assert not any("s3cr3t" in text for text in lines)


def test_a_foreign_host_is_one_line(client, caplog):
    client.get("/healthz", headers={"host": "evil.example"})
    (text,) = [LineFormatter().format(r) for r in caplog.records if r.name.startswith("django.security")]
    assert "evil.example" in text
    assert "\n" not in text
