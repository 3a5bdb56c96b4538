// SPDX-License-Identifier: Apache-2.0
//
// The TLS server against any peer.

#include "fuzz/tls_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leafnats::wire;
  test::fuzz_handshake(TlsRole::server, data, size);
  return 0;
}
