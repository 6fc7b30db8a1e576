"""The Build panel's forms turn fields into values, and leave judging them to Kubernetes."""

import pytest

from clusters.web.forms import ClockForm, ControllerForm, ExposeForm, ScaleForm


def initial(form):
    return {name: field.initial for name, field in form.fields.items() if field.initial is not None}


def test_a_newcomers_first_click_works():
    form = ControllerForm(initial(ControllerForm()))
    assert form.is_valid()
    assert form.cleaned_data == {"name": "kubia", "image": "luksa/kubia", "replicas": 3}


def test_exposing_with_the_defaults_gives_a_load_balancer():
    form = ExposeForm({**initial(ExposeForm()), "type": ExposeForm().fields["type"].choices[0][0]})
    assert form.is_valid()
    assert form.cleaned_data == {"name": "kubia", "type": "LoadBalancer", "port": 80, "target_port": "8080"}


def test_the_two_forms_share_no_id():
    ids = [field.id_for_label for form in (ControllerForm(), ExposeForm()) for field in form]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("replicas", ["-1", "1000000"])
def test_numbers_that_make_no_sense_are_kubernetes_to_refuse(replicas):
    assert ScaleForm({"replicas": replicas}).is_valid()


@pytest.mark.parametrize(
    "replicas", ["", "three", "1.5", "1e3", "2147483648", "-2147483649", "9" * 30, "9" * 5000]
)
def test_what_is_no_int32_is_refused_here(replicas):
    assert "replicas" in ScaleForm({"replicas": replicas}).errors


def test_a_type_that_does_not_exist_is_refused():
    form = ExposeForm({"name": "x", "type": "Magic", "port": "80", "target_port": "http"})
    assert list(form.errors) == ["type"]


@pytest.mark.parametrize(
    ("data", "speed", "paused"),
    [
        ({"speed": "20"}, 20, None),
        ({"paused": "1"}, None, True),
        ({"paused": "0"}, None, False),
        ({}, None, None),
    ],
)
def test_the_clock_changes_only_what_is_named(data, speed, paused):
    form = ClockForm(data)
    assert form.is_valid()
    assert form.cleaned_data == {"speed": speed, "paused": paused}


@pytest.mark.parametrize("data", [{"speed": "3"}, {"speed": "fast"}, {"paused": "yes"}])
def test_the_clock_knows_three_speeds(data):
    assert not ClockForm(data).is_valid()
