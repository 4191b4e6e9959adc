"""The fields of a service spec that the API knows, and what becomes of each between POST and GET.

An unknown field is dropped, an empty one left out; some are there even if nobody sent them. As
measured on Engine 20.10 (API 1.41); what later versions of the API added stands with its version
(docs.docker.com/reference/api/engine/version-history).
"""

from dataclasses import dataclass
from typing import Any, Final

Version = tuple[int, int]
OLDEST: Final = (1, 0)
FUTURE: Final = (9, 0)
"""Of an engine that is newer than this code: it keeps the fields that are unknown here, too."""


@dataclass(frozen=True)
class Field:
    """What a field may hold, and how GET shows it.

    Attributes:
        kind: `string`, `int`, `uint`, `float`, `bool`, `strings`, `map`, `any`.
        pointer: an empty value is a value, too: kept unless null.
        default: what it is if not sent; None: it is left out.
        since: the API version that brought it.
    """

    kind: str
    pointer: bool = False
    default: Any = None
    since: Version = OLDEST


@dataclass(frozen=True)
class Struct:
    """An object of these fields; one that is `many` is a list of such objects."""

    fields: dict[str, Any]
    many: bool = False
    name: str = ""
    since: Version = OLDEST


STRING, INT, UINT, FLOAT = Field("string"), Field("int"), Field("uint"), Field("float")
BOOL, STRINGS, MAP = Field("bool"), Field("strings"), Field("map")
INT_POINTER, BOOL_POINTER = Field("int", pointer=True), Field("bool", pointer=True)
NULL = Field("any", default="null")
_FILE = Struct({"Name": STRING, "UID": STRING, "GID": STRING, "Mode": UINT})

_MOUNT = Struct(
    {
        "Type": STRING,
        "Source": STRING,
        "Target": STRING,
        "ReadOnly": BOOL,
        "Consistency": STRING,
        "BindOptions": Struct(
            {
                "Propagation": STRING,
                "NonRecursive": BOOL,
                "CreateMountpoint": Field("bool", since=(1, 42)),
                "ReadOnlyNonRecursive": Field("bool", since=(1, 44)),
                "ReadOnlyForceRecursive": Field("bool", since=(1, 44)),
            }
        ),
        "ImageOptions": Struct({"Subpath": STRING}, since=(1, 48)),
        "VolumeOptions": Struct(
            {
                "NoCopy": BOOL,
                "Labels": MAP,
                "DriverConfig": Struct({"Name": STRING, "Options": MAP}),
                "Subpath": Field("string", since=(1, 45)),
            }
        ),
        "TmpfsOptions": Struct({"SizeBytes": INT, "Mode": UINT}),
    },
    many=True,
)
_CONTAINER = Struct(
    {
        "Image": STRING,
        "Labels": MAP,
        "Command": STRINGS,
        "Args": STRINGS,
        "Hostname": STRING,
        "Env": STRINGS,
        "Dir": STRING,
        "User": STRING,
        "Groups": STRINGS,
        "Privileges": Struct({"CredentialSpec": NULL, "SELinuxContext": NULL}),
        "Init": BOOL_POINTER,
        "StopSignal": STRING,
        "TTY": BOOL,
        "OpenStdin": BOOL,
        "ReadOnly": BOOL,
        "Mounts": _MOUNT,
        "StopGracePeriod": INT_POINTER,
        "Healthcheck": Struct(
            {
                "Test": STRINGS,
                "Interval": INT,
                "Timeout": INT,
                "StartPeriod": INT,
                "StartInterval": Field("int", since=(1, 44)),
                "Retries": INT,
            }
        ),
        "Hosts": STRINGS,
        "DNSConfig": Struct({"Nameservers": STRINGS, "Search": STRINGS, "Options": STRINGS}),
        "Secrets": Struct({"File": _FILE, "SecretID": STRING, "SecretName": STRING}, many=True),
        "Configs": Struct(
            {
                "File": _FILE,
                "Runtime": Field("any", pointer=True),
                "ConfigID": STRING,
                "ConfigName": STRING,
            },
            many=True,
        ),
        "Isolation": Field("string", default="default"),
        "Sysctls": MAP,
        "CapabilityAdd": STRINGS,
        "CapabilityDrop": STRINGS,
        "Ulimits": Struct({"Name": STRING, "Hard": INT, "Soft": INT}, many=True),
        "OomScoreAdj": Field("int", since=(1, 46)),
    },
    name="ContainerSpec",
)
_GENERIC = Struct(
    {
        "NamedResourceSpec": Struct({"Kind": STRING, "Value": STRING}),
        "DiscreteResourceSpec": Struct({"Kind": STRING, "Value": INT}),
    },
    many=True,
)
_AMOUNT = {"NanoCPUs": INT, "MemoryBytes": INT}
_TEMPLATE = Struct(
    {
        "ContainerSpec": _CONTAINER,
        "Resources": Struct(
            {
                "Limits": Struct({**_AMOUNT, "Pids": INT}),
                "Reservations": Struct({**_AMOUNT, "GenericResources": _GENERIC}),
                "SwapBytes": Field("int", pointer=True, since=(1, 52)),
                "MemorySwappiness": Field("int", pointer=True, since=(1, 52)),
            }
        ),
        "RestartPolicy": Struct(
            {
                "Condition": Field("string", default="any"),
                "Delay": INT_POINTER,
                "MaxAttempts": Field("uint", default=0),
                "Window": INT_POINTER,
            }
        ),
        "Placement": Struct(
            {
                "Constraints": STRINGS,
                "Preferences": Struct({"Spread": Struct({"SpreadDescriptor": STRING})}, many=True),
                "MaxReplicas": UINT,
                "Platforms": Struct({"Architecture": STRING, "OS": STRING}, many=True),
            }
        ),
        "Networks": Struct({"Target": STRING, "Aliases": STRINGS, "DriverOpts": MAP}, many=True),
        "LogDriver": Struct({"Name": STRING, "Options": MAP}),
        "ForceUpdate": Field("uint", default=0),
        "Runtime": Field("string", default="container"),
    },
    name="TaskSpec",
)
_UPDATE = Struct(
    {
        "Parallelism": Field("uint", default=0),
        "Delay": INT,
        "FailureAction": Field("string", default="pause"),
        "Monitor": INT,
        "MaxFailureRatio": Field("float", default=0),
        "Order": Field("string", default="stop-first"),
    },
    name="UpdateConfig",
)
SERVICE = Struct(
    {
        "Name": STRING,
        "Labels": Field("map", default={}),
        "TaskTemplate": _TEMPLATE,
        "Mode": Struct(
            {
                "Replicated": Struct(
                    {"Replicas": Field("uint", default=1, pointer=True)}, name="ReplicatedService"
                ),
                "Global": Struct({}),
                "ReplicatedJob": Struct(
                    {
                        "MaxConcurrent": Field("uint", default=1, pointer=True),
                        "TotalCompletions": Field("uint", pointer=True),
                    }
                ),
                "GlobalJob": Struct({}),
            }
        ),
        "UpdateConfig": _UPDATE,
        "RollbackConfig": _UPDATE,
        "EndpointSpec": Struct(
            {
                "Mode": Field("string", default="vip"),
                "Ports": Struct(
                    {
                        "Name": STRING,
                        "Protocol": Field("string", default="tcp"),
                        "TargetPort": UINT,
                        "PublishedPort": UINT,
                        "PublishMode": Field("string", default="ingress"),
                    },
                    many=True,
                ),
            }
        ),
    },
    name="ServiceSpec",
)
