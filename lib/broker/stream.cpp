// SPDX-License-Identifier: Apache-2.0
//
// Pulling bytes up and pushing bytes down through the filters of a connection.

#include "broker/stream.hpp"

#include "base/assert.hpp"
#include "base/limits.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace leafnats::broker {
namespace {

using wire::StreamFilter;

constexpr std::size_t pieces_per_step = 64;

bool is_over(StreamFilter::State state) {
  return state == StreamFilter::State::ended || state == StreamFilter::State::failed;
}

}  // namespace

Stream::~Stream() = default;

void Stream::push(std::unique_ptr<StreamFilter> filter, Outbox& plain) {
  LEAFNATS_ASSERT(plain.empty() || open());
  if (layers_.empty()) copy_to_wire(plain);
  while (!plain.empty()) {
    encode_batch(plain);
    flush_filters();
  }
  auto layer = std::make_unique<Layer>();
  layer->filter = std::move(filter);
  layers_.push_back(std::move(layer));
}

void Stream::copy_to_wire(Outbox& plain) {
  while (!plain.empty()) {
    std::array<Outbox::Range, pieces_per_step> ranges;
    const std::size_t count = plain.gather(ranges);
    std::size_t copied = 0;
    for (std::size_t i = 0; i < count; ++i) {
      wire_.append({ranges[i].data, ranges[i].size});
      copied += ranges[i].size;
    }
    plain.consume(copied);
  }
}

void Stream::unread(std::string_view bytes) {
  if (bytes.empty()) return;
  ReadBuffer& input = layers_.back()->input;
  LEAFNATS_ASSERT(input.size() == 0);  // nothing was read through a filter that is new
  const std::span<char> space = input.prepare(pool_, bytes.size());
  std::memcpy(space.data(), bytes.data(), bytes.size());
  input.commit(bytes.size());
}

bool Stream::open() const { return open_below(layers_.size()); }

bool Stream::open_below(std::size_t level) const {
  return std::all_of(layers_.begin(), layers_.begin() + static_cast<std::ptrdiff_t>(level),
                     [](const auto& layer) {
                       return layer->filter->state() == StreamFilter::State::open;
                     });
}

const StreamFilter* Stream::broken() const {
  for (const auto& layer : layers_) {
    if (is_over(layer->filter->state())) return layer->filter.get();
  }
  return nullptr;
}

StreamFilter* Stream::find(StreamFilter::Kind kind) const {
  for (const auto& layer : layers_) {
    if (layer->filter->kind() == kind) return layer->filter.get();
  }
  return nullptr;
}

// ---- Reading ----

std::size_t Stream::read(std::span<char> out) { return read(layers_.size() - 1, out); }

std::size_t Stream::read(std::size_t level, std::span<char> out) {
  Layer& layer = *layers_[level];
  std::size_t total = 0;
  for (;;) {
    const StreamFilter::State before = layer.filter->state();
    std::string_view in(layer.input.begin(), layer.input.size());
    total += layer.filter->decode(in, out.subspan(total));
    if (layer.input.size() > 0) layer.input.consume_to(in.data());
    if (total == out.size() || is_over(layer.filter->state())) return total;
    if (!in.empty()) {
      LEAFNATS_ASSERT(layer.filter->state() != before);  // the contract of decode()
      continue;
    }
    if (level == 0) return total;
    const std::size_t got = read(level - 1, layer.input.prepare(pool_, 0));
    if (got == 0) return total;
    layer.input.commit(got);
  }
}

void Stream::settle() {
  for (const auto& layer : layers_) layer->input.settle(pool_);
}

// ---- Writing ----

bool Stream::has_output() const {
  if (!wire_.empty()) return true;
  for (std::size_t level = 0; level < layers_.size(); ++level) {
    if (layers_[level]->filter->has_output() && open_below(level)) return true;
  }
  return false;
}

bool Stream::write(Outbox& plain, Transport& transport) {
  bool progressed = false;
  for (;;) {
    std::size_t encoded = 0;
    const bool has_room = wire_.size() < limits::stream_wire_bytes_max;
    if (has_room) {
      encoded = open() ? encode_batch(plain) : 0;
      flush_filters();
    }
    const std::size_t before = wire_.size();
    if (before > 0) transport.flush(wire_);
    if (wire_.size() < before) progressed = true;
    if (!wire_.empty()) break;
    // Without room nothing was encoded yet; the transport took all, and will not call again.
    if (has_room && encoded == 0 && !has_output()) break;
  }
  if (wire_.empty()) {
    wire_.clear();
  } else {
    wire_.compact();
  }
  return progressed;
}

std::size_t Stream::encode_batch(Outbox& plain) {
  StreamFilter& top = *layers_.back()->filter;
  Sink sink(*this, layers_.size() - 1);
  std::size_t encoded = 0;
  while (!plain.empty() && encoded < limits::stream_batch_bytes_max) {
    std::array<Outbox::Range, pieces_per_step> ranges;
    const std::size_t count = plain.gather(ranges);
    std::size_t step = 0;
    for (std::size_t i = 0; i < count && encoded + step < limits::stream_batch_bytes_max; ++i) {
      top.encode({ranges[i].data, ranges[i].size}, sink);
      step += ranges[i].size;
    }
    plain.consume(step);
    encoded += step;
  }
  return encoded;
}

void Stream::flush_filters() {
  for (std::size_t level = layers_.size(); level-- > 0;) {
    if (!open_below(level)) continue;
    Sink sink(*this, level);
    layers_[level]->filter->flush(sink);
  }
}

void Stream::finish(Outbox& plain, wire::StreamEnd end) {
  if (open()) encode_batch(plain);
  flush_filters();
  for (std::size_t level = layers_.size(); level-- > 0;) {
    if (!open_below(level)) continue;
    Sink sink(*this, level);
    layers_[level]->filter->close(end, sink);
    // What the lower ones kept back of it must not stay there.
    for (std::size_t below = level; below-- > 0;) {
      Sink lower(*this, below);
      layers_[below]->filter->flush(lower);
    }
  }
}

// ---- What a filter writes to ----

char* Stream::Sink::reserve(std::size_t bytes) {
  if (level_ == 0) return room_ = stream_.wire_.reserve(bytes);
  if (!scratch_ || scratch_->capacity() < bytes) {
    if (scratch_) stream_.pool_.give_back(std::move(scratch_));
    scratch_ = stream_.pool_.take(bytes);
  }
  return scratch_->bytes().data();
}

void Stream::Sink::commit(std::size_t bytes) {
  if (level_ == 0) {
    stream_.wire_.commit(room_ + bytes);
    stream_.bytes_out_ += bytes;
    return;
  }
  base::SlabRef scratch = std::exchange(scratch_, {});
  append({scratch->bytes().data(), bytes});
  stream_.pool_.give_back(std::move(scratch));
}

void Stream::Sink::append(std::string_view bytes) {
  if (bytes.empty()) return;
  if (level_ == 0) {
    stream_.wire_.append(bytes);
    stream_.bytes_out_ += bytes.size();
    return;
  }
  Sink lower(stream_, level_ - 1);
  stream_.layers_[level_ - 1]->filter->encode(bytes, lower);
}

}  // namespace leafnats::broker
