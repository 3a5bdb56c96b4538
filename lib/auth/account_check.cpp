// SPDX-License-Identifier: Apache-2.0
//
// What makes an account's claims no good, as Go's JWT library has it: a complaint of that library
// that the server acts upon is an error here.

#include "auth/claims.hpp"
#include "subject/grammar.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <span>
#include <utility>

namespace leafnats::auth {
namespace {

Error invalid(std::string_view where, std::string_view why) {
  return {Errc::invalid_argument, std::string(where) + ": " + std::string(why)};
}

std::size_t count_wildcards(std::string_view text) noexcept {
  std::size_t count = 0;
  for (const std::string_view token : subject::Tokens(text)) count += token == "*" ? 1 : 0;
  return count;
}

/// The number of "$3"; nothing for any other token.
std::optional<std::size_t> reference(std::string_view token) noexcept {
  if (token.size() < 2 || token[0] != '$') return std::nullopt;
  std::size_t number = 0;
  const char* const end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data() + 1, end, number);
  return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

bool ends_open(std::string_view text) noexcept { return text == ">" || text.ends_with(".>"); }

/// A local subject must use each wildcard of the subject once, as `*` or by its number.
Result<void> check_local_subject(std::string_view local, std::string_view subject) {
  if (!subject::is_valid_subject(local)) return invalid("imports", "local_subject is no subject");
  if (ends_open(local) != ends_open(subject)) {
    return invalid("imports", "either both subjects end in > or none");
  }
  const std::size_t wildcards = count_wildcards(subject);
  std::size_t used = count_wildcards(local);
  for (const std::string_view token : subject::Tokens(local)) {
    const auto number = reference(token);
    if (!number) continue;
    if (*number == 0 || *number > wildcards) {
      return invalid("imports", "local_subject refers to a wildcard that is not there");
    }
    ++used;
  }
  if (used != wildcards) return invalid("imports", "local_subject does not use each wildcard");
  return {};
}

/// The local subject with references as the wildcards that they are.
std::string as_pattern(std::string_view local) {
  std::string pattern;
  for (const std::string_view token : subject::Tokens(local)) {
    if (!pattern.empty()) pattern += '.';
    pattern += reference(token) ? std::string_view("*") : token;
  }
  return pattern;
}

bool overlap_pairwise(std::span<const std::string> subjects) {
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    for (std::size_t j = 0; j < subjects.size(); ++j) {
      if (i != j && subject::is_subset(subjects[i], subjects[j])) return true;
    }
  }
  return false;
}

Result<void> check_export(const AccountExport& exported) {
  const bool is_service = exported.kind == ShareKind::service;
  if (!subject::is_valid_subject(exported.subject)) return invalid("exports", "no subject");
  if (!is_service && (exported.response_type != ResponseType::singleton || exported.latency ||
                      exported.response_threshold != AccountExport{}.response_threshold)) {
    return invalid("exports", "a stream has no answers");
  }
  if (exported.latency && !subject::is_valid_literal_subject(exported.latency->subject)) {
    return invalid("exports", "latency results need a subject without wildcards");
  }
  int position = 0;
  for (const std::string_view token : subject::Tokens(exported.subject)) {
    if (++position == exported.account_token_position && token != "*") {
      return invalid("exports", "account_token_position is no wildcard");
    }
  }
  if (exported.account_token_position > position) {
    return invalid("exports", "account_token_position is behind the subject");
  }
  return {};
}

Result<void> check_exports(const AccountClaims& claims) {
  std::vector<std::string> streams;
  std::vector<std::string> services;
  for (const ClaimedExport& claimed : claims.exports) {
    if (auto checked = check_export(claimed.export_); !checked) return checked;
    (claimed.export_.kind == ShareKind::stream ? streams : services)
        .push_back(claimed.export_.subject);
    if (claims.exports_limit != no_limit && !claims.wildcard_exports &&
        !subject::is_literal(claimed.export_.subject)) {
      return invalid("exports", "wildcards are not allowed to this account");
    }
  }
  if (claims.exports_limit != no_limit &&
      static_cast<std::int64_t>(claims.exports.size()) > claims.exports_limit) {
    return invalid("exports", "more than this account is allowed");
  }
  if (overlap_pairwise(streams) || overlap_pairwise(services)) {
    return invalid("exports", "one contains another");
  }
  return {};
}

Result<void> check_token(const ClaimedImport& import, const std::string& importer) {
  const Result<ActivationClaims> token = decode_activation(import.token);
  if (!token) return token.error();
  if (token->issuer != import.account && token->issuer_account != import.account) {
    return invalid("activation", "issued by another account");
  }
  if (token->subject != importer) return invalid("activation", "for another account");
  if (token->kind != import.kind) return invalid("activation", "for another kind of import");
  if (!subject::is_valid_subject(token->import_subject) ||
      !subject::is_subset(exported_subject(import), token->import_subject)) {
    return invalid("activation", "for another subject");
  }
  return {};
}

Result<void> check_import(const ClaimedImport& import, const std::string& importer) {
  if (!is_public_key(import.account, NkeyKind::account_key)) {
    return invalid("imports", "account is no account key");
  }
  if (!subject::is_valid_subject(import.subject)) return invalid("imports", "no subject");
  if (!import.to.empty() && !subject::is_valid_subject(import.to)) {
    return invalid("imports", "to is no subject");
  }
  if (!import.local_subject.empty()) {
    if (!import.to.empty()) return invalid("imports", "local_subject and to exclude each other");
    auto checked = check_local_subject(import.local_subject, import.subject);
    if (!checked) return checked;
  }
  if (import.share && import.kind != ShareKind::service) {
    return invalid("imports", "only services share who asks");
  }
  return import.token.empty() ? Result<void>() : check_token(import, importer);
}

Result<void> check_imports(const AccountClaims& claims) {
  std::map<std::string_view, std::vector<std::string>> services;  // here, by exporting account
  for (const ClaimedImport& import : claims.imports) {
    if (auto checked = check_import(import, claims.subject); !checked) return checked;
    if (import.kind != ShareKind::service) continue;
    const std::string& here = import.local_subject.empty() ? import.subject : import.local_subject;
    services[import.account].push_back(as_pattern(here));
  }
  if (claims.imports_limit != no_limit &&
      static_cast<std::int64_t>(claims.imports.size()) > claims.imports_limit) {
    return invalid("imports", "more than this account is allowed");
  }
  for (const auto& [account, subjects] : services) {
    if (overlap_pairwise(subjects)) return invalid("imports", "one service covers another");
  }
  return {};
}

Result<void> check_keys(const AccountClaims& claims) {
  for (const auto& [key, scope] : claims.signing_keys) {
    if (!is_public_key(key, NkeyKind::account_key)) {
      return invalid("signing_keys", "no account key");
    }
  }
  for (const std::string& user : claims.auth_users) {
    if (!is_public_key(user, NkeyKind::user_key)) {
      return invalid("authorization", "auth_users has no user key");
    }
  }
  if (claims.auth_users.empty() && !claims.allowed_accounts.empty()) {
    return invalid("authorization", "allowed_accounts without auth_users");
  }
  for (const std::string& account : claims.allowed_accounts) {
    if (account == "*" ? claims.allowed_accounts.size() > 1
                       : !is_public_key(account, NkeyKind::account_key)) {
      return invalid("authorization", "allowed_accounts has no account key");
    }
  }
  if (!claims.xkey.empty() && !is_public_key(claims.xkey, NkeyKind::curve_key)) {
    return invalid("authorization", "xkey is no curve key");
  }
  return {};
}

Result<void> check_mapping(const SubjectMapping& mapping) {
  if (!subject::is_valid_subject(mapping.source)) return invalid("mappings", "no subject");
  std::map<std::string_view, int> weights;  // by cluster
  for (const MappingDestination& destination : mapping.destinations) {
    if (destination.subject.empty()) return invalid("mappings", "a destination is empty");
    int& total = weights[destination.cluster];
    total = std::min(total + destination.weight, 101);
    if (total > 100) return invalid("mappings", "weights are more than 100 percent");
  }
  return {};
}

}  // namespace

Result<void> check(const AccountClaims& claims, std::int64_t now) {
  if (auto checked = check_dates(claims, now); !checked) return checked;
  if (!is_public_key(claims.subject, NkeyKind::account_key)) {
    return invalid("sub", "no account key");
  }
  if (auto checked = check_exports(claims); !checked) return checked;
  if (auto checked = check_imports(claims); !checked) return checked;
  if (auto checked = check_keys(claims); !checked) return checked;
  for (const SubjectMapping& mapping : claims.mappings) {
    if (auto checked = check_mapping(mapping); !checked) return checked;
  }
  if (!claims.trace_subject.empty() &&
      !subject::is_valid_literal_subject(claims.trace_subject)) {
    return invalid("trace", "needs a subject without wildcards");
  }
  UserRights defaults;
  defaults.permissions = claims.default_permissions;
  return check(defaults);
}

}  // namespace leafnats::auth
