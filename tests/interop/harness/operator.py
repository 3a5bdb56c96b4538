# SPDX-License-Identifier: Apache-2.0
#
# Operator mode: keys and tokens by tests/jwt's jwtmaker, which is built on the libraries of the
# NATS tools, configuration that trusts them, and clients that log in with them. Every world has an
# operator O and a system account SYS with a user SU.

import json
import subprocess

from .checks import Failure, Skip
from .nkeys import NKey, credentials

BASE = (
    {"op": "nkey", "id": "SYSK", "kind": "account"},
    {"op": "operator", "id": "O", "name": "O", "claims": {"system_account": "@SYSK"}},
    {"op": "account", "id": "SYS", "key": "SYSK", "issuer": "O", "name": "SYS"},
    {"op": "user", "id": "SU", "issuer": "SYS", "name": "su"},
)


def key(id_, kind="account"):
    return {"op": "nkey", "id": id_, "kind": kind}


def account(id_, claims=None, issuer="O", **more):
    return {"op": "account", "id": id_, "issuer": issuer, "name": id_, "claims": claims or {},
            **more}


def user(id_, issuer="A", claims=None, **more):
    return {"op": "user", "id": id_, "issuer": issuer, "name": id_, "claims": claims or {}, **more}


def raw(id_, signer, payload, **more):
    return {"op": "raw", "id": id_, "key": signer, "payload": payload, **more}


class World:
    def __init__(self, t, *steps, base=BASE):
        if not t.options.jwtmaker:
            raise Skip("no --jwtmaker")
        self.t, self._steps = t, [*base, *steps]
        self.results = self.made(*self._steps)

    def made(self, *steps):
        done = subprocess.run([self.t.options.jwtmaker], input=json.dumps(steps),
                              capture_output=True, text=True)
        if done.returncode:
            raise Failure(f"jwtmaker: {done.stderr}")
        return json.loads(done.stdout)["results"]

    def add(self, *steps):
        """More of them, signed by keys that are there."""
        known = [{"op": "nkey", "id": id_, "seed": found["seed"]}
                 for id_, found in self.results.items() if "seed" in found]
        self.results |= {id_: found for id_, found in self.made(*known, *steps).items()
                         if id_ in {step["id"] for step in steps}}

    def jwt(self, id_):
        return self.results[id_]["jwt"]

    def public(self, id_):
        return self.results[id_]["public"]

    def credentials_file(self, id_, name=None):
        """A credentials file; its path."""
        return self.t.write(name or f"{id_}.creds",
                            credentials(self.jwt(id_), self.results[id_]["seed"]))

    def config(self, *preloaded, resolver="MEMORY"):
        entries = "\n".join(f"  {self.public(id_)}: {self.jwt(id_)}"
                            for id_ in ("SYS", *preloaded))
        return (f"operator: {self.jwt('O')}\nsystem_account: {self.public('SYSK')}\n"
                f"resolver: {resolver}\nresolver_preload: {{\n{entries}\n}}\n")

    def login(self, peer, id_, key=None, **more):
        """The fields of CONNECT for a peer that has read INFO."""
        signer = NKey.of_seed(self.results[key or id_]["seed"])
        return {"jwt": self.jwt(id_), "sig": signer.answer(peer.info["nonce"]), **more}

    def client(self, server, id_, **more):
        peer = self.t.raw(server, name=id_)
        return peer.log_in(**self.login(peer, id_, **more))

    def leaf(self, server, id_, **more):
        peer = self.t.raw_leaf(server, name=id_)
        return peer.join(**self.login(peer, id_, **more))
