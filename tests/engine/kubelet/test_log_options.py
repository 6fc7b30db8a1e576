"""Which lines of a log a query asks for."""

import pytest

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.kubelet.log_options import encode, options_of, rfc3339_nano, select
from clusters.engine.kubelet.log_sources import LogLine
from tests.engine.builders import NOW


def select_of(query, found=None, now=100.0):
    found = [LogLine(float(time), f"line {time}") for time in range(90, 100)] if found is None else found
    return [int(line.time) for line in select(found, options_of(query), now)]


@pytest.mark.parametrize(
    ("query", "times"),
    [
        ({}, list(range(90, 100))),
        ({"tailLines": "3"}, [97, 98, 99]),
        ({"tailLines": "0"}, []),
        ({"tailLines": "500"}, list(range(90, 100))),
        ({"sinceSeconds": "4"}, [96, 97, 98, 99]),
        ({"sinceTime": "1970-01-01T00:01:38Z"}, [98, 99]),
        ({"sinceTime": "1970-01-01T00:01:38Z", "tailLines": "1"}, [99]),
    ],
)
def test_lines_are_chosen(query, times):
    assert select_of(query) == times


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ({"tailLines": "-1"}, 422, "tailLines: Invalid value: -1: must be greater than or equal to 0"),
        ({"limitBytes": "0"}, 422, "limitBytes: Invalid value: 0: must be greater than 0"),
        ({"sinceSeconds": "0"}, 422, "sinceSeconds: Invalid value: 0: must be greater than 0"),
        ({"sinceSeconds": "1", "sinceTime": "2026-11-24T08:00:00Z"}, 422, "at most one of `sinceTime` or"),
        ({"tailLines": "many"}, 400, 'parsing "many": invalid syntax'),
        ({"tailLines": "²"}, 400, "invalid syntax"),
        ({"sinceTime": "yesterday"}, 400, 'parsing time "yesterday"'),
    ],
)
def test_bad_queries_are_refused(query, code, message):
    with pytest.raises(StatusError) as caught:
        options_of(query)
    assert caught.value.code == code
    assert message in caught.value.message


def test_flags_of_a_query():
    options = options_of({"follow": "true", "previous": "", "timestamps": "false", "container": "c"})
    assert (options.follow, options.previous, options.timestamps, options.container) == (
        True,
        True,
        False,
        "c",
    )


def test_lines_may_carry_their_times():
    line = LogLine(NOW + 0.25, "hello")
    assert encode(line, options_of({})) == b"hello\n"
    assert encode(line, options_of({"timestamps": "true"})) == b"2026-11-24T08:00:00.25Z hello\n"
    assert rfc3339_nano(NOW) == "2026-11-24T08:00:00Z"
