// SPDX-License-Identifier: Apache-2.0
//
// Two TLS filters that talk to each other through strings, in pieces of any size.
#pragma once

#include "support/test_certificates.hpp"
#include "wire/tls_filter.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::wire::test {

using leafnats::test::CertificateWish;
using leafnats::test::KeyType;
using leafnats::test::make_certificate;
using leafnats::test::TestCertificate;
using leafnats::test::valid_from;
using leafnats::test::valid_now;
using leafnats::test::valid_until;

/// Collects what a filter writes.
class StringSink final : public ByteSink {
 public:
  char* reserve(std::size_t bytes) override {
    text.resize(size_ + bytes);
    return text.data() + size_;
  }
  void commit(std::size_t bytes) override {
    size_ += bytes;
    text.resize(size_);
  }
  void append(std::string_view bytes) override {
    text.append(bytes);
    size_ = text.size();
  }
  void clear() {
    text.clear();
    size_ = 0;
  }

  std::string text;

 private:
  std::size_t size_ = 0;
};

/// One end: a filter, what it wrote and the peer has not had yet, and what it decoded.
struct End {
  std::unique_ptr<TlsFilter> filter;
  StringSink sent;
  std::string received;
  std::string pending;  // of the peer's bytes, not taken yet

  void say(std::string_view plain) {
    filter->encode(plain, sent);
    filter->flush(sent);
  }

  /// Takes `bytes` in by reads of at most `room`, the way that a Stream does it.
  void hear(std::string_view bytes, std::size_t room) {
    pending.append(bytes);
    std::string_view in = pending;
    std::string out(room, '\0');
    for (;;) {
      const StreamFilter::State before = filter->state();
      const std::size_t got = filter->decode(in, out);
      received.append(out, 0, got);
      const bool over = filter->state() == StreamFilter::State::failed ||
                        filter->state() == StreamFilter::State::ended;
      if (over || (got < out.size() && filter->state() == before)) break;
    }
    pending = std::string(in);
    filter->flush(sent);
  }
};

struct Pair {
  End client;
  End server;

  /// Carries bytes in pieces of `chunk` until neither has anything to say.
  void run(std::size_t chunk = 1 << 20, std::size_t room = 4096) {
    client.filter->flush(client.sent);
    server.filter->flush(server.sent);
    while (!client.sent.text.empty() || !server.sent.text.empty()) {
      carry(client, server, chunk, room);
      carry(server, client, chunk, room);
    }
  }

  static void carry(End& from, End& to, std::size_t chunk, std::size_t room) {
    const std::string bytes = from.sent.text;
    from.sent.clear();
    for (std::size_t at = 0; at < bytes.size(); at += chunk) {
      to.hear(std::string_view(bytes).substr(at, chunk), room);
    }
  }

  [[nodiscard]] bool open() const {
    return client.filter->state() == StreamFilter::State::open &&
           server.filter->state() == StreamFilter::State::open;
  }
};

/// Certificates that most tests need, made once.
struct Certificates {
  TestCertificate ca = make_certificate({{"CN=test CA"}, "", "", true});
  TestCertificate other_ca = make_certificate({{"CN=other CA"}, "", "", true});
  TestCertificate server = make_certificate(
      {{"CN=hub"}, "DNS:hub.example.com,DNS:*.wild.example.com,IP:127.0.0.1,IP:::1"}, &ca);
  TestCertificate client =
      make_certificate({{"O=acme", "OU=a+OU=b", "CN=client"},
                        "email:client@example.com,DNS:client.example.com,URI:spiffe://acme/client"},
                       &ca);
  TestCertificate rsa = make_certificate(
      {{"CN=rsa"}, "DNS:hub.example.com", "", false, valid_from, valid_until, KeyType::rsa2048},
      &ca);
  TestCertificate ed25519 = make_certificate(
      {{"CN=ed"}, "DNS:ed.example.com", "", false, valid_from, valid_until, KeyType::ed25519}, &ca);
};
inline const Certificates& certificates() {
  static const Certificates made;
  return made;
}

/// A context's options and files as a test changes them.
struct Setup {
  TlsRole role;
  TlsOptions options;
  TlsMaterial material;

  [[nodiscard]] Result<std::shared_ptr<const TlsContext>> try_make() const {
    return TlsContext::make(role, options, material);
  }
  [[nodiscard]] std::shared_ptr<const TlsContext> make() const {
    auto made = try_make();
    return made ? *made : nullptr;
  }
  void show(const TestCertificate& shown) {
    material.key_pairs.push_back({"cert.pem", shown.certificate, shown.key});
    options.certs.push_back({"cert.pem", "key.pem"});
  }
  void trust(const TestCertificate& authority) {
    material.trusted_name = "ca.pem";
    material.trusted = authority.certificate;
    material.announce_trusted = true;
  }
};

inline Setup server_setup() {
  Setup setup{TlsRole::server, {}, {}};
  setup.show(certificates().server);
  return setup;
}
inline Setup client_setup() {
  Setup setup{TlsRole::client, {}, {}};
  setup.trust(certificates().ca);
  return setup;
}

inline Pair connect(const std::shared_ptr<const TlsContext>& client,
                    const std::shared_ptr<const TlsContext>& server,
                    const std::string& name = "hub.example.com", std::int64_t now = valid_now,
                    const TlsSession& resume = {}) {
  Pair pair;
  pair.client.filter = TlsFilter::connect(client, name, now, resume);
  pair.server.filter = TlsFilter::accept(server, now);
  return pair;
}

inline Pair connect(const Setup& client, const Setup& server,
                    const std::string& name = "hub.example.com", std::int64_t now = valid_now) {
  return connect(client.make(), server.make(), name, now);
}

}  // namespace leafnats::wire::test
