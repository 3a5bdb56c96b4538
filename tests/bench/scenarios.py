# SPDX-License-Identifier: Apache-2.0
"""What the bench measures: each scenario is one load with a stable name.

A scenario says what the load generator is told, which servers it needs, and how both shrink for
the smoke run, where only the way of the messages is checked and no figure means anything.
"""

from dataclasses import dataclass

SMOKE_MESSAGES = 2000


@dataclass(frozen=True)
class Scenario:
    name: str
    about: str
    load: tuple  # arguments of the load generator, shape first
    leaf: bool = False  # a hub and a leaf; publish at the leaf, subscribe at the hub
    compression: str | None = None  # of the leaf link; None leaves it to the two servers
    config: str = ""  # of the server, beside its port
    each: str = ""  # memory is divided by the number behind this option
    smoke_each: int = 0
    smoke_messages: int = SMOKE_MESSAGES

    @property
    def flows(self):
        return self.load[0] != "idle"

    def each_count(self, smoke):
        if not self.each:
            return 0
        if smoke:
            return self.smoke_each
        return int(self.load[self.load.index(self.each) + 1])

    def load_arguments(self, smoke, seconds):
        arguments = list(self.load)
        if smoke and self.each:
            arguments[arguments.index(self.each) + 1] = str(self.smoke_each)
        if smoke:
            return arguments + ["--warm-up", "0", "--seconds", "5", "--messages",
                                str(self.smoke_messages)]
        return arguments + ["--warm-up", str(seconds * 0.15), "--seconds", str(seconds)]


# Whoever does not log in is a user of an account, with lists that each message is looked up in, and
# a deny that crosses what is subscribed to.
IN_AN_ACCOUNT = """
accounts {
  WORKS {
    users: [ { user: worker, password: none, permissions: {
      publish: { allow: ["bench.>", "_INBOX.>", "other.*.x"], deny: ["bench.closed.>"] }
      subscribe: { allow: ["bench.>", "_INBOX.>"], deny: ["bench.*.secret"] } } } ]
    exports: [ { stream: "bench.>" } ]
    mappings: { "mapped.*": "bench.$1" }
  }
  OFFICE { users: [ { user: o, password: none } ]
           imports: [ { stream: { account: WORKS, subject: "bench.>" } } ] }
}
no_auth_user: worker
"""


def flow(*arguments):
    return ("flow",) + arguments


SCENARIOS = (
    Scenario("one_to_one_16", "one publisher, one subscriber, 16 B", flow("--payload", "16")),
    Scenario("one_to_one_128", "one publisher, one subscriber, 128 B", flow("--payload", "128")),
    Scenario("account_128", "one_to_one_128 in an account, with permissions",
             flow("--payload", "128"), config=IN_AN_ACCOUNT),
    Scenario("one_to_one_1k", "one publisher, one subscriber, 1 KiB", flow("--payload", "1024")),
    Scenario("one_to_one_64k", "one publisher, one subscriber, 64 KiB",
             flow("--payload", "65536"), smoke_messages=100),
    Scenario("fan_out", "one publisher, 8 subscribers, 128 B", flow("--subscribers", "8")),
    Scenario("fan_in", "8 publishers, one subscriber, 128 B", flow("--publishers", "8")),
    Scenario("queue_group", "one publisher, a queue group of 4, 128 B",
             flow("--subscribers", "4", "--queue")),
    Scenario("request_reply", "8 requesters with one request outstanding each, 16 B",
             ("request", "--payload", "16", "--requesters", "8"), smoke_messages=400),
    Scenario("leaf_hop", "publisher at the leaf, subscriber at the hub, 128 B", flow(), leaf=True),
    Scenario("leaf_hop_plain", "the same without compression", flow(), leaf=True,
             compression="off"),
    Scenario("subscriptions", "200,000 subjects on 4 connections, published in random order, 16 B",
             flow("--payload", "16", "--subscribers", "4", "--subjects", "200000"),
             each="--subjects", smoke_each=SMOKE_MESSAGES),
    Scenario("idle_connections", "2,000 connections that do nothing",
             ("idle", "--connections", "2000"), each="--connections", smoke_each=50),
)
