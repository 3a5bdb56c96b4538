// SPDX-License-Identifier: Apache-2.0
//
// Linking accounts: an import is good if its account is there, exports what is imported, and to
// whom it is imported, and if nothing comes back on a circle. The rules are nats-server's.

#include "broker/account_directory.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "subject/grammar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace leafnats::broker {
namespace {

std::string_view word(ShareKind kind) { return kind == ShareKind::stream ? "stream" : "service"; }

/// What an import is called here.
std::string local_subject(const AccountImport& import) {
  if (!import.to.empty()) return import.to;
  if (!import.prefix.empty()) {
    const bool dotted = import.prefix.back() == '.';
    return import.prefix + (dotted ? "" : ".") + import.subject;
  }
  return import.subject;
}

bool token_is(std::string_view subject, int position, std::string_view name) {
  int at = 0;
  for (const std::string_view token : subject::Tokens(subject)) {
    if (++at == position) return token == name;
  }
  return false;
}

bool lists(const std::vector<std::string>& names, const AccountOptions& account) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return name == account.name || (!account.nkey.empty() && name == account.nkey);
  });
}

AccountOptions bare(std::string name) {
  AccountOptions options;
  options.name = std::move(name);
  return options;
}

}  // namespace

AccountDirectory::AccountDirectory() : system_account_(default_system_account) {
  number_of(std::string(default_account));
  number_of(system_account_);
  Complaints none;
  link_all(none);
}

Result<void> AccountDirectory::configure(const Options& options) {
  if (!options.system_account.empty()) set_system_account(options.system_account);
  std::vector<AccountOptions> accounts = options.accounts;
  if (!options.mappings.empty()) {
    accounts.push_back(bare(std::string(default_account)));
    accounts.back().mappings = options.mappings;
  }
  return replace(std::move(accounts));
}

void AccountDirectory::set_system_account(const std::string& name) {
  const std::lock_guard lock(mutex_);
  constexpr auto id = static_cast<std::size_t>(AccountId::system);
  ids_.erase(system_account_);
  ids_[name] = AccountId::system;
  system_account_ = name;
  entries_[id].options.name = name;
  Complaints none;
  link_all(none);
}

void AccountDirectory::set_common_imports(CommonImports common) {
  common_imports_ = std::move(common);
}

void AccountDirectory::set_cluster(std::string cluster) { cluster_ = std::move(cluster); }

Result<void> AccountDirectory::replace(std::vector<AccountOptions> accounts) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() + accounts.size() > limits::accounts_max) {
    return Error{Errc::invalid_config, fmt::format("more than {} accounts",
                                                   limits::accounts_max)};
  }
  const std::vector<Entry> before = entries_;
  for (Entry& entry : entries_) {
    const bool stays = entry.options.name == default_account ||
                       entry.options.name == system_account_;
    entry.options = bare(entry.options.name);
    entry.gone = !stays;
  }
  for (AccountOptions& account : accounts) {
    account.users.clear();
    Entry& entry = entries_[static_cast<std::size_t>(number_of(account.name))];
    entry.options = std::move(account);
    entry.gone = false;
  }
  Complaints complaints;
  const auto linked = snapshot_;
  link_all(complaints);
  if (complaints.empty()) return {};
  // Numbers stay given: they only ever grow.
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (i < before.size()) {
      entries_[i] = before[i];
    } else {
      entries_[i].gone = true;
    }
  }
  snapshot_ = linked;
  return Error{Errc::invalid_config, complaints.front()};
}

std::vector<std::string> AccountDirectory::put(AccountOptions account) {
  const std::lock_guard lock(mutex_);
  account.users.clear();
  Entry& entry = entries_[static_cast<std::size_t>(number_of(account.name))];
  entry.options = std::move(account);
  entry.gone = false;
  Complaints complaints;
  relink(entry.options.name, complaints);
  return complaints;
}

void AccountDirectory::remove(const std::string& account) {
  const std::lock_guard lock(mutex_);
  const auto known = ids_.find(account);
  if (known == ids_.end()) return;
  Entry& entry = entries_[static_cast<std::size_t>(known->second)];
  entry.options = bare(account);
  entry.gone = true;
  Complaints complaints;
  relink(account, complaints);
}

std::shared_ptr<const AccountSnapshot> AccountDirectory::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

std::shared_ptr<const AccountRecord> AccountDirectory::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto known = ids_.find(name.empty() ? default_account : name);
  if (known == ids_.end()) return nullptr;
  auto record = (*snapshot_)[static_cast<std::size_t>(known->second)];
  return record->gone ? nullptr : record;
}

std::optional<AccountOptions> AccountDirectory::options(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const Entry* found = entry(name.empty() ? default_account : name);
  if (found == nullptr) return std::nullopt;
  return found->options;
}

AccountId AccountDirectory::number_of(const std::string& name) {
  const auto known = ids_.find(name);
  if (known != ids_.end()) return known->second;
  LEAFNATS_ASSERT(entries_.size() <= UINT16_MAX);
  const auto id = static_cast<AccountId>(entries_.size());
  entries_.push_back({bare(name)});
  ids_.emplace(name, id);
  return id;
}

const AccountDirectory::Entry* AccountDirectory::entry(std::string_view name) const {
  const auto known = ids_.find(name);
  if (known == ids_.end()) return nullptr;
  const Entry& found = entries_[static_cast<std::size_t>(known->second)];
  return found.gone ? nullptr : &found;
}

// ---- Linking ----

void AccountDirectory::link_all(Complaints& complaints) {
  auto snapshot = std::make_shared<AccountSnapshot>();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    snapshot->push_back(
        make_record(static_cast<AccountId>(i), Trust::exports_decide, complaints));
  }
  snapshot_ = std::move(snapshot);
}

/// Records of accounts that do not import from the changed one, over however many others, stay
/// what they are, so that shards have nothing to do for them.
void AccountDirectory::relink(const std::string& changed, Complaints& complaints) {
  auto snapshot = std::make_shared<AccountSnapshot>(*snapshot_);
  snapshot->resize(entries_.size());
  for (const std::string& name : dependents_of(changed)) {
    const AccountId id = ids_.find(name)->second;
    (*snapshot)[static_cast<std::size_t>(id)] =
        make_record(id, Trust::imports_were_checked, complaints);
  }
  snapshot_ = std::move(snapshot);
}

/// With the account itself.
std::set<std::string, std::less<>> AccountDirectory::dependents_of(
    const std::string& account) const {
  std::set<std::string, std::less<>> found{account};
  for (bool more = true; more;) {
    more = false;
    for (const Entry& entry : entries_) {
      const auto& imports = entry.options.imports;
      const bool depends = std::any_of(imports.begin(), imports.end(), [&](const auto& import) {
        return found.contains(import.account);
      });
      if (depends) more |= found.insert(entry.options.name).second;
    }
  }
  return found;
}

std::shared_ptr<const AccountRecord> AccountDirectory::make_record(AccountId id, Trust trust,
                                                                   Complaints& complaints) const {
  const Entry& entry = entries_[static_cast<std::size_t>(id)];
  auto record = std::make_shared<AccountRecord>();
  record->id = id;
  record->name = entry.options.name;
  record->limits = entry.options.limits;
  record->counters = entry.counters;
  record->gone = entry.gone;
  if (entry.gone) return record;
  link_imports(*record, entry.options, trust, complaints);
  auto mappings = subject::MappingTable::make(entry.options.mappings, cluster_);
  if (mappings) {
    record->mappings = std::move(*mappings);
  } else {
    complaints.push_back(
        fmt::format("account \"{}\": {}", record->name, mappings.error().message()));
  }
  return record;
}

void AccountDirectory::link_imports(AccountRecord& record, const AccountOptions& options,
                                    Trust trust, Complaints& complaints) const {
  const auto add = [&](const AccountImport& import, Trust trusted) {
    Result<LinkedImport> linked = link_import(options, import, trusted);
    if (linked) {
      record.imports.push_back(std::move(*linked));
    } else {
      complaints.push_back(fmt::format("account \"{}\": {} import of \"{}\" from \"{}\": {}",
                                       options.name, word(import.kind), import.subject,
                                       import.account, linked.error().message()));
    }
  };
  for (const AccountImport& import : options.imports) add(import, trust);
  if (!common_imports_) return;
  for (const AccountImport& import : common_imports_(options.name)) {
    add(import, Trust::imports_were_checked);
  }
}

Result<LinkedImport> AccountDirectory::link_import(const AccountOptions& importer,
                                                   const AccountImport& import,
                                                   Trust trust) const {
  const Entry* exporter = entry(import.account);
  if (exporter == nullptr) return Error{Errc::invalid_config, "there is no such account"};
  const bool of_system = import.account == system_account_ && trust != Trust::exports_decide;
  const AccountExport* found = find_export(exporter->options, importer, import, trust);
  if (found == nullptr && !of_system) {
    return Error{Errc::invalid_config,
                 fmt::format("{} import not authorized: that account has no export of it for "
                             "this one",
                             word(import.kind))};
  }
  auto to_importer = subject::Transform::make_reversible(import.subject, local_subject(import));
  if (!to_importer) return to_importer.error();
  std::set<std::string> visited{importer.name};
  if (closes_circle(importer, import, import.subject, visited)) {
    return Error{Errc::invalid_config, "import forms a cycle"};
  }
  const AccountExport& offer = found != nullptr ? *found : AccountExport{};
  subject::Transform to_exporter = to_importer->reversed();
  return LinkedImport{import.kind,
                      ids_.find(import.account)->second,
                      std::move(*to_importer),
                      std::move(to_exporter),
                      offer.response_type,
                      offer.response_threshold,
                      import.share};
}

const AccountExport* AccountDirectory::find_export(const AccountOptions& exporter,
                                                   const AccountOptions& importer,
                                                   const AccountImport& import,
                                                   Trust trust) const {
  for (const AccountExport& offer : exporter.exports) {
    if (offer.kind != import.kind || !subject::is_subset(import.subject, offer.subject)) continue;
    if (trust == Trust::imports_were_checked) return &offer;
    const bool restricted = !offer.accounts.empty() || offer.account_token_position > 0;
    if (!restricted || lists(offer.accounts, importer)) return &offer;
    if (offer.account_token_position > 0 &&
        token_is(import.subject, offer.account_token_position, importer.name)) {
      return &offer;
    }
  }
  return nullptr;
}

/// Whether what is imported may come, over there, from an import that leads back to an account
/// on the way. `subject` is what is looked for in import.account.
bool AccountDirectory::closes_circle(const AccountOptions& importer, const AccountImport& import,
                                     std::string subject, std::set<std::string>& visited) const {
  if (import.account == importer.name) return true;
  if (visited.size() >= limits::import_chain_max) return true;
  const Entry* exporter = entry(import.account);
  if (exporter == nullptr) return false;
  for (const AccountImport& next : exporter->options.imports) {
    if (next.kind != import.kind || !subject::overlaps(subject, local_subject(next))) continue;
    if (visited.contains(next.account)) return true;
    std::set<std::string> deeper = visited;
    deeper.insert(import.account);
    if (closes_circle(exporter->options, next, next.subject, deeper)) return true;
  }
  return false;
}

}  // namespace leafnats::broker
