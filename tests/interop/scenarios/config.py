# SPDX-License-Identifier: Apache-2.0
#
# The configuration language and the limits set with it. A refused file is told with file, line and
# column, and the process ends with 1; an accepted value is shown to be in force, not just parsed.
#
#   seen on the real servers   2.9                  newest
#   server name with a space   accepted             refused
#   a bare word as a file      accepted             "config is invalid (file:line:col)"
#   Columns are exact from the second line on; on the first line both count from 0.

import re

from harness import check, equal, error, scenario
from harness.client import msg_op


def refused(t, text, wanted):
    """-t must reject this file with a message that the pattern is found in."""
    t.write("bad.conf", text)
    done = t.run("-t", "-c", "bad.conf")
    equal(done.returncode, 1, f"exit code for {text!r}")
    check(re.search(wanted, done.stderr), f"{text!r}: {done.stderr!r}, wanted {wanted!r}")


def accepted(t, text, env=None):
    t.write("good.conf", text)
    done = t.run("-t", "-c", "good.conf", env=env)
    check(done.returncode == 0 and "is valid" in done.stderr,
          f"exit code {done.returncode}, {done.stderr!r}, for {text!r}")


@scenario
def unknown_keys(t):
    """An unknown key is refused with its place, at the top and inside blocks."""
    refused(t, "port: -1\nfoo: 1\n", r'bad\.conf:2:1: unknown field "foo"')
    refused(t, "port: -1\nleafnodes {\n  bogus: 1\n}\n", r'bad\.conf:3:3: unknown field "bogus"')
    refused(t, "authorization {\n  user: a\n  passwd: b\n}\n",
            r'bad\.conf:3:3: unknown field "passwd"')
    refused(t, 'leafnodes {\n remotes=[\n {url:"nats://h",\n  bogus: 1}]}\n',
            r'bad\.conf:4:3: unknown field "bogus"')


@scenario
def wrong_types(t):
    """A value of the wrong type is refused with its place."""
    for text in ('\nport: "abc"\n', '\nmax_payload: "x"\n', "\ndebug: maybe\n"):
        refused(t, text, r"bad\.conf:2:\d+: ")


@scenario
def wrong_values(t):
    """Values that cannot be understood are refused with what was wrong."""
    refused(t, '\nlisten: "abc:def"\n', r'bad\.conf:2:\d+: could not parse port "def"')
    refused(t, '\nping_interval: "x"\n', r"bad\.conf:2:\d+: error parsing ping_interval")


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "accepts a server name with spaces"))
def server_name_without_spaces(t):
    """A server name with a space is refused."""
    refused(t, '\nserver_name: "a b"\n', r"server name cannot contain spaces")


@scenario
def unfinished_files(t):
    """A file that ends inside a map, an array or a string is refused with the line."""
    refused(t, "port: -1\nleafnodes {\n", r"on line \d+: 'Unexpected EOF processing map\.'")
    refused(t, 'server_name: "a\n', r"on line \d+: 'Unexpected EOF\.'")
    refused(t, "authorization { users = [ {user: a} \n", r"Parse error on line \d+")


@scenario(differs={"2.9": "ignores a bare word"})
def key_without_value(t):
    """A bare word is no configuration."""
    refused(t, "port\n", r"config is invalid \(bad\.conf:\d+:\d+\)")


@scenario
def bad_config_stops_start(t):
    """A bad file without -t ends the start with 1 and the same message; nothing listens."""
    t.write("bad.conf", "port: -1\nfoo: 1\n")
    done = t.run("-c", "bad.conf")
    equal(done.returncode, 1, "exit code")
    check('bad.conf:2:1: unknown field "foo"' in done.stderr, repr(done.stderr))


@scenario
def authorization_conflicts(t):
    """Contradicting ways to log in are refused."""
    refused(t, "\nauthorization { user: a, password: b, token: c }\n",
            r"bad\.conf:2:\d+: Cannot have a user/pass and token")
    refused(t, "\nauthorization { token: c, users=[{user:a,password:b}] }\n",
            r"Can not have a token and a users array")
    refused(t, "\nauthorization { users=[{user:a,password:b},{user:a,password:c}] }\n",
            r'Duplicate user "a" detected')


@scenario
def permission_subjects_are_checked(t):
    """A permission that is no subject is refused."""
    refused(t, 'authorization { users = [ {user: a, password: b, '
               'permissions: { publish: "a..b" } } ] }\n', r'"a\.\.b" is not a valid subject')


@scenario
def unknown_variable(t):
    """A variable that is neither defined nor in the environment is refused by name and line."""
    refused(t, "\nport: $NOPE_X\n", r"variable reference for 'NOPE_X' on line 2 can not be found")


@scenario
def missing_include(t):
    """An include that is not there is refused by name."""
    refused(t, "include './nope.conf'\n", r"error parsing include file './nope\.conf'")


@scenario
def spellings(t):
    """Separators, comments, quotes and case are free: all of these files say the same."""
    for text in ('server_name: "spelt"\n', "server_name = 'spelt'\n", "server_name spelt\n",
                 'SERVER_NAME: "spelt" # why\n', "// note\nserver_name: spelt;\n",
                 '"server_name": "spelt", debug: off\n'):
        info = t.raw(t.server(text)).info
        equal(info["server_name"], "spelt", f"server_name from {text!r}")


@scenario
def json_is_config(t):
    """A JSON document is a configuration file."""
    server = t.server('{"listen": "127.0.0.1:-1", "server_name": "json", "max_payload": 77,\n'
                      ' "authorization": {"token": "t"}}\n', listen="")
    info = t.raw(server).info
    equal((info["server_name"], info["max_payload"]), ("json", 77), "name and max_payload")


@scenario
def booleans(t):
    """true, on, yes and their opposites, in any case."""
    for word, wanted in (("true", True), ("on", True), ("YES", True), ("false", False),
                         ("off", False), ("no", False)):
        server = t.server(f"debug: {word}\n")
        t.client(server)
        server.stop()
        equal(bool(server.log_texts("DBG")), wanted, f"debug output with debug: {word}")


@scenario
def listen_forms(t):
    """listen takes host:port or a port; host and port may stand alone; net means host."""
    for text in ('listen: "127.0.0.1:-1"\n', "listen: 127.0.0.1:-1\n",
                 'host: "127.0.0.1"\nport: -1\n', 'net: "127.0.0.1"\nport: -1\n'):
        server = t.server(text, listen="")
        equal(t.raw(server).info["host"], "127.0.0.1", f"host by {text!r}")
    server = t.server("listen: -1\n", listen="")
    equal(t.raw(server).info["host"], "0.0.0.0", "host by a bare port")


@scenario
def variables(t):
    """A top-level key may serve as a variable, also for keys inside blocks."""
    server = t.server('NAME: "by-variable"\nserver_name: $NAME\nTOK: sesame\n'
                      "authorization { token: $TOK }\n")
    equal(t.client(server, auth_token="sesame").info["server_name"], "by-variable", "server_name")


@scenario
def variables_by_block(t):
    """The innermost definition of a variable wins over the outer one."""
    server = t.server('TOK: "outer"\nserver_name: $TOK\n'
                      'authorization { TOK: "inner", token: $TOK }\n')
    t.client(server, auth_token="inner")


@scenario
def environment_variables(t):
    """A variable that the file does not define comes from the environment, with its type."""
    server = t.server("max_payload: $INTEROP_LIMIT\nserver_name: $INTEROP_NAME\n",
                      env={"INTEROP_LIMIT": "2kb", "INTEROP_NAME": "envy"})
    info = t.raw(server).info
    equal((info["max_payload"], info["server_name"]), (2048, "envy"), "values")


@scenario
def include_file(t):
    """include reads another file, relative to the one that names it, anywhere in a block."""
    (t.folder / "sub").mkdir()
    t.write("sub/auth.conf", "token: included\n")
    t.write("sub/limits.conf", "max_payload: 99\n")
    server = t.server("include 'sub/limits.conf'\nauthorization { include \"sub/auth.conf\" }\n")
    equal(t.client(server, auth_token="included").info["max_payload"], 99, "max_payload")


@scenario
def include_nested(t):
    """An included file may include again, relative to itself."""
    (t.folder / "sub").mkdir()
    t.write("sub/one.conf", "include 'two.conf'\n")
    t.write("sub/two.conf", "server_name: nested\n")
    equal(t.raw(t.server("include 'sub/one.conf'\n")).info["server_name"], "nested", "server_name")


@scenario
def size_suffixes(t):
    """k and m count in thousands, kb, ki, kib, mb, mib in 1024s; in upper and lower case."""
    for text, wanted in (("1000", 1000), ("1k", 1000), ("1K", 1000), ("2m", 2000000),
                         ("1kb", 1024), ("1KB", 1024), ("1ki", 1024), ("1kib", 1024),
                         ("1KiB", 1024), ("1mb", 1048576), ("1MiB", 1048576)):
        server = t.server(f"max_payload: {text}\n")
        equal(t.raw(server).info["max_payload"], wanted, f"max_payload: {text}")


@scenario
def later_key_wins(t):
    """The last of two equal keys counts."""
    server = t.server("max_payload: 10\nmax_payload: 20\n")
    equal(t.raw(server).info["max_payload"], 20, "max_payload")


@scenario
def max_payload_in_force(t):
    """max_payload is announced and enforced to the byte."""
    server = t.server("max_payload: 10\n")
    client = t.client(server)
    equal(client.info["max_payload"], 10, "INFO")
    client.sub("a", 1)
    client.pub("a", "0123456789")
    client.expect_msg("a", 1, "0123456789")
    client.send("PUB a 11\r\n")
    client.expect_error_and_close("Maximum Payload Violation")


@scenario
def max_connections_in_force(t):
    """One client more than max_connections is told and closed; a free place can be taken."""
    server = t.server("max_connections: 2\n")
    first, second = t.client(server), t.client(server)
    third = t.wire(server.port())
    third.expect_json("INFO")
    third.expect_error_and_close("maximum connections exceeded")
    first.close()
    second.flush()
    wait_until_accepted(t, server)


def wait_until_accepted(t, server):
    """Dials until the server has noticed that a place is free."""
    for _ in range(200):
        wire = t.wire(server.port())
        wire.expect_json("INFO")
        wire.send_may_fail("PING\r\n")
        op = wire.op()
        if op == b"PONG\r\n":
            return
        equal(op, error("maximum connections exceeded"), "refusal")
    check(False, "no free place after a client left")


@scenario
def max_subscriptions_in_force(t):
    """Beyond max_subscriptions SUB is refused, the connection stays, an UNSUB makes room."""
    client = t.client(t.server("max_subscriptions: 2\n"))
    client.sub("a", 1)
    client.sub("b", 2)
    client.sub("c", 3)
    client.expect_error("maximum subscriptions exceeded")
    client.unsub(1)
    client.sub("c", 4)
    client.pub("c", "x")
    client.expect_msg("c", 4, "x")
    client.expect_nothing()


@scenario
def max_control_line_in_force(t):
    """A control line beyond max_control_line is refused and the connection closed."""
    server = t.server("max_control_line: 512\n")
    fits = t.client(server)
    subject = "s" * (512 - len("PUB  1"))
    fits.sub(subject[:-10], 1)
    fits.send(f"PUB {subject} 1\r\nx\r\n")
    fits.flush()
    long = t.client(server)
    long.send(f"PUB {subject}{'s' * 20} 1\r\nx\r\n")
    long.expect_error_and_close("maximum control line exceeded")


@scenario
def max_subscription_tokens_in_force(t):
    """max_subscription_tokens (2.2+) bounds the depth of a subscription's subject."""
    client = t.client(t.server("max_subscription_tokens: 3\n"))
    client.sub("a.b.c", 1)
    client.sub("a.b.c.d", 2)
    client.expect_error('Permissions Violation for Subscription to "a.b.c.d", too many tokens')
    client.pub("a.b.c", "x")
    client.expect(msg_op("a.b.c", 1, "x"))


@scenario
def warnings_fail_the_test(t):
    """What a start only warns of, -t refuses: a bare number where a duration is due."""
    refused(t, "\nping_interval: 2\n", r"should be converted to a duration")


@scenario
def sections_of_config_example(t):
    """The usual keys of a deployment file are all taken together."""
    accepted(t, """
        server_name: hub-1
        listen: "127.0.0.1:-1"
        debug: false
        trace: false
        logtime: true
        max_connections: 64K
        max_control_line: 4KB
        max_payload: 1MB
        max_pending: 64MB
        max_subscriptions: 0
        write_deadline: "10s"
        ping_interval: "2m"
        ping_max: 2
        lame_duck_duration: "2m"
        lame_duck_grace_period: "10s"
        leafnodes {
            listen: "127.0.0.1:-1"
            no_advertise: true
            authorization { user: leaf, password: secret, timeout: 3 }
        }
        authorization { timeout: 1.5, users = [ {user: a, password: b} ] }
        """)
