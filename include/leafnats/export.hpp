// SPDX-License-Identifier: Apache-2.0
//
// What the shared library exports. Everything else is compiled with hidden visibility, so that
// two libraries in one process cannot meet by accident.
#pragma once

#if defined(__GNUC__) || defined(__clang__)
#define LEAFNATS_EXPORT __attribute__((visibility("default")))
#else
#define LEAFNATS_EXPORT
#endif
