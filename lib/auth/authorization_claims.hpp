// SPDX-License-Identifier: Apache-2.0
//
// Auth callout: the question that a server asks, signed by the server's key, and the answer of the
// service, signed by an account's. The question has all that the peer offered, secrets included;
// what is done with a token of it is the caller's care.
#pragma once

#include "auth/claims.hpp"

#include <leafnats/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::auth {

/// Who asks.
struct CalloutServer {
  std::string name;
  std::string host;
  std::string id;                                   ///< public server key
  std::string version;
  std::string cluster;
  std::vector<std::string> tags;
  std::string xkey;                                 ///< public curve key for the answer; or empty
};

/// The connection that wants to log in.
struct CalloutClient {
  std::string host;
  std::uint64_t id = 0;
  std::string user;
  std::string name;
  std::vector<std::string> tags;
  std::string name_tag;
  std::string kind;                                 ///< "Client", "Leafnode"
  std::string type;                                 ///< "nats", "websocket"
  std::string mqtt_id;
  std::string nonce;
};

/// What it sent in CONNECT.
struct CalloutConnect {
  std::string jwt;
  std::string nkey;
  std::string signature;
  std::string token;
  std::string user;
  std::string password;
  std::string name;
  std::string language;
  std::string version;
  std::int64_t protocol = 0;
};

struct CalloutTls {
  std::string version;
  std::string cipher;
  std::vector<std::string> certificates;            ///< PEM; not verified
  std::vector<std::vector<std::string>> verified_chains;
};

struct AuthorizationRequest : ClaimsData {
  CalloutServer server;
  std::string user_nkey;                            ///< made for this question: the answer's `sub`
  CalloutClient client;
  CalloutConnect connect;
  std::optional<CalloutTls> tls;
  std::string request_nonce;
};

struct AuthorizationResponse : ClaimsData {
  std::string jwt;                                  ///< a user's; or
  std::string error;                                ///< why there is none
  std::string issuer_account;
};

[[nodiscard]] Result<AuthorizationRequest> decode_authorization_request(std::string_view token);
[[nodiscard]] Result<AuthorizationResponse> decode_authorization_response(std::string_view token);
[[nodiscard]] Result<std::string> encode(const AuthorizationRequest& claims,
                                         const KeyPair& server);
[[nodiscard]] Result<std::string> encode(const AuthorizationResponse& claims,
                                         const KeyPair& issuer);

/// Dates and keys; exactly one of `jwt` and `error`. Whether it answers our question (`aud`, `sub`)
/// and its issuer may answer, is the caller's to say.
[[nodiscard]] Result<void> check(const AuthorizationResponse& claims, std::int64_t now);

}  // namespace leafnats::auth
