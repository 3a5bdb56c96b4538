// SPDX-License-Identifier: Apache-2.0
//
// Three match finders over one block. Tables hold places as 16 or 32 bits, whichever the block
// needs; an entry never set means place 0, which is as good a guess as any. A finder compares
// before it believes, so tables can be wrong but not dangerous.
#include "wire/s2_encoder.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "wire/s2_elements.hpp"

namespace leafnats::wire::s2 {

namespace {

// Shorter than this nothing is looked for: head and tags would eat what is gained.
constexpr std::size_t worthwhile_bytes = 32;

// Finders stop this far before the end, so that they can load eight bytes at three places.
constexpr std::size_t tail_bytes = 12;

std::uint32_t load32(const char* from) noexcept {
  std::uint32_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// The first byte is the lowest, on every processor: hashes leave out the highest.
std::uint64_t load64(const char* from) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

/// A hash of the lowest `bytes` of `word`, as `bits` bits.
template <unsigned bytes>
std::uint32_t hash(std::uint64_t word, unsigned bits) noexcept {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
  return static_cast<std::uint32_t>(((word << (64 - 8 * bytes)) * odd) >> (64 - bits));
}

struct Block {
  const char* bytes;
  std::size_t size;

  [[nodiscard]] std::size_t last_start() const noexcept { return size - tail_bytes; }

  /// How many bytes are the same at two places, the later one given second.
  [[nodiscard]] std::size_t match(std::size_t earlier, std::size_t later) const noexcept {
    const std::size_t start = later;
    for (; later + 8 <= size; earlier += 8, later += 8) {
      const std::uint64_t difference = load64(bytes + earlier) ^ load64(bytes + later);
      if (difference != 0) {
        return later - start + static_cast<std::size_t>(std::countr_zero(difference)) / 8;
      }
    }
    while (later < size && bytes[earlier] == bytes[later]) {
      ++earlier;
      ++later;
    }
    return later - start;
  }
};

/// A match found, before it is written.
struct Match {
  std::size_t at = 0;
  std::size_t offset = 0;
  std::size_t length = 0;

  [[nodiscard]] std::size_t end() const noexcept { return at + length; }
};

/// Collects what finders find: literals up to each match, then the match.
class BlockWriter {
 public:
  BlockWriter(Block block, char* to, std::size_t limit) noexcept
      : block_(block), limit_(limit), elements_(to, limit) {}

  /// Where the next literal begins; what lies before is written.
  [[nodiscard]] std::size_t written() const noexcept { return written_; }
  [[nodiscard]] std::size_t last_offset() const noexcept { return elements_.last_offset(); }

  /// Takes in equal bytes before the match.
  void extend_back(Match& match) const noexcept {
    while (match.at > written_ && match.at > match.offset &&
           block_.bytes[match.at - 1] == block_.bytes[match.at - 1 - match.offset]) {
      --match.at;
      ++match.length;
    }
  }

  bool put(const Match& match) noexcept {
    if (!put_literal(match.at) || !elements_.copy(match.offset, match.length)) return false;
    written_ = match.end();
    return true;
  }

  /// Writes the rest as a literal. The size, or 0 if it got too large.
  std::size_t finish() noexcept {
    return put_literal(block_.size) && elements_.size() <= limit_ ? elements_.size() : 0;
  }

 private:
  bool put_literal(std::size_t end) noexcept {
    return elements_.literal(block_.bytes + written_, end - written_, block_.size - written_);
  }

  const Block block_;
  const std::size_t limit_;
  ElementWriter elements_;
  std::size_t written_ = 0;
};

/// A table that is zero at first, for the length of a call.
template <class Entry>
std::unique_ptr<Entry[]> make_table(unsigned bits) {
  return std::make_unique<Entry[]>(std::size_t{1} << bits);
}

/// Bits of a table for a block: about one entry for each `places` places of it.
unsigned table_bits(std::size_t size, std::size_t places, unsigned most) noexcept {
  const auto wanted = static_cast<unsigned>(std::bit_width(size / places));
  return std::clamp(wanted, 8U, most);
}

/// Where nothing repeats strides grow, by one for each 2^hurry places. A short block is given up
/// sooner: one message seldom gets smaller by itself.
unsigned hurry_in(Block block, unsigned usual) noexcept { return block.size < 1024 ? 4 : usual; }

// ---- fast

template <class Place>
std::size_t encode_fast(Block block, BlockWriter writer) {
  const unsigned bits = table_bits(block.size, 2, 14);
  const auto table = make_table<Place>(bits);
  const char* const bytes = block.bytes;
  const std::size_t last = block.last_start();
  const unsigned hurry = hurry_in(block, 6);

  std::size_t at = 1;
  while (at <= last) {
    Match match;
    const std::uint64_t word = load64(bytes + at);
    const std::uint32_t first = hash<6>(word, bits);
    const std::uint32_t second = hash<6>(word >> 8, bits);
    const std::size_t first_place = table[first];
    const std::size_t second_place = table[second];
    table[first] = static_cast<Place>(at);
    table[second] = static_cast<Place>(at + 1);
    const std::size_t repeat = writer.last_offset();
    if (repeat != 0 && static_cast<std::uint32_t>(word >> 8) == load32(bytes + at + 1 - repeat)) {
      match = {at + 1, repeat, 0};
    } else if (static_cast<std::uint32_t>(word) == load32(bytes + first_place)) {
      match = {at, at - first_place, 0};
    } else if (static_cast<std::uint32_t>(word >> 8) == load32(bytes + second_place)) {
      match = {at + 1, at + 1 - second_place, 0};
    } else {
      at += 2 + ((at - writer.written()) >> hurry);
      continue;
    }
    match.length = 4 + block.match(match.at + 4 - match.offset, match.at + 4);
    writer.extend_back(match);
    for (;;) {
      if (!writer.put(match)) return 0;
      at = match.end();
      if (at > last) return writer.finish();
      // What follows a match is often known too.
      const std::uint64_t around = load64(bytes + at - 2);
      table[hash<6>(around, bits)] = static_cast<Place>(at - 2);
      Place& entry = table[hash<6>(around >> 16, bits)];
      const std::size_t place = entry;
      entry = static_cast<Place>(at);
      if (static_cast<std::uint32_t>(around >> 16) != load32(bytes + place)) break;
      match = {at, at - place, 4 + block.match(place + 4, at + 4)};
    }
    ++at;
  }
  return writer.finish();
}

// ---- better

template <class Place>
class BetterFinder {
 public:
  BetterFinder(Block block, BlockWriter writer)
      : block_(block),
        writer_(writer),
        long_bits_(table_bits(block.size, 1, sizeof(Place) == 2 ? 15 : 17)),
        short_bits_(table_bits(block.size, 2, 14)),
        long_(make_table<Place>(long_bits_)),
        short_(make_table<Place>(short_bits_)) {}

  std::size_t encode() {
    const std::size_t last = block_.last_start();
    const unsigned hurry = hurry_in(block_, 7);
    std::size_t at = 1;
    while (at <= last) {
      Match match = find(at);
      if (match.length == 0) {
        at += 1 + ((at - writer_.written()) >> hurry);
        continue;
      }
      writer_.extend_back(match);
      if (match.offset >= 65536 && match.length <= 5 && match.offset != writer_.last_offset()) {
        at += 2;  // no shorter than the bytes themselves
        continue;
      }
      if (!writer_.put(match)) return 0;
      at = match.end();
      if (at <= last) note_within(match);
    }
    return writer_.finish();
  }

 private:
  [[nodiscard]] Match find(std::size_t at) {
    const std::uint64_t word = load64(block_.bytes + at);
    Place& long_entry = long_[hash<7>(word, long_bits_)];
    Place& short_entry = short_[hash<4>(word, short_bits_)];
    const std::size_t far = long_entry;
    const std::size_t near = short_entry;
    long_entry = short_entry = static_cast<Place>(at);
    const std::uint64_t far_word = load64(block_.bytes + far);
    const auto low = static_cast<std::uint32_t>(word);
    if (word == far_word) return matched(far, at);
    if (word == load64(block_.bytes + near)) return matched(near, at);
    if (low == static_cast<std::uint32_t>(far_word)) return matched(far, at);
    if (low != load32(block_.bytes + near)) return {};
    // Four bytes are few: the next place may have seven.
    Place& next_entry = long_[hash<7>(word >> 8, long_bits_)];
    const std::size_t next = next_entry;
    next_entry = static_cast<Place>(at + 1);
    if (static_cast<std::uint32_t>(word >> 8) == load32(block_.bytes + next)) {
      return matched(next, at + 1);
    }
    return matched(near, at);
  }

  [[nodiscard]] Match matched(std::size_t place, std::size_t at) const noexcept {
    return {at, at - place, 4 + block_.match(place + 4, at + 4)};
  }

  /// The ends of a match are noted in both tables, its inside sparsely in the long one.
  void note_within(const Match& match) {
    const auto note = [this](std::size_t place) {
      const std::uint64_t word = load64(block_.bytes + place);
      long_[hash<7>(word, long_bits_)] = static_cast<Place>(place);
      short_[hash<4>(word >> 8, short_bits_)] = static_cast<Place>(place + 1);
    };
    note(match.at + 1);
    note(match.end() - 2);
    for (std::size_t place = match.at + 2; place + 3 < match.end(); place += 2) {
      long_[hash<7>(load64(block_.bytes + place), long_bits_)] = static_cast<Place>(place);
    }
  }

  const Block block_;
  BlockWriter writer_;
  const unsigned long_bits_;
  const unsigned short_bits_;
  const std::unique_ptr<Place[]> long_;
  const std::unique_ptr<Place[]> short_;
};

// ---- best

template <class Place>
class BestFinder {
 public:
  BestFinder(Block block, BlockWriter writer)
      : block_(block),
        writer_(writer),
        bits_(table_bits(block.size, 1, 16)),
        heads_(make_table<Place>(bits_)),
        before_(std::make_unique<Place[]>(block.size)) {}

  std::size_t encode() {
    const std::size_t last = block_.last_start();
    std::size_t at = 1;
    while (at <= last) {
      Candidate best = find(at);
      if (best.gain <= 0) {
        at += 1 + ((at - writer_.written()) >> 8);
        continue;
      }
      // A match is worth waiting for if it gains more than it adds to the literal before it.
      for (std::size_t ahead = 1; ahead <= 2 && at + ahead <= last; ++ahead) {
        const Candidate later = find(at + ahead);
        if (later.gain > best.gain + static_cast<int>(ahead)) {
          at += ahead;
          best = later;
          ahead = 0;
        }
      }
      writer_.extend_back(best.match);
      if (!writer_.put(best.match)) return 0;
      at = best.match.end();
      note_until(std::min(at, last + 1));
    }
    return writer_.finish();
  }

 private:
  // Places of a chain that are looked at.
  static constexpr int depth_max = 24;

  struct Candidate {
    Match match;
    int gain = 0;  // bytes saved
  };

  [[nodiscard]] std::uint32_t key(std::size_t at) const noexcept {
    return hash<4>(load64(block_.bytes + at), bits_);
  }

  void note_until(std::size_t end) {
    for (; noted_ < end; ++noted_) {
      Place& head = heads_[key(noted_)];
      before_[noted_] = head;
      head = static_cast<Place>(noted_);
    }
  }

  void consider(Candidate& best, std::size_t place, std::size_t at) const noexcept {
    const std::size_t length = block_.match(place, at);
    if (length < 4) return;
    const std::size_t offset = at - place;
    const int gain =
        static_cast<int>(length) - copy_cost(offset, length, offset == writer_.last_offset());
    if (gain > best.gain) best = {{at, offset, length}, gain};
  }

  [[nodiscard]] Candidate find(std::size_t at) {
    note_until(at);
    Candidate best;
    const std::uint32_t low = load32(block_.bytes + at);
    if (const std::size_t repeat = writer_.last_offset(); repeat != 0) {
      consider(best, at - repeat, at);
    }
    std::size_t place = heads_[key(at)];
    for (int depth = 0; depth < depth_max; ++depth) {
      // Only a longer match can be better, so its last byte is looked at first.
      const std::size_t want = best.match.length;
      if (load32(block_.bytes + place) == low &&
          (at + want >= block_.size || block_.bytes[place + want] == block_.bytes[at + want])) {
        consider(best, place, at);
      }
      if (place == 0) break;
      place = before_[place];
    }
    return best;
  }

  const Block block_;
  BlockWriter writer_;
  const unsigned bits_;
  const std::unique_ptr<Place[]> heads_;
  const std::unique_ptr<Place[]> before_;
  std::size_t noted_ = 0;
};

template <class Place>
std::size_t encode_with(S2Level level, Block block, BlockWriter writer) {
  switch (level) {
    case S2Level::uncompressed: return 0;
    case S2Level::fast: return encode_fast<Place>(block, writer);
    case S2Level::better: return BetterFinder<Place>(block, writer).encode();
    case S2Level::best: return BestFinder<Place>(block, writer).encode();
  }
  return 0;
}

char* write_size(char* to, std::size_t size) noexcept {
  for (; size >= 0x80; size >>= 7) *to++ = static_cast<char>(size | 0x80);
  *to++ = static_cast<char>(size);
  return to;
}

}  // namespace

std::size_t encode_block(S2Level level, std::string_view plain, char* to) {
  LEAFNATS_ASSERT(plain.size() <= limits::s2_block_bytes_max);
  if (plain.size() < worthwhile_bytes) return 0;
  char* const elements = write_size(to, plain.size());
  const auto head = static_cast<std::size_t>(elements - to);
  const Block block{plain.data(), plain.size()};
  const BlockWriter writer(block, elements, plain.size() - plain.size() / 32 - head);
  const std::size_t size = plain.size() <= 65536 ? encode_with<std::uint16_t>(level, block, writer)
                                                 : encode_with<std::uint32_t>(level, block, writer);
  return size == 0 ? 0 : head + size;
}

}  // namespace leafnats::wire::s2
