// SPDX-License-Identifier: Apache-2.0
//
// A template subject is cut into texts and values first. Its subjects are then counted, and written
// by counting through the values like an odometer, so that nothing of a product is ever held twice.

#include "auth/scope.hpp"

#include "base/limits.hpp"
#include "subject/grammar.hpp"
#include "subject/permissions.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace leafnats::auth {
namespace {

Error invalid(std::string why) { return {Errc::invalid_argument, std::move(why)}; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return out;
}

/// A template subject: a text, values, a text, values ... a text.
struct Pieces {
  std::vector<std::string> texts;
  std::vector<std::vector<std::string>> values;
  bool misses_value = false;
};

class Filler {
 public:
  Filler(const UserClaims& user, const ScopeAccount& account) noexcept
      : user_(user), account_(account) {}

  /// Nothing: no such operation.
  [[nodiscard]] std::optional<std::vector<std::string>> values_of(
      std::string_view operation) const {
    const std::string name = lower(operation);
    if (name == "name()") return std::vector{user_.name};
    if (name == "subject()") return std::vector{user_.subject};
    if (name == "account-name()") return std::vector{account_.name};
    if (name == "account-subject()") return std::vector{account_.subject};
    if (name.starts_with("tag(") && name.ends_with(')')) {
      return tagged(user_.tags, std::string_view(name).substr(4, name.size() - 5));
    }
    if (name.starts_with("account-tag(") && name.ends_with(')')) {
      return tagged(account_.tags, std::string_view(name).substr(12, name.size() - 13));
    }
    return std::nullopt;
  }

 private:
  /// The values of "key:value" tags.
  static std::vector<std::string> tagged(const std::vector<std::string>& tags,
                                         std::string_view key) {
    const std::string prefix = std::string(key) + ":";
    std::vector<std::string> values;
    for (const std::string& tag : tags) {
      if (tag.starts_with(prefix)) values.push_back(tag.substr(prefix.size()));
    }
    return values;
  }

  const UserClaims& user_;
  const ScopeAccount& account_;
};

Result<Pieces> cut(std::string_view entry, const Filler& filler) {
  Pieces pieces;
  for (;;) {
    const std::size_t open = entry.find("{{");
    pieces.texts.emplace_back(entry.substr(0, open));
    if (open == entry.npos) return pieces;
    const std::size_t close = entry.find("}}", open);
    if (close == entry.npos) return invalid("scope: a template does not end");
    const std::string_view inside = entry.substr(open + 2, close - open - 2);
    auto values = filler.values_of(trim(inside));
    if (!values) return invalid("scope: no such template");
    pieces.misses_value = pieces.misses_value || values->empty();
    pieces.values.push_back(std::move(*values));
    entry.remove_prefix(close + 2);
  }
}

/// How many subjects the pieces make, or one more than `most` if it is more than that.
std::size_t count_of(const Pieces& pieces, std::size_t most) noexcept {
  std::size_t count = 1;
  for (const auto& values : pieces.values) {
    if (values.empty()) return 0;
    if (count > most / values.size()) return most + 1;
    count *= values.size();
  }
  return count;
}

/// The subject number `number` of those that the pieces make.
std::string fill(const Pieces& pieces, std::size_t number) {
  std::vector<const std::string*> chosen(pieces.values.size());
  for (std::size_t i = pieces.values.size(); i-- > 0;) {
    const auto& values = pieces.values[i];
    chosen[i] = &values[number % values.size()];
    number /= values.size();
  }
  std::string subject = pieces.texts[0];
  for (std::size_t i = 0; i < chosen.size(); ++i) subject += *chosen[i] + pieces.texts[i + 1];
  return subject;
}

enum class ListKind : std::uint8_t { allow, deny };

Result<std::vector<std::string>> fill_list(const std::vector<std::string>& list, ListKind kind,
                                           bool may_have_queue, const Filler& filler) {
  std::vector<std::string> filled;
  for (const std::string& entry : list) {
    const Result<Pieces> pieces = cut(entry, filler);
    if (!pieces) return pieces.error();
    if (pieces->misses_value && kind == ListKind::deny) return invalid("scope: a tag is missing");
    const std::size_t room = limits::scope_subjects_max - filled.size();
    const std::size_t count = count_of(*pieces, room);
    if (count > room) return invalid("scope: templates make too many subjects");
    for (std::size_t i = 0; i < count; ++i) {
      std::string made = fill(*pieces, i);
      // A value cannot bring a queue with it. Wildcards it may bring, as in nats-server: whoever
      // holds a scoped key chooses names and tags, so a template is a shape and not a fence.
      const bool valid = may_have_queue && pieces->values.empty()
                             ? subject::is_valid_subscribe_entry(made)
                             : subject::is_valid_subject(made);
      if (valid) {
        filled.push_back(std::move(made));
      } else if (kind == ListKind::deny || pieces->values.empty()) {
        return invalid("scope: no subject");
      }
    }
  }
  return filled;
}

Result<void> fill_direction(SubjectPermissions& subjects, bool may_have_queue,
                            const Filler& filler) {
  const bool had_allow = !subjects.allow.empty();
  auto allow = fill_list(subjects.allow, ListKind::allow, may_have_queue, filler);
  if (!allow) return allow.error();
  auto deny = fill_list(subjects.deny, ListKind::deny, may_have_queue, filler);
  if (!deny) return deny.error();
  subjects.allow = std::move(*allow);
  subjects.deny = std::move(*deny);
  if (had_allow && subjects.allow.empty()) subjects.deny.emplace_back(">");
  return {};
}

}  // namespace

Result<UserRights> apply_scope(const SigningScope& scope, const UserClaims& user,
                               const ScopeAccount& account) {
  if (!user.rights.are_empty()) return invalid("scope: the user has rights of its own");
  UserRights rights = scope.rights;
  const Filler filler(user, account);
  auto filled = fill_direction(rights.permissions.publish, false, filler);
  if (filled) filled = fill_direction(rights.permissions.subscribe, true, filler);
  if (!filled) return filled.error();
  return rights;
}

}  // namespace leafnats::auth
