"""The forms of the Build panel. They only turn fields into values: what is valid, Kubernetes says."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from clusters import actions

TYPES: Final = ("LoadBalancer", "NodePort", "ClusterIP")


class PanelForm(forms.Form):
    """A form whose fields look like the panel's. It trusts the browser with nothing but their shape."""

    use_required_attribute = False
    use = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Both forms stand on one page: their fields need ids of their own.
        super().__init__(*args, **{"auto_id": f"{self.use}-%s", **kwargs})
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "input")
            field.widget.attrs.setdefault("autocomplete", "off")
            field.widget.attrs.setdefault("spellcheck", "false")


def _text(label: Any, initial: str, **attrs: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        initial=initial,
        max_length=1024,
        widget=forms.TextInput(attrs={"class": "input mono", "autocapitalize": "off", **attrs}),
    )


def _number(label: Any, initial: int | None = None) -> forms.IntegerField:
    """An int32, as Kubernetes' numbers are: what is beyond cannot even be asked for, nor stored."""
    return forms.IntegerField(label=label, initial=initial, min_value=-(2**31), max_value=2**31 - 1)


class ControllerForm(PanelForm):
    """Create ReplicationController. The defaults make a newcomer's first click succeed."""

    use = "create"

    name = _text(_("Name"), "kubia")
    image = _text(_("Image"), "luksa/kubia", list="images")
    replicas = _number(_("Replicas"), 3)


class ExposeForm(PanelForm):
    """Expose a controller's pods as a Service."""

    use = "expose"

    name = _text(_("Name"), "kubia")
    type = forms.ChoiceField(label=_("Type"), choices=[(name, name) for name in TYPES])
    port = _number(_("Port"), 80)
    target_port = forms.CharField(label=_("Target port"), initial="8080", max_length=63)


class ClientForm(PanelForm):
    """Place a client. From where it calls is chosen among what there is in the cluster."""

    use = "client"

    target = _text(_("Address"), "", list="addresses", placeholder="kubia")
    port = _number(_("Port"), 80)
    every = _number(_("Every (seconds)"), 3)


class ScaleForm(forms.Form):
    """How many pods a controller shall have."""

    replicas = _number(_("Replicas"))


class MomentForm(forms.Form):
    """A revision of the cluster, and when it was looked at: seconds since the cluster's start."""

    revision = forms.IntegerField(label=_("Revision"), min_value=0, max_value=2**53)
    time = forms.FloatField(label=_("Time"), min_value=0, max_value=1e12, required=False)


class ClockForm(forms.Form):
    """Speed, or pause and go on; what is not named stays."""

    speed = forms.TypedChoiceField(
        label=_("Speed"),
        choices=[(str(speed), speed) for speed in actions.SPEEDS],
        coerce=int,
        empty_value=None,
        required=False,
    )
    paused = forms.TypedChoiceField(
        label=_("Pause"),
        choices=[("0", 0), ("1", 1)],
        coerce=lambda v: v == "1",
        empty_value=None,
        required=False,
    )


class StepForm(forms.Form):
    """How many steps the page had shown when somebody took one more."""

    seen = forms.IntegerField(label=_("Steps"), required=False)
