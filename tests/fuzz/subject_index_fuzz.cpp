// SPDX-License-Identifier: Apache-2.0
//
// Fuzzer: a SubjectIndex and its naive twin get the same operations and must give the same
// answers. Input: one byte of seed, then operations: one byte that says what, one of length, and
// the text, whose bytes are mapped to a few characters so that subjects meet.

#include "subject/index.hpp"

#include "subject/grammar.hpp"
#include "unit/subject/index_model.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstdio>
#include <string>

using namespace leafnats::subject;

namespace {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : at_(data), left_(size) {}

  bool empty() const { return left_ == 0; }

  std::uint8_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *at_++;
  }

  /// Up to 63 characters; with the upper bit of the length they are taken as they are.
  std::string text() {
    const std::uint8_t length = byte();
    std::string result;
    for (std::size_t n = std::min<std::size_t>(length & 63u, left_); n != 0; --n) {
      const std::uint8_t raw = byte();
      result += (length & 0x80u) != 0 ? static_cast<char>(raw) : "abc..*>d"[raw & 7u];
    }
    return result;
  }

 private:
  const std::uint8_t* at_;
  std::size_t left_;
};

void require(const std::string& fault) {
  if (fault.empty()) return;
  std::fprintf(stderr, "%s\n", fault.c_str());
  std::abort();
}

void step(test::IndexModel& model, Input& input) {
  const std::uint8_t what = input.byte();
  switch (what & 7u) {
    case 0:
    case 1:
    case 2: {
      const std::string subject = input.text();
      const bool queued = (what & 8u) != 0;
      const std::string queue = queued ? "q" + std::to_string(input.byte() % 40) : "";
      if (is_valid_subject(subject)) model.insert(subject, queue);
      break;
    }
    case 3:
      if (model.size() != 0) model.remove(input.byte() % model.size());
      break;
    case 4:
      require(model.compare_entries());
      break;
    case 5: {
      const std::string pattern = input.text();
      if (is_valid_subject(pattern)) require(model.compare_overlap(pattern));
      break;
    }
    default: {
      // More than once: the answer is noted, then kept, then found.
      const std::string subject = input.text();
      for (unsigned n = 0; n <= (what >> 6); ++n) require(model.compare_match(subject));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  SubjectIndex index(input.byte());
  test::IndexModel model(index);
  while (!input.empty()) step(model, input);
  require(model.compare_entries());
  while (model.size() != 0) model.remove(model.size() / 2);
  require(model.compare_entries());
  return 0;
}
