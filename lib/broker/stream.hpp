// SPDX-License-Identifier: Apache-2.0
//
// The filters of one connection, and the bytes on their way through them. A session without
// filters has no Stream and pays nothing for it.
//
// Reading pulls: read() asks the topmost filter for plain bytes, which asks the one below for its
// input, down to what the shell read from the socket. Whatever a peer's few bytes unfold to, only
// as much is unfolded at a time as the reader has room for. Writing pushes: a batch of the
// session's outbox goes down through the filters into wire(), the outbox that the transport
// writes; the rest stays plain until the peer has taken that.
//
// Thread: its session's shard.
#pragma once

#include "broker/outbox.hpp"
#include "broker/read_buffer.hpp"
#include "broker/transport.hpp"
#include "wire/stream_filter.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace leafnats::broker {

class Stream {
 public:
  explicit Stream(base::SlabPool& pool) : pool_(pool), wire_(pool) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  /// Puts `filter` on top. What `plain` still holds was meant to go out without it and is encoded
  /// now; the filters below must be open if there is any.
  void push(std::unique_ptr<wire::StreamFilter> filter, Outbox& plain);

  /// `bytes` were received already and are for the topmost filter, before all that follow.
  void unread(std::string_view bytes);

  /// Whether every filter is open: only then bytes pass from end to end.
  [[nodiscard]] bool open() const;
  /// The lowest filter that has ended or failed; null if none has.
  [[nodiscard]] const wire::StreamFilter* broken() const;
  /// The filter of this kind; null if there is none.
  [[nodiscard]] wire::StreamFilter* find(wire::StreamFilter::Kind kind) const;

  // ---- Reading ----

  /// Where the shell reads to, and that it has.
  std::span<char> receive_space() { return layers_.front()->input.prepare(pool_, 0); }
  void received(std::size_t bytes) {
    layers_.front()->input.commit(bytes);
    bytes_in_ += bytes;
  }

  /// Plain bytes for `out`; 0 if there are none for now. Asks again until it says 0.
  std::size_t read(std::span<char> out);

  /// The batch is over: buffers that hold nothing go back to the pool.
  void settle();

  // ---- Writing ----

  /// Encodes what `plain` holds and lets `transport` write it, batch after batch, until the peer
  /// takes no more. True if it took anything.
  bool write(Outbox& plain, Transport& transport);

  /// Whether write() has something to do although the session said nothing.
  [[nodiscard]] bool has_output() const;

  /// Encodes a last batch and the filters' parting words into wire().
  void finish(Outbox& plain, wire::StreamEnd end);

  /// What waits for the peer in its encoded form.
  [[nodiscard]] Outbox& wire() noexcept { return wire_; }
  [[nodiscard]] const Outbox& wire() const noexcept { return wire_; }

  /// Bytes read from the peer and bytes made for it, as they are on the wire.
  [[nodiscard]] std::uint64_t bytes_in() const noexcept { return bytes_in_; }
  [[nodiscard]] std::uint64_t bytes_out() const noexcept { return bytes_out_; }

 private:
  /// What a filter writes: plain bytes of the filter below, or bytes for the wire.
  class Sink final : public wire::ByteSink {
   public:
    Sink(Stream& stream, std::size_t level) : stream_(stream), level_(level) {}
    char* reserve(std::size_t bytes) override;
    void commit(std::size_t bytes) override;
    void append(std::string_view bytes) override;

   private:
    Stream& stream_;
    const std::size_t level_;  // of the filter that writes here
    char* room_ = nullptr;     // lowest filter: what was reserved of the wire
    base::SlabRef scratch_;    // others: what was reserved for the filter below
  };

  struct Layer {
    std::unique_ptr<wire::StreamFilter> filter;
    ReadBuffer input;  // what its decode() has not taken yet
  };

  std::size_t read(std::size_t level, std::span<char> out);
  std::size_t encode_batch(Outbox& plain);
  void copy_to_wire(Outbox& plain);
  void flush_filters();
  [[nodiscard]] bool open_below(std::size_t level) const;

  base::SlabPool& pool_;
  std::vector<std::unique_ptr<Layer>> layers_;  // from the socket up
  Outbox wire_;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
};

}  // namespace leafnats::broker
