# SPDX-License-Identifier: Apache-2.0
"""One scenario on one kind of server, once: start, load, read the clocks, stop."""

import tempfile

from load_run import LoadFailed, LoadRun
from server_process import ServerFailed, servers_for, settled_bytes

FAULTS = ("lost", "duplicated", "reordered", "foreign")

# Beyond the phase itself: connecting, subscribing, draining and the load's own deadlines.
ANSWER_SECONDS_SPARE = 45.0


def measure(scenario, binary, load_binary, *, smoke, seconds):
    """A dict of figures. `failure` is empty if every message arrived once and in order, and all
    servers lived."""
    figures = {"failure": ""}
    try:
        with tempfile.TemporaryDirectory(prefix="leafnats-bench-") as folder:
            with servers_for(scenario, binary, folder) as (servers, publish_port, subscribe_port):
                figures["idle_bytes"] = settled_bytes(servers, hasty=smoke)
                load = LoadRun(load_binary, scenario.load_arguments(smoke, seconds), publish_port,
                               subscribe_port, ANSWER_SECONDS_SPARE + seconds)
                try:
                    with load:
                        observe(scenario, servers, load, figures, smoke)
                except LoadFailed:
                    # A server that is gone explains it better than the load can.
                    check_all_alive(servers)
                    raise
                check_all_alive(servers)
                figures["after_bytes"] = settled_bytes(servers, hasty=smoke)
    except (LoadFailed, ServerFailed) as failure:
        figures["failure"] = str(failure)
    return figures


def check_all_alive(servers):
    for server in servers:
        server.check_alive()


def observe(scenario, servers, load, figures, smoke):
    for server in servers:
        server.reset_peak()
    load.wait_at("held")
    held = settled_bytes(servers, hasty=smoke)
    count = scenario.each_count(smoke)
    if count:
        figures["bytes_each"] = (held - figures["idle_bytes"]) / count
    if scenario.flows:
        load.go_on()
        load.wait_at("warm")
        before_ns = sum(server.cpu_ns() for server in servers)
        load.go_on()
        result = load.result()
        server_ns = sum(server.cpu_ns() for server in servers) - before_ns
        add_flow(figures, result, server_ns)
        load.wait_at("done")
    figures["peak_bytes"] = sum(server.peak_bytes() for server in servers)
    load.finish()


def add_flow(figures, result, server_ns):
    delivered = max(1, result["delivered"])
    figures["messages"] = result["delivered"]
    figures["rate"] = result["delivered"] / max(result["seconds"], 1e-9)
    figures["cpu_ns"] = server_ns / delivered
    figures["load_ns"] = result["load_cpu_ns"] / delivered
    figures["faults"] = {name: result[name] for name in FAULTS}
    for percentile in ("p50", "p99", "p999"):
        figures[percentile + "_ns"] = result["latency_ns"][percentile]
    faults = ", ".join(f"{count} {name}" for name, count in figures["faults"].items() if count)
    if result["error"] or faults:
        raise LoadFailed("; ".join(filter(None, (faults, result["error"]))))
    if not result["delivered"]:
        raise LoadFailed("nothing was delivered")
