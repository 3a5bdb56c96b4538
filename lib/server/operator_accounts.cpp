// SPDX-License-Identifier: Apache-2.0
//
// Changes go to every shard: first the accounts, then what logins are left.

#include "server/operator_accounts.hpp"

#include "auth/account_resolver.hpp"
#include "base/limits.hpp"
#include "monitor/system_services.hpp"
#include "net/engine.hpp"
#include "net/jwt_directory.hpp"
#include "net/url_resolver.hpp"

#include <algorithm>
#include <fstream>
#include <future>
#include <utility>

namespace leafnats::server {
namespace {

/// A timer is set anew at least this often, as the time of day may be changed.
constexpr std::int64_t longest_wait_seconds = 60;

Result<std::unique_ptr<auth::AccountResolver>> make_resolver(const ResolverOptions& options) {
  using Kind = ResolverOptions::Kind;
  switch (options.kind) {
    case Kind::none:
    case Kind::memory: break;
    case Kind::url: return net::make_url_resolver(options);
    case Kind::full:
    case Kind::cache: return net::make_jwt_directory(options);
  }
  return std::unique_ptr<auth::AccountResolver>(std::make_unique<auth::MemoryResolver>());
}

/// Every token begins so: it is JSON in base64. Anything else is the name of a file.
constexpr std::string_view token_begin = "eyJ";

Result<OperatorOptions> with_operators_read(OperatorOptions options) {
  for (std::string& text : options.operators) {
    if (text.starts_with(token_begin)) continue;
    std::ifstream file(text, std::ios::binary);
    std::string content(limits::jwt_bytes_max, '\0');
    file.read(content.data(), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    if (content.empty()) {
      return Error{Errc::invalid_config, "operator: no JWT, and no file that can be read: " + text};
    }
    text = std::move(content);
  }
  return options;
}

/// What the system account exports beside what its own token says.
AccountOptions with_system_exports(AccountOptions account) {
  const std::string name = account.name;
  Options only;
  only.accounts.push_back(std::move(account));
  monitor::add_system_exports(only, name);
  return std::move(only.accounts.front());
}

}  // namespace

Result<std::unique_ptr<OperatorAccounts>> OperatorAccounts::make(broker::Context& context,
                                                                 auth::Worker& worker,
                                                                 auth::LateAnswer answer) {
  auto resolver = make_resolver(context.options.operator_mode.resolver);
  if (!resolver) return std::move(resolver).error();
  std::unique_ptr<OperatorAccounts> made(new OperatorAccounts(context, worker));
  const auto options = with_operators_read(context.options.operator_mode);
  if (!options) return options.error();
  auto mode = auth::OperatorMode::make(
      *options,
      {*context.clock, made->zones_, worker, std::move(answer), std::move(*resolver),
       [&context](AccountOptions account) {
         const bool is_system = account.name == context.accounts.system_account();
         return context.accounts.put(is_system ? with_system_exports(std::move(account))
                                               : std::move(account));
       },
       [&context](const std::string& account) { context.accounts.remove(account); },
       [self = made.get()] { self->on_changed(); },
       [&context](std::string_view line) { context.log(LogLevel::warning, line); }});
  if (!mode) return std::move(mode).error();
  made->mode_ = std::move(*mode);
  made->system_account_ = context.options.system_account.empty() ? made->mode_->system_account()
                                                                 : context.options.system_account;
  return made;
}

void OperatorAccounts::attach(net::Engine& engine) {
  reactor_ = engine.first_reactor();
  engine_.store(&engine);
  on_changed();
}

void OperatorAccounts::detach() {
  if (engine_.exchange(nullptr) == nullptr) return;
  std::promise<void> done;
  const bool posted = reactor_->post([&] {
    reactor_->shard().timers().remove(*this);
    done.set_value();
  });
  if (posted) done.get_future().wait();
  // Its shard refers to what the server has made beside the engine, and has to end before that.
  reactor_.reset();
}

void OperatorAccounts::on_changed() {
  net::Engine* const engine = engine_.load();
  if (engine == nullptr) return;
  engine->adopt_accounts();
  engine->review_logins([this](const broker::Account&, const auth::Login* login) {
    const auto end = login != nullptr ? mode_->review(*login) : std::nullopt;
    if (!end) return std::optional<broker::CloseReason>();
    return std::optional(*end == auth::LoginEnd::expired
                             ? broker::CloseReason::authentication_expired
                             : broker::CloseReason::authentication_revoked);
  });
  reactor_->post([this] { arm(); });
}

void OperatorAccounts::arm() {
  if (engine_.load() == nullptr) return;
  broker::Shard& shard = reactor_->shard();
  const std::int64_t expiry = mode_->next_expiry();
  if (expiry == 0) return shard.timers().remove(*this);
  const std::int64_t seconds =
      std::clamp<std::int64_t>(expiry - context_.clock->unix_seconds(), 0, longest_wait_seconds);
  shard.timers().set(*this, shard.now() + (seconds + 1) * 1'000'000'000);
}

void OperatorAccounts::on_deadline(std::int64_t) {
  const std::int64_t expiry = mode_->next_expiry();
  if (expiry == 0) return;
  if (expiry > context_.clock->unix_seconds()) return arm();
  // Activations are verified anew: not on a shard.
  if (!worker_.submit([this] { mode_->refresh(); })) arm();
}

}  // namespace leafnats::server
