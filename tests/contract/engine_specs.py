"""Specs that say all there is to say, or nothing at all."""

from typing import Any

SECOND = 10**9
UPDATE = {"Parallelism": 0, "FailureAction": "pause", "MaxFailureRatio": 0, "Order": "stop-first"}


def container(image: str) -> dict[str, Any]:
    """Return a container spec that says all there is to say, as GET shows it."""
    return {
        "Image": image,
        "Labels": {"cl": "1"},
        "Command": ["httpd"],
        "Args": ["-f", "-p", "80"],
        "Hostname": "{{.Task.Slot}}",
        "Env": ["A=1", "B="],
        "Dir": "/",
        "User": "0",
        "Groups": ["1"],
        "Privileges": {"CredentialSpec": None, "SELinuxContext": None},
        "Init": True,
        "StopSignal": "SIGKILL",
        "OpenStdin": True,
        "ReadOnly": True,
        "Mounts": [
            {
                "Type": "volume",
                "Source": "vol",
                "Target": "/v",
                "ReadOnly": True,
                "VolumeOptions": {
                    "NoCopy": True,
                    "Labels": {"x": "y"},
                    "DriverConfig": {"Name": "local", "Options": {"a": "b"}},
                },
            },
            {"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 1000, "Mode": 1023}},
        ],
        "StopGracePeriod": SECOND,
        "Healthcheck": {
            "Test": ["CMD", "true"],
            "Interval": SECOND,
            "Timeout": SECOND,
            "StartPeriod": SECOND,
            "Retries": 2,
        },
        "Hosts": ["10.0.0.1 me"],
        "DNSConfig": {"Nameservers": ["1.1.1.1"], "Search": ["x"], "Options": ["y"]},
        "Isolation": "default",
        "Sysctls": {"net.core.somaxconn": "100"},
        "CapabilityAdd": ["CAP_NET_RAW"],
        "CapabilityDrop": ["CAP_CHOWN"],
        "Ulimits": [{"Name": "nofile", "Hard": 100, "Soft": 50}],
    }


def rich(name: str, image: str) -> dict[str, Any]:
    """Return a whole spec, as GET shows it."""
    return {
        "Name": name,
        "Labels": {"l": "1", "empty": ""},
        "TaskTemplate": {
            "ContainerSpec": container(image),
            "Resources": {
                "Limits": {"NanoCPUs": 500_000_000, "MemoryBytes": 50_000_000, "Pids": 100},
                "Reservations": {
                    "NanoCPUs": 1_000_000,
                    "MemoryBytes": 5_000_000,
                    "GenericResources": [{"DiscreteResourceSpec": {"Kind": "GPU", "Value": 1}}],
                },
            },
            "RestartPolicy": {
                "Condition": "on-failure",
                "Delay": SECOND,
                "MaxAttempts": 3,
                "Window": SECOND,
            },
            "Placement": {
                "Constraints": ["node.role==manager"],
                "Preferences": [{"Spread": {"SpreadDescriptor": "node.labels.x"}}],
                "MaxReplicas": 2,
                "Platforms": [{"Architecture": "amd64", "OS": "linux"}],
            },
            "LogDriver": {"Name": "json-file", "Options": {"max-size": "1m"}},
            "ForceUpdate": 3,
            "Runtime": "container",
        },
        "Mode": {"Replicated": {"Replicas": 0}},
        "UpdateConfig": {
            "Parallelism": 2,
            "Delay": SECOND,
            "FailureAction": "continue",
            "Monitor": SECOND,
            "MaxFailureRatio": 0.5,
            "Order": "start-first",
        },
        "RollbackConfig": {**UPDATE, "Parallelism": 1},
        "EndpointSpec": {
            "Mode": "vip",
            "Ports": [
                {
                    "Name": "web",
                    "Protocol": "tcp",
                    "TargetPort": 80,
                    "PublishedPort": 18099,
                    "PublishMode": "ingress",
                },
                {"Protocol": "udp", "TargetPort": 53, "PublishMode": "host"},
            ],
        },
    }


EMPTY_CONTAINER = {
    "Labels": {},
    "Command": [],
    "Args": [],
    "Hostname": "",
    "Env": [],
    "Dir": "",
    "User": "",
    "Groups": [],
    "Privileges": {},
    "StopSignal": "",
    "TTY": False,
    "ReadOnly": False,
    "Mounts": [],
    "StopGracePeriod": 0,
    "Healthcheck": {},
    "Hosts": [],
    "DNSConfig": {},
    "Secrets": [],
    "Configs": [],
    "Init": False,
    "Sysctls": {},
    "CapabilityAdd": [],
    "CapabilityDrop": [],
    "Ulimits": [],
}
EMPTY_TEMPLATE = {
    "Resources": {"Limits": {}, "Reservations": {}},
    "RestartPolicy": {},
    "LogDriver": {},
    "Placement": {"Constraints": [], "Preferences": [], "MaxReplicas": 0, "Platforms": []},
    "Networks": [],
    "ForceUpdate": 0,
    "Runtime": "",
}
