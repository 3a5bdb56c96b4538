// SPDX-License-Identifier: Apache-2.0
//
// One end of a TLS handshake against a peer that says what the fuzzer likes: nothing but a clean
// failure or a wait for more may come of it. The input's first byte says how it is cut, and whether
// the real other end's first flight is let through before it, so that later states are reached.
#pragma once

#include "support/test_certificates.hpp"
#include "wire/tls_filter.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace leafnats::wire::test {

struct FuzzSink final : ByteSink {
  char* reserve(std::size_t bytes) override {
    text.resize(used + bytes);
    return text.data() + used;
  }
  void commit(std::size_t bytes) override {
    used += bytes;
    text.resize(used);
  }
  void append(std::string_view bytes) override {
    text.append(bytes);
    used = text.size();
  }
  std::string text;
  std::size_t used = 0;
};

inline std::shared_ptr<const TlsContext> fuzz_context(TlsRole role) {
  static const auto ca = leafnats::test::make_certificate({{"CN=ca"}, "", "", true});
  static const auto shown = leafnats::test::make_certificate({{"CN=hub"}, "DNS:hub"}, &ca);
  TlsOptions options;
  options.cert_file = options.key_file = "hub.pem";
  options.verify = role == TlsRole::server;
  TlsMaterial material;
  material.key_pairs.push_back({"hub.pem", shown.certificate, shown.key});
  material.trusted = ca.certificate;
  auto made = TlsContext::make(role, options, material);
  if (!made) std::abort();
  return *made;
}

/// Gives `bytes` to `filter` in pieces of `stride`, and holds decode() to its contract.
inline void feed(TlsFilter& filter, std::string_view bytes, std::size_t stride, FuzzSink& out) {
  std::string pending;
  char plain[512];
  for (std::size_t at = 0; at < bytes.size(); at += stride) {
    pending.append(bytes.substr(at, stride));
    std::string_view in = pending;
    for (;;) {
      const StreamFilter::State before = filter.state();
      if (before == StreamFilter::State::failed || before == StreamFilter::State::ended) return;
      const std::size_t got = filter.decode(in, plain);
      if (got > sizeof plain) std::abort();
      if (got == sizeof plain || filter.state() != before) continue;
      if (!in.empty()) std::abort();
      break;
    }
    pending.clear();
    if (filter.has_output()) filter.flush(out);
    if ((filter.state() == StreamFilter::State::failed) == filter.error().empty()) std::abort();
  }
}

/// `role` is the end under test.
inline void fuzz_handshake(TlsRole role, const std::uint8_t* data, std::size_t size) {
  if (size == 0) return;
  static const auto server = fuzz_context(TlsRole::server);
  static const auto client = fuzz_context(TlsRole::client);
  constexpr std::int64_t now = leafnats::test::valid_now;
  auto accepting = TlsFilter::accept(server, now);
  auto connecting = TlsFilter::connect(client, "hub", now);
  TlsFilter& tested = role == TlsRole::server ? *accepting : *connecting;
  TlsFilter& other = role == TlsRole::server ? *connecting : *accepting;
  FuzzSink from_tested;
  FuzzSink from_other;
  const std::size_t stride = 1 + (data[0] >> 2);
  for (int flights = data[0] & 3; flights > 0; --flights) {
    other.flush(from_other);
    feed(tested, std::exchange(from_other.text, {}), 1 << 16, from_tested);
    from_other.used = 0;
    tested.flush(from_tested);
    feed(other, std::exchange(from_tested.text, {}), 1 << 16, from_other);
    from_tested.used = 0;
  }
  feed(tested, {reinterpret_cast<const char*>(data) + 1, size - 1}, stride, from_tested);
}

}  // namespace leafnats::wire::test
