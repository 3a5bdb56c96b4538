// SPDX-License-Identifier: Apache-2.0
//
// Tokens with any payload: the input is signed by a key of a kind that its first byte chooses, so
// that decoding gets behind the signature. What is read can be written and is read the same again.

#include "auth/authorization_claims.hpp"
#include "auth/claims.hpp"
#include "auth/scope.hpp"
#include "base/base64.hpp"
#include "support/seeded_entropy.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace leafnats;
using namespace leafnats::auth;

namespace {

constexpr std::int64_t now = 1'700'000'000;

const std::vector<KeyPair>& keys() {
  static const std::vector<KeyPair> made = [] {
    test::SeededEntropy entropy;
    std::vector<KeyPair> pairs;
    for (const NkeyKind kind :
         {NkeyKind::account_key, NkeyKind::operator_key, NkeyKind::server_key}) {
      auto pair = KeyPair::generate(kind, entropy);
      if (pair) pairs.push_back(std::move(*pair));
    }
    return pairs;
  }();
  return made;
}

template <class Claims, class Decode>
void round_trip(const Result<Claims>& claims, const KeyPair& key, Decode decode) {
  if (!claims) return;
  const auto written = encode(*claims, key);
  if (!written) std::abort();
  const auto again = decode(*written);
  if (!again || again->subject != claims->subject || again->tags != claims->tags) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || keys().empty()) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  (void)decode_token(input);
  const KeyPair& key = keys()[data[0] % keys().size()];
  auto payload = wire::JsonValue::parse(input);
  if (!payload || !payload->object()) return 0;
  const auto token = encode_token(std::move(*payload), key);
  if (!token) return 0;
  const auto user = decode_user(*token);
  const auto account = decode_account(*token);
  if (user) {
    (void)check(*user, now);
    UserClaims bare = *user;
    bare.rights = {};
    (void)apply_scope({"", user->rights}, bare, {"name", "ASUBJECT", user->tags});
  }
  if (account) (void)check(*account, now);
  round_trip(user, key, decode_user);
  round_trip(account, key, decode_account);
  round_trip(decode_activation(*token), key, decode_activation);
  round_trip(decode_operator(*token), key, decode_operator);
  round_trip(decode_authorization_request(*token), key, decode_authorization_request);
  round_trip(decode_authorization_response(*token), key, decode_authorization_response);
  return 0;
}
