// SPDX-License-Identifier: Apache-2.0
//
// All accounts of a server, as they were configured or as JWTs say, and what follows from it: the
// snapshot of linked records that the shards work with. A change makes a new snapshot; each shard
// takes it in a turn of its own (Shard::adopt_accounts).
//
// The default account has number 0 and the system account number 1, always. Numbers stay with
// names as long as the server runs.
//
// Thread: any. A mutex: accounts change rarely, and shards read the snapshot once for a change.
#pragma once

#include "broker/account_record.hpp"

#include <leafnats/options.hpp>
#include <leafnats/result.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::broker {

class AccountDirectory {
 public:
  AccountDirectory();

  /// The accounts of the options, in the place of all that there are. Error: as of replace().
  Result<void> configure(const Options& options);
  /// Renames the system account; before the first replace() or put().
  void set_system_account(const std::string& name);

  /// Imports that every account has besides its own, of the system's services: given the name of
  /// an account, they are not checked against exports. Before the first replace() or put().
  using CommonImports = std::function<std::vector<AccountImport>(const std::string& account)>;
  void set_common_imports(CommonImports common);
  /// The cluster whose destinations mappings choose; before the first replace() or put().
  void set_cluster(std::string cluster);

  /// Puts these accounts in the place of all that there are. The default and the system account
  /// stay, without imports and exports if they are not among them. Error: invalid_config, naming
  /// account and import or mapping; then nothing has changed.
  Result<void> replace(std::vector<AccountOptions> accounts);

  /// Adds an account, or changes it. What does not fit (an import without an export, a circle) is
  /// left out and comes back as sentences; it is tried again with each later change. Imports of
  /// private exports count as allowed: who has the tokens has checked them.
  std::vector<std::string> put(AccountOptions account);
  /// Its connections are for the caller to end.
  void remove(const std::string& account);

  [[nodiscard]] std::shared_ptr<const AccountSnapshot> snapshot() const;
  /// Null if there is none, or none any more. Empty: the default account.
  [[nodiscard]] std::shared_ptr<const AccountRecord> find(std::string_view name) const;
  /// As configured, without users; for monitoring.
  [[nodiscard]] std::optional<AccountOptions> options(std::string_view name) const;

  [[nodiscard]] const std::string& system_account() const noexcept { return system_account_; }

 private:
  struct Entry {
    AccountOptions options;
    bool gone = false;
    std::shared_ptr<AccountCounters> counters = std::make_shared<AccountCounters>();
  };
  enum class Trust : std::uint8_t { exports_decide, imports_were_checked };

  using Complaints = std::vector<std::string>;
  AccountId number_of(const std::string& name);
  void link_all(Complaints& complaints);
  void relink(const std::string& changed, Complaints& complaints);
  [[nodiscard]] std::set<std::string, std::less<>> dependents_of(const std::string& account) const;
  std::shared_ptr<const AccountRecord> make_record(AccountId id, Trust trust,
                                                   Complaints& complaints) const;
  void link_imports(AccountRecord& record, const AccountOptions& options, Trust trust,
                    Complaints& complaints) const;
  Result<LinkedImport> link_import(const AccountOptions& importer, const AccountImport& import,
                                   Trust trust) const;
  [[nodiscard]] const AccountExport* find_export(const AccountOptions& exporter,
                                                 const AccountOptions& importer,
                                                 const AccountImport& import, Trust trust) const;
  [[nodiscard]] bool closes_circle(const AccountOptions& importer, const AccountImport& import,
                                   std::string subject, std::set<std::string>& visited) const;
  [[nodiscard]] const Entry* entry(std::string_view name) const;

  std::string system_account_;
  std::string cluster_;
  CommonImports common_imports_;
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;                       // by AccountId
  std::map<std::string, AccountId, std::less<>> ids_;
  std::shared_ptr<const AccountSnapshot> snapshot_;
};

}  // namespace leafnats::broker
