// SPDX-License-Identifier: Apache-2.0

#include "monitor/system_services.hpp"

#include "broker/local_publish.hpp"
#include "broker/shard.hpp"
#include "subject/grammar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <future>
#include <utility>

namespace leafnats::monitor {
namespace {

// nats-server's pace: quick at first, so that a new listener has numbers soon.
constexpr std::int64_t tick_ns_min = 250'000'000;
constexpr std::int64_t tick_ns_max = 10'000'000'000;
constexpr std::int64_t heartbeat_ns = 30'000'000'000;

}  // namespace

void add_system_exports(Options& options, const std::string& system_account) {
  auto system = std::find_if(options.accounts.begin(), options.accounts.end(),
                             [&](const auto& account) { return account.name == system_account; });
  if (system == options.accounts.end()) {
    options.accounts.emplace_back();
    system = std::prev(options.accounts.end());
    system->name = system_account;
  }
  const auto offer = [&](std::string subject, ResponseType type, int account_token_position) {
    for (const AccountExport& known : system->exports) {
      if (known.kind == ShareKind::service && subject::is_subset(subject, known.subject)) return;
    }
    AccountExport added;
    added.kind = ShareKind::service;
    added.subject = std::move(subject);
    added.response_type = type;
    added.account_token_position = account_token_position;
    system->exports.push_back(std::move(added));
  };
  constexpr int fourth = 4;
  offer("$SYS.REQ.ACCOUNT.*.CONNZ", ResponseType::stream, fourth);
  offer("$SYS.REQ.ACCOUNT.*.STATZ", ResponseType::stream, fourth);
  offer("$SYS.REQ.USER.*.INFO", ResponseType::singleton, fourth);
}

std::vector<AccountImport> common_imports(const broker::Context& context,
                                          const std::string& account) {
  const std::string& system = context.accounts.system_account();
  // A name that is no subject has no services of its own; one with dots would reach others'.
  if (account == system || !subject::is_valid_literal_subject(account)) return {};
  const auto service = [&](std::string subject, std::string to, bool share) {
    AccountImport import;
    import.kind = ShareKind::service;
    import.account = system;
    import.subject = std::move(subject);
    import.to = std::move(to);
    import.share = share;
    return import;
  };
  const std::string connz = fmt::format("$SYS.REQ.ACCOUNT.{}.CONNZ", account);
  return {service(connz, "$SYS.REQ.ACCOUNT.PING.CONNZ", false),
          service(connz, "$SYS.REQ.SERVER.PING.CONNZ", false),
          service(fmt::format("$SYS.REQ.ACCOUNT.{}.STATZ", account), "$SYS.REQ.ACCOUNT.PING.STATZ",
                  false),
          service(fmt::format("$SYS.REQ.USER.{}.INFO", account), "$SYS.REQ.USER.INFO", true)};
}

SystemServices::SystemServices(net::Engine& engine, broker::Context& context)
    : engine_(engine),
      context_(context),
      server_(context),
      requests_(engine, context, server_),
      events_(context, server_,
              [this](const std::string& account) { on_account_change(account); }) {}

void SystemServices::start() {
  std::promise<void> done;
  const bool posted = engine_.first_reactor()->post([&] {
    subscribe();
    done.set_value();
  });
  if (posted) done.get_future().wait();
}

void SystemServices::subscribe() {
  session_ = &shard().open_local(*this, broker::AccountId::system);
  subscribe_to(requests_.subjects());
  if (claims_) subscribe_to(ClaimsServices::subjects());
  shard().account(broker::AccountId::system).observe(this);
  on_interest();
}

void SystemServices::subscribe_to(const std::vector<std::string>& subjects) {
  std::uint64_t sid = session_->subscription_count();
  for (const std::string& subject : subjects) {
    // They are ours, so they are valid.
    if (auto subscribed = session_->subscribe(++sid, subject, {}, 0); !subscribed) {
      context_.log(LogLevel::error, subscribed.error().message());
    }
  }
}

void SystemServices::keep_claims(ClaimsKeeper& keeper, auth::Worker& worker) {
  claims_.emplace(engine_, context_, server_, keeper, worker);
}

void SystemServices::on_messages(std::vector<broker::LocalDelivery>& messages) {
  for (const broker::LocalDelivery& message : messages) {
    SystemRequest request{std::string(message.subject), std::string(message.reply),
                          std::string(message.headers), std::string(message.payload),
                          message.publisher};
    const std::size_t place = message.sid - 1;
    if (place < requests_.size()) {
      requests_.handle(place, std::move(request));
    } else {
      claims_->handle(place - requests_.size(), request);
    }
  }
}

// ---- What is published without being asked for ----

bool SystemServices::anybody_else() {
  return session_ != nullptr && shard().account(broker::AccountId::system).index().size() >
                                    session_->subscription_count();
}

void SystemServices::on_interest() {
  if (ticking_ || !anybody_else()) return;
  ticking_ = true;
  tick_ns_ = tick_ns_min;
  heartbeat_due_ns_ = shard().now() + heartbeat_ns;
  shard().timers().set(*this, shard().now() + tick_ns_);
}

void SystemServices::on_deadline(std::int64_t now_ns) {
  publish_changes();
  ticking_ = anybody_else();
  if (!ticking_) return;
  const std::string statsz = fmt::format("$SYS.SERVER.{}.STATSZ", context_.identity.server_id);
  if (is_heard(shard(), statsz)) requests_.publish_statsz(statsz);
  if (now_ns >= heartbeat_due_ns_) {
    heartbeat_due_ns_ = now_ns + heartbeat_ns;
    publish_all_connections();
  }
  tick_ns_ = std::min(2 * tick_ns_, tick_ns_max);
  shard().timers().set(*this, now_ns + tick_ns_);
}

void SystemServices::on_account_change(const std::string& account) {
  engine_.first_reactor()->post([this, account] {
    // What changes while the numbers are being gathered is told once more.
    const bool first = changed_.empty();
    changed_.insert(account);
    if (first) engine_.first_reactor()->post([this] { publish_changes(); });
  });
}

void SystemServices::publish_changes() {
  for (const std::string& account : std::exchange(changed_, {})) {
    requests_.publish_connections(account,
                                  {old_connections_subject(account), connections_subject(account)},
                                  Silence::never);
  }
}

void SystemServices::publish_all_connections() {
  for (const std::string& account : requests_.account_names()) {
    if (account == "$G") continue;
    if (!is_heard(shard(), connections_subject(account)) &&
        !is_heard(shard(), old_connections_subject(account))) {
      continue;
    }
    requests_.publish_connections(account,
                                  {old_connections_subject(account), connections_subject(account)},
                                  Silence::without_connections);
  }
}

// ---- Good-bye ----

void SystemServices::say_good_bye(std::string_view last_token) {
  std::promise<void> done;
  const bool posted = engine_.first_reactor()->post([&] {
    const std::string subject =
        fmt::format("$SYS.SERVER.{}.{}", context_.identity.server_id, last_token);
    if (is_heard(shard(), subject)) {
      wire::JsonWriter out;
      out.open();
      server_.write_fields(out);
      out.close();
      broker::publish_locally(shard(), shard().account(broker::AccountId::system), {},
                              {subject, {}, {}, std::move(out).take()});
    }
    done.set_value();
  });
  if (posted) done.get_future().wait();
}

void SystemServices::announce_lame_duck() { say_good_bye("LAMEDUCK"); }

void SystemServices::stop() {
  events_.stop();
  say_good_bye("SHUTDOWN");
}

}  // namespace leafnats::monitor
