// SPDX-License-Identifier: Apache-2.0
//
// What a user may publish and subscribe to, and users themselves.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace leafnats {

/// What may pass in one direction. An empty allow list allows everything; deny wins over allow.
/// An entry is a subject, wildcards included; for subscriptions also "subject queue", where the
/// queue may have wildcards too.
struct SubjectPermissions {
  std::vector<std::string> allow;
  std::vector<std::string> deny;
};

/// Lets a user answer requests it received although it may not publish to the reply subject.
struct ResponsePermission {
  int max_messages = 1;                             ///< answers for each request; -1: no limit
  std::chrono::milliseconds expires{120'000};       ///< from the request on; -1: no limit
};

/// A user's permissions. Source: nats-server's `permissions` block.
struct Permissions {
  SubjectPermissions publish;
  SubjectPermissions subscribe;
  std::optional<ResponsePermission> allow_responses;
};

/// One login: by name and password, by nkey, or by the certificate of a TLS connection.
struct User {
  std::string username;
  std::string password;                             ///< plain, or a bcrypt hash ("$2a$11$...")
  std::optional<Permissions> permissions;           ///< none: the default ones
  std::string account;                              ///< empty: the default account, $G
  std::string nkey{};                               ///< public user key "U..." instead of the two
  /// "STANDARD", "WEBSOCKET", "LEAFNODE", "LEAFNODE_WS", "MQTT", "MQTT_WS", "IN_PROCESS"; empty:
  /// every kind.
  std::vector<std::string> allowed_connection_types{};
};

}  // namespace leafnats
