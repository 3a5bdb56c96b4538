# SPDX-License-Identifier: Apache-2.0
#
# Command line: what each flag does, which spellings are taken, how wrong ones are refused, which
# log lines and files appear, and how the process ends.
#
#   seen on the real servers   2.9                          newest
#   SIGTERM                    exit code 1                  exit code 0, logs the trapped signal
#   -t on a good file          "... is valid"               the same, followed by the file's sha256
#   a wrong flag               usage, exit code 0           the same (so the code is not asserted)

import json
import re
import signal

from harness import check, equal, scenario
from harness.server import LOG_LINE


@scenario
def version_flags(t):
    """-v, --version and -version print one line with the version and exit 0."""
    for flag in ("-v", "--version", "-version"):
        done = t.run(flag)
        equal(done.returncode, 0, f"exit code of {flag}")
        check(re.fullmatch(r"\S+: v\d+\.\d+\.\d+\S*\n", done.stdout), f"{flag}: {done.stdout!r}")


@scenario
def help_flags(t):
    """-h and --help print the usage on stdout and exit 0."""
    for flag in ("-h", "--help"):
        done = t.run(flag)
        equal(done.returncode, 0, f"exit code of {flag}")
        for option in ("Usage:", "--config", "--port", "--user", "--pass", "--auth", "--pid"):
            check(option in done.stdout, f"{flag}: no {option} in the usage")


@scenario
def wrong_flag(t):
    """An unknown flag is named on stderr, the usage is shown, no server starts."""
    done = t.run("--bogus")
    check("bogus" in done.stderr, f"stderr: {done.stderr!r}")
    check("Usage:" in done.stdout + done.stderr, "no usage")


@scenario
def flag_without_value(t):
    """A flag that needs a value and has none is refused by name."""
    done = t.run("-p")
    check("-p" in done.stderr, f"stderr: {done.stderr!r}")


@scenario
def flag_with_wrong_value(t):
    """A port that is not a number is refused by flag and value."""
    done = t.run("-p", "abc")
    check('"abc"' in done.stderr and "-p" in done.stderr, f"stderr: {done.stderr!r}")


@scenario
def stray_word(t):
    """A word that is no flag is refused with exit code 1."""
    done = t.run("extra")
    equal(done.returncode, 1, "exit code")
    check('unrecognized command: "extra"' in done.stderr, f"stderr: {done.stderr!r}")


@scenario
def missing_config_file(t):
    """-c with a file that is not there exits 1 and names it."""
    done = t.run("-c", "nope.conf")
    equal(done.returncode, 1, "exit code")
    check(re.search(r"nope\.conf: no such file or directory", done.stderr), repr(done.stderr))


@scenario
def test_flag_needs_config(t):
    """-t alone exits 1 and asks for the config option."""
    done = t.run("-t")
    equal(done.returncode, 1, "exit code")
    check("must specify [-c, --config] option" in done.stderr, repr(done.stderr))


@scenario
def test_flag_on_good_file(t):
    """-t with a good file says so and exits 0 without listening; every spelling works."""
    t.write("good.conf", 'listen: "127.0.0.1:-1"\n')
    for flags in (("-t", "-c"), ("--t", "--config"), ("-t", "-config"), ("-t", "--c")):
        done = t.run(*flags, "good.conf")
        equal(done.returncode, 0, f"exit code of {flags}")
        check("configuration file good.conf is valid" in done.stderr, repr(done.stderr))


@scenario
def test_flag_on_bad_file(t):
    """-t with a bad file exits 1 and names file, line and column."""
    t.write("bad.conf", "port: -1\n  no_such_key: 1\n")
    done = t.run("-t", "-c", "bad.conf")
    equal(done.returncode, 1, "exit code")
    check('bad.conf:2:3: unknown field "no_such_key"' in done.stderr, repr(done.stderr))


@scenario
def address_and_port_flags(t):
    """-a and -p say where to listen; the log line and INFO repeat it."""
    for flags in (("-a", "127.0.0.1", "-p", "-1"), ("--addr", "127.0.0.1", "--port", "-1"),
                  ("--net", "127.0.0.1", "-port=-1")):
        server = t.launch(*flags).wait_ready()
        line = server.wait_log(r"Listening for client connections on (127\.0\.0\.1):(\d+)$")
        info = t.raw(server).info
        equal((info["host"], info["port"]), ("127.0.0.1", int(line[2])), "INFO address")
        server.stop()


@scenario
def flag_beats_file(t):
    """A flag overrides the same setting of the file."""
    server = t.server('server_name: "from-file"\n', "-n", "from-flag")
    equal(t.raw(server).info["server_name"], "from-flag", "server_name")


@scenario
def name_flags(t):
    """-n, --name and --server_name set the name in INFO."""
    for flag in ("-n", "--name", "--server_name"):
        server = t.launch("-a", "127.0.0.1", "-p", "-1", flag, "edge-7").wait_ready()
        equal(t.raw(server).info["server_name"], "edge-7", f"server_name by {flag}")
        server.stop()


@scenario
def name_defaults_to_id(t):
    """Without a name the server id serves as one."""
    info = t.raw(t.server()).info
    equal(info["server_name"], info["server_id"], "server_name")


@scenario
def user_pass_flags(t):
    """--user and --pass demand exactly these credentials."""
    server = t.server("", "--user", "ivan", "--pass", "secret")
    check(t.raw(server).info.get("auth_required"), "auth_required is not set")
    t.client(server, user="ivan", **{"pass": "secret"})
    wrong = t.raw(server)
    wrong.say_connect(user="ivan", **{"pass": "other"})
    wrong.expect_error_and_close("Authorization Violation")


@scenario
def auth_flag(t):
    """--auth demands exactly this token."""
    server = t.server("", "--auth", "t0ken")
    t.client(server, auth_token="t0ken")
    wrong = t.raw(server)
    wrong.say_connect(auth_token="t0ke")
    wrong.expect_error_and_close("Authorization Violation")


@scenario
def log_lines_have_pid_time_level(t):
    """Each log line has pid, microsecond time and level; start-up ends with `Server is ready`."""
    server = t.server()
    for line in server.log():
        match = LOG_LINE.match(line)
        check(match and int(match["pid"]) == server.pid, f"log line {line!r}")
    equal(server.log_texts("INF")[-1], "Server is ready", "last line of the start-up")


@scenario
def log_time_off(t):
    """logtime: false leaves the time out of the log lines."""
    server = t.server("logtime: false\n")
    check(re.match(r"^\[\d+\] \[INF\] ", server.log()[0]), f"log line {server.log()[0]!r}")


@scenario
def quiet_without_debug(t):
    """Neither DBG nor TRC lines appear unless asked for."""
    server = t.server()
    t.client(server).close()
    server.stop()
    equal(server.log_texts("DBG") + server.log_texts("TRC"), [], "DBG and TRC lines")


@scenario
def debug_flag(t):
    """-D logs connections as DBG with address and connection id."""
    server = t.server("", "-D")
    client = t.client(server)
    host, port = client.sock.getsockname()
    server.wait_log(rf"\[DBG\] {re.escape(host)}:{port} - cid:{client.info['client_id']} - ")
    equal(server.log_texts("TRC"), [], "TRC lines")


@scenario
def trace_flag(t):
    """-V logs protocol lines of clients as TRC, with arrows for the direction."""
    server = t.server("", "-V")
    client = t.client(server)
    client.pub("traced.subject", "body")
    client.flush()
    server.wait_log(r"\[TRC\] .* - <<- \[PUB traced\.subject 4\]")
    server.wait_log(r"\[TRC\] .* - <<- MSG_PAYLOAD: \[\"body\"\]")
    server.wait_log(r"\[TRC\] .* - ->> \[PONG\]")
    equal(server.log_texts("DBG"), [], "DBG lines")


@scenario
def trace_hides_passwords(t):
    """A traced CONNECT shows neither password nor token."""
    server = t.server("", "-DV", "--user", "u", "--pass", "hush-hush")
    t.client(server, user="u", **{"pass": "hush-hush"})
    server.wait_log(r"<<- \[CONNECT ")
    check(not [line for line in server.log() if "hush-hush" in line], "the password was logged")


@scenario
def debug_and_trace_flag(t):
    """-DV means -D and -V."""
    server = t.server("", "-DV")
    t.client(server)
    server.wait_log(r"\[DBG\] .*cid:")
    server.wait_log(r"\[TRC\] .*<<- \[PING\]")


@scenario
def log_file_flag(t):
    """-l writes the log to a file and nothing to stderr."""
    path = t.folder / "server.log"
    t.write("x.conf", f'listen: "127.0.0.1:-1"\npid_file: "{t.folder}/pid"\n')
    server = t.launch("-c", "x.conf", "-l", path)
    equal(t.wait_file(t.folder / "pid").strip(), str(server.pid), "pid file")
    equal(server.stop(), 0, "exit code")
    text = path.read_text()
    for line in ("Server is ready", "Initiating Shutdown...", "Server Exiting.."):
        check(line in text, f"no {line!r} in the log file")
    equal(server.log(), [], "stderr")


@scenario
def log_file_key(t):
    """log_file does in the configuration what -l does."""
    t.write("x.conf", f'listen: "127.0.0.1:-1"\nlog_file: "{t.folder}/s.log"\n'
                      f'ports_file_dir: "{t.folder}"\n')
    server = t.launch("-c", "x.conf")
    t.wait_file(ports_file(t, server))
    server.stop()
    check("Server is ready" in (t.folder / "s.log").read_text(), "no log in the file")


@scenario
def pid_flags(t):
    """-P and --pid write the process id to a file."""
    for flag in ("-P", "--pid"):
        path = t.folder / f"{flag.strip('-')}.pid"
        server = t.server("", flag, path)
        equal(t.wait_file(path).strip(), str(server.pid), flag)
        equal(server.stop(), 0, "exit code")


def ports_file(t, server):
    return t.folder / f"{server.program.rpartition('/')[2]}_{server.pid}.ports"


@scenario
def ports_file_of_flag(t):
    """--ports_file_dir writes <program>_<pid>.ports with the client URL, gone after the end."""
    server = t.launch("-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", t.folder)
    ports = json.loads(t.wait_file(ports_file(t, server)))
    equal(ports["nats"], [f"nats://127.0.0.1:{server.port()}"], "nats URLs")
    equal(server.stop(), 0, "exit code")
    check(not ports_file(t, server).exists(), "the ports file is still there")


@scenario
def ports_file_of_key(t):
    """ports_file_dir works from the configuration too."""
    server = t.server(f'ports_file_dir: "{t.folder}"\n')
    ports = json.loads(t.wait_file(ports_file(t, server)))
    equal(ports["nats"], [server.url()], "nats URLs")


@scenario
def listening_lines(t):
    """The log names the client and the leafnode listener, both before `Server is ready`."""
    server = t.server('leafnodes { listen: "127.0.0.1:-1" }\n')
    texts = server.log_texts("INF")
    ready = texts.index("Server is ready")
    for kind in ("client", "leafnode"):
        hits = [i for i, text in enumerate(texts)
                if re.fullmatch(rf"Listening for {kind} connections on 127\.0\.0\.1:\d+", text)]
        check(hits and hits[0] < ready, f"no line for the {kind} listener before readiness")


@scenario
def interrupt_stops_cleanly(t):
    """SIGINT closes the clients, logs the shutdown and exits 0."""
    server = t.server()
    client = t.client(server)
    equal(server.stop(signal.SIGINT), 0, "exit code")
    client.expect_closed()
    check({"Initiating Shutdown...", "Server Exiting.."} <= set(server.log_texts("INF")),
          f"log: {server.log_texts()[-4:]}")


@scenario(differs=dict.fromkeys(("2.9", "2.10"), "exits with 1"))
def terminate_stops_cleanly(t):
    """SIGTERM stops as SIGINT does and exits 0."""
    server = t.server()
    client = t.client(server)
    equal(server.stop(signal.SIGTERM), 0, "exit code")
    client.expect_closed()
    check("Server Exiting.." in server.log_texts("INF"), f"log: {server.log_texts()[-4:]}")


@scenario
def stops_while_clients_publish(t):
    """A server that is being flooded still stops on a signal."""
    server = t.server()
    reader, writer = t.client(server), t.client(server)
    reader.sub("flood", 1)
    reader.flush()
    writer.send(b"PUB flood 1024\r\n" + b"x" * 1024 + b"\r\n" * 1)
    reader.expect_msg("flood", 1, b"x" * 1024)
    writer.send_may_fail((b"PUB flood 1024\r\n" + b"x" * 1024 + b"\r\n") * 500)
    equal(server.stop(), 0, "exit code")


@scenario
def port_in_use(t):
    """A client port that is taken ends the start with exit code 1 and a fatal log line."""
    holder = t.hub()
    done = t.run("-a", "127.0.0.1", "-p", holder.port)
    equal(done.returncode, 1, "exit code")
    check("address already in use" in done.stderr and "[FTL]" in done.stderr, done.stderr[-300:])


@scenario
def two_servers_beside_each_other(t):
    """Two servers with port -1 get different ports and know nothing of each other."""
    first, second = t.server(), t.server()
    check(first.port() != second.port(), "the same port twice")
    listener, speaker = t.client(first), t.client(second)
    listener.sub(">", 1)
    listener.flush()
    speaker.pub("a", "x")
    speaker.flush()
    listener.expect_nothing()
