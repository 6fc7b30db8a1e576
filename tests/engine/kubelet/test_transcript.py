"""What the network answered is written down and read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.images import image_of
from clusters.engine.kubelet import transcript
from clusters.engine.kubelet.shell.effects import Connect, Ping, Resolve
from clusters.engine.network import Answer, Refused, Request, Response, TimedOut
from clusters.engine.network.dns import Found
from clusters.engine.network.routing import API_SERVER
from clusters.engine.objects import Key

CONNECT = Connect("10.96.0.10", 80, "kubia", Request())
RESOLVE = Resolve("kubia")
PING = Ping("10.244.0.2")
POD = Key("Pod", "default", "kubia-1")
HEADERS = st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=4).map(tuple)


def again(answer, effect):
    after, found = transcript.decode(transcript.encode(1.25, answer), effect)
    assert after == 1.25
    return found


@given(status=st.integers(200, 599), headers=HEADERS, body=st.text(max_size=50))
def test_a_response_stays_what_it_is(status, headers, body):
    answer = Answer(None, POD, 8080, image_of("nginx"), "", Response(status, headers, body.encode()))
    found = again(answer, CONNECT)
    assert found.response == answer.response
    assert found.pod is not None


def test_what_hangs_up_hangs_up():
    found = again(Answer(None, POD, 6379, image_of("redis")), CONNECT)
    assert isinstance(found, Answer)
    assert (found.response, found.pod is None) == (None, False)


def test_the_api_server_is_known_by_being_no_pod():
    assert again(Answer(None, None, 6443, API_SERVER), CONNECT).pod is None


@pytest.mark.parametrize("outcome", [Refused(None, POD), TimedOut(None, POD)])
def test_nobody_answers_in_the_same_way(outcome):
    assert type(again(outcome, CONNECT)) is type(outcome)


@given(name=st.text(max_size=20), addresses=st.lists(st.text(max_size=15), max_size=3))
def test_a_name_stays_what_it_is(name, addresses):
    assert again(Found(name, addresses), RESOLVE) == Found(name, addresses)


def test_no_name_stays_no_name():
    assert again(None, RESOLVE) is None


@pytest.mark.parametrize("there", [True, False])
def test_an_echo_stays_what_it_is(there):
    assert again(there, PING) is there


@pytest.mark.parametrize("answer", [None, True, False, Found("a", ["1.2.3.4"]), Refused(), TimedOut()])
@pytest.mark.parametrize("effect", [CONNECT, RESOLVE, PING])
def test_the_answer_to_another_question_is_as_none(answer, effect):
    found = again(answer, effect)
    assert isinstance(found, {CONNECT: (Refused, TimedOut), RESOLVE: (Found, type(None)), PING: bool}[effect])


def test_there_is_only_so_much_room():
    assert transcript.has_room(["x"] * (transcript.MOST - 1))
    assert not transcript.has_room(["x"] * transcript.MOST)
    assert not transcript.has_room(["x" * transcript.ROOM])
