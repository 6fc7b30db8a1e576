"""kubectl version."""


async def test_it_says_which_kubectl_and_which_server_this_is(kubectl):
    out = await kubectl.ok("version")
    assert out == "Client Version: v1.37.1\nKustomize Version: v5.8.1\nServer Version: v1.37.1\n"


async def test_it_takes_no_words(kubectl):
    assert await kubectl.refused("version x") == "error: extra arguments: [x]\n"
