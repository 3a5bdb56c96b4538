# SPDX-License-Identifier: Apache-2.0
#
# Who may include whom, and what the layers without I/O may not touch. The tables are the
# architecture of lib/README.md as data.

import re

# A folder of lib/ includes itself and the folders above it.
LAYERS = ("base", "subject", "wire", "auth", "broker", "config", "net", "monitor", "server")

# These know no socket, clock, thread, file, environment or random source.
PURE = LAYERS[:LAYERS.index("net")]

# Third-party headers, with the only places that may include them.
THIRD_PARTY = (
    (r"asio(/|\.hpp$)", r"lib/net/"),
    (r"simdjson\.h$", r"lib/(wire|auth)/.*\.cpp$|lib/wire/json_dom\.hpp$"),
    (r"openssl/", r"lib/((wire|auth)/.*\.cpp|wire/tls_library\.hpp)$"),
    (r"zstd", r"lib/wire/.*\.cpp$"),
    (r"zlib\.h$", r"lib/wire/.*\.cpp$"),
    (r"fmt/", r"lib/"),
)

# The operating system, as headers and as names in code. <arpa/inet.h> only turns text into
# addresses and back.
IMPURE_HEADER = re.compile(
    r"(sys/.*|netinet/.*|net/.*|pthread\.h|unistd\.h|poll\.h|fcntl\.h|time\.h|signal\.h|"
    r"thread|future|condition_variable|fstream|filesystem|iostream|random|csignal|ctime)$")
IMPURE_CODE = re.compile(
    r"::now\s*\(|\brandom_device\b|\bgetenv\b|\bstd::thread\b|\bthis_thread\b|\bfopen\s*\(|"
    r"\bsocket\s*\(|\brand\s*\(")

# A library has no right to its host's output, signals or end.
HOST_CODE = re.compile(
    r"(?<![\w.>])(?:std::)?(?:f?printf|puts|fputs|exit|quick_exit|_exit|abort|signal|sigaction)"
    r"\s*\(|\bstd::(?:cout|cerr|clog)\b|\bgetenv\b")
HOST_CODE_EXCEPTION = "lib/base/assert.cpp"

# These see <leafnats/...> and nothing of lib/.
PUBLIC_ONLY = ("examples/", "bindings/", "tests/interop/", "tests/install/")


def layer_of(path):
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "lib" else None


def _layer_findings(file):
    layer = layer_of(file.path)
    if layer not in LAYERS:
        yield file.finding(1, f"lib/{layer}/ is not in the table of layers")
        return
    for number, system, target in file.includes():
        folder = target.split("/")[0]
        if system or "/" not in target:
            continue
        if folder not in LAYERS:
            yield file.finding(number, f'"{target}" is not "<layer>/<file>"')
        elif LAYERS.index(folder) > LAYERS.index(layer):
            yield file.finding(number, f"{layer}/ includes {target}, which is below it")


def _purity_findings(file):
    layer = layer_of(file.path)
    pure = layer in PURE
    for number, system, target in file.includes():
        if pure and system and IMPURE_HEADER.match(target):
            yield file.finding(number, f"<{target}> in {layer}/, which does no I/O")
    for number, line in enumerate(file.code.splitlines(), 1):
        if file.path != HOST_CODE_EXCEPTION and (match := HOST_CODE.search(line)):
            yield file.finding(number, f"{match[0].rstrip('( ')} in the library: it is the host's")
        elif pure and (match := IMPURE_CODE.search(line)):
            yield file.finding(number, f"{match[0].strip()} in {layer}/, which does no I/O")


def _third_party_findings(file):
    for number, _, target in file.includes():
        for header, places in THIRD_PARTY:
            if re.match(header, target) and not re.match(places, file.path):
                yield file.finding(number, f"{target} belongs to {places} only")


def _public_findings(file, layers):
    for number, system, target in file.includes():
        if not system and target.split("/")[0] in layers and "/" in target:
            yield file.finding(number, f"{target} is internal: public headers only here")


def _header_findings(file):
    """Public headers: nothing internal, nothing of the operating system or of third parties."""
    for number, system, target in file.includes():
        foreign = "/" in target and not target.startswith("leafnats/")
        if not system or foreign or re.match(r"asio|simdjson|fmt", target):
            if file.path != "include/leafnats/asio.hpp":
                yield file.finding(number, f"{target} in a public header")


def check(tree):
    for file in tree.cpp("lib/"):
        yield from _layer_findings(file)
        yield from _purity_findings(file)
        yield from _third_party_findings(file)
    for file in tree.cpp("include/"):
        yield from _header_findings(file)
    for file in tree.cpp(*PUBLIC_ONLY):
        yield from _public_findings(file, LAYERS)
