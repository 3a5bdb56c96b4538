# SPDX-License-Identifier: Apache-2.0
"""From the rounds of a scenario to what is told of it: medians of the sides and of the ratios.

Ratios are taken within a round, where both sides ran one after the other on the same machine in
the same mood, and only then the median over the rounds.
"""

import statistics

FIGURES = ("rate", "cpu_ns", "load_ns", "idle_bytes", "peak_bytes", "after_bytes", "bytes_each",
           "p50_ns", "p99_ns", "p999_ns")


def medians(rounds):
    return {name: statistics.median(values) for name in FIGURES
            if (values := [figures[name] for figures in rounds if name in figures])}


def median_ratios(ours, reference):
    ratios = {}
    for name in FIGURES:
        values = [mine[name] / other[name] for mine, other in zip(ours, reference)
                  if name in mine and other.get(name)]
        if values:
            ratios[name] = statistics.median(values)
    return ratios


def compare(rounds):
    """`rounds` maps each side that ran to its figures, round by round."""
    good = {side: [figures for figures in runs if not figures["failure"]]
            for side, runs in rounds.items()}
    compared = {side: medians(runs) for side, runs in good.items()}
    if len(rounds) == 2:
        pairs = [(mine, other) for mine, other in zip(rounds["ours"], rounds["reference"])
                 if not mine["failure"] and not other["failure"]]
        compared["ratio"] = median_ratios(*zip(*pairs)) if pairs else {}
    return compared


def heavy_load_warnings(name, compared):
    """Where the load side is not lighter than the server, the rate may be the load's own."""
    return [f"{name}: the load side spends {figures['load_ns'] / figures['cpu_ns']:.2f} of the CPU "
            f"of {side}; its rate may be the load's"
            for side, figures in compared.items()
            if side != "ratio" and figures.get("cpu_ns") and
            figures["load_ns"] >= figures["cpu_ns"]]
