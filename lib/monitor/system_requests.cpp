// SPDX-License-Identifier: Apache-2.0

#include "monitor/system_requests.hpp"

#include "base/limits.hpp"
#include "broker/account.hpp"
#include "broker/client_session.hpp"
#include "broker/local_publish.hpp"
#include "monitor/connections_document.hpp"
#include "monitor/gather.hpp"
#include "monitor/leafs_document.hpp"
#include "monitor/subscriptions_document.hpp"
#include "monitor/system_events.hpp"
#include "monitor/user_document.hpp"
#include "subject/grammar.hpp"
#include "wire/headers.hpp"

#include <fmt/format.h>

#include <atomic>
#include <utility>

namespace leafnats::monitor {
namespace {

constexpr int bad_request = 400;
constexpr int internal_error = 500;

constexpr std::string_view conns_type = "io.nats.server.advisory.v1.account_connections";

/// Which servers a request is for.
struct ServerFilter {
  std::string name;
  std::string cluster;
  std::string host;
  bool exact_match = false;
  std::vector<std::string> tags;
  std::string domain;

  [[nodiscard]] bool admits(const broker::Identity& identity) const {
    const auto fits = [this](const std::string& wanted, const std::string& own) {
      if (wanted.empty()) return true;
      return exact_match ? own == wanted : own.find(wanted) != std::string::npos;
    };
    // This server has neither tags nor a JetStream domain.
    return fits(name, identity.server_name) && fits(host, identity.client_info.host) &&
           fits(cluster, identity.cluster) && tags.empty() && domain.empty();
  }
};

/// Subjects name an account in their fourth token.
constexpr int account_position = 3;

}  // namespace

std::string SystemRequest::account() const {
  int position = 0;
  for (const std::string_view token : subject::Tokens(subject)) {
    if (position++ == account_position) return std::string(token);
  }
  return {};
}

SystemRequests::SystemRequests(net::Engine& engine, broker::Context& context, ServerBlock& server)
    : engine_(engine), context_(context), server_(server), start_unix_ns_(WallClock::now()) {
  services_.push_back({"$SYS.REQ.SERVER.PING", &SystemRequests::on_statsz});
  add_server_service("IDZ", &SystemRequests::on_idz);
  add_server_service("STATSZ", &SystemRequests::on_statsz);
  add_server_service("VARZ", &SystemRequests::on_varz);
  add_server_service("CONNZ", &SystemRequests::on_connz);
  add_server_service("SUBSZ", &SystemRequests::on_subsz);
  add_server_service("LEAFZ", &SystemRequests::on_leafz);
  add_server_service("ACCOUNTZ", &SystemRequests::on_accountz);
  add_server_service("ROUTEZ", &SystemRequests::on_routez);
  add_server_service("GATEWAYZ", &SystemRequests::on_gatewayz);
  add_server_service("JSZ", &SystemRequests::on_jsz);
  add_server_service("HEALTHZ", &SystemRequests::on_healthz);
  add_account_service("CONNZ", &SystemRequests::on_account_connz);
  add_account_service("SUBSZ", &SystemRequests::on_account_subsz);
  add_account_service("LEAFZ", &SystemRequests::on_account_leafz);
  add_account_service("INFO", &SystemRequests::on_account_info);
  add_account_service("STATZ", &SystemRequests::on_account_statz);
  add_account_service("CONNS", &SystemRequests::on_account_conns);
  add_account_service("JSZ", &SystemRequests::on_account_jsz);
  services_.push_back({"$SYS.REQ.ACCOUNT.PING.STATZ", &SystemRequests::on_all_statz});
  services_.push_back({"$SYS.REQ.USER.INFO", &SystemRequests::on_user_info});
  services_.push_back({"$SYS.REQ.USER.*.INFO", &SystemRequests::on_user_info});
  const std::string own = "$SYS.REQ.SERVER." + context.identity.server_id;
  services_.push_back({own + ".KICK", &SystemRequests::on_kick});
  services_.push_back({own + ".LDM", &SystemRequests::on_lame_duck});
  services_.push_back({own + ".RELOAD", &SystemRequests::on_reload});
}

void SystemRequests::add_server_service(std::string_view name, Handler handler) {
  services_.push_back({fmt::format("$SYS.REQ.SERVER.PING.{}", name), handler});
  services_.push_back(
      {fmt::format("$SYS.REQ.SERVER.{}.{}", context_.identity.server_id, name), handler});
}

void SystemRequests::add_account_service(std::string_view name, Handler handler) {
  services_.push_back({fmt::format("$SYS.REQ.ACCOUNT.*.{}", name), handler});
}

std::vector<std::string> SystemRequests::subjects() const {
  std::vector<std::string> all;
  for (const Service& service : services_) all.push_back(service.subject);
  return all;
}

void SystemRequests::handle(std::size_t place, SystemRequest request) {
  const Service& service = services_[place];
  // Only STATSZ has somewhere to go without a reply subject.
  if (request.reply.empty() && service.handler != &SystemRequests::on_statsz) return;
  if (in_progress_ >= limits::monitor_requests_max) {
    context_.log(LogLevel::warning, "system account: too many requests at once, one is dropped");
    return;
  }
  (this->*service.handler)(request);
}

// ---- Reading and answering ----

bool SystemRequests::read(const SystemRequest& request, Fields fields) {
  ServerFilter filter;
  fields.insert(fields.end(), {{"server_name", &filter.name},
                               {"cluster", &filter.cluster},
                               {"host", &filter.host},
                               {"exact_match", &filter.exact_match},
                               {"tags", &filter.tags},
                               {"domain", &filter.domain}});
  if (request.payload.empty()) return true;
  if (auto read = json_.read(request.payload, fields); !read) {
    answer_error(request, bad_request, read.error().message());
    return false;
  }
  return filter.admits(context_.identity);
}

void SystemRequests::answer(const SystemRequest& request, const Document& document) {
  if (!document) {
    answer_error(request, internal_error, document.error().message());
    return;
  }
  if (document->size() > limits::monitor_answer_bytes_max) {
    answer_error(request, internal_error,
                 fmt::format("the answer has {} bytes, ask for less with offset and limit",
                             document->size()));
    return;
  }
  wire::JsonWriter out;
  out.open();
  server_.write(out);
  if (!document->empty()) out.add_json("data", *document);
  out.close();
  // Compression is on offer in nats-server; who asks for it is told that there is none here.
  const auto headers = wire::HeaderBlock::parse(request.headers);
  std::string encoding;
  if (headers && headers->find("Accept-Encoding")) {
    wire::HeaderBuilder builder;
    if (builder.add("Content-Encoding", "identity")) encoding = std::move(builder).finish();
  }
  publish(request.reply, encoding, std::move(out).take());
}

void SystemRequests::answer_error(const SystemRequest& request, int code, std::string_view text) {
  wire::JsonWriter out;
  out.open();
  server_.write(out);
  out.open("error");
  out.add("code", code);
  out.add_if("description", text);
  out.close();
  out.close();
  publish(request.reply, {}, std::move(out).take());
}

void SystemRequests::publish(const std::string& subject, std::string_view headers,
                             std::string_view payload) {
  if (!subject::is_valid_literal_subject(subject)) return;
  broker::Shard& shard = engine_.first_reactor()->shard();
  broker::publish_locally(shard, shard.account(broker::AccountId::system), {},
                          {subject, {}, headers, payload});
}

template <class Part, class Options>
void SystemRequests::answer_from_shards(const SystemRequest& request, Options options,
                                        std::string (*document)(const std::string&,
                                                                const Options&,
                                                                std::vector<Part>&)) {
  ++in_progress_;
  gather<Part>(
      engine_, [options](broker::Shard& shard, Part& part) { part.collect(options, shard); },
      [this, request, options, document](std::vector<Part>& parts) {
        --in_progress_;
        answer(request, document(context_.identity.server_id, options, parts));
      });
}

ServerFacts SystemRequests::facts() const {
  return {context_, start_unix_ns_, engine_.shards()};
}

void SystemRequests::with_numbers(std::function<void(const ServerNumbers& numbers)> use) {
  ++in_progress_;
  gather<ServerPart>(
      engine_, [](broker::Shard& shard, ServerPart& part) { part.collect(shard); },
      [this, use = std::move(use)](std::vector<ServerPart>& parts) {
        --in_progress_;
        use(ServerNumbers::make(parts, context_, usage_));
      });
}

// ---- The server ----

void SystemRequests::on_idz(const SystemRequest& request) {
  // Without an envelope, and without a filter (nats-server).
  publish(request.reply, {}, idz_document(context_));
}

void SystemRequests::on_statsz(const SystemRequest& request) {
  if (!read(request, {})) return;
  publish_statsz(request.reply.empty()
                     ? fmt::format("$SYS.SERVER.{}.STATSZ", context_.identity.server_id)
                     : request.reply);
}

void SystemRequests::publish_statsz(const std::string& subject) {
  with_numbers([this, subject](const ServerNumbers& numbers) {
    wire::JsonWriter out;
    out.open();
    server_.write(out);
    write_statsz(out, facts(), numbers);
    out.close();
    publish(subject, {}, std::move(out).take());
  });
}

void SystemRequests::on_varz(const SystemRequest& request) {
  if (!read(request, {})) return;
  with_numbers([this, request](const ServerNumbers& numbers) {
    answer(request, varz_document(facts(), numbers));
  });
}

void SystemRequests::on_routez(const SystemRequest& request) {
  if (read(request, {})) answer(request, routez_document(context_));
}

void SystemRequests::on_gatewayz(const SystemRequest& request) {
  if (read(request, {})) answer(request, gatewayz_document(context_));
}

void SystemRequests::on_jsz(const SystemRequest& request) {
  if (read(request, {})) answer(request, jsz_document(context_));
}

void SystemRequests::on_account_jsz(const SystemRequest& request) {
  if (read(request, {})) answer_error(request, internal_error, "jetstream not enabled");
}

void SystemRequests::on_healthz(const SystemRequest& request) {
  if (read(request, {})) answer(request, healthz_document());
}

// ---- Connections, subscriptions, leaf links ----

void SystemRequests::on_connz(const SystemRequest& request) {
  ConnectionsOptions options;
  if (!read(request, options.fields())) return;
  if (auto settled = options.settle(); !settled) {
    answer(request, settled.error());
    return;
  }
  answer_from_shards<ConnectionsPart>(request, std::move(options), &connections_document);
}

void SystemRequests::on_account_connz(const SystemRequest& request) {
  ConnectionsOptions options;
  if (!read(request, options.fields())) return;
  options.account = request.account();  // whatever the request says: its subject was granted
  if (auto settled = options.settle(); !settled) {
    answer(request, settled.error());
    return;
  }
  answer_from_shards<ConnectionsPart>(request, std::move(options), &connections_document);
}

void SystemRequests::on_subsz(const SystemRequest& request) {
  SubscriptionsOptions options;
  if (!read(request, options.fields())) return;
  if (auto settled = options.settle(); !settled) {
    answer(request, settled.error());
    return;
  }
  answer_from_shards<SubscriptionsPart>(request, std::move(options), &subscriptions_document);
}

void SystemRequests::on_account_subsz(const SystemRequest& request) {
  SubscriptionsOptions options;
  if (!read(request, options.fields())) return;
  options.account = request.account();
  options.subscriptions = true;
  if (auto settled = options.settle(); !settled) {
    answer(request, settled.error());
    return;
  }
  answer_from_shards<SubscriptionsPart>(request, std::move(options), &subscriptions_document);
}

void SystemRequests::on_leafz(const SystemRequest& request) {
  LeafsOptions options;
  if (!read(request, options.fields())) return;
  answer_from_shards<LeafsPart>(request, std::move(options), &leafs_document);
}

void SystemRequests::on_account_leafz(const SystemRequest& request) {
  LeafsOptions options;
  if (!read(request, options.fields())) return;
  options.account = request.account();
  answer_from_shards<LeafsPart>(request, std::move(options), &leafs_document);
}

// ---- Accounts ----

void SystemRequests::answer_account(const SystemRequest& request, const std::string& account,
                                    std::function<std::string(std::string detail)> wrap) {
  ++in_progress_;
  gather<AccountsPart>(
      engine_, [](broker::Shard& shard, AccountsPart& part) { part.collect(shard); },
      [this, request, account, wrap = std::move(wrap)](std::vector<AccountsPart>& parts) {
        --in_progress_;
        const auto all = sum_accounts(parts);
        const auto found = all.find(account);
        if (found == all.end()) {
          answer_error(request, internal_error,
                       fmt::format("Account {} does not exist", account));
          return;
        }
        answer(request, wrap(account_detail(context_, account, found->second, start_unix_ns_)));
      });
}

void SystemRequests::on_accountz(const SystemRequest& request) {
  std::string account;
  if (!read(request, {{"account", &account}})) return;
  if (!account.empty()) {
    answer_account(request, account, [this](const std::string& detail) {
      return accountz_document(context_, detail);
    });
    return;
  }
  answer(request, accountz_document(context_, account_names()));
}

void SystemRequests::on_account_info(const SystemRequest& request) {
  if (!read(request, {})) return;
  answer_account(request, request.account(), [](std::string detail) { return detail; });
}

std::vector<std::string> SystemRequests::account_names() const {
  std::vector<std::string> names;
  engine_.first_reactor()->shard().for_each_account(
      [&](const broker::Account& account) { names.push_back(account.name()); });
  return names;
}

void SystemRequests::on_account_statz(const SystemRequest& request) {
  AccountStatzOptions options;
  if (!read(request, options.fields())) return;
  if (request.account() == "PING") return;  // on_all_statz() answers
  options.accounts = {request.account()};
  answer_statz(request, std::move(options));
}

void SystemRequests::on_all_statz(const SystemRequest& request) {
  AccountStatzOptions options;
  if (read(request, options.fields())) answer_statz(request, std::move(options));
}

void SystemRequests::answer_statz(const SystemRequest& request, AccountStatzOptions options) {
  ++in_progress_;
  gather<AccountsPart>(
      engine_, [](broker::Shard& shard, AccountsPart& part) { part.collect(shard); },
      [this, request, options = std::move(options)](std::vector<AccountsPart>& parts) {
        --in_progress_;
        const std::string document =
            account_statz_document(context_.identity.server_id, options, parts);
        if (!document.empty()) answer(request, document);
      });
}

void SystemRequests::on_account_conns(const SystemRequest& request) {
  std::string account = request.account();
  // Servers ask each other; what they say in the payload must be what the subject says.
  std::string named = account;
  if (!request.payload.empty()) {
    const Fields fields{{"acc", &named}};
    if (!json_.read(request.payload, fields) || named != account) return;
  }
  publish_connections(account, {request.reply}, Silence::without_connections);
}

void SystemRequests::publish_connections(const std::string& account,
                                         std::vector<std::string> subjects, Silence silence) {
  ++in_progress_;
  gather<AccountsPart>(
      engine_, [](broker::Shard& shard, AccountsPart& part) { part.collect(shard); },
      [this, account, silence,
       subjects = std::move(subjects)](std::vector<AccountsPart>& parts) {
        --in_progress_;
        const auto all = sum_accounts(parts);
        const auto found = all.find(account);
        if (found == all.end()) return;
        const AccountNumbers& numbers = found->second;
        const bool unused = numbers.clients + numbers.leafs == 0;
        if (unused && silence == Silence::without_connections) return;
        for (const std::string& subject : subjects) {
          wire::JsonWriter out;
          out.open();
          write_event_head(out, context_, conns_type);
          server_.write(out);
          write_account_numbers(out, account, numbers);
          out.close();
          publish(subject, {}, std::move(out).take());
        }
      });
}

// ---- Users ----

void SystemRequests::on_user_info(const SystemRequest& request) {
  // Who asks is known from where the message came from, not from what it says.
  const std::uint64_t connection = request.publisher.number;
  const bool direct = request.subject == "$SYS.REQ.USER.INFO";
  const std::string account = direct ? std::string() : request.account();
  ++in_progress_;
  gather<UserPart>(
      engine_,
      [connection](broker::Shard& shard, UserPart& part) { part.collect(connection, shard); },
      [this, request, account](std::vector<UserPart>& parts) {
        --in_progress_;
        for (const UserPart& part : parts) {
          if (!part.found || (!account.empty() && part.account != account)) continue;
          answer(request, user_document(part));
          return;
        }
        answer_error(request, bad_request, {});
      });
}

// ---- Orders ----

void SystemRequests::act_on_connection(const SystemRequest& request,
                                       std::function<bool(broker::Session& session)> act) {
  std::uint64_t cid = 0;
  const Fields fields{{"cid", &cid}};
  if (!json_.read(request.payload, fields)) {
    context_.log(LogLevel::error, "system account: a request names no connection");
    return;
  }
  ++in_progress_;
  gather<char>(
      engine_,
      [cid, act = std::move(act)](broker::Shard& shard, char& done) {
        broker::Session* session = shard.find_session(cid);
        done = session != nullptr && !session->closing() && act(*session) ? 1 : 0;
      },
      [this, request](std::vector<char>& parts) {
        --in_progress_;
        for (const char done : parts) {
          if (done != 0) {
            answer(request, std::string());
            return;
          }
        }
        answer_error(request, internal_error, "no such client or leafnode id");
      });
}

void SystemRequests::on_kick(const SystemRequest& request) {
  act_on_connection(request, [](broker::Session& session) {
    session.close(broker::CloseReason::kicked);
    return true;
  });
}

void SystemRequests::on_lame_duck(const SystemRequest& request) {
  act_on_connection(request, [](broker::Session& session) {
    if (session.subscriber_kind() != broker::SubscriberKind::client) return false;
    static_cast<broker::ClientSession&>(session).announce_lame_duck();
    return true;
  });
}

void SystemRequests::on_reload(const SystemRequest& request) {
  if (read(request, {})) {
    answer_error(request, internal_error, "this server does not reload its configuration");
  }
}

}  // namespace leafnats::monitor
