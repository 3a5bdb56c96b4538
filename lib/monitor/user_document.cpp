// SPDX-License-Identifier: Apache-2.0

#include "monitor/user_document.hpp"

#include "broker/account.hpp"
#include "broker/client_session.hpp"
#include "monitor/time_text.hpp"
#include "wire/json_writer.hpp"

#include <chrono>
#include <utility>

namespace leafnats::monitor {
namespace {

void write_rules(wire::JsonWriter& out, std::string_view key, const SubjectPermissions& rules) {
  out.open(key);
  out.add_if("allow", rules.allow);
  out.add_if("deny", rules.deny);
  out.close();
}

void write_permissions(wire::JsonWriter& out, const Permissions& permissions) {
  out.open("permissions");
  write_rules(out, "publish", permissions.publish);
  write_rules(out, "subscribe", permissions.subscribe);
  if (permissions.allow_responses) {
    out.open("responses");
    out.add("max", permissions.allow_responses->max_messages);
    out.add("ttl", std::chrono::nanoseconds(permissions.allow_responses->expires).count());
    out.close();
  }
  out.close();
}

}  // namespace

void UserPart::collect(std::uint64_t connection, const broker::Shard& shard) {
  const broker::Session* session = shard.find_session(connection);
  if (session == nullptr || session->account() == nullptr) return;
  if (session->subscriber_kind() != broker::SubscriberKind::client) return;
  found = true;
  user = session->words().user;
  account = session->account()->name();
  if (const auth::Login* login = session->login()) {
    user_name = login->user_name;
    expires_at = login->expires_at;
  }
  permissions = static_cast<const broker::ClientSession*>(session)->granted();
}

std::string user_document(const UserPart& user) {
  wire::JsonWriter out;
  out.open();
  out.add("user", user.user);
  out.add("account", user.account);
  out.add("account_name", user.account);
  out.add_if("user_name", user.user_name);
  if (user.permissions != nullptr) write_permissions(out, *user.permissions);
  if (user.expires_at != 0) {
    out.add("expires", (user.expires_at - WallClock::now() / 1'000'000'000) * 1'000'000'000);
  }
  out.close();
  return std::move(out).take();
}

}  // namespace leafnats::monitor
