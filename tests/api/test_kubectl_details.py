"""Small things that people see who type into kubectl."""

from tests.api.caller import TABLE, controller

CONTROLLERS = "/api/v1/namespaces/default/replicationcontrollers"


async def test_a_scale_is_printed_with_its_own_columns(call):
    await call.post(CONTROLLERS, controller(replicas=2))
    table = await call.get(f"{CONTROLLERS}/web/scale", accept=TABLE)
    assert [column["name"] for column in table["columnDefinitions"]] == [
        "Name",
        "Desired",
        "Available",
        "Age",
    ]
    assert table["rows"][0]["cells"][:3] == ["web", 2, 0]
