// SPDX-License-Identifier: Apache-2.0
//
// accountz, an account's INFO, and the numbers of accounts (STATZ and CONNS).
//
// Thread: collect() on the shard's, the rest anywhere.
#pragma once

#include "broker/description.hpp"
#include "broker/shard.hpp"
#include "monitor/subscriptions_document.hpp"
#include "wire/json.hpp"
#include "wire/json_writer.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::monitor {

/// One account over all shards.
struct AccountNumbers {
  std::int64_t clients = 0;
  std::int64_t leafs = 0;
  broker::Traffic total;
  broker::Traffic over_leafs;          // the part of it that went over leaf links
  std::uint64_t slow_consumers = 0;
  IndexCounts index;

  void operator+=(const AccountNumbers& other) noexcept;
};

/// The accounts of one shard, by name. It has them all, so asking for one costs as much.
class AccountsPart {
 public:
  void collect(broker::Shard& shard);
  std::map<std::string, AccountNumbers, std::less<>> accounts;
};
[[nodiscard]] std::map<std::string, AccountNumbers, std::less<>> sum_accounts(
    const std::vector<AccountsPart>& parts);

/// The fields of one account's numbers: {"acc": ..., "conns": ...}.
void write_account_numbers(wire::JsonWriter& out, std::string_view name,
                           const AccountNumbers& numbers);

struct AccountStatzOptions {
  std::vector<std::string> accounts;   ///< empty: all
  bool include_unused = false;         ///< accounts without connections too

  [[nodiscard]] std::vector<wire::JsonField<wire::JsonTarget>> fields() {
    return {{"accounts", &accounts}, {"include_unused", &include_unused}};
  }
};

/// Empty if there is no account to tell of and unused ones were not asked for: then nobody
/// answers (nats-server).
[[nodiscard]] std::string account_statz_document(const std::string& server_id,
                                                 const AccountStatzOptions& options,
                                                 const std::vector<AccountsPart>& parts);

/// What is known of one account: its INFO.
[[nodiscard]] std::string account_detail(const broker::Context& context, const std::string& name,
                                         const AccountNumbers& numbers,
                                         std::int64_t start_unix_ns);

/// accountz: the names of all accounts, or the detail of one.
[[nodiscard]] std::string accountz_document(const broker::Context& context,
                                            const std::vector<std::string>& names);
[[nodiscard]] std::string accountz_document(const broker::Context& context,
                                            const std::string& detail);

}  // namespace leafnats::monitor
