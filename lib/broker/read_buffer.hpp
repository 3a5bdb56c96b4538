// SPDX-License-Identifier: Apache-2.0
//
// The unparsed bytes of one connection. While a batch is parsed they lie in a slab from the
// shard's pool; between batches a short rest is kept in a block of its own size and the slab goes
// back, so that ten thousand half-sent lines hold kilobytes, not ten thousand slabs.
//
// Thread: its shard's.
#pragma once

#include "base/slab.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace leafnats::broker {

class ReadBuffer {
 public:
  /// Where the next read goes: free space behind the unparsed bytes, never empty. `needed` is the
  /// size that the unparsed operation will have at least; 0 if not known.
  std::span<char> prepare(base::SlabPool& pool, std::size_t needed);

  /// `bytes` bytes were read into the space of prepare().
  void commit(std::size_t bytes) noexcept { end_ += bytes; }

  [[nodiscard]] const char* begin() const noexcept { return slab_ ? data() + begin_ : nullptr; }
  [[nodiscard]] const char* end() const noexcept { return slab_ ? data() + end_ : nullptr; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }

  /// Everything before `cursor` is parsed.
  void consume_to(const char* cursor) noexcept {
    begin_ = static_cast<std::size_t>(cursor - data());
  }

  /// The batch is over: gives the slab back unless a long rest needs it.
  void settle(base::SlabPool& pool);

  /// The slab that the unparsed and just parsed bytes lie in.
  [[nodiscard]] const base::SlabRef& slab() const noexcept { return slab_; }

 private:
  [[nodiscard]] char* data() const noexcept { return slab_->bytes().data(); }
  void move_to(base::SlabRef slab, base::SlabPool& pool);

  base::SlabRef slab_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace leafnats::broker
