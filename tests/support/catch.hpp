// SPDX-License-Identifier: Apache-2.0
//
// Catch2's header, whichever major version the system has: Debian 12 ships 2.13, wraps ship 3.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
