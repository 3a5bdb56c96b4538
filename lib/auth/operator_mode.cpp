// SPDX-License-Identifier: Apache-2.0
//
// Trust runs from the operators' keys to accounts, and from accounts to users and activations;
// nothing is taken from a token before whoever signed it is trusted.

#include "auth/operator_mode.hpp"

#include "auth/claims.hpp"
#include "auth/credentials.hpp"
#include "base/limits.hpp"
#include "subject/grammar.hpp"

#include <algorithm>
#include <utility>

namespace leafnats::auth {
namespace {

Login refuse(const LoginRequest& request, std::string why) {
  Login login;
  login.user = request.user.empty() ? request.nkey : request.user;
  login.refusal = std::move(why);
  return login;
}

/// The token at a place of a subject.
std::string_view token_at(std::string_view text, int position) noexcept {
  int at = 0;
  for (const std::string_view token : subject::Tokens(text)) {
    if (++at == position) return token;
  }
  return {};
}

/// The export that an import means: the very subject, or else one that covers it.
const ClaimedExport* find_export(const AccountClaims& exporter, const ClaimedImport& import) {
  const std::string& wanted = exported_subject(import);
  const ClaimedExport* covering = nullptr;
  for (const ClaimedExport& exported : exporter.exports) {
    if (exported.export_.kind != import.kind) continue;
    if (exported.export_.subject == wanted) return &exported;
    if (!covering && subject::is_subset(wanted, exported.export_.subject)) covering = &exported;
  }
  return covering;
}

}  // namespace

// ---- What is trusted ----

Result<std::unique_ptr<OperatorMode>> OperatorMode::make(const OperatorOptions& options,
                                                         Parts parts) {
  if (!has_key_operations()) {
    return Error{Errc::not_supported, "operator mode needs keys, which a build without TLS lacks"};
  }
  std::unique_ptr<OperatorMode> mode(new OperatorMode(std::move(parts)));
  if (auto trusted = mode->trust(options); !trusted) return trusted.error();
  for (const ResolverOptions::Preloaded& preloaded : options.resolver.preload) {
    const std::string token(find_token(preloaded.jwt));
    const Result<AccountClaims> claims = decode_account(token);
    if (!claims || claims->subject != preloaded.account) {
      return Error{Errc::invalid_config, "preload account error for \"" + preloaded.account +
                                             "\": " + (claims ? "of another account"
                                                              : claims.error().message())};
    }
    mode->preloaded_.push_back(token);
  }
  return mode;
}

Result<void> OperatorMode::trust(const OperatorOptions& options) {
  for (const std::string& text : options.operators) {
    const Result<OperatorClaims> claims = decode_operator(find_token(text));
    if (!claims) return Error{Errc::invalid_config, "operator: " + claims.error().message()};
    if (auto checked = check(*claims, parts_.clock.unix_seconds()); !checked) {
      return Error{Errc::invalid_config, "operator: " + checked.error().message()};
    }
    if (!claims->strict_signing_keys) trusted_keys_.insert(claims->subject);
    trusted_keys_.insert(claims->signing_keys.begin(), claims->signing_keys.end());
    if (claims->strict_signing_keys) {
      strict_keys_.insert(claims->signing_keys.begin(), claims->signing_keys.end());
    }
    if (system_account_.empty()) system_account_ = claims->system_account;
  }
  for (const std::string& key : options.trusted_keys) {
    if (!is_public_key(key, NkeyKind::operator_key)) {
      return Error{Errc::invalid_config, "trusted keys must be public operator keys"};
    }
    trusted_keys_.insert(key);
  }
  return {};
}

Result<OperatorMode::Account> OperatorMode::verify(std::string_view token) const {
  Result<AccountClaims> claims = decode_account(token);
  if (!claims) return std::move(claims).error();
  if (trusted_keys_.find(claims->issuer) == trusted_keys_.end()) {
    return Error{Errc::authorization, "account JWT not signed by trusted operator"};
  }
  if (auto checked = check(*claims, parts_.clock.unix_seconds()); !checked) {
    return Error{Errc::invalid_argument, "account JWT: " + checked.error().context};
  }
  auto account = std::make_shared<TrustedAccount>();
  account->strict_signing_keys = strict_keys_.find(claims->issuer) != strict_keys_.end();
  account->claims = std::move(*claims);
  account->token = std::string(trim(token));
  return Account(std::move(account));
}

// ---- Accounts come and change ----

void OperatorMode::start(const std::string& system_account) {
  for (const std::string& token : preloaded_) {
    const Result<AccountClaims> claims = decode_account(token);
    if (!claims) continue;
    if (auto stored = parts_.resolver->store(claims->subject, token); !stored) {
      parts_.warn("preloaded account " + claims->subject + ": " + stored.error().message());
    }
    on_fetched(claims->subject, token);
  }
  if (!system_account.empty() && !find(system_account)) fetch(system_account);
}

void OperatorMode::fetch(const std::string& account) {
  const bool taken = parts_.worker.submit([this, account] {
    parts_.resolver->fetch(account, [this, account](const Result<std::string>& token) {
      on_fetched(account, token);
    });
  });
  if (!taken) on_fetched(account, Error{Errc::limit_exceeded, "too many look-ups at once"});
}

void OperatorMode::on_fetched(const std::string& account, const Result<std::string>& token) {
  Result<Account> verified = token ? verify(*token) : Result<Account>(token.error());
  if (verified && (*verified)->claims.subject != account) {
    verified = Error{Errc::invalid_argument, "the resolver gave the JWT of another account"};
  }
  if (!verified) {
    parts_.warn("account " + account + ": " + verified.error().message());
    return answer_waiting(account);
  }
  std::vector<std::string> wanted;
  bool has_room = false;
  {
    const std::lock_guard lock(mutex_);
    has_room = ever_.contains(account) || ever_.size() < limits::operator_accounts_max;
    if (has_room) put_in_force(*verified, wanted);
  }
  if (!has_room) parts_.warn("account " + account + ": there are too many accounts");
  parts_.changed();
  answer_waiting(account);
  for (const std::string& exporter : wanted) fetch(exporter);
}

void OperatorMode::put_in_force(const Account& account, std::vector<std::string>& wanted) {
  const std::string& key = account->claims.subject;
  ever_.insert(key);
  accounts_.insert_or_assign(key, account);
  expires(account->claims.expires);
  put_to_core(*account);
  for (const ClaimedImport& import : account->claims.imports) {
    if (!accounts_.contains(import.account)) wanted.push_back(import.account);
  }
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  // Who imports from it may do so now, or no more.
  for (const auto& [other, importer] : accounts_) {
    const auto& imports = importer->claims.imports;
    const bool imports_it = std::any_of(imports.begin(), imports.end(), [&](const auto& import) {
      return import.account == key;
    });
    if (imports_it && other != key) put_to_core(*importer);
  }
}

void OperatorMode::put_to_core(const TrustedAccount& account) {
  for (const std::string& complaint : parts_.put(options_of(account))) parts_.warn(complaint);
}

AccountOptions OperatorMode::options_of(const TrustedAccount& account) {
  const AccountClaims& claims = account.claims;
  AccountOptions options;
  options.name = options.nkey = claims.subject;
  for (const ClaimedExport& exported : claims.exports) options.exports.push_back(exported.export_);
  for (const ClaimedImport& import : claims.imports) {
    if (is_allowed(account, import)) options.imports.push_back(resolved_import(import));
  }
  options.mappings = claims.mappings;
  options.limits = claims.limits;
  for (std::int64_t* const limit : {&options.limits.connections, &options.limits.leafnodes,
                                    &options.limits.subscriptions, &options.limits.payload}) {
    if (*limit < no_limit) *limit = 0;
  }
  if (claims.has_default_permissions) options.default_permissions = claims.default_permissions;
  return options;
}

bool OperatorMode::is_allowed(const TrustedAccount& importer, const ClaimedImport& import) {
  const auto exporter = accounts_.find(import.account);
  if (exporter == accounts_.end()) return false;  // it is tried again when the exporter is known
  const ClaimedExport* const exported = find_export(exporter->second->claims, import);
  if (!exported) return false;
  if (const int position = exported->export_.account_token_position; position > 0) {
    return token_at(exported_subject(import), position) == importer.claims.subject;
  }
  return !exported->export_.token_required ||
         activates(*exporter->second, *exported, importer, import);
}

bool OperatorMode::activates(const TrustedAccount& exporter, const ClaimedExport& exported,
                             const TrustedAccount& importer, const ClaimedImport& import) {
  const Result<ActivationClaims> token = decode_activation(import.token);
  if (!token) return false;
  const std::string& owner = token->issuer_account.empty() ? token->issuer : token->issuer_account;
  const bool from_exporter = owner == exporter.claims.subject &&
                             (token->issuer_account.empty() || may_issue(exporter, token->issuer));
  const bool fits = token->subject == importer.claims.subject && token->kind == import.kind &&
                    subject::is_subset(exported_subject(import), token->import_subject);
  const bool good = check(*token, parts_.clock.unix_seconds()).has_value() &&
                    !is_revoked(exported.revocations, token->subject, token->issued_at);
  if (from_exporter && fits && good) expires(token->expires);
  return from_exporter && fits && good;
}

Result<void> OperatorMode::update(std::string_view token) {
  Result<Account> verified = verify(token);
  if (!verified) return std::move(verified).error();
  const std::string account = (*verified)->claims.subject;
  if (auto stored = parts_.resolver->store(account, (*verified)->token); !stored) return stored;
  if (find(account)) on_fetched(account, (*verified)->token);
  return {};
}

Result<void> OperatorMode::remove(const std::string& account) {
  if (auto removed = parts_.resolver->remove(account); !removed) return removed;
  {
    const std::lock_guard lock(mutex_);
    accounts_.erase(account);
    parts_.remove(account);
  }
  parts_.changed();
  return {};
}

void OperatorMode::expires(std::int64_t when) {
  if (when <= parts_.clock.unix_seconds()) return;  // never, or already
  if (next_expiry_ == 0 || when < next_expiry_) next_expiry_ = when;
}

std::int64_t OperatorMode::next_expiry() const {
  const std::lock_guard lock(mutex_);
  return next_expiry_;
}

void OperatorMode::refresh() {
  {
    const std::lock_guard lock(mutex_);
    next_expiry_ = 0;
    for (const auto& [key, account] : accounts_) {
      expires(account->claims.expires);
      put_to_core(*account);
    }
  }
  parts_.changed();
}

// ---- Logins ----

std::optional<Login> OperatorMode::login(const LoginRequest& request) {
  const Result<UserClaims> user = decode_user(request.jwt);
  if (!user) {
    return refuse(request, request.jwt.empty() ? "authentication requires a user JWT"
                                               : "user JWT not valid: " + user.error().message());
  }
  const std::string account = user->account();
  if (!is_public_key(account, NkeyKind::account_key)) {
    return refuse(request, "user JWT names no account");
  }
  const auto known = find(account);
  const std::int64_t now = parts_.clock.unix_seconds();
  const bool is_current = known && (known->claims.expires == 0 || known->claims.expires > now);
  if (is_current) return judge_user(*user, *known, request, now, parts_.zones);
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_count_ >= limits::worker_tasks_max) {
      return refuse(request, "too many logins at once");
    }
    ++waiting_count_;
    auto& waiting = waiting_[account];
    is_first = waiting.empty();
    waiting.push_back(request);
  }
  if (is_first) fetch(account);
  return std::nullopt;
}

Login OperatorMode::judge(const LoginRequest& request) const {
  const Result<UserClaims> user = decode_user(request.jwt);
  const auto account = user ? find(user->account()) : nullptr;
  if (!account) return refuse(request, "account JWT lookup failed");
  return judge_user(*user, *account, request, parts_.clock.unix_seconds(), parts_.zones);
}

void OperatorMode::answer_waiting(const std::string& account) {
  std::vector<LoginRequest> requests;
  {
    const std::lock_guard lock(mutex_);
    const auto waiting = waiting_.find(account);
    if (waiting == waiting_.end()) return;
    requests = std::move(waiting->second);
    waiting_.erase(waiting);
    waiting_count_ -= requests.size();
  }
  for (const LoginRequest& request : requests) parts_.answer(request.connection, judge(request));
}

std::shared_ptr<const TrustedAccount> OperatorMode::find(std::string_view account) const {
  const std::lock_guard lock(mutex_);
  const auto found = accounts_.find(account);
  return found == accounts_.end() ? nullptr : found->second;
}

std::optional<LoginEnd> OperatorMode::review(const Login& login) const {
  if (!login.is_operator_mode) return std::nullopt;
  const auto account = find(login.account);
  if (!account) return LoginEnd::revoked;
  return review_login(login, *account, parts_.clock.unix_seconds());
}

}  // namespace leafnats::auth
