// SPDX-License-Identifier: Apache-2.0

#include "monitor/system_events.hpp"

#include "broker/account.hpp"
#include "broker/local_publish.hpp"
#include "broker/session.hpp"
#include "monitor/time_text.hpp"
#include "subject/grammar.hpp"

#include <fmt/format.h>

#include <utility>

namespace leafnats::monitor {
namespace {

constexpr std::string_view connect_type = "io.nats.server.advisory.v1.client_connect";
constexpr std::string_view disconnect_type = "io.nats.server.advisory.v1.client_disconnect";

/// A client is the default account's until it has logged in, a leaf link nobody's (nats-server).
std::string_view account_of(const broker::Session& session) {
  if (session.account() != nullptr) return session.account()->name();
  return session.subscriber_kind() == broker::SubscriberKind::leaf ? "" : "$G";
}

struct Ending {
  std::int64_t stop_unix_ns;
};

void write_client(wire::JsonWriter& out, const broker::ConnectionDescription& connection,
                  std::string_view account, const Ending* ending) {
  out.open("client");
  out.add("start", rfc3339(WallClock::from_shard(connection.start_ns)));
  out.add_if("host", connection.ip);
  out.add("id", connection.id);
  out.add("acc", account.empty() ? "N/A" : account);
  out.add_if("user", connection.user);
  out.add_if("name", connection.name);
  out.add_if("lang", connection.lang);
  out.add_if("ver", connection.version);
  if (ending != nullptr) {
    out.add_if("rtt", connection.rtt_ns);
    out.add("stop", rfc3339(ending->stop_unix_ns));
  }
  out.add_if("issuer_key", connection.issuer_key);
  out.add_if("name_tag", account);
  out.add_if("tags", connection.tags);
  out.add("kind", connection.is_leaf ? "Leafnode" : "Client");
  if (!connection.is_leaf) {
    out.add("client_type", connection.over_websocket ? "websocket" : "nats");
  }
  out.close();
}

void write_counts(wire::JsonWriter& out, std::string_view key, std::uint64_t messages,
                  std::uint64_t bytes) {
  out.open(key);
  out.add("msgs", messages);
  out.add("bytes", bytes);
  out.close();
}

void publish(broker::Shard& shard, broker::AccountId account, std::string_view subject,
             std::string_view document) {
  broker::publish_locally(shard, shard.account(account), {}, {subject, {}, {}, document});
}

}  // namespace

void write_event_head(wire::JsonWriter& out, broker::Context& context, std::string_view type) {
  out.add("type", type);
  out.add("id", base::make_nuid(*context.entropy));
  out.add("timestamp", rfc3339(WallClock::now()));
}

bool is_heard(broker::Shard& shard, std::string_view subject) {
  return shard.account(broker::AccountId::system).index().has_interest(subject) &&
         subject::is_valid_literal_subject(subject);
}

std::string connections_subject(std::string_view account) {
  return fmt::format("$SYS.ACCOUNT.{}.SERVER.CONNS", account);
}

std::string old_connections_subject(std::string_view account) {
  return fmt::format("$SYS.SERVER.ACCOUNT.{}.CONNS", account);
}

SystemEvents::SystemEvents(broker::Context& context, ServerBlock& server, OnChange on_change)
    : context_(context),
      server_(server),
      on_change_(std::move(on_change)),
      login_refused_subject_(
          fmt::format("$SYS.SERVER.{}.CLIENT.AUTH.ERR", context.identity.server_id)) {}

void SystemEvents::on_connect(broker::Shard& shard, const broker::Session& session) {
  if (stopped_.load(std::memory_order_relaxed)) return;
  note_change(shard, session);
  const std::string_view account = account_of(session);
  const std::string subject = fmt::format("$SYS.ACCOUNT.{}.CONNECT", account);
  if (!is_heard(shard, subject)) return;
  wire::JsonWriter out;
  out.open();
  write_event_head(out, context_, connect_type);
  server_.write(out);
  write_client(out, session.describe(), account, nullptr);
  out.close();
  publish(shard, broker::AccountId::system, subject, std::move(out).take());
}

void SystemEvents::on_disconnect(broker::Shard& shard, const broker::Session& session,
                                 std::string_view reason) {
  if (stopped_.load(std::memory_order_relaxed)) return;
  const std::string_view account = account_of(session);
  if (account.empty() || session.subscriber_kind() == broker::SubscriberKind::upgrade) return;
  note_change(shard, session);
  const std::string subject = fmt::format("$SYS.ACCOUNT.{}.DISCONNECT", account);
  if (!is_heard(shard, subject)) return;
  publish(shard, broker::AccountId::system, subject, end_document(session, account, reason));
}

void SystemEvents::on_login_refused(broker::Shard& shard, const broker::Session& session,
                                    std::string_view reason) {
  if (stopped_.load(std::memory_order_relaxed)) return;
  const std::string_view account = account_of(session);
  if (is_heard(shard, login_refused_subject_)) {
    publish(shard, broker::AccountId::system, login_refused_subject_,
            end_document(session, account, reason));
  }
  // The owners of the account are told too, in the account itself.
  constexpr std::string_view owners_subject = "$SYS.ACCOUNT.CLIENT.AUTH.ERR";
  broker::Account* own = account.empty() ? nullptr : shard.find_account(account);
  if (own != nullptr && own->index().has_interest(owners_subject)) {
    publish(shard, own->id(), owners_subject, end_document(session, account, reason));
  }
}

std::string SystemEvents::end_document(const broker::Session& session, std::string_view account,
                                       std::string_view reason) {
  const broker::ConnectionDescription connection = session.describe();
  const Ending ending{WallClock::now()};
  wire::JsonWriter out;
  out.open();
  write_event_head(out, context_, disconnect_type);
  server_.write(out);
  write_client(out, connection, account, &ending);
  // Seen from the client.
  write_counts(out, "sent", connection.traffic.in_messages, connection.traffic.in_bytes);
  write_counts(out, "received", connection.traffic.out_messages, connection.traffic.out_bytes);
  out.add("reason", reason);
  out.close();
  return std::move(out).take();
}

void SystemEvents::note_change(broker::Shard& shard, const broker::Session& session) {
  const broker::Account* account = session.account();
  // The default account's numbers are not told (nats-server).
  if (account == nullptr || account->id() == broker::AccountId::global) return;
  if (is_heard(shard, connections_subject(account->name())) ||
      is_heard(shard, old_connections_subject(account->name()))) {
    on_change_(account->name());
  }
}

}  // namespace leafnats::monitor
