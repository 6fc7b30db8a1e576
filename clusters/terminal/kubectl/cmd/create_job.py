"""kubectl create job and kubectl create cronjob, of which this server has neither.

Models kubectl's `pkg/cmd/create/create_job.go` and `create_cronjob.go`: what they would make can be printed,
and the server refuses it. Left out: jobs from a CronJob.
"""

from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl import polymorphic
from clusters.terminal.kubectl.builder import Builder
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.generate import (
    CREATE_FLAGS,
    Creation,
    collection,
    metadata,
    name_from_args,
)
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import string

_API: Final = "batch/v1"
_IMAGE: Final = string("image", about="the image of the container")


async def run_job(k: Kubectl) -> None:
    name = name_from_args(k)
    creation = Creation(k)
    image, source = k.flags["image"], k.flags["from"]
    if bool(image) == bool(source):
        raise CommandError("either --image or --from must be specified")
    if source:
        await _refuse_source(k, source)
    job: Object = {
        "kind": "Job",
        "apiVersion": _API,
        "metadata": metadata(k, name),
        "spec": _job_spec(k, name, "Never"),
        "status": {},
    }
    await creation.create(job, collection(k, "jobs", f"/apis/{_API}"), "failed to create job")


async def _refuse_source(k: Kubectl, source: str) -> None:
    """Raises CommandError: a job can only be made from a CronJob, which is nothing that there is here."""
    if k.args[1:]:
        raise CommandError("cannot specify --from and command")
    builder = await Builder(k, namespace=k.namespace, flatten=True, latest=True).type_or_name_args([source])
    infos = await builder.infos()
    if len(infos) != 1:
        raise CommandError("from must be an existing cronjob")
    raise CommandError(f"unknown object type {polymorphic.go_type(infos[0].obj)}")


async def run_cron_job(k: Kubectl) -> None:
    name = name_from_args(k)
    creation = Creation(k)
    job = {"metadata": {"name": name}, "spec": _job_spec(k, name, k.flags["restart"] or "OnFailure")}
    cron_job: Object = {
        "kind": "CronJob",
        "apiVersion": _API,
        "metadata": metadata(k, name),
        "spec": {"schedule": k.flags["schedule"], "jobTemplate": job},
        "status": {},
    }
    await creation.create(cron_job, collection(k, "cronjobs", f"/apis/{_API}"), "failed to create cronjob")


def _job_spec(k: Kubectl, name: str, restart: str) -> Object:
    """In Go's order: the scheme knows nothing of kinds that the server has not."""
    command = {"command": k.args[1:]} if k.args[1:] else {}
    container: Object = {"name": name, "image": k.flags["image"], **command, "resources": {}}
    pod_spec = {"containers": [container], "restartPolicy": restart}
    return {"template": {"metadata": {}, "spec": pod_spec}}


JOB: Final = Command(
    "job",
    run_job,
    (*CREATE_FLAGS, _IMAGE, string("from", about="the CronJob that it is made from")),
    use="NAME --image=image -- [COMMAND] [args...]",
    about="Make a Job, a kind that this server has not.",
)
CRON_JOB: Final = Command(
    "cronjob",
    run_cron_job,
    (
        *CREATE_FLAGS,
        _IMAGE,
        string("schedule", about="when it runs, as cron writes it"),
        string("restart", about="OnFailure or Never"),
    ),
    aliases=("cj",),
    required=("image", "schedule"),
    use="NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...]",
    about="Make a CronJob, a kind that this server has not.",
)
