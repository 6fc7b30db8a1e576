"""A line into words: as sh reads it, and a clear reason for whatever would need a sh."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.terminal.words import LONGEST, RefusedError, words_of

PRINTABLE = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("kubectl get pods", ["kubectl", "get", "pods"]),
        ("  kubectl\tget   pods  ", ["kubectl", "get", "pods"]),
        ("kubectl\u00a0get\u3000pods", ["kubectl", "get", "pods"]),
        ("$ kubectl get pods", ["kubectl", "get", "pods"]),
        ("kubectl get pods # all of them", ["kubectl", "get", "pods"]),
        ("# nothing", []),
        ("", []),
        ("   ", []),
        ("a#b", ["a#b"]),
        ("'' x \"\"", ["", "x", ""]),
        ("a'b c'd\"e f\"g", ["ab cde fg"]),
        ("-o=jsonpath='{.items[*].metadata.name}'", ["-o=jsonpath={.items[*].metadata.name}"]),
        (r'"a \"b\" \\ \n"', [r'a "b" \ \n']),
        (r"a\ b \' \"", ["a b", "'", '"']),
        ("'a|b;c&d>e<f`g$(h)'", ["a|b;c&d>e<f`g$(h)"]),
        ('"a|b;c&d>e<f(g)"', ["a|b;c&d>e<f(g)"]),
        ("*.yaml [a-z] ?", ["*.yaml", "[a-z]", "?"]),
        ("a=b !x ~ {1,2} ^ %", ["a=b", "!x", "~", "{1,2}", "^", "%"]),
        ("cost$ 5$", ["cost$", "5$"]),
        (r'"\$HOME" \$HOME', ["$HOME", "$HOME"]),
        ("'\u201cquoted\u201d \u2013'", ["\u201cquoted\u201d \u2013"]),
    ],
)
def test_words_are_as_a_shell_has_them(line, words):
    assert words_of(line) == words


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("kubectl 'get", "never closed"),
        ('kubectl "get', "never closed"),
        (r'"a\"', "never closed"),
        ("kubectl get pods | grep web", "no pipes"),
        ("a; b", "One command a line"),
        ("a && b", "in the background"),
        ("kubectl get pods > pods.txt", "this terminal only"),
        ("cat <<EOF", "read no other files"),
        ("kubectl apply -f - < web.yaml", "read no other files"),
        ("kubectl delete pod <name>", "in place of <name>"),
        ("kubectl delete pod <pod name>", "in place of <pod name>"),
        ("echo `date`", "inside of a command"),
        ("echo $(date)", "inside of a command"),
        ('echo "$(date)"', "inside of a command"),
        ('echo "`date`"', "inside of a command"),
        ("echo $HOME", "no variables"),
        ("echo ${HOME}", "no variables"),
        ('echo "x $HOME"', "no variables"),
        ("echo $?", "no variables"),
        ("kubectl get pods \\", "one line"),
        ("kubectl get\npods", "One line"),
        ("a (b)", "parentheses"),
        ("kubectl get pods \u2013n kube-system", "is a dash"),
        ("kubectl run \u201cweb\u201d", "no quote"),
        ("a\x00b", "control characters"),
        ("'a\x1b[31m'", "control characters"),
        ("a\ud800", "control characters"),
    ],
)
def test_what_needs_a_shell_is_refused_with_the_reason(line, reason):
    with pytest.raises(RefusedError, match=reason):
        words_of(line)


def test_a_long_line_is_refused_before_it_is_read():
    with pytest.raises(RefusedError, match="This line has 100 KB"):
        words_of("'" + "x" * 100 * 1024)
    assert words_of("x" * LONGEST) == ["x" * LONGEST]
    with pytest.raises(RefusedError):
        words_of("\u00e9" * (LONGEST // 2 + 1))


@given(st.lists(PRINTABLE, min_size=1))
def test_what_is_quoted_comes_back(words):
    line = " ".join(map(shlex.quote, words))
    assert words_of(line) == words


@given(st.text("ab\"'\\ \t-=", max_size=20))
def test_quotes_and_backslashes_mean_what_they_mean_to_shlex(line):
    try:
        expected = shlex.split(line, comments=False)
    except ValueError:
        with pytest.raises(RefusedError):
            words_of(line)
        return
    assert words_of(line) == expected


@given(st.text(max_size=40))
def test_any_line_has_words_or_a_reason(line):
    try:
        told = all(isinstance(word, str) for word in words_of(line))
    except RefusedError as error:
        told = str(error)
    assert told
