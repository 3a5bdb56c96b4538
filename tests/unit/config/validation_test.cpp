// SPDX-License-Identifier: Apache-2.0
//
// Rules about Options that a host filled by hand: each names its field.

#include "config/validation.hpp"

#include "support/catch.hpp"

#include <chrono>
#include <functional>
#include <string>

using namespace leafnats;
using namespace leafnats::config;
using namespace std::chrono_literals;

namespace {

Options with_remote(std::string url) {
  Options options;
  options.leaf.remotes.resize(1);
  options.leaf.remotes[0].urls = {"nats://a", std::move(url)};
  return options;
}

std::string complaint(const std::function<void(Options&)>& change) {
  Options options = with_remote("nats://b");
  change(options);
  const Result<void> result = validate(options);
  return result ? "" : result.error().context;
}

}  // namespace

// Options as they are made, and with nothing to listen on, are fine.
TEST_CASE("validation: defaults", "[config]") {
  CHECK(validate(Options{}));
  CHECK(validate(with_remote("nats-leaf://u:p@b:1")));
}

// One broken rule, one line, with the path of the field in front.
struct BrokenRule {
  std::function<void(Options&)> change;
  std::string_view line;
};

TEST_CASE("validation: the field of the server is named", "[config]") {
  const BrokenRule cases[] = {
      {[](Options& o) { o.server_name = "a b"; }, "server_name: server name cannot contain spaces"},
      {[](Options& o) { o.client_listen = "h"; },
       "client_listen: the address is neither host:port nor a port"},
      {[](Options& o) { o.client_listen = "h:99999"; },
       "client_listen: the port is not between -1 and 65535"},
      {[](Options& o) { o.client_advertise = "h:x"; },
       "client_advertise: the port is not a number"},
      {[](Options& o) { o.shards = 65; }, "shards: must be at most 64"},
      {[](Options& o) { o.max_payload = 0; }, "max_payload: must be between 1 and 2147483647"},
      {[](Options& o) { o.max_pending = 1; },
       "max_payload: max_payload (1048576) cannot be higher than max_pending (1)"},
      {[](Options& o) { o.max_control_line = 0; },
       "max_control_line: must be between 1 and 2147483647"},
      {[](Options& o) { o.max_subscription_tokens = -1; },
       "max_subscription_tokens: must be between 0 and 255"},
      {[](Options& o) { o.ping_max = 0; }, "ping_max: must be at least 1"},
      {[](Options& o) { o.ping_interval = 0ms; }, "ping_interval: must be positive"},
      {[](Options& o) { o.write_deadline = -1ms; }, "write_deadline: must be positive"},
      {[](Options& o) { o.lame_duck_duration = 0s; },
       "lame_duck_duration: must be positive\nlame_duck_grace_period: lame duck grace period "
       "should be strictly lower "
       "than lame duck duration"},
      {[](Options& o) { o.lame_duck_grace_period = 120s; },
       "lame_duck_grace_period: lame duck grace period should be strictly lower "
       "than lame duck duration"},
      {[](Options& o) { o.lame_duck_grace_period = -1s; },
       "lame_duck_grace_period: must not be negative"},
      {[](Options& o) { o.no_auth_user = "x"; },
       "no_auth_user: \"x\" not present as user or nkey in authorization block or account "
       "configuration"},
      {[](Options& o) {
         o.authorization.username = "u";
         o.authorization.token = "t";
       },
       "authorization: Cannot have a user/pass and token"},
      {[](Options& o) {
         o.authorization.users = {{"a", "", {}, ""}, {"a", "", {}, ""}};
       },
       "authorization: Duplicate user \"a\" detected"},
      {[](Options& o) {
         o.authorization.users = {{"", "p", {}, ""}};
       },
       "authorization.users[0]: User entry requires a user"},
      {[](Options& o) {
         o.authorization.users = {{"a", "", Permissions{{{}, {"x", ""}}, {}, {}}, ""}};
       },
       "authorization.users[0].permissions.publish.deny[1]: subject \"\" is not a valid subject"},
      {[](Options& o) {
         o.authorization.users = {{"a", "", Permissions{{}, {{"a b", "a b c"}, {}}, {}}, ""}};
       },
       "authorization.users[0].permissions.subscribe.allow[1]: subject \"a b c\" is not a valid "
       "subject"},
      {[](Options& o) {
         o.authorization.default_permissions = Permissions{{{"a b"}, {}}, {}, {}};
       },
       "authorization.default_permissions.publish.allow[0]: subject \"a b\" is not a valid "
       "subject"},
      {[](Options& o) { o.authorization.timeout = 0ms; },
       "authorization.timeout: must be positive"},
  };
  for (const auto& entry : cases) {
    CHECK(complaint(entry.change) == entry.line);
  }
}

TEST_CASE("validation: the field of a leaf node is named", "[config]") {
  const BrokenRule cases[] = {
      {[](Options& o) { o.leaf.listen = "x"; },
       "leaf.listen: the address is neither host:port nor a port"},
      {[](Options& o) { o.leaf.authorization.token = "t"; },
       "leaf.authorization.token: leafs have no token of their own; use authorization.token"},
      {[](Options& o) { o.leaf.min_version = "2.7.0"; },
       "leaf.min_version: the minimum version should be at least 2.8.0"},
      {[](Options& o) { o.leaf.min_version = "new"; },
       "leaf.min_version: invalid leafnode's minimum version: it must look like 2.10.0"},
      {[](Options& o) { o.leaf.reconnect = 0ms; }, "leaf.reconnect: must be positive"},
      {[](Options& o) { o.leaf.dial_timeout = 0ms; }, "leaf.dial_timeout: must be positive"},
      {[](Options& o) { o.leaf.write_deadline = -1ms; },
       "leaf.write_deadline: must not be negative"},
      {[](Options& o) {
         o.leaf.compression.rtt_thresholds = {2ms, 1ms};
       },
       "leaf.compression.rtt_thresholds: must be in ascending order"},
      {[](Options& o) { o.leaf.compression.zstd_level = 20; },
       "leaf.compression.zstd_level: must be between -10 and 19"},
      {[](Options& o) { o.leaf.remotes[0].compression.zstd_window_log = 22; },
       "leaf.remotes[0].compression.zstd_window_log: must be between 10 and 21"},
      {[](Options& o) { o.leaf.compression.zstd_dictionary.assign(128 * 1024 + 1, 'x'); },
       "leaf.compression.zstd_dictionary: must be at most 131072 bytes"},
      {[](Options& o) {
         o.leaf.compression.zstd_dictionary = "x";
         o.leaf.compression.zstd_dictionary_file = "y";
       },
       "leaf.compression.zstd_dictionary_file: cannot stand beside zstd_dictionary"},
      {[](Options& o) { o.leaf.remotes[0].urls.clear(); },
       "leaf.remotes[0]: a remote leafnode needs at least one url"},
      {[](Options& o) { o.leaf.remotes[0].urls[1] = "nats://h:0"; },
       "leaf.remotes[0].urls[1]: error parsing leafnode url: the port is not between 1 and 65535"},
      {[](Options& o) {
         o.leaf.remotes[0].deny_imports = {"a", "b q"};
       },
       "leaf.remotes[0].deny_imports[1]: subject \"b q\" is not a valid subject"},
      {[](Options& o) { o.leaf.remotes[0].deny_exports = {"a."}; },
       "leaf.remotes[0].deny_exports[0]: subject \"a.\" is not a valid subject"},
      {[](Options& o) {
         o.leaf.remotes[0].account_mappings = {{"a", "x"}, {"a.b", "y"}};
       },
       "leaf.remotes[0].account_mappings[1]: it is ambiguous to rename both \"a\" and \"a.b\""},
      {[](Options& o) { o.leaf.remotes[0].first_info_timeout = 0ms; },
       "leaf.remotes[0].first_info_timeout: must be positive"},
      {[](Options& o) { o.leaf.remotes[0].dial_timeout = -1ms; },
       "leaf.remotes[0].dial_timeout: must not be negative"},
      {[](Options& o) { o.leaf.reconnect_max = 0ms; }, "leaf.reconnect_max: must be positive"},
      {[](Options& o) { o.leaf.link_queue_bytes = 1; },
       "leaf.link_queue_bytes: must be at least 65536"},
      {[](Options& o) { o.leaf.remotes[0].reconnect_interval = -1ms; },
       "leaf.remotes[0].reconnect_interval: must not be negative"},
      {[](Options& o) { o.leaf.remotes[0].failback_interval = -1ms; },
       "leaf.remotes[0].failback_interval: must not be negative"},
      {[](Options& o) { o.leaf.remotes.push_back(o.leaf.remotes[0]); },
       "leaf.remotes[1]: duplicate remote: another has the same URLs and account"},
  };
  for (const auto& entry : cases) {
    CHECK(complaint(entry.change) == entry.line);
  }
}

TEST_CASE("validation: the field of an identity is named", "[config]") {
  const BrokenRule cases[] = {
      {[](Options& o) { o.leaf.remotes[0].account = "A"; },
       "leaf.remotes[0].account: cannot find local account \"A\" specified in leafnode remote"},
      {[](Options& o) { o.leaf.remotes[0].nkey = "UAB2"; },
       "leaf.remotes[0].nkey: Remote leafnode nkey is not a valid seed: a user's begins with SU"},
      {[](Options& o) {
         o.leaf.remotes[0].signature_cb = [](auto) { return Result<Signature>(Signature{}); };
         o.leaf.remotes[0].nkey = "SUAAAAICAMCAKBQHBAEQUCYMBUHA6EARCIJRIFIWC4MBSGQ3DQOR4H776Y";
       },
       "leaf.remotes[0]: signature_cb cannot stand beside creds or nkey"},
      {[](Options& o) { o.leaf.authorization.nkey = "U"; },
       "leaf.authorization.nkey: Not a valid public nkey for leafnode authorization"},
      {[](Options& o) { o.authorization.nkey = "U"; },
       "authorization.nkey: a single nkey is for leaf listeners; clients with keys belong to "
       "users"},
      {[](Options& o) { o.system_account = "$G"; },
       "system_account: the default account cannot be the system account"},
      {[](Options& o) { o.accounts.emplace_back().name = "a b"; },
       "accounts[0]: an account needs a name without wildcards or white space"},
  };
  for (const auto& entry : cases) {
    CHECK(complaint(entry.change) == entry.line);
  }
}

// In operator mode accounts and users come from tokens alone, and so do those of remotes.
TEST_CASE("validation: operator mode", "[config]") {
  const auto complaint_of = [](const std::function<void(Options&)>& change) {
    Options options = with_remote("nats://b");
    options.leaf.remotes[0].account = "ABJHLOVMPA4CI6R5KLNGOB4GSLNIY7IOUPAJC4YFNDLQVIOBYQGUWVLA";
    options.operator_mode.operators = {"operator.jwt"};
    options.operator_mode.resolver.kind = ResolverOptions::Kind::memory;
    change(options);
    const Result<void> result = validate(options);
    return result ? "" : result.error().context;
  };
  const BrokenRule cases[] = {
      {[](Options&) {}, ""},
      {[](Options& o) { o.operator_mode.resolver.kind = ResolverOptions::Kind::none; },
       "operator_mode: operators require an account resolver to be configured"},
      {[](Options& o) { o.accounts.emplace_back().name = "A"; },
       "accounts: operators do not allow Accounts to be configured directly"},
      {[](Options& o) { o.authorization.users.emplace_back().username = "a"; },
       "authorization.users: operators do not allow users to be configured directly"},
      {[](Options& o) { o.leaf.authorization.users.emplace_back().username = "a"; },
       "leaf.authorization.users: operator mode does not allow specifying users in leafnode "
       "config"},
      {[](Options& o) { o.no_auth_user = "a"; },
       "no_auth_user: no_auth_user not compatible with Trusted Operator"},
      {[](Options& o) { o.leaf.remotes[0].account = "A"; },
       "leaf.remotes[0]: operator mode requires account nkeys in remotes: \"account\" must be a "
       "public key that begins with A"},
      {[](Options& o) { o.leaf.authorization.account = "A"; },
       "leaf.authorization.account: operator mode and non account nkeys are incompatible"},
  };
  for (const auto& entry : cases) {
    CHECK(complaint_of(entry.change) == entry.line);
  }
}
