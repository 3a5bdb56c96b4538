// SPDX-License-Identifier: Apache-2.0
//
// main() of every unit test, compiled once because Catch2 2 is slow to compile. Catch2 3 brings
// its own, and then this file is empty.

#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
