// SPDX-License-Identifier: Apache-2.0
//
// Three ways to a signature. A hub that sends no nonce gets none: it would prove nothing.

#include "net/remote_identity.hpp"

#include "auth/credentials.hpp"
#include "auth/nkey.hpp"
#include "base/limits.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <span>
#include <string_view>
#include <utility>

namespace leafnats::net {
namespace {

using Proof = broker::LeafProof;

Result<Proof> sign_with(const auth::KeyPair& pair, const std::string& nonce) {
  const auto signature = pair.sign(nonce);
  if (!signature) return signature.error();
  return Proof{{}, pair.public_key().text(), auth::signature_text(*signature)};
}

Result<Proof> sign_with_seed(std::string_view seed, const std::string& nonce) {
  const auto pair = auth::KeyPair::from_seed(seed);
  if (!pair) return pair.error();
  return sign_with(*pair, nonce);
}

/// The file is read each time, so that it may be replaced while the server runs; it is hardly
/// longer than the token in it.
Result<Proof> sign_with_file(const std::string& path, const std::string& nonce) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Errc::io_error, "open " + path + ": " + std::strerror(errno)};
  std::string text(limits::jwt_bytes_max, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  const auto credentials = auth::parse_credentials(text);
  auth::wipe(std::span<char>(text));
  if (!credentials) {
    return Error{credentials.error().code, path + ": " + credentials.error().context};
  }
  auto proof = sign_with_seed(credentials->seed.reveal(), nonce);
  // Who shows a token is known by it; a bare key has to be named.
  if (proof && !credentials->jwt.empty()) {
    proof->jwt = credentials->jwt;
    proof->nkey.clear();
  }
  return proof;
}

Result<Proof> ask(const SignatureHandler& handler, const std::string& nonce) {
  const auto signed_nonce = handler(std::as_bytes(std::span(nonce)));
  if (!signed_nonce) return signed_nonce.error();
  if (signed_nonce->jwt.empty() == signed_nonce->nkey.empty()) {
    return Error{Errc::invalid_argument, "signature_cb has to give either a jwt or an nkey"};
  }
  auth::Signature raw;
  std::transform(signed_nonce->ed25519.begin(), signed_nonce->ed25519.end(), raw.begin(),
                 [](std::byte byte) { return static_cast<unsigned char>(byte); });
  if (!signed_nonce->nkey.empty()) {
    const auto key = auth::PublicKey::parse(signed_nonce->nkey, auth::NkeyKind::user_key);
    if (!key || !key->verifies(nonce, raw)) {
      return Error{Errc::invalid_argument, "the signature of signature_cb is not its nkey's"};
    }
  }
  return Proof{signed_nonce->jwt, signed_nonce->nkey, auth::signature_text(raw)};
}

}  // namespace

RemoteIdentity::RemoteIdentity(const RemoteLeafOpts& options) {
  credentials_.credentials = options.credentials;
  credentials_.nkey = options.nkey;
  credentials_.signature_cb = options.signature_cb;
}

RemoteIdentity::RemoteIdentity(RemoteCredentials credentials)
    : credentials_(std::move(credentials)) {}

std::optional<broker::RemoteLink::UserInfo> RemoteIdentity::user_info() const {
  if (!credentials_.token.empty()) {
    return broker::RemoteLink::UserInfo{credentials_.token, {}, true};
  }
  if (credentials_.username.empty()) return std::nullopt;
  return broker::RemoteLink::UserInfo{credentials_.username, credentials_.password, false};
}

bool RemoteIdentity::proves() const noexcept {
  return !credentials_.credentials.empty() || !credentials_.nkey.empty() ||
         credentials_.signature_cb != nullptr;
}

Result<Proof> RemoteIdentity::prove(const std::string& nonce) const {
  if (nonce.empty()) return Error{Errc::authorization, "the hub sends no nonce to sign"};
  if (credentials_.signature_cb) return ask(credentials_.signature_cb, nonce);
  if (!credentials_.credentials.empty()) return sign_with_file(credentials_.credentials, nonce);
  return sign_with_seed(credentials_.nkey, nonce);
}

}  // namespace leafnats::net
