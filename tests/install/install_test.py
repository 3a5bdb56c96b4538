#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# What a stranger's project sees of an installed copy: the first example compiles and runs with
# nothing but what pkg-config says, against the shared and against the static library. As a Meson
# subproject the library comes without its tests and examples.

import argparse
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

CONSUMER = """project('consumer', 'cpp', default_options: 'cpp_std=c++20')
executable('consumer', 'consumer.cpp', dependencies: dependency('leafnats'))
"""


def run(*command, **options):
    done = subprocess.run(command, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **options)
    if done.returncode != 0:
        sys.exit(f"{shlex.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def installed(build, prefix, folder):
    """Installs below `folder` and makes the .pc file say so; returns the folder of libraries."""
    run("meson", "install", "-C", build, "--no-rebuild", "--destdir", folder)
    there = pathlib.Path(f"{folder}{prefix}")
    description = next(there.rglob("leafnats.pc"))
    lines = description.read_text().splitlines()
    description.write_text("\n".join(f"prefix={there}" if line.startswith("prefix=") else line
                                     for line in lines) + "\n")
    return description.parent.parent


def builds_and_runs(source, libraries, folder, *flags):
    environment = {**os.environ, "PKG_CONFIG_PATH": str(libraries / "pkgconfig")}
    words = shlex.split(run("pkg-config", *flags, "--cflags", "--libs", "leafnats",
                            env=environment))
    program = folder / f"consumer{''.join(flags)}"
    compiler = shlex.split(os.environ.get("CXX", "c++"))
    run(*compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror",
        source / "examples/embedded_hub_and_leaf.cpp", "-o", program, *words)
    output = run(program, env={**os.environ, "LD_LIBRARY_PATH": str(libraries)})
    if "'42'" not in output:
        sys.exit(f"{program.name} says: {output}")
    linked = "libleafnats" in run("ldd", program)
    if linked == bool(flags):
        sys.exit(f"{program.name} is linked to the wrong library: {words}")


def check_subproject(source, folder):
    (folder / "subprojects").mkdir(parents=True)
    (folder / "subprojects/leafnats").symlink_to(source)
    (folder / "meson.build").write_text(CONSUMER)
    (folder / "consumer.cpp").write_text("int main() {}\n")
    run("meson", "setup", "--force-fallback-for=leafnats", folder / "build", folder)
    targets = json.loads(run("meson", "introspect", "--targets", folder / "build"))
    names = {target["name"] for target in targets}
    if names != {"consumer", "leafnats"}:
        sys.exit(f"a subproject builds {names}")


def main():
    parser = argparse.ArgumentParser()
    for name in ("--build", "--source", "--prefix"):
        parser.add_argument(name, required=True)
    arguments = parser.parse_args()
    source = pathlib.Path(arguments.source)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        libraries = installed(arguments.build, arguments.prefix, folder / "installed")
        builds_and_runs(source, libraries, folder)
        for shared in libraries.glob("libleafnats.so*"):
            shared.unlink()
        builds_and_runs(source, libraries, folder, "--static")
        shutil.rmtree(folder / "installed")
        check_subproject(source, folder / "project")
    return 0


if __name__ == "__main__":
    sys.exit(main())
