// SPDX-License-Identifier: Apache-2.0
//
// leafz: the leaf links of a server that are up.
//
// Thread: collect() on the shard's, the rest anywhere.
#pragma once

#include "broker/description.hpp"
#include "broker/shard.hpp"
#include "wire/json.hpp"

#include <string>
#include <vector>

namespace leafnats::monitor {

struct LeafsOptions {
  bool subscriptions = false;          ///< list the subjects that the peer wants
  std::string account;

  [[nodiscard]] std::vector<wire::JsonField<wire::JsonTarget>> fields() {
    return {{"subscriptions", &subscriptions}, {"account", &account}};
  }
};

class LeafsPart {
 public:
  void collect(const LeafsOptions& options, const broker::Shard& shard);

  struct Row {
    broker::ConnectionDescription link;
    std::vector<std::string> subjects;
  };
  std::vector<Row> rows;
};

[[nodiscard]] std::string leafs_document(const std::string& server_id,
                                         const LeafsOptions& options,
                                         std::vector<LeafsPart>& parts);

}  // namespace leafnats::monitor
