"""Waits until everything that a pod's volumes name is there.

Models `WaitForAttachAndMount` (`pkg/kubelet/volumemanager`) with the pauses of `exponentialbackoff`
(`pkg/util/goroutinemap`). Left out: disks, and the second message every two minutes that sums up what is
missing.
"""

from typing import Final

from clusters.engine.kubelet.environment import volume_files
from clusters.engine.kubelet.pod_worker import PodWorker
from clusters.engine.kubelet.sources import ConfigError

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 122.0
"""Seconds between two tries to mount a volume."""


def are_mounted(worker: PodWorker) -> bool:
    """Whether the pod's volumes are there; tells what is missing, and when to look again."""
    if worker.mount is not None and worker.mount["until"] > worker.now:
        return False
    missing = _missing(worker)
    for name, why in missing.items():
        said = f'MountVolume.SetUp failed for volume "{name}" : {why}'
        worker.event("FailedMount", said, type_="Warning")
    if not missing:
        worker.mount = None
        return True
    pause = min(2 * worker.mount["pause"], LONGEST_PAUSE) if worker.mount is not None else FIRST_PAUSE
    worker.mount = {"until": worker.at(pause), "pause": pause}
    return False


def _missing(worker: PodWorker) -> dict[str, str]:
    missing = {}
    for volume in worker.pod["spec"].get("volumes") or ():
        try:
            volume_files(worker.store, worker.pod, volume)
        except ConfigError as error:
            missing[volume["name"]] = str(error)
    return missing
