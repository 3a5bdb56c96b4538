# SPDX-License-Identifier: Apache-2.0
#
# The list of scenarios. A scenario is one function of a Stage; its name is the name of its file
# and its own. `differs` names server generations that are known to behave otherwise, with what
# they do: there the scenario is skipped, and the table of differences is printed from it.

import dataclasses
from typing import Callable

_entries = []


@dataclasses.dataclass(frozen=True)
class Entry:
    name: str
    run: Callable
    differs: dict
    generations: tuple = ()  # of both servers of a pairing

    @property
    def point(self):
        return (self.run.__doc__ or "").strip().splitlines()[0]


@dataclasses.dataclass(frozen=True)
class Pair:
    """Which program plays the hub and which the leaf in a pairing scenario."""
    hub_program: str
    leaf_program: str
    hub_generation: str
    leaf_generation: str


def _area(function):
    return function.__module__.rpartition(".")[2]


def scenario(function=None, *, differs=None):
    """Registers function(stage)."""
    def register(target):
        _entries.append((f"{_area(target)}.{target.__name__}", target, differs or {}, False))
        return target
    return register(function) if function else register


def pairing(function=None, *, differs=None):
    """Registers function(stage, pair), run with the server under test on each side of a peer."""
    def register(target):
        _entries.append((f"{_area(target)}.{target.__name__}", target, differs or {}, True))
        return target
    return register(function) if function else register


def _pairs(server, peers):
    """(label, pair): with itself once, with any other program in both roles. Programs come as
    (label, path, generation)."""
    _, own, own_generation = server
    for label, program, generation in peers:
        yield f"hub,{label}", Pair(own, program, own_generation, generation)
        if program != own:
            yield f"leaf,{label}", Pair(program, own, generation, own_generation)


def _bound(target, pair):
    def run(stage):
        return target(stage, pair)
    run.__doc__ = target.__doc__
    return run


def entries(server, peers):
    found = []
    for name, target, differs, paired in _entries:
        if not paired:
            found.append(Entry(name, target, differs))
            continue
        for label, pair in _pairs(server, peers):
            found.append(Entry(f"{name}[{label}]", _bound(target, pair), differs,
                               (pair.hub_generation, pair.leaf_generation)))
    return found
