"""What is said of each kind of volume: a sentence, and fields with their titles.

Models the `print...VolumeSource` functions of kubectl's `pkg/describe/describe.go`.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from clusters.engine.apiserver.tables.columns import text
from clusters.engine.quantities import parse_quantity
from clusters.terminal.kubectl.describe.fields import UNSET, lower_bool
from clusters.terminal.kubectl.printers.gofmt import sprint


class Field(NamedTuple):
    """A line about a volume: its title, where the value is, and how a value, or None, is written."""

    title: str
    name: str
    show: Callable[[Any], str]


class Source(NamedTuple):
    """A kind of volume."""

    about: str
    fields: tuple[Field, ...] = ()


def _text(value: Any) -> str:
    return value or ""


def _number(value: Any) -> str:
    return str(value or 0)


def _list(value: Any) -> str:
    return sprint(value or [])


def _map(value: Any) -> str:
    return sprint(value or {})


def _text_or_none(value: Any) -> str:
    return "<none>" if value is None else str(value)


def _secret(value: Any) -> str:
    return f"&LocalObjectReference{{Name:{text(value, 'name')},}}" if isinstance(value, dict) else "nil"


def _size_limit(value: Any) -> str:
    return str(value) if value is not None and parse_quantity(value) > 0 else UNSET


def _plain(*titles_and_names: tuple[str, str]) -> tuple[Field, ...]:
    return tuple(Field(title, name, _text) for title, name in titles_and_names)


_FS_TYPE: Final = Field("FSType:", "fsType", _text)
_READ_ONLY: Final = Field("ReadOnly:", "readOnly", lower_bool)
_OPTIONAL: Final = Field("Optional:", "optional", lower_bool)
_SECRET_REF: Final = Field("SecretRef:", "secretRef", _secret)
_VOLUME_ID: Final = Field("VolumeID:", "volumeID", _text)
_PARTITION: Final = Field("Partition:", "partition", _number)

SOURCES: Final[dict[str, Source]] = {
    "hostPath": Source(
        "HostPath (bare host directory volume)",
        (Field("Path:", "path", _text), Field("HostPathType:", "type", _text_or_none)),
    ),
    "emptyDir": Source(
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        (Field("Medium:", "medium", _text), Field("SizeLimit:", "sizeLimit", _size_limit)),
    ),
    "gcePersistentDisk": Source(
        "GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)",
        (Field("PDName:", "pdName", _text), _FS_TYPE, _PARTITION, _READ_ONLY),
    ),
    "awsElasticBlockStore": Source(
        "AWSElasticBlockStore (a Persistent Disk resource in AWS)",
        (_VOLUME_ID, _FS_TYPE, _PARTITION, _READ_ONLY),
    ),
    "gitRepo": Source(
        "GitRepo (a volume that is pulled from git when the pod is created)",
        _plain(("Repository:", "repository"), ("Revision:", "revision")),
    ),
    "secret": Source(
        "Secret (a volume populated by a Secret)", (*_plain(("SecretName:", "secretName")), _OPTIONAL)
    ),
    "configMap": Source(
        "ConfigMap (a volume populated by a ConfigMap)", (*_plain(("Name:", "name")), _OPTIONAL)
    ),
    "nfs": Source(
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        (*_plain(("Server:", "server"), ("Path:", "path")), _READ_ONLY),
    ),
    "iscsi": Source(
        "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the "
        "pod)",
        (
            *_plain(("TargetPortal:", "targetPortal"), ("IQN:", "iqn")),
            Field("Lun:", "lun", _number),
            # Upstream has no colon here.
            Field("ISCSIInterface", "iscsiInterface", _text),
            _FS_TYPE,
            _READ_ONLY,
            Field("Portals:", "portals", _list),
            Field("DiscoveryCHAPAuth:", "chapAuthDiscovery", lower_bool),
            Field("SessionCHAPAuth:", "chapAuthSession", lower_bool),
            _SECRET_REF,
            Field("InitiatorName:", "initiatorName", _text_or_none),
        ),
    ),
    "glusterfs": Source(
        "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
        (*_plain(("EndpointsName:", "endpoints"), ("Path:", "path")), _READ_ONLY),
    ),
    "persistentVolumeClaim": Source(
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        (Field("ClaimName:", "claimName", _text), _READ_ONLY),
    ),
    "ephemeral": Source(
        "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)"
    ),
    "rbd": Source(
        "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
        (
            Field("CephMonitors:", "monitors", _list),
            Field("RBDImage:", "image", _text),
            _FS_TYPE,
            *_plain(("RBDPool:", "pool"), ("RadosUser:", "user"), ("Keyring:", "keyring")),
            _SECRET_REF,
            _READ_ONLY,
        ),
    ),
    "quobyte": Source(
        "Quobyte (a Quobyte mount on the host that shares a pod's lifetime)",
        (*_plain(("Registry:", "registry"), ("Volume:", "volume")), _READ_ONLY),
    ),
    "downwardAPI": Source("DownwardAPI (a volume populated by information about the pod)"),
    "azureDisk": Source(
        "AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)",
        (
            *_plain(("DiskName:", "diskName"), ("DiskURI:", "diskURI"), ("Kind: ", "kind")),
            _FS_TYPE,
            Field("CachingMode:", "cachingMode", _text),
            _READ_ONLY,
        ),
    ),
    "vsphereVolume": Source(
        "vSphereVolume (a Persistent Disk resource in vSphere)",
        _plain(
            ("VolumePath:", "volumePath"), ("FSType:", "fsType"), ("StoragePolicyName:", "storagePolicyName")
        ),
    ),
    "cinder": Source(
        "Cinder (a Persistent Disk resource in OpenStack)", (_VOLUME_ID, _FS_TYPE, _READ_ONLY, _SECRET_REF)
    ),
    "photonPersistentDisk": Source(
        "PhotonPersistentDisk (a Persistent Disk resource in photon platform)",
        _plain(("PdID:", "pdID"), ("FSType:", "fsType")),
    ),
    "portworxVolume": Source("PortworxVolume (a Portworx Volume resource)", (_VOLUME_ID,)),
    "scaleIO": Source(
        "ScaleIO (a persistent volume backed by a block device in ScaleIO)",
        (
            *_plain(
                ("Gateway:", "gateway"),
                ("System:", "system"),
                ("Protection Domain:", "protectionDomain"),
                ("Storage Pool:", "storagePool"),
                ("Storage Mode:", "storageMode"),
                ("VolumeName:", "volumeName"),
            ),
            _FS_TYPE,
            _READ_ONLY,
        ),
    ),
    "cephfs": Source(
        "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
        (
            Field("Monitors:", "monitors", _list),
            *_plain(("Path:", "path"), ("User:", "user"), ("SecretFile:", "secretFile")),
            _SECRET_REF,
            _READ_ONLY,
        ),
    ),
    "storageos": Source(
        "StorageOS (a StorageOS Persistent Disk resource)",
        (
            *_plain(("VolumeName:", "volumeName"), ("VolumeNamespace:", "volumeNamespace")),
            _FS_TYPE,
            _READ_ONLY,
        ),
    ),
    "fc": Source(
        "FC (a Fibre Channel disk)",
        (
            Field("TargetWWNs:", "targetWWNs", lambda value: ", ".join(value or ())),
            Field("LUN:", "lun", _text_or_none),
            _FS_TYPE,
            _READ_ONLY,
        ),
    ),
    "azureFile": Source(
        "AzureFile (an Azure File Service mount on the host and bind mount to the pod)",
        (*_plain(("SecretName:", "secretName"), ("ShareName:", "shareName")), _READ_ONLY),
    ),
    "flexVolume": Source(
        "FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)",
        (
            Field("Driver:", "driver", _text),
            _FS_TYPE,
            _SECRET_REF,
            _READ_ONLY,
            Field("Options:", "options", _map),
        ),
    ),
    "flocker": Source(
        "Flocker (a Flocker volume mounted by the Flocker agent)",
        _plain(("DatasetName:", "datasetName"), ("DatasetUUID:", "datasetUUID")),
    ),
    "projected": Source("Projected (a volume that contains injected data from multiple sources)"),
    "csi": Source(
        "CSI (a Container Storage Interface (CSI) volume source)",
        (Field("Driver:", "driver", _text), _FS_TYPE, _READ_ONLY),
    ),
    "image": Source(
        "Image (a container image or OCI artifact)",
        _plain(("Reference:", "reference"), ("PullPolicy:", "pullPolicy")),
    ),
}
"""By the field of a Volume, in the order in which kubectl looks for one."""
