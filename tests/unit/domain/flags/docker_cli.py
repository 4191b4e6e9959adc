"""What docker CLI 28.2.2 says that its commands take: `docker service create|update --help`.

Each word is NAME[/SHORT][:TYPE], the type as in the help; a flag without one is a boolean. Those
that are hidden from an old daemon are here, too (DOCKER_API_VERSION=1.50).
"""

BOTH = """
cap-add:list cap-drop:list credential-spec:credential-spec detach/d endpoint-mode:string
entrypoint:command health-cmd:string health-interval:duration health-retries:int
health-start-interval:duration health-start-period:duration health-timeout:duration
hostname:string init isolation:string limit-cpu:decimal limit-memory:bytes limit-pids:int
log-driver:string log-opt:list max-concurrent:uint no-healthcheck no-resolve-image
oom-score-adj:int quiet/q read-only replicas:uint replicas-max-per-node:uint
reserve-cpu:decimal reserve-memory:bytes restart-condition:string restart-delay:duration
restart-max-attempts:uint restart-window:duration rollback-delay:duration
rollback-failure-action:string rollback-max-failure-ratio:float rollback-monitor:duration
rollback-order:string rollback-parallelism:uint stop-grace-period:duration stop-signal:string
tty/t update-delay:duration update-failure-action:string update-max-failure-ratio:float
update-monitor:duration update-order:string update-parallelism:uint user/u:string
with-registry-auth workdir/w:string
"""
CREATE_ONLY = """
config:config constraint:list container-label:list dns:list dns-option:list dns-search:list
env/e:list env-file:list generic-resource:list group:list host:list label/l:list mode:string
mount:mount name:string network:network placement-pref:pref publish/p:port secret:secret
sysctl:list ulimit:ulimit
"""
UPDATE_ONLY = """
args:command config-add:config config-rm:list constraint-add:list constraint-rm:list
container-label-add:list container-label-rm:list dns-add:list dns-option-add:list
dns-option-rm:list dns-rm:list dns-search-add:list dns-search-rm:list env-add:list env-rm:list
force generic-resource-add:list generic-resource-rm:list group-add:list group-rm:list
host-add:list host-rm:list image:string label-add:list label-rm:list mount-add:mount
mount-rm:list network-add:network network-rm:list placement-pref-add:pref
placement-pref-rm:pref publish-add:port publish-rm:port rollback secret-add:secret
secret-rm:list sysctl-add:list sysctl-rm:list ulimit-add:ulimit ulimit-rm:list
"""
SINCE = {
    "1.25": """
        dns dns-add dns-option dns-option-add dns-option-rm dns-rm dns-search dns-search-add
        dns-search-rm force group group-add group-rm health-cmd health-interval health-retries
        health-timeout host host-rm hostname no-healthcheck rollback secret secret-add secret-rm
        tty update-max-failure-ratio update-monitor
    """,
    "1.28": """
        placement-pref placement-pref-add placement-pref-rm read-only rollback-delay
        rollback-failure-action rollback-max-failure-ratio rollback-monitor rollback-parallelism
        stop-signal
    """,
    "1.29": """
        credential-spec detach health-start-period network-add network-rm rollback-order
        update-order
    """,
    "1.30": """
        config config-add config-rm no-resolve-image
    """,
    "1.32": """
        host-add
    """,
    "1.35": """
        isolation
    """,
    "1.37": """
        init
    """,
    "1.40": """
        replicas-max-per-node sysctl sysctl-add sysctl-rm
    """,
    "1.41": """
        cap-add cap-drop limit-pids max-concurrent ulimit ulimit-add ulimit-rm
    """,
    "1.44": """
        health-start-interval
    """,
    "1.46": """
        oom-score-adj
    """,
}
"""The API version that each asks for (cli/command/service/{opts,create,update}.go, annotations).

Three times it writes what was meant for the --generic-resource flags to host-add.
"""
