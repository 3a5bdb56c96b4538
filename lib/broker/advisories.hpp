// SPDX-License-Identifier: Apache-2.0
//
// What sessions tell of logins, for events in the system account. Whoever implements this looks
// first whether anybody listens, and builds nothing if not.
//
// Thread: the session's shard, never while a message is routed; so it may publish at once.
#pragma once

#include <string_view>

namespace leafnats::broker {

class Session;
class Shard;

class Advisories {
 public:
  virtual ~Advisories() = default;
  /// `session` is logged in.
  virtual void on_connect(Shard& shard, const Session& session) = 0;
  /// A session that was told of, or one that never logged in, has ended.
  virtual void on_disconnect(Shard& shard, const Session& session, std::string_view reason) = 0;
  /// The login was refused; on_disconnect() follows.
  virtual void on_login_refused(Shard& shard, const Session& session,
                                std::string_view reason) = 0;
};

}  // namespace leafnats::broker
