"""Fit to be opened on a LAN: hosts, secret key, what HOST and PUBLIC_URL change."""

import json
import os
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox import lan

ROOT = Path(__file__).resolve().parents[2]


def settings_under(tmp_path, **environment):
    """Returns chosen settings as a fresh process sees them under `environment`."""
    names = [
        "DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE",
        "SECURE_HSTS_SECONDS", "SECRET_KEY",
    ]  # fmt: skip
    code = (
        "import json; from django.conf import settings;"
        f"print(json.dumps({{n: getattr(settings, n) for n in {names}}}))"
    )
    clean = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")}
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**clean, "DJANGO_SETTINGS_MODULE": "sandbox.settings", "DATA_DIR": str(tmp_path), **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(result.stdout)


def test_loopback_allows_this_machine_only():
    assert lan.allowed_hosts("127.0.0.1") == ["127.0.0.1", "[::1]", "localhost"]
    assert lan.allowed_hosts("localhost") == ["127.0.0.1", "[::1]", "localhost"]


def test_another_host_allows_the_own_names_and_addresses(monkeypatch):
    own = {"10.255.255.255": "10.1.2.3", "192.0.2.1": "192.168.0.7", "2001:db8::1": "2001:db8::7"}
    monkeypatch.setattr(lan, "source_address", own.get)
    monkeypatch.setattr(socket, "gethostname", lambda: "Laptop")
    assert lan.allowed_hosts("0.0.0.0") == [
        "10.1.2.3", "127.0.0.1", "192.168.0.7", "[2001:db8::7]", "[::1]",
        "laptop", "laptop.local", "localhost",
    ]  # fmt: skip


def test_the_address_listened_on_is_allowed():
    assert "192.0.2.44" in lan.allowed_hosts("192.0.2.44")
    assert "0.0.0.0" not in lan.allowed_hosts("0.0.0.0")


def test_source_address_is_an_address_of_this_machine():
    assert lan.source_address("127.0.0.1") == "127.0.0.1"


def test_more_hosts_and_the_public_one_are_added():
    hosts = lan.allowed_hosts("127.0.0.1", "a.example, b.example,", "public.example")
    assert {"a.example", "b.example", "public.example"} < set(hosts)
    assert "" not in hosts


def test_defaults(tmp_path):
    settings = settings_under(tmp_path)
    assert settings["DEBUG"] is False
    assert settings["ALLOWED_HOSTS"] == ["127.0.0.1", "[::1]", "localhost"]
    assert settings["SESSION_COOKIE_SECURE"] is False
    assert settings["SECURE_HSTS_SECONDS"] == 0


def test_debug_only_by_its_own_switch(tmp_path):
    assert settings_under(tmp_path, DEBUG="1")["DEBUG"] is True
    assert settings_under(tmp_path, DEBUG="0")["DEBUG"] is False
    assert settings_under(tmp_path, DEBUG="true")["DEBUG"] is False


def test_public_https_address(tmp_path):
    settings = settings_under(tmp_path, PUBLIC_URL="https://class.example:8443/")
    assert settings["CSRF_TRUSTED_ORIGINS"] == ["https://class.example:8443"]
    assert "class.example" in settings["ALLOWED_HOSTS"]
    assert settings["SESSION_COOKIE_SECURE"] is True
    assert settings["CSRF_COOKIE_SECURE"] is True
    assert settings["SECURE_HSTS_SECONDS"] > 0


def test_public_http_address_needs_no_https(tmp_path):
    settings = settings_under(tmp_path, PUBLIC_URL="http://192.168.0.7:8000")
    assert settings["CSRF_TRUSTED_ORIGINS"] == ["http://192.168.0.7:8000"]
    assert settings["SESSION_COOKIE_SECURE"] is False


def test_secret_key_is_made_once_and_private(tmp_path):
    first = settings_under(tmp_path / "data")["SECRET_KEY"]
    assert len(first) >= 50
    assert settings_under(tmp_path / "data")["SECRET_KEY"] == first
    assert settings_under(tmp_path / "other")["SECRET_KEY"] != first
    mode = stat.S_IMODE((tmp_path / "data" / "secret-key").stat().st_mode)
    assert mode == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_secret_key_of_many_at_once_is_one(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lan.secret_key, [tmp_path] * 64))
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example"])
def test_a_foreign_host_header_is_refused(client, settings, host):
    settings.ALLOWED_HOSTS = lan.allowed_hosts("127.0.0.1")
    assert client.get("/healthz", headers={"host": host}).status_code == 400
