// SPDX-License-Identifier: Apache-2.0
//
// Listens to one direction of a leaf link: keeps the interest that was announced on it and shows
// each message to the checker. It reads the protocol on its own, without wire/; only to decode what
// is compressed it uses the broker's own filters.
#pragma once

#include "checker.hpp"
#include "wire/stream_filter.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace leafnats::sim {

class LinkTap {
 public:
  /// `crossed` is shared by the two directions of the link.
  LinkTap(Checker& checker, int from, int to, Checker::Crossings& crossed) noexcept
      : checker_(checker), from_(from), to_(to), crossed_(crossed) {}

  void feed(std::string_view bytes);
  /// Set by the link, which knows what is a reason to complain.
  std::function<void(std::string_view line)> on_error;
  std::function<void()> on_info;

  /// What follows the line being read is compressed.
  void decode_from_here() noexcept { compressed_ = true; }
  [[nodiscard]] Checker::Interest interest() const;

 private:
  void decode(std::string_view bytes);
  void unfold_rest();
  bool take_line();
  void take_interest(std::string_view line);
  void take_message(std::string_view arguments, std::string_view body, std::size_t sizes);

  Checker& checker_;
  const int from_;
  const int to_;
  Checker::Crossings& crossed_;
  bool compressed_ = false;
  std::unique_ptr<wire::StreamFilter> filter_;
  std::string buffer_;
  std::size_t begin_ = 0;
  Checker::Interest interest_;
};

}  // namespace leafnats::sim
