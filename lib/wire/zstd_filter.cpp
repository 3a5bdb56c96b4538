// SPDX-License-Identifier: Apache-2.0
//
// The library's streaming interface, wrapped. Its encoder cannot fail but for want of memory,
// which is fatal everywhere here.
#include "wire/zstd_filter.hpp"

#include <algorithm>

#include <zstd.h>

#include "base/assert.hpp"
#include "wire/crc32c.hpp"

namespace leafnats::wire {

namespace {

// Room asked of the sink at a time: most batches fit, and what does not comes in several rounds.
constexpr std::size_t output_step = 16 * 1024;

void set(ZSTD_CCtx* context, ZSTD_cParameter parameter, int value) {
  const std::size_t result = ZSTD_CCtx_setParameter(context, parameter, value);
  LEAFNATS_ASSERT(ZSTD_isError(result) == 0);  // bounds were checked with the options
}

}  // namespace

void ZstdFilter::FreeEncoder::operator()(ZSTD_CCtx_s* context) const noexcept {
  ZSTD_freeCCtx(context);
}

void ZstdFilter::FreeDecoder::operator()(ZSTD_DCtx_s* context) const noexcept {
  ZSTD_freeDCtx(context);
}

ZstdFilter::ZstdFilter(const ZstdSettings& settings)
    : level_(settings.level), window_log_(settings.window_log), dictionary_(settings.dictionary) {}

ZstdFilter::~ZstdFilter() = default;

StreamFilter::State ZstdFilter::state() const {
  return error_.empty() ? State::open : State::failed;
}

std::size_t ZstdFilter::held_bytes() const noexcept {
  return dictionary_.size() + (encoder_ ? ZSTD_sizeof_CCtx(encoder_.get()) : 0) +
         (decoder_ ? ZSTD_sizeof_DCtx(decoder_.get()) : 0);
}

ZSTD_CCtx_s* ZstdFilter::encoder() {
  if (encoder_) return encoder_.get();
  encoder_.reset(ZSTD_createCCtx());
  LEAFNATS_ASSERT(encoder_ != nullptr);
  set(encoder_.get(), ZSTD_c_compressionLevel, level_);
  set(encoder_.get(), ZSTD_c_windowLog, window_log_);
  set(encoder_.get(), ZSTD_c_contentSizeFlag, 0);
  set(encoder_.get(), ZSTD_c_dictIDFlag, 0);
  if (!dictionary_.empty()) {
    const std::size_t loaded =
        ZSTD_CCtx_loadDictionary(encoder_.get(), dictionary_.data(), dictionary_.size());
    LEAFNATS_ASSERT(ZSTD_isError(loaded) == 0);
  }
  return encoder_.get();
}

ZSTD_DCtx_s* ZstdFilter::decoder() {
  if (decoder_) return decoder_.get();
  decoder_.reset(ZSTD_createDCtx());
  LEAFNATS_ASSERT(decoder_ != nullptr);
  const std::size_t bounded =
      ZSTD_DCtx_setParameter(decoder_.get(), ZSTD_d_windowLogMax, window_log_);
  LEAFNATS_ASSERT(ZSTD_isError(bounded) == 0);
  if (!dictionary_.empty()) {
    const std::size_t loaded =
        ZSTD_DCtx_loadDictionary(decoder_.get(), dictionary_.data(), dictionary_.size());
    LEAFNATS_ASSERT(ZSTD_isError(loaded) == 0);
  }
  return decoder_.get();
}

std::size_t ZstdFilter::decode(std::string_view& in, std::span<char> out) {
  if (!error_.empty() || (in.empty() && !decoder_)) return 0;
  ZSTD_DCtx* const context = decoder();
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  while (output.pos < output.size) {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    const std::size_t before = output.pos;
    const std::size_t result = ZSTD_decompressStream(context, &output, &input);
    if (ZSTD_isError(result) != 0) {
      error_ = std::string("zstd stream of the peer: ") + ZSTD_getErrorName(result);
      decoder_.reset();
      break;
    }
    in.remove_prefix(input.pos);
    if (input.pos == 0 && output.pos == before) break;
  }
  return output.pos;
}

void ZstdFilter::encode(std::string_view plain, ByteSink& out) {
  ZSTD_CCtx* const context = encoder();
  ZSTD_inBuffer input{plain.data(), plain.size(), 0};
  while (input.pos < input.size) {
    ZSTD_outBuffer output{out.reserve(output_step), output_step, 0};
    const std::size_t result = ZSTD_compressStream2(context, &output, &input, ZSTD_e_continue);
    LEAFNATS_ASSERT(ZSTD_isError(result) == 0);
    out.commit(output.pos);
    unflushed_ = true;
  }
}

void ZstdFilter::flush(ByteSink& out) {
  while (unflushed_) {
    ZSTD_inBuffer input{nullptr, 0, 0};
    ZSTD_outBuffer output{out.reserve(output_step), output_step, 0};
    const std::size_t left = ZSTD_compressStream2(encoder(), &output, &input, ZSTD_e_flush);
    LEAFNATS_ASSERT(ZSTD_isError(left) == 0);
    out.commit(output.pos);
    unflushed_ = left != 0;
  }
}

void ZstdFilter::close(StreamEnd, ByteSink&) {}  // the link ends with the connection

std::uint32_t zstd_dictionary_id(std::string_view dictionary) noexcept {
  return dictionary.empty() ? 0 : std::max(crc32c(dictionary), std::uint32_t{1});
}

bool is_zstd_dictionary(std::string_view bytes) {
  ZSTD_CDict* const digested = ZSTD_createCDict(bytes.data(), bytes.size(), 1);
  ZSTD_freeCDict(digested);
  return digested != nullptr;
}

}  // namespace leafnats::wire
