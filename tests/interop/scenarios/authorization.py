# SPDX-License-Identifier: Apache-2.0
#
# Who may log in. What a user may do afterwards is in permissions.py.
#
#   seen on the real servers   2.9                      newest
#   all of this                the same                 the same

from harness import check, equal, scenario

REFUSED = "Authorization Violation"
USERS = """authorization { users = [
  { user: alice, password: "a-pass" }
  { user: bob, password: "b-pass" }
] }
"""
# The bcrypt hash of "s3cr3t" at the lowest cost.
BCRYPT = "$2b$04$abcdefghijklmnopqrstuu35fBIWlNgF8BcAW/t2cO158N8svSFHy"


def outcome(t, server, **connect):
    """True if a client with these CONNECT fields gets in; a refusal must have its exact form."""
    client = t.raw(server)
    client.say_connect(**connect)
    client.send_may_fail("PING\r\n")
    op = client.op()
    if op == b"PONG\r\n":
        return True
    equal(op, f"-ERR '{REFUSED}'\r\n".encode(), f"answer to {connect}")
    client.expect_closed()
    return False


def table(t, server, *rows):
    for wanted, connect in rows:
        equal(outcome(t, server, **connect), wanted, f"accepted with {connect}")


def login(user, password):
    return {"user": user, "pass": password}


@scenario
def token(t):
    """authorization.token: exactly this token gets in."""
    server = t.server('authorization { token: "s3cr3t" }\n')
    check(t.raw(server).info["auth_required"] is True, "auth_required")
    table(t, server, (True, {"auth_token": "s3cr3t"}), (False, {}),
          (False, {"auth_token": "s3cr3"}), (False, {"auth_token": "s3cr3tt"}),
          (False, {"auth_token": ""}), (False, {"user": "s3cr3t"}),
          (False, login("x", "s3cr3t")))


@scenario
def user_and_password(t):
    """authorization.user and password: exactly this pair gets in."""
    server = t.server("authorization { user: ivan, password: pw }\n")
    check(t.raw(server).info["auth_required"] is True, "auth_required")
    table(t, server, (True, login("ivan", "pw")), (False, {}), (False, login("ivan", "p")),
          (False, login("ivan", "")), (False, login("Ivan", "pw")), (False, {"user": "ivan"}),
          (False, {"pass": "pw"}), (False, {"auth_token": "pw"}))


@scenario
def key_spellings(t):
    """username and pass mean user and password."""
    server = t.server("authorization { username: ivan, pass: pw }\n")
    table(t, server, (True, login("ivan", "pw")), (False, login("ivan", "x")))


@scenario
def users_list(t):
    """authorization.users: each user with the own password, not with another's."""
    table(t, t.server(USERS), (True, login("alice", "a-pass")), (True, login("bob", "b-pass")),
          (False, login("alice", "b-pass")), (False, login("bob", "a-pass")),
          (False, login("carol", "a-pass")), (False, login("", "")), (False, {}))


@scenario
def credentials_without_authorization(t):
    """A server without authorization lets everybody in, whatever CONNECT says."""
    table(t, t.server(), (True, {}), (True, login("x", "y")), (True, {"auth_token": "z"}))


@scenario
def bcrypt_password(t):
    """A bcrypt hash in the configuration is compared with the clear password of CONNECT."""
    server = t.server(f'authorization {{ user: u, password: "{BCRYPT}" }}\n')
    table(t, server, (True, login("u", "s3cr3t")), (False, login("u", "s3cr3T")),
          (False, login("u", BCRYPT)))


@scenario
def bcrypt_token(t):
    """A token may be a bcrypt hash too."""
    server = t.server(f'authorization {{ token: "{BCRYPT}" }}\n')
    table(t, server, (True, {"auth_token": "s3cr3t"}), (False, {"auth_token": BCRYPT}))


@scenario
def bcrypt_in_users(t):
    """Hashed and clear passwords may stand side by side in the list."""
    server = t.server(f'authorization {{ users = [ {{ user: a, password: "{BCRYPT}" }}, '
                      '{ user: b, password: clear } ] }\n')
    table(t, server, (True, login("a", "s3cr3t")), (True, login("b", "clear")),
          (False, login("b", "s3cr3t")), (False, login("a", "clear")))


@scenario
def no_auth_user(t):
    """no_auth_user: clients without credentials become that user; wrong ones stay out."""
    server = t.server(USERS + "no_auth_user: bob\n")
    table(t, server, (True, {}), (True, login("alice", "a-pass")),
          (False, login("alice", "x")), (False, login("bob", "x")), (False, {"user": "bob"}),
          (False, {"auth_token": "x"}))


@scenario
def no_auth_user_without_connect(t):
    """With no_auth_user CONNECT may be left out, with the permissions of that user."""
    server = t.server("""authorization { users = [ { user: guest, password: g,
        permissions: { publish: "open" } } ] }\nno_auth_user: guest\n""")
    client = t.raw(server)
    client.send("PUB open 0\r\n\r\nPUB closed 0\r\n\r\n")
    client.expect("+OK\r\n", "-ERR 'Permissions Violation for Publish to \"closed\"'\r\n")


@scenario
def no_auth_user_must_exist(t):
    """no_auth_user must name a user of the list; the server does not start otherwise."""
    t.write("bad.conf", 'listen: "127.0.0.1:-1"\nno_auth_user: nobody\n' + USERS)
    done = t.run("-c", "bad.conf")
    equal(done.returncode, 1, "exit code")
    check('"nobody" not present as user' in done.stderr, repr(done.stderr))


@scenario
def refusal_is_logged(t):
    """A refused login is logged as an authentication error with the user, not the password."""
    server = t.server(USERS)
    outcome(t, server, **login("alice", "guess-me-not"))
    server.wait_log(r"\[ERR\] .*authentication error.*alice")
    check("guess-me-not" not in "\n".join(server.log()), "the password was logged")


@scenario
def pipelined_before_the_verdict(t):
    """What a refused client sent behind its CONNECT is not done."""
    server = t.server(USERS)
    listener = t.client(server, **login("alice", "a-pass"))
    listener.sub("a", 1)
    listener.flush()
    thief = t.raw(server)
    thief.send('CONNECT {"user":"alice","pass":"x"}\r\nPUB a 1\r\nx\r\nSUB > 1\r\n')
    thief.expect_error_and_close(REFUSED)
    listener.expect_nothing()


@scenario
def pipelined_with_the_login(t):
    """What an accepted client sent in the same segment as its CONNECT is done."""
    client = t.raw(t.server(USERS))
    client.send('CONNECT {"verbose":false,"user":"bob","pass":"b-pass"}\r\n'
                "SUB a 1\r\nPUB a 1\r\nx\r\n")
    client.expect_msg("a", 1, "x")


@scenario
def second_connect_is_checked(t):
    """A second CONNECT with wrong credentials ends the connection."""
    client = t.client(t.server(USERS), **login("alice", "a-pass"))
    client.say_connect(**login("alice", "wrong"))
    client.expect_error_and_close(REFUSED)


@scenario
def credentials_are_of_the_right_type(t):
    """User and password that are no JSON strings do not get anybody in."""
    server = t.server(USERS)
    for text in ('{"user":["alice"],"pass":"a-pass"}', '{"user":"alice","pass":{"a":1}}',
                 '{"user":true,"pass":true}'):
        client = t.raw(server)
        client.send_may_fail(f"CONNECT {text}\r\nPING\r\n")
        check(b"PONG\r\n" not in client.rest(), f"{text} got in")


@scenario
def account_in_connect_changes_nothing(t):
    """A CONNECT that asks for an account by name does not get one it was not given."""
    server = t.server(USERS)
    client = t.raw(server)
    client.send('CONNECT {"verbose":false,"user":"alice","pass":"a-pass","account":"$SYS",'
                '"new_account":true}\r\nSUB > 1\r\nPING\r\n')
    first = client.op()
    if first == b"PONG\r\n":
        other = t.client(server, **login("bob", "b-pass"))
        other.pub("seen", "x")
        client.expect_msg("seen", 1, "x")
    else:
        equal(first[:4], b"-ERR", "answer")


@scenario
def client_protocol_number_is_checked(t):
    """CONNECT with a protocol number that does not exist is refused."""
    client = t.raw(t.server())
    client.say_connect(protocol=99)
    client.expect_error_and_close("invalid client protocol")


@scenario
def file_and_flag_credentials(t):
    """--user and --pass replace the authorization of the file."""
    server = t.server("authorization { user: file, password: file }\n",
                      "--user", "flag", "--pass", "flag")
    table(t, server, (True, login("flag", "flag")), (False, login("file", "file")))
