// SPDX-License-Identifier: Apache-2.0
//
// The URLs of a remote: those of the configuration, those that the hub told of, and which one
// comes next. Each choice moves a URL to the end, so that after a loss the others come first.
//
// Thread: its remote's.
#pragma once

#include "base/random.hpp"
#include "broker/remote_link.hpp"
#include "config/remote_url.hpp"

#include <string>
#include <vector>

namespace leafnats::net {

class RemoteUrls {
 public:
  /// `options` was validated: every URL parses. Shuffles unless told not to.
  RemoteUrls(const RemoteLeafOpts& options, base::Random& random);

  /// Those of the options, in their order.
  static std::vector<config::RemoteUrl> parse(const RemoteLeafOpts& options);

  /// Chooses the next one. With no_randomize, the first configured one.
  void next();
  void choose_primary();

  /// Those of the configuration, in its order. Lifetime: this object's.
  [[nodiscard]] const std::vector<config::RemoteUrl>& configured() const noexcept {
    return configured_;
  }
  /// The one in use, or of the attempt under way.
  [[nodiscard]] const config::RemoteUrl& current() const noexcept { return current_; }
  [[nodiscard]] const config::RemoteUrl& primary() const noexcept { return configured_.front(); }
  [[nodiscard]] bool at_primary() const;
  /// Whether an order was given and there is more than one to choose from.
  [[nodiscard]] bool ordered() const noexcept { return ordered_ && urls_.size() > 1; }

  /// The link is up: the next choice after its end begins with the others.
  void on_up();

  /// The hub told of these ("host:port"): they take the place of what was told before.
  void learn(const std::vector<std::string>& told);

  /// Gossip names hosts, not users: those of the first configured URL that had any serve them.
  [[nodiscard]] broker::RemoteLink::UserInfo user_info() const;

 private:
  const bool ordered_;
  const bool learns_;
  std::vector<config::RemoteUrl> configured_;
  std::vector<config::RemoteUrl> urls_;  // in the order of the next choices
  config::RemoteUrl current_;
};

/// "host:7422".
[[nodiscard]] std::string endpoint_text(const config::RemoteUrl& url);

}  // namespace leafnats::net
