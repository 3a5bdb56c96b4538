#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Side by side: our server and a real nats-server under the same load, in the same minute.

Every scenario runs for several rounds; in each round both servers are started afresh, one after
the other, and who is first changes from round to round. See README.md beside this file for what
the columns mean. The exit status is 1 if a message was lost, doubled or out of order, if a server
died, or if --limits found a goal missed.
"""

import argparse
import json
import os
import pathlib
import platform
import signal
import sys

sys.dont_write_bytecode = True  # the modules lie in the source tree, which is to stay as it is

from comparison import compare, heavy_load_warnings
from goals import check_goals
from measurement import measure
from scenarios import SCENARIOS
from server_process import version_of
from table import heading, rows


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", metavar="PATH", help="our server")
    parser.add_argument("--reference", metavar="PATH", help="a real nats-server")
    parser.add_argument("--load", metavar="PATH", help="leafnats-bench-load")
    parser.add_argument("--only", metavar="NAME,...", help="these scenarios, see --list")
    parser.add_argument("--list", action="store_true", help="name the scenarios and end")
    parser.add_argument("--rounds", type=int, help="default 5, with --smoke 1")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a measured phase")
    parser.add_argument("--smoke", action="store_true", help="tiny counts: does it work at all")
    parser.add_argument("--limits", action="store_true", help="check the goals as well")
    parser.add_argument("--json", metavar="FILE", type=pathlib.Path, help="write all figures there")
    arguments = parser.parse_args()
    check_arguments(parser, arguments)
    return arguments


def check_arguments(parser, arguments):
    if arguments.list:
        return
    if not arguments.load or not (arguments.server or arguments.reference):
        parser.error("--load and at least one of --server and --reference are needed")
    if arguments.limits and (arguments.smoke or not arguments.server or not arguments.reference):
        parser.error("--limits needs --server, --reference and a real run")
    if arguments.rounds is None:
        arguments.rounds = 1 if arguments.smoke else 5
    if arguments.rounds < 1:
        parser.error("--rounds must be 1 or more")
    known = {scenario.name for scenario in SCENARIOS}
    for name in filter(None, (arguments.only or "").split(",")):
        if name not in known:
            parser.error(f"no scenario {name}, see --list")


def chosen_scenarios(arguments):
    if not arguments.only:
        return SCENARIOS
    return [scenario for scenario in SCENARIOS if scenario.name in arguments.only.split(",")]


def run_rounds(scenario, sides, arguments):
    """The figures of each side, round by round."""
    rounds = {side: [] for side in sides}
    for index in range(arguments.rounds):
        order = list(sides.items())
        for side, binary in order if index % 2 == 0 else reversed(order):
            rounds[side].append(measure(scenario, binary, arguments.load, smoke=arguments.smoke,
                                        seconds=arguments.seconds))
    return rounds


def failures_of(name, rounds):
    return [f"{name}, {side}, round {index + 1}: {figures['failure']}"
            for side, runs in rounds.items() for index, figures in enumerate(runs)
            if figures["failure"]]


def run_all(scenarios, sides, arguments):
    """Runs and prints scenario by scenario; (rounds, comparisons, failures, warnings)."""
    all_rounds, comparisons, failures, warnings = {}, {}, [], []
    print(heading(), flush=True)
    for scenario in scenarios:
        rounds = run_rounds(scenario, sides, arguments)
        compared = compare(rounds)
        failed = {side: sum(bool(figures["failure"]) for figures in runs)
                  for side, runs in rounds.items()}
        print("\n".join(rows(scenario.name, compared, failed)), flush=True)
        all_rounds[scenario.name] = rounds
        comparisons[scenario.name] = compared
        failures += failures_of(scenario.name, rounds)
        if not arguments.smoke:
            warnings += heavy_load_warnings(scenario.name, compared)
    return all_rounds, comparisons, failures, warnings


def print_goals(goals):
    for goal in goals:
        value = "not measured" if goal["value"] is None else f"{goal['value']:.4g}"
        print(f"{'pass' if goal['met'] else 'FAIL'}  {goal['goal']}  ({value})")


def machine():
    return {"system": platform.platform(), "cpus": os.cpu_count(),
            "load_average": os.getloadavg()[0]}


def busy_machine_warnings(before):
    """CPU for each message survives company on the machine, rates and latencies do not."""
    if before["load_average"] < before["cpus"] / 4:
        return []
    return [f"the machine was busy before we began (load average {before['load_average']:.1f} on "
            f"{before['cpus']} CPUs): rates and latencies are not to be trusted"]


def main():
    arguments = parse_arguments()
    if arguments.list:
        for scenario in SCENARIOS:
            print(f"{scenario.name:<17} {scenario.about}")
        return 0
    # A runner that gives up on us sends SIGTERM; ended as an exception, no server is left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    sides = {side: path for side, path in (("ours", arguments.server),
                                           ("reference", arguments.reference)) if path}
    before = machine()
    versions = {side: version_of(path) for side, path in sides.items()}
    print(", ".join(f"{side}: {version}" for side, version in versions.items()), flush=True)
    scenarios = chosen_scenarios(arguments)
    all_rounds, comparisons, failures, warnings = run_all(scenarios, sides, arguments)

    goals = check_goals(comparisons, set(comparisons)) if arguments.limits else []
    print_goals(goals)
    if not arguments.smoke:
        warnings += busy_machine_warnings(before)
    for warning in warnings:
        print(f"warning: {warning}")
    for failure in failures:
        print(f"FAILED: {failure}")
    if arguments.json:
        arguments.json.write_text(json.dumps(
            {"machine": before, "versions": versions, "seconds": arguments.seconds,
             "smoke": arguments.smoke, "rounds": all_rounds, "comparisons": comparisons,
             "goals": goals, "warnings": warnings, "failures": failures}, indent=1) + "\n")
    return 1 if failures or not all(goal["met"] for goal in goals) else 0


if __name__ == "__main__":
    sys.exit(main())
