// SPDX-License-Identifier: Apache-2.0
//
// Texts that may be keys, signatures or credentials files: what is taken has one spelling, its own.

#include "auth/credentials.hpp"
#include "auth/nkey.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace leafnats::auth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto key = PublicKey::parse(text); key && key->text() != text) std::abort();
  if (const auto pair = KeyPair::from_seed(text); pair && pair->seed().reveal() != text) {
    std::abort();
  }
  if (const auto signature = parse_signature(text)) {
    if (parse_signature(signature_text(*signature)) != signature) std::abort();
  }
  (void)find_token(text);
  const auto credentials = parse_credentials(text);
  if (credentials && !KeyPair::from_seed(credentials->seed.reveal())) std::abort();
  return 0;
}
