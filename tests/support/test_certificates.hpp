// SPDX-License-Identifier: Apache-2.0
//
// Certificates for tests, made when the test runs: no private key lies in the repository.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace leafnats::test {

enum class KeyType { p256, rsa2048, ed25519 };

/// PEM text.
struct TestCertificate {
  std::string certificate;
  std::string key;
};

/// 2026-01-01 and 2027-01-01, so that a test's clock can stand before, between and after.
inline constexpr std::int64_t valid_from = 1'767'225'600;
inline constexpr std::int64_t valid_until = 1'798'761'600;
inline constexpr std::int64_t valid_now = (valid_from + valid_until) / 2;

struct CertificateWish {
  /// Parts in the order of the certificate, "+" joins attributes of one part: {"O=a", "CN=b"}.
  std::vector<std::string> subject = {"CN=test"};
  std::string names = {};  ///< "DNS:localhost,IP:127.0.0.1,email:a@b,URI:x:y"
  std::string usage = {};  ///< extended key usage: "serverAuth"; empty: none said
  bool authority = false;
  std::int64_t not_before = valid_from;
  std::int64_t not_after = valid_until;
  KeyType key = KeyType::p256;
};

/// Signed by `issuer`; by itself if there is none.
TestCertificate make_certificate(const CertificateWish& wish,
                                 const TestCertificate* issuer = nullptr);

}  // namespace leafnats::test
