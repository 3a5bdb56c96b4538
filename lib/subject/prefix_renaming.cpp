// SPDX-License-Identifier: Apache-2.0
//
// Literals are cut at their prefix. A pattern is met with each prefix, and with all below it.

#include "subject/prefix_renaming.hpp"

#include "base/assert.hpp"
#include "subject/grammar.hpp"

#include <algorithm>

namespace leafnats::subject {
namespace {

constexpr std::size_t here_side = 0;
constexpr std::size_t there_side = 1;

std::string all_below(std::string_view prefix) { return std::string(prefix) + ".>"; }

bool is_under(std::string_view subject, std::string_view prefix) {
  return subject.starts_with(prefix) &&
         (subject.size() == prefix.size() || subject[prefix.size()] == '.');
}

/// True if every name that the pattern covers is under the prefix.
bool is_within(std::string_view pattern, std::string_view prefix) {
  return is_subset(pattern, prefix) || is_subset(pattern, all_below(prefix));
}

bool meets(std::string_view pattern, std::string_view prefix) {
  return overlaps(pattern, prefix) || overlaps(pattern, all_below(prefix));
}

/// True if the pattern covers every name under the prefix.
bool covers_all_under(std::string_view pattern, std::string_view prefix) {
  return is_subset(prefix, pattern) && is_subset(all_below(prefix), pattern);
}

std::string fault_of(std::string_view prefix) {
  const std::string quoted = '"' + std::string(prefix) + '"';
  // Nor may it look like a placeholder of a transform.
  const std::string below = all_below(prefix);
  if (!is_valid_literal_subject(prefix) || !Transform::make_reversible(below, below)) {
    return quoted + " is not a prefix of subjects: \"events\" stands for itself and \"events.>\"";
  }
  const std::string_view first = *Tokens(prefix).begin();
  if (first.starts_with('$') || first == "_R_" || first == "_GR_") {
    return quoted + " is of the servers' own subjects, which keep their names";
  }
  return {};
}

std::string clash(const char* what, std::string_view a, std::string_view b) {
  if (!is_under(a, b) && !is_under(b, a)) return {};
  return "it is ambiguous to " + std::string(what) + " both \"" + std::string(b) + "\" and \"" +
         std::string(a) + '"';
}

std::string fault_of(std::span<const SubjectRename> renames, std::size_t index) {
  const SubjectRename& rename = renames[index];
  if (std::string fault = fault_of(rename.from); !fault.empty()) return fault;
  if (std::string fault = fault_of(rename.to); !fault.empty()) return fault;
  if (rename.from == rename.to) return '"' + rename.from + "\" is renamed to itself";
  for (const SubjectRename& other : renames.first(index)) {
    if (std::string fault = clash("rename", rename.from, other.from); !fault.empty()) return fault;
    if (std::string fault = clash("rename to", rename.to, other.to); !fault.empty()) return fault;
  }
  return {};
}

Transform transform(const std::string& from, const std::string& to) {
  auto made = Transform::make_reversible(from, to);
  LEAFNATS_ASSERT(made.has_value());  // the entries have no fault
  return std::move(*made);
}

void add_unless_covered(std::vector<std::string>& list, std::string pattern) {
  const auto covers = [&](const std::string& known) { return is_subset(pattern, known); };
  if (std::none_of(list.begin(), list.end(), covers)) list.push_back(std::move(pattern));
}

}  // namespace

std::optional<PrefixRenaming::Fault> PrefixRenaming::find_fault(
    std::span<const SubjectRename> renames) {
  for (std::size_t i = 0; i < renames.size(); ++i) {
    if (std::string text = fault_of(renames, i); !text.empty()) return Fault{i, std::move(text)};
  }
  return std::nullopt;
}

PrefixRenaming::PrefixRenaming(std::span<const SubjectRename> renames) {
  for (const auto& [from, to] : renames) {
    Rule rule;
    rule.prefix[here_side] = from;
    rule.prefix[there_side] = to;
    for (const std::size_t side : {here_side, there_side}) {
      const std::string& source = rule.prefix[side];
      const std::string& target = rule.prefix[1 - side];
      rule.steps[side].push_back(transform(source, target));
      rule.steps[side].push_back(transform(all_below(source), all_below(target)));
    }
    rules_.push_back(std::move(rule));
  }
}

const PrefixRenaming::Rule* PrefixRenaming::rule_for(std::size_t side,
                                                     std::string_view subject) const {
  for (const Rule& rule : rules_) {
    if (is_under(subject, rule.prefix[side])) return &rule;
  }
  return nullptr;
}

bool PrefixRenaming::rename(Way way, std::string_view literal, std::string& out) const {
  const std::size_t side = way == Way::there ? here_side : there_side;
  if (const Rule* rule = rule_for(side, literal)) {
    out.assign(rule->prefix[1 - side]).append(literal.substr(rule->prefix[side].size()));
    return true;
  }
  if (rule_for(1 - side, literal) != nullptr) return false;
  out.assign(literal);
  return true;
}

/// Whether a pattern covers names that are the same on both sides.
bool PrefixRenaming::keeps_name(std::string_view pattern) const {
  return std::none_of(rules_.begin(), rules_.end(), [pattern](const Rule& rule) {
    return is_within(pattern, rule.prefix[here_side]) ||
           is_within(pattern, rule.prefix[there_side]);
  });
}

std::vector<std::string> PrefixRenaming::rename_pattern(Way way, std::string_view pattern) const {
  const std::size_t side = way == Way::there ? here_side : there_side;
  std::vector<std::string> names;
  if (keeps_name(pattern)) names.emplace_back(pattern);
  for (const Rule& rule : rules_) {
    for (const Transform& step : rule.steps[side]) {
      if (auto name = step.apply_to_pattern(pattern)) add_unless_covered(names, std::move(*name));
    }
  }
  return names;
}

/// Whether all that a pattern covers over there is covered here by one that is unwanted.
bool PrefixRenaming::is_all_unwanted(const std::string& there, std::string_view here) const {
  return std::all_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
    return !meets(there, rule.prefix[there_side]) ||
           covers_all_under(here, rule.prefix[here_side]);
  });
}

std::vector<std::string> PrefixRenaming::unwanted_there(
    std::span<const std::string> unwanted_here) const {
  std::vector<std::string> unwanted;
  for (const Rule& rule : rules_) {
    for (const std::string& name : {rule.prefix[here_side], all_below(rule.prefix[here_side])}) {
      const bool has_counterpart = std::any_of(rules_.begin(), rules_.end(), [&](const Rule& r) {
        return meets(name, r.prefix[there_side]);
      });
      if (!has_counterpart) add_unless_covered(unwanted, name);
    }
  }
  for (const std::string& pattern : unwanted_here) {
    for (std::string& name : rename_pattern(Way::there, pattern)) {
      if (name != pattern || is_all_unwanted(name, pattern)) {
        add_unless_covered(unwanted, std::move(name));
      }
    }
  }
  return unwanted;
}

}  // namespace leafnats::subject
