"""Streams that do not come about: what clients print must be the reason. And what else Python can stream."""

import re

import pytest
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import portforward, stream


def test_kubectl_says_why_it_could_not_go_in(world):
    nowhere = '{"spec": {"nodeSelector": {"no": "such"}}}'
    world.kubectl("run", "homeless", "--image=nginx", f"--overrides={nowhere}")
    world.kubectl("run", "imageless", "--image=no-such-image.invalid/x")
    refused = world.try_kubectl("exec", "homeless", "--", "hostname")
    assert refused.code == 1
    assert "pod homeless does not have a host assigned" in refused.err
    world.eventually(lambda: world.get("pod", "imageless")["spec"].get("nodeName"))
    refused = world.try_kubectl("exec", "imageless", "--", "hostname")
    assert refused.code == 1
    assert 'container not found ("imageless")' in refused.err
    assert refused.err.count("unable to upgrade connection") == 1


def test_python_is_told_the_reason(api, world):
    with pytest.raises(ApiException, match=r'pods ."nobody." not found'):
        stream(
            api.connect_get_namespaced_pod_exec,
            "nobody",
            world.namespace,
            command=["hostname"],
            stdout=True,
            stderr=True,
            stdin=False,
            tty=False,
        )


def test_python_reads_an_exit_code_and_closes_stdin(api, web):
    options = {"stdout": True, "stderr": True, "tty": False, "_preload_content": False}
    names = ("web", web.namespace)
    call = api.connect_get_namespaced_pod_exec
    failed = stream(call, *names, command=["sh", "-c", "echo said; exit 5"], stdin=False, **options)
    failed.run_forever(timeout=30)
    assert (failed.read_stdout(), failed.returncode) == ("said\n", 5)
    shell = stream(call, *names, command=["sh"], stdin=True, **options)
    shell.write_stdin("hostname\n")
    assert shell.readline_stdout(timeout=30) == "web"
    shell.close_channel(0)
    shell.run_forever(timeout=30)
    assert shell.returncode == 0


def test_python_forwards_ports(api, web):
    forwarded = portforward(api.connect_get_namespaced_pod_portforward, "web", web.namespace, ports="80,81")
    socket = forwarded.socket(80)
    socket.setblocking(True)
    socket.settimeout(30)
    socket.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    page = b""
    while b"</html>" not in page:
        page += socket.recv(65_536)
    assert re.match(rb"HTTP/1.1 200 OK\r\n", page)
    assert "refused" in web.eventually(lambda: forwarded.error(81))
    forwarded.close()
