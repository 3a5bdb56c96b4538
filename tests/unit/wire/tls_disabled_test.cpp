// SPDX-License-Identifier: Apache-2.0
//
// A build without TLS says so and makes no context.

#include "wire/tls_context.hpp"

#include "support/catch.hpp"

using namespace leafnats;
using namespace leafnats::wire;

TEST_CASE("A build without TLS refuses every use of it") {
  CHECK_FALSE(TlsContext::supported());
  const auto made = TlsContext::make(TlsRole::client, {}, {});
  REQUIRE_FALSE(made);
  CHECK(made.error().code == Errc::not_supported);
  CHECK_FALSE(TlsContext::check(TlsRole::client, {}));
}
