# SPDX-License-Identifier: Apache-2.0
#
# Account tokens over the system account, with a resolver that keeps a directory: look-up, update,
# list and delete.
#
#   seen on the real servers   2.9        2.10       newest
#   a look-up in vain          silence    nothing    nothing
#   the rest                   the same   the same   the same

import json

from harness import check, equal, scenario
from harness.operator import World, account, raw, user


class Keeper:
    """A server with a directory for tokens, and a user of its system account."""

    def __init__(self, t, options=""):
        self.world = World(t, account("A"), account("B"), user("UA"))
        folder = t.folder / "jwt"
        self.server = t.server(self.world.config(
            "A", resolver=f'{{ type: full, dir: "{folder}", {options} }}'))
        self.system = self.world.client(self.server, "SU")

    def ask(self, subject, payload=""):
        return self.system.request(f"$SYS.REQ.{subject}", payload).payload.decode()

    def order(self, subject, payload=""):
        return json.loads(self.ask(subject, payload))


@scenario(differs={"2.9": "says nothing of what it does not have"})
def look_up_and_list(t):
    """LOOKUP answers with the token or with nothing, LIST with the accounts that are kept."""
    keeper = Keeper(t)
    world = keeper.world
    equal(keeper.ask(f"ACCOUNT.{world.public('A')}.CLAIMS.LOOKUP"), world.jwt("A"), "A")
    equal(keeper.ask(f"ACCOUNT.{world.public('B')}.CLAIMS.LOOKUP"), "", "B")
    equal(sorted(keeper.order("CLAIMS.LIST")["data"]),
          sorted([world.public("A"), world.public("SYSK")]), "list")


@scenario
def update(t):
    """A new token is kept and in force; one of another account or of a stranger is refused."""
    keeper = Keeper(t)
    world = keeper.world
    b = world.public("B")
    answer = keeper.order("CLAIMS.UPDATE", world.jwt("B"))
    equal(answer["data"], {"account": b, "code": 200, "message": "jwt updated"}, "update")
    equal(keeper.ask(f"ACCOUNT.{b}.CLAIMS.LOOKUP"), world.jwt("B"), "B")
    answer = keeper.order(f"ACCOUNT.{b}.CLAIMS.UPDATE", world.jwt("B"))
    equal(answer["data"]["message"], "jwt updated", "by name")
    answer = keeper.order(f"ACCOUNT.{b}.CLAIMS.UPDATE", world.jwt("A"))
    equal(answer["error"], {"account": b, "code": 500, "description":
          "jwt update resulted in error - subject does not match jwt content"}, "another's")
    answer = keeper.order("CLAIMS.UPDATE", "no token")
    equal((answer["error"]["account"], answer["error"]["code"]), ("n/a", 500), "no token")
    check("data" not in answer, "both")


@scenario(differs={"2.9": "says nothing of what it does not have"})
def delete(t):
    """Only an operator deletes, and only where that is allowed."""
    keeper = Keeper(t, "allow_delete: true")
    world = keeper.world
    a = world.public("A")
    world.add(raw("D", "O", {"iss": "@O", "sub": "@O", "iat": "@now",
                             "nats": {"accounts": [a], "type": "generic", "version": 2}}),
              raw("E", "A", {"iss": "@A", "sub": "@A", "iat": "@now",
                             "nats": {"accounts": [a], "type": "generic", "version": 2}}))
    answer = keeper.order("CLAIMS.DELETE", world.jwt("E"))
    equal(answer["error"]["description"],
          f"delete accounts request by {a} failed - not trusted", "by an account")
    client = world.client(keeper.server, "UA")
    answer = keeper.order("CLAIMS.DELETE", world.jwt("D"))
    equal(answer["data"], {"code": 200, "message": "deleted 1 accounts"}, "delete")
    client.expect_error_and_close("Account Authentication Expired")
    equal(keeper.ask(f"ACCOUNT.{a}.CLAIMS.LOOKUP"), "", "A")

    forbidding = Keeper(t, "allow_delete: false")
    world.add(raw("F", "O", {"iss": "@O", "sub": "@O", "iat": "@now",
                             "nats": {"accounts": [a], "type": "generic", "version": 2}}))
    answer = forbidding.order("CLAIMS.DELETE", world.jwt("F"))
    check(answer["error"]["description"].endswith("delete must be enabled in server config"),
          f"{answer}")
