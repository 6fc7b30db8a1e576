"""Base64 in Secrets and in the binary data of ConfigMaps."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.base64_text import decode, encode


@given(st.binary())
def test_what_is_written_can_be_read(content):
    assert decode(encode(content)) == content
    assert encode(content) == base64.b64encode(content).decode()


@given(st.binary(min_size=1), st.integers(min_value=0))
def test_line_ends_are_skipped_wherever_they_are(content, place):
    text = encode(content)
    place %= len(text) + 1
    assert decode(f"{text[:place]}\r\n{text[place:]}\n") == content


@pytest.mark.parametrize(
    ("text", "byte"),
    [
        ("hello", 4),
        ("a", 0),
        ("abc", 0),
        ("YWJj!", 4),
        ("YW Jj", 2),
        ("é===", 0),
        ("YWJjé", 4),
        ("=", 0),
        ("a===", 1),
        ("QQ=x", 2),
        ("QQ=", 3),
        ("QQ==QQ==", 4),
        ("QUI=x", 4),
        ("QUI==", 4),
    ],
)
def test_the_first_wrong_byte_is_named_as_go_does(text, byte):
    with pytest.raises(ValueError, match=f"illegal base64 data at input byte {byte}$"):
        decode(text)


@given(st.text(alphabet="AQg=/ \n"))
def test_every_text_is_read_or_refused(text):
    try:
        content = decode(text)
    except ValueError:
        return
    assert encode(content).rstrip("=")[:-1] == "".join(text.split()).rstrip("=")[:-1]
