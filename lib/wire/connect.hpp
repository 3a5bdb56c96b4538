// SPDX-License-Identifier: Apache-2.0
//
// CONNECT: how a client or a soliciting leaf node introduces itself. Both are only read and
// written here; what they mean for a session is decided in broker/ and auth/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <leafnats/result.hpp>

namespace leafnats::wire {

class JsonReader;

/// A client's CONNECT. The defaults are nats-server's: a client that sends `{}`, or nothing at
/// all, is verbose and pedantic.
struct ClientConnect {
  bool verbose = true;        ///< answer each operation with +OK
  bool pedantic = true;       ///< check the subjects of PUB
  bool echo = true;           ///< deliver the client's own messages to it
  bool tls_required = false;
  bool headers = false;
  bool no_responders = false;  ///< needs headers, else 'no responders requires headers support'
  std::int64_t protocol = 0;   ///< 0 or 1, else 'invalid client protocol'; 1: async INFO
  std::string user;
  std::string pass;
  std::string auth_token;
  std::string jwt;
  std::string nkey;
  std::string sig;
  std::string name;
  std::string lang;
  std::string version;
  /// A client that asks for an account of its choice gets 'Authorization Violation'.
  std::string account;
  bool new_account = false;
};

/// Reads the JSON of a client's CONNECT. A client may send CONNECT again: what the second one
/// does not mention stays as it was, so hand in the first one as `previous`. An error closes the
/// connection without -ERR in nats-server.
Result<ClientConnect> parse_client_connect(JsonReader& reader, std::string_view json,
                                           ClientConnect previous = {});

/// A leaf node's CONNECT.
struct LeafConnect {
  std::string version;
  std::string nkey;
  std::string jwt;
  std::string sig;
  std::string user;
  std::string pass;
  std::string auth_token;
  std::string server_id;
  std::string domain;
  std::string name;                   ///< the remote's server name
  bool is_hub = false;                ///< the soliciting side takes the hub's part
  std::string cluster;
  bool headers = false;
  bool jetstream = false;
  std::vector<std::string> deny_pub;  ///< what the remote does not want to be sent
  bool isolate = false;               ///< no interest of other leafs
  std::string compress_mode;
  std::string remote_account;         ///< the remote's local account
  std::int64_t protocol = 0;
  // Not sent by a leaf node; they tell that something else has found the leaf port.
  std::string gateway;
  std::string lang;                   ///< a client: 'attempted to connect to leaf node port'
  std::string account;
  bool new_account = false;
};

Result<LeafConnect> parse_leaf_connect(JsonReader& reader, std::string_view json);

/// The JSON of a CONNECT line, fields in nats-server's order.
[[nodiscard]] std::string format_connect(const LeafConnect& connect);

/// Whether a remote's version passes min_version: both "major.minor.patch", maybe followed by
/// "-" or "+" and anything. As in nats-server a version of another form does not pass.
[[nodiscard]] bool version_at_least(std::string_view version, std::string_view minimum) noexcept;

}  // namespace leafnats::wire
