// SPDX-License-Identifier: Apache-2.0
//
// What every shard knows of an account: immutable, shared by all of them, replaced as a whole
// when the account changes. Imports are linked already: they lead to accounts that are there and
// that export what is imported.
//
// Thread: any; only the counters change, and those are atomics.
#pragma once

#include "subject/mapping_table.hpp"
#include "subject/transform.hpp"

#include <leafnats/accounts.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace leafnats::broker {

/// Number of an account; the same on every shard of a server, and never given to another name.
enum class AccountId : std::uint16_t { global = 0, system = 1 };

inline constexpr std::string_view default_account = "$G";
inline constexpr std::string_view default_system_account = "$SYS";

/// An import that works: somebody exports this, and to this account.
struct LinkedImport {
  ShareKind kind;
  AccountId exporter;
  subject::Transform to_importer;       ///< exporter's subject to importer's
  subject::Transform to_exporter;       ///< the reverse
  ResponseType response_type;
  std::chrono::milliseconds response_threshold;
  bool share;
};

/// Connections of an account over all shards. Relaxed: they are counts.
struct AccountCounters {
  std::atomic<std::int64_t> connections{0};  ///< clients and leaf links
  std::atomic<std::int64_t> leafnodes{0};
};

struct AccountRecord {
  AccountId id;
  std::string name;
  AccountLimits limits;
  std::vector<LinkedImport> imports;
  subject::MappingTable mappings;
  std::shared_ptr<AccountCounters> counters;  ///< the same through all changes
  bool gone = false;                          ///< nobody may log in any more
};

/// By AccountId.
using AccountSnapshot = std::vector<std::shared_ptr<const AccountRecord>>;

}  // namespace leafnats::broker
