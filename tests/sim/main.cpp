// SPDX-License-Identifier: Apache-2.0
//
// leafnats-sim: runs seeds.
//
//   leafnats-sim --seed N [-v]         one seed; -v prints everything that happens
//   leafnats-sim --seeds FROM COUNT    many; goes on after a failure and prints each
//   leafnats-sim --replay FROM COUNT   each seed twice: every byte and event must be the same

#include "base/assert.hpp"
#include "world.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

using leafnats::sim::Journal;
using leafnats::sim::World;

std::uint64_t seed_under_way = 0;  // for the last words

void print_last_words(const char* words) noexcept {
  std::fprintf(stderr, "seed %llu: assertion failed: %s\n",
               static_cast<unsigned long long>(seed_under_way), words);
}

void print_failure(std::uint64_t seed) {
  // The seed is all it takes: the same world again, this time with its last lines kept.
  World world(seed, Journal::Lines::last);
  world.run();
  const Journal& journal = world.journal();
  for (const std::string& line : journal.last_lines()) std::puts(line.c_str());
  std::puts(leafnats::sim::to_string(world.plan()).c_str());
  std::puts(fmt::format("seed {} FAILED: {}: {}\n", seed, journal.property(), journal.failure())
                .c_str());
}

int run_one(std::uint64_t seed, bool verbose) {
  seed_under_way = seed;
  World world(seed, verbose ? Journal::Lines::all : Journal::Lines::none);
  world.run();
  std::puts(fmt::format("seed {}: hash {:016x}, {} messages", seed, world.journal().hash(),
                        world.model().message_count())
                .c_str());
  if (!world.journal().failed()) return EXIT_SUCCESS;
  if (!verbose) print_failure(seed);
  return EXIT_FAILURE;
}

int run_many(std::uint64_t from, std::uint64_t count) {
  std::uint64_t failures = 0;
  std::uint64_t messages = 0;
  for (std::uint64_t seed = from; seed < from + count; ++seed) {
    seed_under_way = seed;
    World world(seed, Journal::Lines::none);
    world.run();
    messages += world.model().message_count();
    if (!world.journal().failed()) continue;
    ++failures;
    // The first with its story, the others with a line each.
    if (failures == 1) {
      print_failure(seed);
    } else {
      std::puts(fmt::format("seed {} FAILED: {}: {}", seed, world.journal().property(),
                            world.journal().failure())
                    .c_str());
    }
  }
  std::puts(fmt::format("{} seeds from {}, {} messages, {} failures", count, from, messages,
                        failures)
                .c_str());
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int replay(std::uint64_t from, std::uint64_t count) {
  for (std::uint64_t seed = from; seed < from + count; ++seed) {
    seed_under_way = seed;
    std::uint64_t hashes[2];
    // Lines are made in one run only: watching a world must not change it.
    for (const Journal::Lines lines : {Journal::Lines::none, Journal::Lines::last}) {
      World world(seed, lines);
      world.run();
      hashes[lines == Journal::Lines::none ? 0 : 1] = world.journal().hash();
    }
    if (hashes[0] == hashes[1]) continue;
    std::puts(fmt::format("seed {} does not replay: {:016x}, then {:016x}", seed, hashes[0],
                          hashes[1])
                  .c_str());
    return EXIT_FAILURE;
  }
  std::puts(fmt::format("{} seeds from {} replay", count, from).c_str());
  return EXIT_SUCCESS;
}

std::uint64_t to_number(const char* text) { return std::strtoull(text, nullptr, 10); }

}  // namespace

int main(int argc, char** argv) {
  leafnats::base::set_last_words(print_last_words);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "--seed" && (argc == 3 || (argc == 4 && std::string_view(argv[3]) == "-v"))) {
    return run_one(to_number(argv[2]), argc == 4);
  }
  if (mode == "--seeds" && argc == 4) return run_many(to_number(argv[2]), to_number(argv[3]));
  if (mode == "--replay" && argc == 4) return replay(to_number(argv[2]), to_number(argv[3]));
  std::fputs("usage: leafnats-sim --seed N [-v] | --seeds FROM COUNT | --replay FROM COUNT\n",
             stderr);
  return EXIT_FAILURE;
}
