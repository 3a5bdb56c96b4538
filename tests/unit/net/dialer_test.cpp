// SPDX-License-Identifier: Apache-2.0
//
// Dialling: the order in which addresses race, and what comes of it on loopback.

#include "net/dialer.hpp"

#include "support/catch.hpp"

#include <asio/ip/tcp.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace leafnats;
using namespace leafnats::net;
using namespace std::chrono_literals;

namespace {

std::vector<Dialer::Endpoint> endpoints(const std::vector<std::string>& addresses) {
  std::vector<Dialer::Endpoint> found;
  for (const std::string& address : addresses) {
    found.emplace_back(asio::ip::make_address(address), 7422);
  }
  return found;
}

struct Told {
  bool connected = false;
  LinkReason reason = LinkReason::none;
  std::string words;
};

Told dial(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout) {
  asio::io_context io;
  Dialer dialer(io);
  std::optional<Told> told;
  dialer.dial(host, port, timeout, [&](const Dialer::Outcome& outcome) {
    CHECK_FALSE(told.has_value());
    told = {outcome.socket != nullptr, outcome.reason, outcome.words};
  });
  io.run_for(10s);
  REQUIRE(told.has_value());
  return *told;
}

}  // namespace

// Families take turns, beginning with that of the first address; within one the order stays.
TEST_CASE("net: addresses race in turns", "[net][dialer]") {
  CHECK(racing_order(endpoints({"::1", "::2", "::3", "10.0.0.1", "10.0.0.2"})) ==
        endpoints({"::1", "10.0.0.1", "::2", "10.0.0.2", "::3"}));
  CHECK(racing_order(endpoints({"10.0.0.1", "10.0.0.2", "::1"})) ==
        endpoints({"10.0.0.1", "::1", "10.0.0.2"}));
  CHECK(racing_order({}).empty());
  CHECK(racing_order(endpoints(std::vector<std::string>(100, "10.0.0.1"))).size() == 16);
}

// A listener answers, a closed port refuses, a name without address is told from both.
TEST_CASE("net: outcomes of dialling", "[net][dialer]") {
  asio::io_context io;
  asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  const std::uint16_t port = acceptor.local_endpoint().port();
  CHECK(dial("127.0.0.1", port, 5s).connected);
  // Whichever family the name resolves to first: one of them answers.
  CHECK(dial("localhost", port, 5s).connected);
  acceptor.close();
  const Told refused = dial("127.0.0.1", port, 5s);
  CHECK((refused.reason == LinkReason::unreachable));
  CHECK(refused.words == "connection refused");
  CHECK((dial("no.such.name.invalid", port, 5s).reason == LinkReason::name_not_resolved));
}

// A dialler that is cancelled says nothing any more.
TEST_CASE("net: dialling is cancelled", "[net][dialer]") {
  asio::io_context io;
  Dialer dialer(io);
  dialer.dial("127.0.0.1", 1, 5s, [](const Dialer::Outcome&) { FAIL("was cancelled"); });
  dialer.cancel();
  io.run_for(1s);
}
