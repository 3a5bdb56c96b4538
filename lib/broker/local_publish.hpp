// SPDX-License-Identifier: Apache-2.0
//
// Publishing what was made in this process: by an in-process client, or by the server itself.
#pragma once

#include "base/ids.hpp"

#include <string_view>

namespace leafnats::broker {

class Account;
class Shard;

struct LocalMessage {
  std::string_view subject;   ///< valid, literal
  std::string_view reply;
  std::string_view headers;   ///< a whole header block, or empty
  std::string_view payload;
};

/// Routes a message as if a client had published it; `publisher` is 0 for the server itself. True
/// if anybody was found. Not while another message is routed.
/// Thread: the shard's.
bool publish_locally(Shard& shard, Account& account, base::ConnectionId publisher,
                     const LocalMessage& message);

}  // namespace leafnats::broker
