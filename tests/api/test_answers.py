"""The headers of an answer."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.api.answers import (
    MAX_WARNINGS,
    MOST_UNDER_WAY,
    MOST_WARNINGS,
    PIECE,
    Answer,
    json_answer,
    refusal,
    send_answer,
    warning_headers,
)
from clusters.engine.apiserver.errors import StatusError


def test_a_warning_is_quoted_as_kubectl_reads_it():
    assert warning_headers(['unknown field "spec.x"']) == (
        (b"warning", b'299 - "unknown field \\"spec.x\\""'),
    )
    assert warning_headers(["a\\b"]) == ((b"warning", b'299 - "a\\\\b"'),)


def test_the_same_is_warned_of_once():
    assert len(warning_headers(["a", "b", "a"])) == 2


def test_warnings_are_of_a_length_that_every_client_takes():
    headers = warning_headers(f'unknown field "{"x" * 70}{number}"' for number in range(1000))
    assert 3000 < sum(len(value) for _, value in headers) < 2 * MAX_WARNINGS


def test_there_are_no_more_headers_than_every_client_takes():
    assert len(warning_headers(map(str, range(1000)))) == MOST_WARNINGS


async def sent(answer, cluster_id="", gate=None):
    messages = []

    async def send(message):
        messages.append(message)
        if gate is not None:
            await gate.wait()

    await send_answer(send, answer, cluster_id)
    return messages


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 5])
async def test_a_long_answer_goes_out_in_pieces(size):
    body = bytes(i % 251 for i in range(size))
    start, *pieces = await sent(Answer(200, body))
    assert (b"content-length", str(size).encode()) in start["headers"]
    assert b"".join(piece["body"] for piece in pieces) == body
    assert max(len(piece["body"]) for piece in pieces) <= PIECE
    assert [piece.get("more_body", False) for piece in pieces] == [True] * (len(pieces) - 1) + [False]


async def test_the_clients_of_one_cluster_cannot_have_too_much_wait_for_them():
    gate, long = asyncio.Event(), Answer(200, b"x" * (MOST_UNDER_WAY // 2))
    slow = [asyncio.create_task(sent(long, "slow", gate)) for _ in range(2)]
    await asyncio.sleep(0)
    refused, short, other = (
        await sent(long, "slow"),
        await sent(Answer(200, b"{}"), "slow"),
        await sent(long, "other"),
    )
    assert refused[0]["status"] == 429
    assert short[0]["status"] == other[0]["status"] == 200
    gate.set()
    assert [messages[0]["status"] for messages in await asyncio.gather(*slow)] == [200, 200]
    assert (await sent(long, "slow"))[0]["status"] == 200


async def test_what_is_longer_than_all_that_may_wait_is_sent_alone():
    longest = Answer(200, b"x" * (MOST_UNDER_WAY + 1))
    assert (await sent(longest, "alone"))[0]["status"] == 200


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
