#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# build-with-cmake.sh CMAKE SOURCE SCRATCH OUTPUT: the two libraries as position-independent
# archives in OUTPUT, wherever this version's CMake files put them.

set -eu
"$1" -S "$2" -B "$3" -DCMAKE_BUILD_TYPE=Release -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
  -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF
"$1" --build "$3" --target ssl crypto
for library in libssl.a libcrypto.a; do
  find "$3" -name "$library" -exec cp {} "$4/" \;
done
