"""The headers of an answer."""

from hypothesis import given
from hypothesis import strategies as st

from clusters.api.answers import MAX_WARNINGS, json_answer, refusal, warning_headers
from clusters.engine.apiserver.errors import StatusError


def test_a_warning_is_quoted_as_kubectl_reads_it():
    assert warning_headers(['unknown field "spec.x"']) == (
        (b"warning", b'299 - "unknown field \\"spec.x\\""'),
    )
    assert warning_headers(["a\\b"]) == ((b"warning", b'299 - "a\\\\b"'),)


def test_the_same_is_warned_of_once():
    assert len(warning_headers(["a", "b", "a"])) == 2


def test_warnings_are_of_a_length_that_every_client_takes():
    headers = warning_headers(f'unknown field "x{number}"' for number in range(1000))
    assert 3000 < sum(len(value) for _, value in headers) < 2 * MAX_WARNINGS


@given(st.lists(st.text(), max_size=5))
def test_no_text_breaks_a_header(texts):
    for _, value in warning_headers(texts):
        assert value.startswith(b'299 - "')
        assert value.endswith(b'"')
        assert not {b"\r", b"\n", b"\0"} & {value[i : i + 1] for i in range(len(value))}


def test_a_refusal_says_when_to_come_again():
    error = StatusError(429, "TooManyRequests", "later", {"retryAfterSeconds": 7})
    assert (b"retry-after", b"7") in refusal(error).headers
    assert not any(name == b"retry-after" for name, _ in refusal(StatusError(400, "BadRequest", "")).headers)


def test_a_document_names_its_length():
    answer = json_answer({"kind": "Status"}, 201)
    assert (b"content-length", str(len(answer.body)).encode()) in answer.start["headers"]
    assert answer.start["status"] == 201
