// SPDX-License-Identifier: Apache-2.0
//
// What an index knows of a subscription, and lists of that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace leafnats::subject {

/// Where in its index an entry hangs: the number of a record there, half as long as a pointer.
class NodeRef {
 public:
  constexpr NodeRef() noexcept = default;
  constexpr explicit NodeRef(std::uint32_t ref) noexcept : ref_(ref) {}
  [[nodiscard]] constexpr std::uint32_t ref() const noexcept { return ref_; }
  constexpr bool operator==(std::nullptr_t) const noexcept { return ref_ == 0; }

 private:
  std::uint32_t ref_ = 0;
};

/// The base of the broker's Subscription.
/// Lifetime: the index keeps its address while node is set. It owns nothing.
struct Interest {
  NodeRef node;                ///< where it hangs; null: not in an index. The index writes it.
  std::uint32_t position = 0;  ///< in the list it stands in, for removal. The index writes it.
  std::uint32_t weight = 1;    ///< members this entry stands for: a peer's queue interest may have
                               ///< several. The broker's field; the index never looks at it.
  std::uint32_t queue = 0;     ///< number of its queue group's name; 0: plain. The index writes it.
};

/// A few pointers, contiguous: one is kept inline, more in an array whose capacity follows from
/// the size (the next power of two), so that the list needs no third field.
class InterestList {
 public:
  InterestList() noexcept = default;
  InterestList(InterestList&& other) noexcept : word_(other.word_), size_(other.size_) {
    other.word_ = nullptr;
    other.size_ = 0;
  }
  InterestList& operator=(InterestList&& other) noexcept;
  ~InterestList();

  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
  [[nodiscard]] std::span<Interest* const> all() const noexcept {
    return {size_ <= 1 ? &word_ : array(), size_};
  }

  void append(std::span<Interest* const> interests);

  /// Appends an entry and writes its position.
  void insert(Interest& interest);

  /// Removes an entry that insert() placed. The last one moves to its place.
  void remove(const Interest& interest);

  /// Bytes allocated beyond the list itself.
  [[nodiscard]] std::size_t extra_bytes() const noexcept;

 private:
  [[nodiscard]] Interest** array() const noexcept { return reinterpret_cast<Interest**>(word_); }
  [[nodiscard]] Interest** data() noexcept { return size_ <= 1 ? &word_ : array(); }
  void resize(std::uint32_t size);

  Interest* word_ = nullptr;  // the entry if size_ is 1, an array if it is more
  std::uint32_t size_ = 0;
};

}  // namespace leafnats::subject
