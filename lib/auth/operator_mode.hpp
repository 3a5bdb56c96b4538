// SPDX-License-Identifier: Apache-2.0
//
// Operator mode: who may log in is said by tokens. An operator's keys sign accounts, an account's
// keys sign users, and a user proves that it has its key by signing the nonce. What is known of an
// account is its newest token that was checked; from there its exports, imports, mappings and
// limits go to the core, and its revocations and dates to every login, old and new.
// An account that is not known is fetched from the resolver on a worker, once for all logins that
// wait for it, and so are the accounts that it imports from.
#pragma once

#include "auth/account_resolver.hpp"
#include "auth/authenticator.hpp"
#include "auth/login_times.hpp"
#include "auth/user_login.hpp"
#include "base/wall_clock.hpp"

#include <leafnats/authentication.hpp>
#include <leafnats/result.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::auth {

/// Thread: any.
class OperatorMode final : public Authenticator {
 public:
  struct Parts {
    const base::WallClock& clock;
    const TimeZones& zones;
    Worker& worker;                                 ///< look-ups wait on it
    LateAnswer answer;
    std::unique_ptr<AccountResolver> resolver;
    /// Gives an account to the core, which says what of it does not fit; called in turn.
    std::function<std::vector<std::string>(AccountOptions account)> put;
    std::function<void(const std::string& account)> remove;
    /// Accounts have changed: shards have to adopt them and to review their logins.
    std::function<void()> changed;
    /// A line for the log, at warning level.
    std::function<void(std::string_view line)> warn;
  };

  /// Reads the operators, whose keys are trusted from now on, and the preloaded accounts.
  /// Errors: a token or key that is none; not_supported without key operations.
  static Result<std::unique_ptr<OperatorMode>> make(const OperatorOptions& options, Parts parts);

  /// The system account that the operators name; empty if none does.
  [[nodiscard]] const std::string& system_account() const noexcept { return system_account_; }

  /// Takes the accounts that the resolver was preloaded with into force, and fetches the system
  /// account. Call once, when `put` can be called.
  void start(const std::string& system_account);

  [[nodiscard]] bool required(Entrance) const override { return true; }
  [[nodiscard]] bool wants_nonce(Entrance) const override { return true; }
  std::optional<Login> login(const LoginRequest& request) override;

  /// Takes a new token of an account: it is checked, kept by the resolver, and in force for live
  /// connections when this returns. An account that is not in use is only kept.
  /// Errors: authorization: not signed by an operator of ours; invalid_argument: no good.
  Result<void> update(std::string_view token);

  /// Removes an account from the resolver and from force; its connections end.
  Result<void> remove(const std::string& account);

  /// Whether this public key is one that an operator signs with.
  [[nodiscard]] bool trusts(std::string_view key) const { return trusted_keys_.contains(key); }

  [[nodiscard]] AccountResolver& resolver() const noexcept { return *parts_.resolver; }

  /// The account's claims if they are in force; null otherwise. For monitoring.
  [[nodiscard]] std::shared_ptr<const TrustedAccount> find(std::string_view account) const;

  /// Whether a live login is to end.
  [[nodiscard]] std::optional<LoginEnd> review(const Login& login) const;

  /// The next moment, in seconds since 1970, at which an account or an activation expires; 0: none
  /// does. Call refresh() then.
  [[nodiscard]] std::int64_t next_expiry() const;
  void refresh();

 private:
  explicit OperatorMode(Parts parts) : parts_(std::move(parts)) {}
  using Account = std::shared_ptr<const TrustedAccount>;

  Result<void> trust(const OperatorOptions& options);
  [[nodiscard]] Result<Account> verify(std::string_view token) const;
  void fetch(const std::string& account);
  void on_fetched(const std::string& account, const Result<std::string>& token);
  void answer_waiting(const std::string& account);
  [[nodiscard]] Login judge(const LoginRequest& request) const;

  // With mutex_ held:
  void put_in_force(const Account& account, std::vector<std::string>& wanted);
  void put_to_core(const TrustedAccount& account);
  [[nodiscard]] AccountOptions options_of(const TrustedAccount& account);
  [[nodiscard]] bool is_allowed(const TrustedAccount& importer, const ClaimedImport& import);
  [[nodiscard]] bool activates(const TrustedAccount& exporter, const ClaimedExport& exported,
                               const TrustedAccount& importer, const ClaimedImport& import);
  void expires(std::int64_t when);

  Parts parts_;
  std::set<std::string, std::less<>> trusted_keys_;
  std::set<std::string, std::less<>> strict_keys_;  // of operators that want signing keys used
  std::string system_account_;
  std::vector<std::string> preloaded_;

  // Accounts are asked for by every shard and changed by workers.
  mutable std::mutex mutex_;
  std::map<std::string, Account, std::less<>> accounts_;
  std::set<std::string, std::less<>> ever_;  // had a number in the core, and so keep it
  std::map<std::string, std::vector<LoginRequest>> waiting_;  // for a fetch, by account
  std::size_t waiting_count_ = 0;
  std::int64_t next_expiry_ = 0;
};

}  // namespace leafnats::auth
