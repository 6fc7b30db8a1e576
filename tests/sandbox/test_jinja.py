"""Two template engines in one directory: *.jinja is Jinja2's, the rest Django's."""

import jinja2
import pytest
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils import translation

from sandbox.jinja import environment


def render(source, **context):
    loader = jinja2.DictLoader({"map.svg.jinja": source})
    return environment(loader=loader, autoescape=True).get_template("map.svg.jinja").render(context)


def test_pages_are_left_to_django():
    assert type(get_template("base.html").backend).__name__ == "DjangoTemplates"


def test_other_names_are_not_found_by_jinja():
    with pytest.raises(TemplateDoesNotExist):
        get_template("base.html", using="jinja2")


def test_names_are_shown_as_text():
    assert render("<text>{{ name }}</text>", name="<b>&") == "<text>&lt;b&gt;&amp;</text>"


def test_a_missing_name_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        render("{{ nothing }}")


def test_gettext_speaks_the_reader_s_language():
    with translation.override("ko"):
        assert render("{{ _('Monday') }}") == "월요일"
    assert render("{{ _('%(n)s pods', n=3) }}") == "3 pods"
