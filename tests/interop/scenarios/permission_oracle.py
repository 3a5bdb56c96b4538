# SPDX-License-Identifier: Apache-2.0
#
# Random permissions against a brute-force oracle, over every path a message can take to a
# subscriber: from its own account, through a stream import, from a leaf, through a mapping, to
# plain subscriptions and to groups. A few fixed cases that once went wrong stand behind it.

import itertools
import random

from harness import Failure, Skip, check, equal, leafnodes, scenario
from harness.accounts import (account, accounts, enter, exports, imports, stream_of, subscribed,
                              user)
from harness.client import Message

ALPHABET = "abc"
SUBJECTS = [".".join(tokens) for depth in (1, 2, 3)
            for tokens in itertools.product(ALPHABET, repeat=depth)]
SETS, SUBSCRIPTIONS = 24, 6


def covers(pattern, subject):
    """Does every subject that `subject` (itself a pattern, perhaps) stands for match `pattern`?"""
    outer, inner = pattern.split("."), subject.split(".")
    for place, token in enumerate(outer):
        if token == ">":
            return len(inner) > place
        if place >= len(inner) or inner[place] == ">":
            return False
        if token != "*" and token != inner[place]:
            return False
    return len(outer) == len(inner)


def random_pattern(rng, full):
    tokens = [rng.choice(ALPHABET + "*") for _ in range(rng.randint(1, 3))]
    if full and rng.random() < 0.3:
        tokens[-1] = ">"
    return ".".join(tokens)


def random_rules(rng):
    allow = [random_pattern(rng, True) for _ in range(rng.choice((0, 2, 4)))]
    deny = [random_pattern(rng, True) for _ in range(rng.choice((0, 1, 2)))]
    return allow, deny


def text_of(rules):
    quoted = [", ".join(f'"{entry}"' for entry in entries) for entries in rules]
    return f"permissions: {{ subscribe: {{ allow: [{quoted[0]}], deny: [{quoted[1]}] }} }}"


def accepted(rules, pattern, over=covers):
    allow, deny = rules
    return ((not allow or any(over(entry, pattern) for entry in allow))
            and not any(over(entry, pattern) for entry in deny))


def loosely(entry, pattern):
    """The same where * stands for > too, as in real servers. Both verdicts will do, as long as
    nothing is delivered that is not allowed."""
    return covers(entry, pattern.replace(">", "c"))


def delivered(rules, pattern):
    allow, deny = rules
    return {subject for subject in SUBJECTS if covers(pattern, subject)
            and (not allow or any(covers(entry, subject) for entry in allow))
            and not any(covers(entry, subject) for entry in deny)}


class World:
    """Account B with the users, and a publisher for each path into it."""

    def __init__(self, t, rules, *args):
        users = [user("b"), *(user(f"u{i}", text_of(entry)) for i, entry in enumerate(rules))]
        server = t.server(accounts(
            account("A", exports('stream: ">"')),
            account("B", imports(stream_of("A", ">")), 'mappings: { "m.>": ">" }', users=users))
            + leafnodes(listen=True, extra="authorization { user: l, password: l, account: B }"),
            *args)
        self.users = [enter(t, server, f"u{i}") for i in range(len(rules))]
        self.local, self.exporter = enter(t, server, "b"), enter(t, server, "a")
        self.leaf = t.leaf(server, user="l", **{"pass": "l"})

    def publish(self):
        """Every subject on every path; the payload names the path."""
        for subject in SUBJECTS:
            self.local.pub(subject, "local")
            self.local.pub(f"m.{subject}", "mapped")
            self.exporter.pub(subject, "imported")
            self.leaf.lmsg(subject, "leaf")
        self.local.flush()
        self.exporter.flush()
        self.leaf.ops_until_pong()


PATHS = ("imported", "leaf", "local", "mapped")


def agree(t, seed, full, *args):
    rng = random.Random(seed)
    rules = [random_rules(rng) for _ in range(SETS)]
    world = World(t, rules, *args)
    wanted = []
    for client, own in zip(world.users, rules):
        patterns = [random_pattern(rng, full) for _ in range(SUBSCRIPTIONS)]
        taken = {}
        for sid, pattern in enumerate(patterns):
            client.sub(pattern, sid, f"q{client.name}{sid}" if sid % 2 else "")
            refused = any(op.startswith(b"-ERR") for op in client.ops_until_pong())
            check((not refused) in (accepted(own, pattern), accepted(own, pattern, loosely)),
                  f"SUB {pattern} with {own}: refused is {refused}")
            if not refused:
                taken[str(sid)] = delivered(own, pattern)
        wanted.append(taken)
    world.publish()
    for client, own, taken in zip(world.users, rules, wanted):
        missing = {(sid, subject, path) for sid, subjects in taken.items()
                   for subject in subjects for path in PATHS
                   if path != "leaf" or int(sid) % 2 == 0}  # A leaf names groups one by one.
        receive(client, missing, own)


def receive(client, missing, own):
    """Exactly these deliveries, in any order."""
    while missing:
        try:
            message = Message(client.op(wanted="deliveries"))
        except Failure:
            raise Failure(f"{client.name} with {own} misses {sorted(missing)[:8]}") from None
        found = message.sid, message.subject, message.payload.decode()
        check(found in missing, f"{client.name} with {own} got {found}")
        missing.remove(found)
    client.expect_nothing()


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "denies that cross a subscription let through"))
def random_sets(t):
    """CVE-2026-58252, CVE-2022-29946: verdicts and deliveries are those of the oracle, on all
    paths, for plain subscriptions and groups."""
    for seed in range(3):
        agree(t, seed, False)


@scenario(differs=dict.fromkeys(("2.9", "2.10", "2.15"), "takes SUB a.> as covered by a.*"))
def random_sets_with_full_wildcards(t):
    """The same with > in subscriptions."""
    for seed in range(3):
        agree(t, seed, True)


@scenario
def random_sets_over_shards(t):
    """The same on 1, 2 and 4 shards."""
    if t.options.generation:
        raise Skip("shards are ours")
    for shards in (1, 2, 4):
        agree(t, 100 + shards, True, "--shards", shards)


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "lets it through"))
def crossing_deny_over_an_import(t):
    """CVE-2026-58252: deny *.closed, subscribe shop.*: shop.closed does not come through an import,
    and a denied member of a group takes no message from an allowed one."""
    server = t.server(accounts(account("A", exports('stream: "shop.>"')), account(
        "B", imports(stream_of("A", "shop.>")), users=[user("b"), user(
            "d", 'permissions: { subscribe: { deny: "*.closed" } }')])))
    a, allowed, denied = (enter(t, server, name) for name in "abd")
    subscribed(denied, "shop.*")
    denied.sub("shop.*", 2, "q")
    denied.flush()
    allowed.sub("shop.*", 2, "q")
    allowed.flush()
    for number in range(50):
        a.pub("shop.closed", str(number))
    a.flush()
    denied.expect_nothing()
    equal([m.payload.decode() for m in allowed.messages()], [str(i) for i in range(50)], "all")


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "lets the group in"))
def denies_only_add_up(t):
    """CVE-2026-58251: a deny for a group beside a plain one refuses no less than the plain one
    alone, in accounts as well."""
    server = t.server(accounts(account("A", users=[user(
        "a", 'permissions: { subscribe: { deny: ["vault.>", "> night"] } }')])))
    a = enter(t, server, "a")
    for queue in ("", "day", "night"):
        a.sub("vault.key", 1, queue)
        op = a.op()
        check(op.startswith(b"-ERR 'Permissions Violation for Subscription"), f"{queue}: {op}")
