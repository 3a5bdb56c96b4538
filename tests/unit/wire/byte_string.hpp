// SPDX-License-Identifier: Apache-2.0
//
// A ByteSink that is a string, for tests of filters.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "wire/stream_filter.hpp"

namespace leafnats::wire::test {

class ByteString final : public ByteSink {
 public:
  char* reserve(std::size_t bytes) override {
    bytes_.resize(size_ + bytes);
    return bytes_.data() + size_;
  }
  void commit(std::size_t bytes) override { bytes_.resize(size_ += bytes); }
  void append(std::string_view bytes) override {
    bytes_.resize(size_);
    bytes_.append(bytes);
    size_ = bytes_.size();
  }

  [[nodiscard]] const std::string& str() const { return bytes_; }
  [[nodiscard]] std::string take() {
    size_ = 0;
    return std::exchange(bytes_, {});
  }

 private:
  std::string bytes_;
  std::size_t size_ = 0;
};

}  // namespace leafnats::wire::test
