// SPDX-License-Identifier: Apache-2.0
//
// Reading texts by words gives what reading them by bytes gives, at every length and alignment;
// and the hash spreads what a peer can choose.

#include "subject/text.hpp"

#include "subject/hash.hpp"
#include "support/catch.hpp"
#include "unit/subject/random_subjects.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace leafnats::subject;

namespace {

/// A copy at an odd place of a block that ends with it, so that a sanitizer sees reads beyond.
class Exact {
 public:
  explicit Exact(std::string_view text) : memory_(new char[text.size() + 1]) {
    std::copy(text.begin(), text.end(), memory_.get() + 1);
    view_ = {memory_.get() + 1, text.size()};
  }
  std::string_view view() const { return view_; }

 private:
  std::unique_ptr<char[]> memory_;
  std::string_view view_;
};

std::string random_text(test::Random& random, std::size_t size) {
  std::string text;
  while (text.size() < size) text += "a.\xae\x2f\x2d\0"[test::below(random, 6)];
  return text;
}

}  // namespace

TEST_CASE("texts are the same if all bytes are", "[subject][text]") {
  for (std::size_t size = 0; size <= 40; ++size) {
    const std::string text(size, 'x');
    const Exact one(text);
    CHECK(same_text(one.view(), Exact(text).view()));
    CHECK_FALSE(same_text(one.view(), Exact(text + "x").view()));
    for (std::size_t at = 0; at < size; ++at) {
      std::string other = text;
      other[at] = 'y';
      REQUIRE_FALSE(same_text(one.view(), Exact(other).view()));
    }
  }
}

TEST_CASE("every dot is found, in order", "[subject][text]") {
  test::Random random(test::seed());
  INFO("seed: " << test::seed());
  for (int round = 0; round < 2'000; ++round) {
    const std::string text = random_text(random, test::below(random, 40));
    std::vector<std::size_t> naive;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] == '.') naive.push_back(at);
    }
    std::vector<std::size_t> found;
    const Exact exact(text);
    REQUIRE(for_each_dot(exact.view(), [&](std::size_t at) {
      found.push_back(at);
      return true;
    }));
    REQUIRE(found == naive);
    std::size_t calls = 0;
    const bool ran_through = for_each_dot(exact.view(), [&](std::size_t) {
      ++calls;
      return false;
    });
    REQUIRE(ran_through == naive.empty());
    REQUIRE(calls == (naive.empty() ? 0u : 1u));
  }
}

TEST_CASE("the hash depends on every byte, on the length, the seed and the salt",
          "[subject][text]") {
  const Hasher hasher(7);
  for (std::size_t size = 0; size <= 70; ++size) {
    std::set<std::uint64_t> seen;
    const std::string text(size, 'a');
    const Exact exact(text);
    seen.insert(hasher(exact.view()));
    seen.insert(hasher(exact.view(), 1));
    seen.insert(Hasher(8)(exact.view()));
    for (std::size_t at = 0; at < size; ++at) {
      std::string other = text;
      other[at] = 'b';
      seen.insert(hasher(other));
    }
    REQUIRE(seen.size() == size + 3);
  }
}

TEST_CASE("regular subjects fall evenly into places", "[subject][text]") {
  // The upper half of the hash is what the tables use; both ends of it must be good.
  constexpr std::size_t places = 1024;
  constexpr std::size_t each = 64;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const Hasher hasher(seed);
    std::vector<std::size_t> upper(places);
    std::vector<std::size_t> lower(places);
    for (std::size_t i = 0; i < places * each; ++i) {
      const std::uint64_t hash = hasher("dev." + std::to_string(i));
      ++upper[hash >> 54];
      ++lower[(hash >> 1) % places];
    }
    for (std::size_t place = 0; place < places; ++place) {
      // Six standard deviations.
      REQUIRE(upper[place] < each + 48);
      REQUIRE(lower[place] < each + 48);
    }
  }
}
