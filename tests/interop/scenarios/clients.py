# SPDX-License-Identifier: Apache-2.0
#
# Real client libraries against the server: the C client (c_client/, built by meson, given by
# --c-client) and the JavaScript client (a copy of js_client/ with its packages, given by
# --js-client). Each prints a line for every check; without the program the scenario is skipped.

import pathlib
import shutil
import subprocess

from harness import Failure, Skip, leafnodes, scenario
from harness.checks import Deadline

RUN_S = 30


def c_client(t):
    if not t.options.c_client:
        raise Skip("no --c-client given")
    return [str(pathlib.Path(t.options.c_client).resolve())]


def js_client(t):
    if not t.options.js_client:
        raise Skip("no --js-client given")
    folder = pathlib.Path(t.options.js_client).resolve()
    if not (folder / "node_modules").is_dir():
        raise Skip(f"{folder} has no node_modules")
    if not shutil.which("node"):
        raise Skip("no node on the path")
    return ["node", str(folder / "smoke.mjs")]


def must_pass(command, url):
    try:
        done = subprocess.run([*command, url], text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=Deadline(RUN_S).seconds)
    except subprocess.TimeoutExpired as late:
        raise Failure(f"not done in {RUN_S} s, said {late.stdout!r}") from None
    if done.returncode != 0 or "ok " not in done.stdout:
        raise Failure(f"exit code {done.returncode}: {done.stdout}{done.stderr}")


@scenario
def c_client_against_server(t):
    """The C client does all its checks against a plain server."""
    must_pass(c_client(t), t.server().url())


@scenario
def c_client_with_password(t):
    """The C client logs in with user and password of the URL."""
    command = c_client(t)
    server = t.server("authorization { user: u, password: p }\n")
    must_pass(command, server.url("u:p"))


@scenario
def c_client_with_token(t):
    """The C client logs in with the token of the URL."""
    command = c_client(t)
    must_pass(command, t.server("authorization { token: s3cr3t }\n").url("s3cr3t"))


@scenario
def c_client_at_a_leaf(t):
    """The C client at a leaf is served as at any server."""
    command = c_client(t)
    hub = t.server('server_name: "hub"\n' + leafnodes(listen=True))
    leaf = t.server('server_name: "leaf"\n' + leafnodes(hub.leaf_url()))
    leaf.wait_log(r"Leafnode connection created")
    must_pass(command, leaf.url())


@scenario
def js_client_against_server(t):
    """The JavaScript client does all its checks against a plain server."""
    must_pass(js_client(t), t.server().url())


@scenario
def js_client_with_password(t):
    """The JavaScript client logs in with user and password of the URL."""
    command = js_client(t)
    server = t.server("authorization { user: u, password: p }\n")
    must_pass(command, server.url("u:p"))


@scenario
def js_client_with_token(t):
    """The JavaScript client logs in with a token."""
    command = js_client(t)
    must_pass(command, t.server("authorization { token: s3cr3t }\n").url("s3cr3t"))


@scenario
def js_client_at_a_leaf(t):
    """The JavaScript client at a leaf is served as at any server."""
    command = js_client(t)
    hub = t.server('server_name: "hub"\n' + leafnodes(listen=True))
    leaf = t.server('server_name: "leaf"\n' + leafnodes(hub.leaf_url()))
    leaf.wait_log(r"Leafnode connection created")
    must_pass(command, leaf.url())
