// SPDX-License-Identifier: Apache-2.0
//
// Fuzzer: a PermissionSet against its definition, for every literal subject of three letters and
// up to four tokens. What is delivered must be what the lists say; a subscription that is allowed
// without a filter must cover nothing unlawful; and a deny more must never accept more. Input:
// allow and deny entries, then subscriptions, as words over a small alphabet.

#include "subject/permissions.hpp"

#include "subject/grammar.hpp"
#include "unit/subject/random_subjects.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace leafnats;
using namespace leafnats::subject;
using Verdict = PermissionSet::Subscribe;
using List = std::vector<std::string>;

namespace {

/// Words of the input end at a byte that maps to '\n'.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}

  bool empty() const { return at_ == end_; }

  std::string word() {
    std::string result;
    while (at_ != end_) {
      const char c = "abc...*>* q\n\nabc"[*at_++ & 15u];
      if (c == '\n') break;
      result += c;
    }
    return result;
  }

  List words(std::size_t most) {
    List list;
    while (!empty() && list.size() < most) {
      std::string next = word();
      if (next.empty()) break;
      // One space at most, between two words: so the oracle can cut an entry without skill.
      const bool plain = next.find(' ') == next.rfind(' ') && next.front() != ' ';
      if (plain && is_valid_subscribe_entry(next)) list.push_back(std::move(next));
    }
    return list;
  }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

std::string_view subject_part(std::string_view entry) { return entry.substr(0, entry.find(' ')); }

std::string_view queue_part(std::string_view entry) {
  const std::size_t space = entry.rfind(' ');
  return space == std::string_view::npos ? std::string_view() : entry.substr(space + 1);
}

bool any_applies(const List& list, std::string_view literal, std::string_view queue) {
  return std::any_of(list.begin(), list.end(), [&](const std::string& entry) {
    const std::string_view wanted = queue_part(entry);
    if (!wanted.empty() && (queue.empty() || !is_subset(queue, wanted))) return false;
    return matches(literal, subject_part(entry));
  });
}

void require(bool holds, const char* what, std::string_view subject, std::string_view queue) {
  if (holds) return;
  std::fprintf(stderr, "%s: \"%.*s\" \"%.*s\"\n", what, static_cast<int>(subject.size()),
               subject.data(), static_cast<int>(queue.size()), queue.data());
  std::abort();
}

const List& literals() {
  static const List all = test::all_literals(3, 4);
  return all;
}

void check_subscription(const PermissionSet& set, const List& allow, const List& deny,
                        std::string_view subject, std::string_view queue) {
  const Verdict verdict = set.can_subscribe(subject, queue);
  const Verdict announced = set.can_announce(subject, queue);
  require(verdict == Verdict::denied || announced == verdict, "announce is narrower", subject,
          queue);
  require(announced == Verdict::denied || !any_applies(deny, subject, queue), "deny was passed by",
          subject, queue);
  for (const std::string& literal : literals()) {
    const bool lawful = (allow.empty() || any_applies(allow, literal, queue)) &&
                        !any_applies(deny, literal, queue);
    require(set.can_deliver(literal, queue) == lawful, "delivery", literal, queue);
    const bool unfiltered = verdict == Verdict::allowed || announced == Verdict::allowed;
    require(lawful || !unfiltered || !matches(literal, subject), "leak", subject, queue);
  }
}

void check_publishing(const PermissionSet& set, const List& allow, const List& deny) {
  for (const std::string& literal : literals()) {
    const auto hit = [&](const std::string& entry) { return matches(literal, entry); };
    const auto hit_subject = [&](const std::string& entry) {
      return matches(literal, subject_part(entry));
    };
    const bool lawful = (allow.empty() || std::any_of(allow.begin(), allow.end(), hit)) &&
                        std::none_of(deny.begin(), deny.end(), hit_subject);
    require(set.can_publish(literal) == lawful, "publish", literal, "");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const List allow = input.words(6);
  List deny = input.words(6);
  PermissionSet set({allow, deny}, {allow, deny});
  check_publishing(set, allow, deny);
  const List asked = input.words(4);
  for (const std::string& entry : asked) {
    check_subscription(set, allow, deny, subject_part(entry), queue_part(entry));
  }
  // What is left of the input are more denies.
  for (const std::string& more : input.words(6)) {
    std::vector<Verdict> before;
    for (const auto& entry : asked) {
      before.push_back(set.can_subscribe(subject_part(entry), queue_part(entry)));
    }
    set.deny_subscribe(more);
    deny.push_back(more);
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const Verdict now = set.can_subscribe(subject_part(asked[i]), queue_part(asked[i]));
      const bool grew = before[i] == Verdict::denied ? now != Verdict::denied
                                                     : before[i] == Verdict::filtered &&
                                                           now == Verdict::allowed;
      require(!grew, "a deny accepted more", asked[i], more);
    }
  }
  for (const std::string& entry : asked) {
    check_subscription(set, allow, deny, subject_part(entry), queue_part(entry));
  }
  return 0;
}
