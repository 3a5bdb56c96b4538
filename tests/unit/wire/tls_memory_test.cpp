// SPDX-License-Identifier: Apache-2.0
//
// What an idle TLS connection costs. Counted by malloc itself, so not under a sanitizer.

#include "unit/wire/tls_pair.hpp"
#include "wire/tls_library.hpp"

#include "support/catch.hpp"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <malloc.h>

using namespace leafnats;
using namespace leafnats::wire;
using namespace leafnats::wire::test;

namespace {

std::size_t in_use() { return mallinfo2().uordblks; }

}  // namespace

TEST_CASE("An idle TLS connection of a server costs a few KiB") {
  constexpr std::size_t connections = 50;
  const auto client = client_setup().make();
  const auto server = server_setup().make();
  std::vector<std::unique_ptr<TlsFilter>> kept;
  kept.reserve(connections);
  const auto open_one = [&] {
    Pair pair = connect(client, server);
    pair.run();
    pair.client.say(std::string(50'000, 'x'));
    pair.server.say(std::string(50'000, 'x'));
    pair.run();
    REQUIRE(pair.open());
    return std::move(pair.server.filter);
  };
  static_cast<void>(open_one());  // what is made once
  const std::size_t before = in_use();
  for (std::size_t i = 0; i < connections; ++i) kept.push_back(open_one());
  const std::size_t each = (in_use() - before) / connections;
  WARN("an idle TLS server connection: " << each << " bytes");
#ifdef OPENSSL_IS_BORINGSSL
  CHECK(each < 8 * 1024);
#else
  CHECK(each < 64 * 1024);
#endif
}

#endif
