// SPDX-License-Identifier: Apache-2.0
//
// Recent answers to a yes-or-no question about a subject. A publisher asks for the same few
// subjects again and again; this answers in a third of the time that the lists take.
#pragma once

#include "subject/hash.hpp"
#include "subject/text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace leafnats::subject {

class VerdictCache {
 public:
  /// The answer known for this subject; if there is none, ask(subject) is called and kept.
  template <class Ask>
  bool operator()(std::string_view subject, Ask&& ask) {
    if (slots_ == nullptr) slots_ = std::make_unique<Slots>();
    Slot& slot = (*slots_)[hasher(subject) % slots];
    if (slot.known && same_text(slot.subject, subject)) return slot.verdict;
    const bool verdict = ask(subject);
    if (subject.size() <= subject_bytes_max) {
      slot.subject.assign(subject);
      slot.verdict = verdict;
      slot.known = true;
    }
    return verdict;
  }

  /// The lists have changed.
  void clear() noexcept { slots_.reset(); }

 private:
  // Limit: 64 subjects of at most 128 bytes. A newer one takes the place of an older one.
  static constexpr std::size_t slots = 64;
  static constexpr std::size_t subject_bytes_max = 128;
  // Collisions cost nothing but the answer that gives way, so the seed need not be a secret.
  static constexpr Hasher hasher{1};

  struct Slot {
    std::string subject;
    bool known = false;
    bool verdict = false;
  };
  using Slots = std::array<Slot, slots>;
  std::unique_ptr<Slots> slots_;
};

}  // namespace leafnats::subject
