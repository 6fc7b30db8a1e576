"""What was typed while the keyboard wrote Korean."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.terminal.hangul import has_stray_letters, latin_keys


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ㅏㅕㅠㄷㅊ시", "kubectl"),
        ("ㅏㅕㅠㄷㅊ시 ㅎㄷㅅ ㅔㅐㅇㄴ", "kubectl get pods"),
        ("ㅏㅕㅠㄷㅊ시 ㅎㄷㅅ ㄴㅍㅊ -ㅐ 쟝ㄷ", "kubectl get svc -o wide"),
        ("ㅏㅕㅠㄷㅊ시 ㅇ딛ㅅㄷ ㅔㅐㅇ ㅈㄷㅠ", "kubectl delete pod web"),
        ("쳐기 ㅗㅅ세://10.0.0.1", "curl http://10.0.0.1"),
        ("ㅗ디ㅔ", "help"),
        ("ㄸㅆㄲㅃㅉ ㅒㅖ", "ETRQW OP"),
        ("값 앉 뷁", "rkqt dksw qnpfr"),
        ("get pods", "get pods"),
        ("日本 カナ é", "日本 カナ é"),
    ],
)
def test_keys_are_those_of_the_keyboard(typed, meant):
    assert latin_keys(typed) == meant


def test_letters_may_come_taken_apart():
    assert latin_keys(unicodedata.normalize("NFD", "시")) == "tl"


@pytest.mark.parametrize("typed", ["ㅏㅕㅠㄷㅊ시", "칟ㅁㄱ", "ㅗ디ㅔ", "쳐기", "겨ㅜ"])
def test_stray_letters_tell_of_a_keyboard_and_not_of_a_language(typed):
    assert has_stray_letters(typed) == (typed != "쳐기")
    assert not has_stray_letters("파드")


@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1))
def test_every_syllable_has_keys(text):
    assert not has_stray_letters(text)
    assert latin_keys(text).isascii()
    assert latin_keys(text).isalpha()
