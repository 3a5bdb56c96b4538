// SPDX-License-Identifier: Apache-2.0

#include "monitor/claims_services.hpp"

#include "auth/claims.hpp"
#include "auth/jwt.hpp"
#include "auth/nkey.hpp"
#include "broker/account.hpp"
#include "broker/local_publish.hpp"
#include "monitor/system_requests.hpp"
#include "subject/grammar.hpp"

#include <fmt/format.h>

#include <utility>

namespace leafnats::monitor {
namespace {

constexpr std::string_view update_failed = "jwt update resulted in error";

Error refused(std::string why) { return {Errc::authorization, std::move(why)}; }

/// "accounts" of a generic token, whichever version it has.
const wire::JsonValue* find_accounts(const wire::JsonValue& payload) {
  const wire::JsonValue* nats = payload.find("nats");
  return nats == nullptr ? nullptr : nats->find("accounts");
}

}  // namespace

ClaimsServices::ClaimsServices(net::Engine& engine, broker::Context& context, ServerBlock& server,
                               ClaimsKeeper& keeper, auth::Worker& worker)
    : engine_(engine), context_(context), server_(server), keeper_(keeper), worker_(worker) {}

std::vector<std::string> ClaimsServices::subjects() {
  return {"$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP", "$SYS.REQ.ACCOUNT.*.CLAIMS.UPDATE",
          "$SYS.REQ.CLAIMS.UPDATE", "$SYS.REQ.CLAIMS.LIST", "$SYS.REQ.CLAIMS.DELETE"};
}

void ClaimsServices::handle(std::size_t place, const SystemRequest& request) {
  const bool taken = worker_.submit([this, place, request] {
    switch (place) {
      case 0: look_up(request); break;
      case 1: update(request, true); break;
      case 2: update(request, false); break;
      case 3: list(request); break;
      default: remove(request); break;
    }
  });
  if (!taken) context_.log(LogLevel::warning, "system account: a request for tokens is dropped");
}

void ClaimsServices::look_up(const SystemRequest& request) {
  const std::string account = request.account();
  // A name that is no key must not become a path (CVE-2022-28357); nobody has its token anyway.
  if (request.reply.empty() || !auth::is_public_key(account, auth::NkeyKind::account_key)) return;
  keeper_.fetch(account, [this, reply = request.reply](const Result<std::string>& token) {
    publish(reply, token ? *token : std::string());  // nothing: there is none (nats-server)
  });
}

void ClaimsServices::update(const SystemRequest& request, bool named_by_subject) {
  answer(request.reply,
         update_from(request.payload, named_by_subject ? request.account() : std::string()));
}

ClaimsServices::Outcome ClaimsServices::update_from(const std::string& token,
                                                    const std::string& account) {
  const Result<auth::AccountClaims> claims = auth::decode_account(token);
  if (!claims) return {"n/a", std::string(update_failed), claims.error()};
  if (!account.empty() && claims->subject != account) {
    return {account, std::string(update_failed), refused("subject does not match jwt content")};
  }
  Result<void> updated = keeper_.update(token);
  std::string message(updated ? "jwt updated" : update_failed);
  return {claims->subject, std::move(message), std::move(updated)};
}

void ClaimsServices::list(const SystemRequest& request) {
  if (request.reply.empty()) return;
  wire::JsonWriter out;
  out.open();
  out.add("data", keeper_.list());
  server_.write(out);
  out.close();
  publish(request.reply, std::move(out).take());
}

void ClaimsServices::remove(const SystemRequest& request) {
  answer(request.reply, remove_from(request.payload));
}

ClaimsServices::Outcome ClaimsServices::remove_from(const std::string& token) {
  std::string who;
  const Result<std::vector<std::string>> accounts = accounts_to_remove(token, who);
  if (!accounts) {
    return {{}, fmt::format("delete accounts request by {} failed", who), accounts.error()};
  }
  std::size_t removed = 0;
  std::string failures;
  for (const std::string& account : *accounts) {
    if (auto done = keeper_.remove(account)) {
      ++removed;
    } else {
      failures += (failures.empty() ? "" : "\n") + done.error().message();
    }
  }
  if (failures.empty()) return {{}, fmt::format("deleted {} accounts", removed), {}};
  return {{},
          fmt::format("deleted {} accounts, failed for {}", removed, accounts->size() - removed),
          Error{Errc::io_error, failures}};
}

/// Only an operator orders deletions, in a token that it signed for itself.
Result<std::vector<std::string>> ClaimsServices::accounts_to_remove(const std::string& token,
                                                                    std::string& who) const {
  const Result<auth::Token> order = auth::decode_token(token);
  if (!order) return order.error();
  const wire::JsonValue* subject = order->payload.find("sub");
  if (subject != nullptr && subject->text() != nullptr) who = *subject->text();
  if (!keeper_.may_delete()) return refused("delete must be enabled in server config");
  if (who != order->issuer.text()) return refused("not self signed");
  if (!keeper_.is_operator_key(who)) return refused("not trusted");
  const wire::JsonValue* list = find_accounts(order->payload);
  if (list == nullptr || list->array() == nullptr) return refused("malformed request");
  std::vector<std::string> accounts;
  for (const wire::JsonValue& account : *list->array()) {
    if (account.text() == nullptr ||
        !auth::is_public_key(*account.text(), auth::NkeyKind::account_key)) {
      return refused("malformed request");
    }
    if (*account.text() == context_.accounts.system_account()) {
      return refused("not allowed to delete system account");
    }
    accounts.push_back(*account.text());
  }
  return accounts;
}

void ClaimsServices::answer(const std::string& reply, const Outcome& outcome) {
  constexpr int ok = 200;
  constexpr int failed = 500;
  const std::string why = outcome.result ? std::string() : outcome.result.error().message();
  context_.log(outcome.result ? LogLevel::debug : LogLevel::error,
               fmt::format("{}{}{}{}{}", outcome.message, outcome.account.empty() ? "" : " - ",
                           outcome.account, why.empty() ? "" : " - ", why));
  if (reply.empty()) return;
  wire::JsonWriter out;
  out.open();
  server_.write(out);
  out.open(outcome.result ? "data" : "error");
  out.add_if("account", outcome.account);
  out.add("code", outcome.result ? ok : failed);
  if (outcome.result) {
    out.add("message", outcome.message);
  } else {
    out.add("description", outcome.message + " - " + why);
  }
  out.close();
  out.close();
  publish(reply, std::move(out).take());
}

void ClaimsServices::publish(const std::string& reply, std::string payload) {
  auto& first = *engine_.first_reactor();
  first.post([&first, reply, payload = std::move(payload)] {
    if (!subject::is_valid_literal_subject(reply)) return;
    broker::Shard& shard = first.shard();
    broker::publish_locally(shard, shard.account(broker::AccountId::system), {},
                            {reply, {}, {}, payload});
  });
}

}  // namespace leafnats::monitor
