"""What only the real kubectl can do."""

import pytest


@pytest.mark.parametrize(
    "line",
    [
        "proxy",
        "port-forward pod/x 8080",
        "create ingress x",
        "get pods --as=eve",
        "get pods --context=other",
        "get pods -v=6",
        "create -f -",
        "create -f https://example.com/x.yaml",
        "create -k .",
        "create --raw=/api -f x.yaml",
        "create namespace x -o go-template-file=x",
        "delete --raw=/api",
    ],
)
async def test_it_is_refused_with_a_hint_at_ones_own_kubectl(term, line):
    ran = await term.run(f"kubectl {line}")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: ")
    assert ran.notes == ["Your own kubectl can do more with this cluster. The page says how to connect it."]
