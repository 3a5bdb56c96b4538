# SPDX-License-Identifier: Apache-2.0
#
# Text of the configuration blocks that most leaf scenarios need. Ports are always -1 and the
# address is always the loopback, so that scenarios run beside each other.

LISTEN = 'listen: "127.0.0.1:-1"\n'


def remote(*urls, extra=""):
    """One entry of `remotes`."""
    quoted = ", ".join(f'"{url}"' for url in urls)
    return f"{{ urls: [{quoted}]\n {extra} }}"


def leafnodes(*remotes, listen=False, extra=""):
    """A leafnodes block: a listener, remotes (see `remote`; a plain URL will do), or both."""
    lines = []
    if listen:
        lines.append('  listen: "127.0.0.1:-1"')
    if remotes:
        entries = [entry if entry.startswith("{") else remote(entry) for entry in remotes]
        lines.append("  remotes = [\n    " + "\n    ".join(entries) + "\n  ]")
    if extra:
        lines.append(extra)
    return "leafnodes {\n" + "\n".join(lines) + "\n}\n"
