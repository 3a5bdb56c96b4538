// SPDX-License-Identifier: Apache-2.0
//
// The hash table of references, against a map, with good hashes and with terrible ones.

#include "subject/slot_table.hpp"

#include "support/catch.hpp"
#include "unit/subject/random_subjects.hpp"

#include <cstdint>
#include <map>
#include <vector>

using namespace leafnats::subject;

namespace {

using Model = std::map<Ref, std::uint64_t>;  // reference to hash

Ref look_up(const SlotTable& table, std::uint64_t hash, Ref wanted) {
  return table.find(hash, [wanted](Ref ref) { return ref == wanted; });
}

void require_equal(const SlotTable& table, const Model& model) {
  REQUIRE(table.size() == model.size());
  for (const auto& [ref, hash] : model) REQUIRE(look_up(table, hash, ref) == ref);
  std::size_t seen = 0;
  table.for_each([&](Ref ref) {
    ++seen;
    REQUIRE(model.count(ref) == 1);
  });
  REQUIRE(seen == model.size());
}

/// Random insertions and removals around a size that rises and falls.
template <class Hash>
void churn(std::uint64_t seed, std::size_t steps, Hash&& hash_of) {
  test::Random random(seed);
  SlotTable table;
  Model model;
  std::vector<Ref> present;
  Ref next = 1;
  for (std::size_t step = 0; step < steps; ++step) {
    const bool growing = (step / 500) % 2 == 0;
    if (present.empty() || (test::below(random, 4) != 0) == growing) {
      const std::uint64_t hash = hash_of(random);
      table.insert(hash, next);
      model.emplace(next, hash);
      present.push_back(next++);
      continue;
    }
    const std::size_t at = test::below(random, present.size());
    const Ref ref = present[at];
    present[at] = present.back();
    present.pop_back();
    const std::uint64_t hash = model[ref];
    table.erase(hash, ref);
    model.erase(ref);
    REQUIRE(look_up(table, hash, ref) == 0);
    if (step % 97 == 0) require_equal(table, model);
  }
  require_equal(table, model);
  for (const auto& [ref, hash] : model) table.erase(hash, ref);
  CHECK(table.size() == 0);
  CHECK(table.bytes() == 0);
}

}  // namespace

TEST_CASE("a slot table is a map from hash to reference", "[subject][slots]") {
  const auto seed = test::seed();
  INFO("seed: " << seed);
  churn(seed, 20'000, [](test::Random& random) { return random(); });
}

TEST_CASE("a slot table survives hashes that pile up at either end", "[subject][slots]") {
  const auto seed = test::seed();
  INFO("seed: " << seed);
  churn(seed, 5'000, [](test::Random&) { return ~std::uint64_t{0}; });
  churn(seed, 5'000, [](test::Random&) { return std::uint64_t{0}; });
  churn(seed, 5'000, [](test::Random& random) { return ~std::uint64_t{0} - (random() % 3 << 32); });
  churn(seed, 5'000, [](test::Random& random) { return random() % 40 << 58; });
}

TEST_CASE("a slot table is at least half full once it has grown", "[subject][slots]") {
  test::Random random(1);
  SlotTable table;
  for (Ref ref = 1; ref <= 100'000; ++ref) {
    table.insert(random(), ref);
    if (ref > 100) REQUIRE(table.bytes() <= ref * 8 * 2);
  }
}
