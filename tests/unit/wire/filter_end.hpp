// SPDX-License-Identifier: Apache-2.0
//
// One end of a filter under test: bytes for the peer are collected in a string, bytes of the peer
// are fed in pieces of a chosen size into room of a chosen size.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "wire/stream_filter.hpp"

namespace leafnats::wire::test {

class StringSink final : public ByteSink {
 public:
  char* reserve(std::size_t bytes) override {
    room_.resize(bytes);
    return room_.data();
  }
  void commit(std::size_t bytes) override { text.append(room_, 0, bytes); }
  void append(std::string_view bytes) override { text.append(bytes); }

  [[nodiscard]] std::string take() {
    std::string taken;
    taken.swap(text);
    return taken;
  }

  std::string text;

 private:
  std::string room_;
};

/// Feeds `bytes` as a session would; returns what they mean. What the filter does not take
/// because it has ended or failed is dropped.
inline std::string feed(StreamFilter& filter, std::string_view bytes, std::size_t in_step = 65536,
                        std::size_t out_step = 65536) {
  using State = StreamFilter::State;
  std::string plain;
  std::string room(out_step, '\0');
  std::string waiting;
  do {
    const std::string_view piece = bytes.substr(0, in_step);
    bytes.remove_prefix(piece.size());
    waiting.append(piece);
    std::string_view in(waiting);
    for (;;) {
      const State before = filter.state();
      const std::size_t got = filter.decode(in, {room.data(), room.size()});
      plain.append(room, 0, got);
      if (got < room.size() && filter.state() == before) break;
      if (filter.state() == State::ended || filter.state() == State::failed) break;
    }
    waiting.erase(0, waiting.size() - in.size());
  } while (!bytes.empty() && filter.state() != State::ended && filter.state() != State::failed);
  return plain;
}

inline std::string flushed(StreamFilter& filter) {
  StringSink sink;
  filter.flush(sink);
  return sink.take();
}

inline std::string encoded(StreamFilter& filter, std::string_view plain) {
  StringSink sink;
  filter.encode(plain, sink);
  filter.flush(sink);
  return sink.take();
}

}  // namespace leafnats::wire::test
