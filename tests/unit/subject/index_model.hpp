// SPDX-License-Identifier: Apache-2.0
//
// The naive twin of SubjectIndex: a list of entries and the naive matcher. It also owns the
// Interests, and compares what both answer.
#pragma once

#include "subject/grammar.hpp"
#include "subject/index.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leafnats::subject::test {

class IndexModel {
 public:
  explicit IndexModel(SubjectIndex& index) : index_(index) {}

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  void insert(const std::string& subject, const std::string& queue) {
    entries_.push_back(std::make_unique<Entry>());
    entries_.back()->subject = subject;
    entries_.back()->queue = queue;
    index_.insert(subject, queue, *entries_.back());
  }

  void remove(std::size_t at) {
    index_.remove(*entries_[at]);
    std::swap(entries_[at], entries_.back());
    entries_.pop_back();
  }

  /// Empty if the index matches as the model does; otherwise what is different.
  [[nodiscard]] std::string compare_match(const std::string& literal) {
    const Match match = index_.match(literal);
    Answer answer;
    for (const MatchSet* set : {match.literal, match.wildcard}) {
      if (set == nullptr) continue;
      if (set->empty()) return "an empty set was handed out";
      for (const Interest* interest : set->plain()) answer[""].push_back(interest);
    }
    std::string twice;
    for_each_queue(match, [&](std::string_view name, auto first, auto second) {
      auto& members = answer[std::string(name)];
      if (!members.empty()) twice = "a queue group came twice: " + std::string(name);
      members.insert(members.end(), first.begin(), first.end());
      members.insert(members.end(), second.begin(), second.end());
      if (members.empty()) twice = "a queue group without members: " + std::string(name);
    });
    if (!twice.empty()) return twice;
    if (sorted(std::move(answer)) != expected(literal)) return "wrong entries for " + literal;
    if (match.empty() == index_.has_interest(literal)) return "has_interest lies about " + literal;
    return {};
  }

  /// Empty if the index says the right thing about each entry and lists each once.
  [[nodiscard]] std::string compare_entries() const {
    if (index_.size() != entries_.size()) return "wrong size";
    std::map<const Interest*, std::size_t> seen;
    std::string fault;
    index_.for_each([&](Interest& interest, std::string_view subject, std::string_view queue) {
      ++seen[&interest];
      const auto& entry = static_cast<const Entry&>(interest);
      if (entry.subject != subject || entry.queue != queue) fault = "for_each: " + entry.subject;
    });
    for (const auto& entry : entries_) {
      if (seen[entry.get()] != 1) return "not listed once: " + entry->subject;
      if (index_.subject_of(*entry) != entry->subject) return "subject_of: " + entry->subject;
      if (index_.queue_of(*entry) != entry->queue) return "queue_of: " + entry->queue;
    }
    return fault;
  }

  [[nodiscard]] std::string compare_overlap(const std::string& pattern) const {
    const bool any = std::any_of(entries_.begin(), entries_.end(), [&](const auto& entry) {
      return subject::overlaps(entry->subject, pattern);
    });
    return index_.overlaps(pattern) == any ? "" : "overlaps is wrong about " + pattern;
  }

 private:
  struct Entry : Interest {
    std::string subject;
    std::string queue;
  };
  using Answer = std::map<std::string, std::vector<const Interest*>>;  // by queue

  static Answer sorted(Answer answer) {
    for (auto& [queue, members] : answer) std::sort(members.begin(), members.end());
    return answer;
  }

  Answer expected(const std::string& literal) const {
    Answer answer;
    for (const auto& entry : entries_) {
      if (matches(literal, entry->subject)) answer[entry->queue].push_back(entry.get());
    }
    return sorted(std::move(answer));
  }

  SubjectIndex& index_;
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace leafnats::subject::test
