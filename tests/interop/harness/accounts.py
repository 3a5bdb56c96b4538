# SPDX-License-Identifier: Apache-2.0
#
# Configuration text of accounts, and clients that log in to them. The password of every user is
# the user's name, and unless a scenario says otherwise an account A has one user, a.

from .checks import Failure


def user(name, extra=""):
    return f"{{ user: {name}, password: {name} {', ' + extra if extra else ''} }}"


def account(name, *parts, users=None):
    """One entry of `accounts`. `parts` are lines of its block; `users` are entries by `user`."""
    entries = [user(name.lower())] if users is None else users
    lines = [f"users: [ {', '.join(entries)} ]", *parts]
    return f"{name}: {{\n    " + "\n    ".join(lines) + "\n  }"


def accounts(*entries):
    """The `accounts` block; a plain name is an account with one user and nothing else."""
    blocks = [entry if "{" in entry else account(entry) for entry in entries]
    return "accounts {\n  " + "\n  ".join(blocks) + "\n}\n"


def exports(*entries):
    return "exports: [ " + ", ".join(f"{{ {entry} }}" for entry in entries) + " ]"


def imports(*entries):
    return "imports: [ " + ", ".join(f"{{ {entry} }}" for entry in entries) + " ]"


def stream_of(exporter, subject, extra=""):
    """An entry of `imports`."""
    return _import("stream", exporter, subject, extra)


def service_of(exporter, subject, extra=""):
    return _import("service", exporter, subject, extra)


def _import(kind, exporter, subject, extra):
    more = f", {extra}" if extra else ""
    return f'{kind}: {{ account: {exporter}, subject: "{subject}" }}{more}'


def enter(t, server, name, **connect):
    """A client that is logged in as this user."""
    return t.client(server, name=name, user=name, **{"pass": name}, **connect)


def subscribed(client, *subjects, queue=""):
    """Subscribes with the sids 1, 2, ...; the server has it all afterwards."""
    for sid, subject in enumerate(subjects, 1):
        client.sub(subject, sid, queue)
    client.flush()
    return client


def refused(t, config, *words, name="bad.conf"):
    """The server must not start with this configuration, and must say these words about it."""
    t.write(name, 'listen: "127.0.0.1:-1"\n' + config)
    try:
        done = t.run("-c", name)
    except Failure:
        raise Failure(f"starts with {config}") from None
    if done.returncode != 1:
        raise Failure(f"exit code {done.returncode} with {config}: {done.stderr}")
    said = done.stderr.lower()
    for word in words:
        if word.lower() not in said:
            raise Failure(f"no {word!r} in {done.stderr!r}, for {config}")
