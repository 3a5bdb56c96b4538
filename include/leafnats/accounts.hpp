// SPDX-License-Identifier: Apache-2.0
//
// Accounts: worlds of subjects that never meet, but for what one exports and another imports.
// Each struct is a block of nats-server's `accounts { }`, or what an account JWT says instead.
// Server::start() checks them and names what does not fit.
#pragma once

#include <leafnats/permissions.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace leafnats {

/// One of the ways a mapped subject may take.
struct MappingDestination {
  /// `$1` or `{{wildcard(1)}}` stand for what a wildcard of the source matched; partition(),
  /// split(), slicefromleft() and the others as in nats-server.
  std::string subject;
  int weight = 100;     ///< percent, 0 to 100; what is left to 100 goes to the source itself
  std::string cluster;  ///< only in the cluster of this name; empty: wherever none is named
};

/// What is published to `source` is taken for published to one of the destinations. A client
/// needs the permission to publish there; a leaf node, as in nats-server, that for what it sent.
struct SubjectMapping {
  std::string source;
  std::vector<MappingDestination> destinations;
};

/// What crosses from one account to another: messages that are published over there, or requests
/// that are answered over there.
enum class ShareKind : std::uint8_t { stream, service };

/// How many answers a request to a service gets.
enum class ResponseType : std::uint8_t {
  singleton,  ///< one
  stream,     ///< any number, until one is empty or response_threshold passes without one
  chunked,    ///< the same: one answer in pieces
};

/// Measuring of answers; results are published to `subject` in the exporting account. Checked,
/// but without effect: this version does not measure.
struct ServiceLatency {
  int sampling = 100;  ///< percent of the requests; 0: those that ask for it in a header
  std::string subject;
};

struct AccountExport {
  ShareKind kind = ShareKind::stream;
  std::string subject;                              ///< wildcards included
  /// Who may import; empty and no token_required: everybody.
  std::vector<std::string> accounts;
  /// Operator mode: who imports needs an activation token.
  bool token_required = false;
  ResponseType response_type = ResponseType::singleton;
  std::chrono::milliseconds response_threshold{120'000};  ///< an answer later than this is lost
  /// The token of the subject, counted from 1, that has to be the importer's name; 0: none.
  int account_token_position = 0;
  std::optional<ServiceLatency> latency;
};

struct AccountImport {
  ShareKind kind = ShareKind::stream;
  std::string account;                              ///< who exports
  std::string subject;                              ///< over there
  std::string to;                                   ///< here; empty: the same. `$1` as in mappings
  std::string prefix;                               ///< streams: `<prefix>.<subject>` here
  bool share = false;                               ///< services: tell name and address of who asks
};

/// -1: no limit. 0 allows none.
struct AccountLimits {
  std::int64_t connections = -1;    ///< clients and leaf links of the account
  std::int64_t leafnodes = -1;      ///< leaf links among them
  std::int64_t subscriptions = -1;  ///< of each connection
  std::int64_t payload = -1;        ///< bytes of a message, header included
};

struct AccountOptions {
  std::string name;
  std::string nkey;                                 ///< public account key "A..."; may be empty
  std::vector<User> users;
  std::vector<AccountExport> exports;
  std::vector<AccountImport> imports;
  std::vector<SubjectMapping> mappings;
  AccountLimits limits;
  std::optional<Permissions> default_permissions;   ///< of users without permissions of their own
};

}  // namespace leafnats
