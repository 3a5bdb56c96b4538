# SPDX-License-Identifier: Apache-2.0
"""What the project promises of itself, checked by --limits.

A goal names a scenario, whether it is about ours alone or about the ratio to the reference, the
figure and its bound.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    scenario: str
    side: str  # "ours" or "ratio"
    figure: str
    bound: float
    at_least: bool = False
    over: str = ""  # another scenario, whose figure this one's is divided by

    def describe(self):
        sign = ">=" if self.at_least else "<="
        over = f" over {self.over}" if self.over else ""
        return f"{self.scenario}{over}: {self.side} {self.figure} {sign} {self.bound:g}"

    def check(self, comparisons):
        """(value, met); the value is None if it was not measured."""
        value = comparisons.get(self.scenario, {}).get(self.side, {}).get(self.figure)
        if value is None:
            return None, False
        if self.over:
            whole = comparisons.get(self.over, {}).get(self.side, {}).get(self.figure)
            if not whole:
                return None, False
            value /= whole
        return value, value >= self.bound if self.at_least else value <= self.bound


CPU_SMALL = ("one_to_one_16", "one_to_one_128", "fan_out", "fan_in", "queue_group")
CPU_LARGE = ("one_to_one_1k", "one_to_one_64k")

GOALS = (
    *(Goal(name, "ratio", "cpu_ns", 0.25) for name in CPU_SMALL),
    *(Goal(name, "ratio", "cpu_ns", 0.45) for name in CPU_LARGE),
    Goal("account_128", "ours", "cpu_ns", 1.15, over="one_to_one_128"),
    Goal("leaf_hop", "ratio", "cpu_ns", 0.35),
    Goal("one_to_one_16", "ratio", "rate", 2.0, at_least=True),
    Goal("one_to_one_128", "ratio", "rate", 2.0, at_least=True),
    Goal("idle_connections", "ours", "idle_bytes", 6e6),
    Goal("idle_connections", "ours", "bytes_each", 1536),
    Goal("subscriptions", "ours", "bytes_each", 200),
)


def check_goals(comparisons, names):
    """Goals of the scenarios that ran: a list of dicts with goal, value and met."""
    checked = []
    for goal in GOALS:
        if goal.scenario in names and (not goal.over or goal.over in names):
            value, met = goal.check(comparisons)
            checked.append({"goal": goal.describe(), "value": value, "met": met})
    return checked
