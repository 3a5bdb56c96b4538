// SPDX-License-Identifier: Apache-2.0
//
// Reading is a loop over two situations: between frames, where a header is collected, and inside
// one, where payload flows from `in` to `out`. Writing collects small pieces until there is a
// frame's worth or the batch ends.

#include "wire/websocket_filter.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace leafnats::wire {
namespace {

// Close codes of RFC 6455, section 7.4.1.
constexpr unsigned code_normal = 1000;
constexpr unsigned code_going_away = 1001;
constexpr unsigned code_protocol_error = 1002;
constexpr unsigned code_invalid_payload = 1007;
constexpr unsigned code_policy = 1008;
constexpr unsigned code_too_big = 1009;

// A compressed message cannot take more bytes than a small multiple of what it may inflate to,
// unless it consists of empty blocks.
constexpr std::uint64_t deflated_slack = 1024;

unsigned code_of(StreamEnd end) {
  switch (end) {
    case StreamEnd::normal: return code_normal;
    case StreamEnd::going_away: return code_going_away;
    case StreamEnd::protocol_error: return code_protocol_error;
    case StreamEnd::policy: return code_policy;
    case StreamEnd::too_big: return code_too_big;
  }
  return code_normal;
}

/// A message may hold several operations.
std::size_t message_bound(std::size_t max_payload) {
  return std::min(max_payload, limits::websocket_message_bytes_max /
                                   limits::websocket_message_factor) *
         limits::websocket_message_factor;
}

/// Payload of a close frame; a text that is too long ends in "...".
std::string close_payload(unsigned code, std::string_view text) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  const std::size_t room = websocket_control_bytes_max - payload.size();
  if (text.size() <= room) return payload.append(text);
  return payload.append(text.substr(0, room - 3)).append("...");
}

bool is_continuation_byte(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// Length of the sequence that `lead` begins; 0: none does.
std::size_t sequence_bytes(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t bytes = sequence_bytes(lead);
    if (bytes == 0 || bytes > text.size()) return false;
    if (!std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(bytes),
                     is_continuation_byte)) {
      return false;
    }
    const auto second = bytes > 1 ? static_cast<unsigned char>(text[1]) : 0U;
    // Longer than needed, a surrogate, or beyond U+10FFFF.
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
        (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) {
      return false;
    }
    text.remove_prefix(bytes);
  }
  return true;
}

}  // namespace

struct WebSocketFilter::Opening {
  explicit Opening(HttpHead::Kind kind) : head(kind) {}

  HttpHead head;
  const UpgradePolicy* policy = nullptr;  // accepting
  WebSocketRequest request;               // dialling, with
  std::string key;
};

WebSocketFilter::WebSocketFilter(const UpgradePolicy& policy)
    : state_(State::opening),
      opening_(std::make_unique<Opening>(HttpHead::Kind::request)),
      entropy_(nullptr),
      reader_(WebSocketFrameReader::Masking::required, false),
      compression_(false),
      no_masking_(true) {
  opening_->policy = &policy;
}

WebSocketFilter::WebSocketFilter(const WebSocketRequest& request, std::size_t max_payload,
                                 base::Entropy& entropy)
    : state_(State::opening),
      opening_(std::make_unique<Opening>(HttpHead::Kind::response)),
      entropy_(&entropy),
      reader_(WebSocketFrameReader::Masking::forbidden, false),
      compression_(false),
      no_masking_(false) {
  opening_->request = request;
  opening_->key = make_websocket_key(entropy);
  head_ = format_upgrade_request(request, opening_->key);
  sizes_.inflated_bytes_max = message_bound(max_payload);
}

WebSocketFilter::~WebSocketFilter() = default;

// ---- Reading ----

std::size_t WebSocketFilter::decode(std::string_view& in, std::span<char> out) {
  if (state_ == State::opening) {
    opening_->policy != nullptr ? read_request(in) : read_answer(in);
    return 0;
  }
  std::size_t made = 0;
  while (state_ == State::open && made < out.size()) {
    if (!in_frame_) {
      if (!read_header(in)) break;
    } else if (is_control(frame_.opcode)) {
      read_control(in);
      if (in_frame_ && in.empty()) break;
    } else {
      const std::size_t before = made;
      const std::size_t in_before = in.size();
      made += read_payload(in, out.subspan(made));
      if (in_frame_ && !ending_ && made == before && in.size() == in_before) break;
    }
  }
  return made;
}

void WebSocketFilter::fail_opening(std::string_view error) {
  state_ = State::failed;
  error_ = error;
}

void WebSocketFilter::read_request(std::string_view& in) {
  const HttpHead::State head = opening_->head.take(in);
  if (head == HttpHead::State::incomplete) return;
  if (head == HttpHead::State::complete) {
    upgrade_ = answer_upgrade(opening_->head, *opening_->policy);
  } else {
    const bool too_large = head == HttpHead::State::too_large;
    upgrade_ = refuse_upgrade(too_large ? 431 : 400, opening_->head.error());
  }
  if (upgrade_.status == 101 && !in.empty()) {
    fail_opening("websocket handshake error: client sent data before handshake is complete");
    return;
  }
  head_ = std::exchange(upgrade_.bytes, {});
  if (upgrade_.status == 101) {
    open_accepted();
  } else {
    fail_opening(upgrade_.error);
  }
}

void WebSocketFilter::open_accepted() {
  const std::size_t max_payload = opening_->policy->max_payload;
  // A client's message is held to max_payload, as in nats-server. A leaf's is not: nats-server
  // itself sends larger batches in one message, and then loses the link to another of its kind.
  sizes_.inflated_bytes_max = upgrade_.is_leaf ? message_bound(max_payload) : max_payload;
  sizes_.fragment_compressed = upgrade_.fragments_compressed;
  if (upgrade_.is_browser) sizes_.frame_bytes = limits::websocket_browser_frame_bytes;
  compression_ = upgrade_.compression;
  reader_ = WebSocketFrameReader(upgrade_.no_masking ? WebSocketFrameReader::Masking::either
                                                     : WebSocketFrameReader::Masking::required,
                                 compression_);
  state_ = State::open;
  opening_.reset();
}

void WebSocketFilter::read_answer(std::string_view& in) {
  const HttpHead::State head = opening_->head.take(in);
  if (head == HttpHead::State::incomplete) return;
  if (head != HttpHead::State::complete) {
    fail_opening("invalid websocket connection: " + std::string(opening_->head.error()));
    return;
  }
  const auto agreement = judge_upgrade_answer(opening_->head, opening_->request, opening_->key);
  if (!agreement) {
    fail_opening(agreement.error().message());
    return;
  }
  compression_ = agreement->compression;
  no_masking_ = agreement->no_masking;
  reader_ = WebSocketFrameReader(WebSocketFrameReader::Masking::forbidden, compression_);
  state_ = State::open;
  opening_.reset();
}

bool WebSocketFilter::read_header(std::string_view& in) {
  switch (reader_.take(in, frame_)) {
    case WebSocketFrameReader::Step::more: return false;
    case WebSocketFrameReader::Step::fault:
      fail(code_protocol_error, reader_.fault());
      return false;
    case WebSocketFrameReader::Step::header: break;
  }
  in_frame_ = true;
  taken_ = 0;
  if (frame_.opcode == WebSocketOpcode::text || frame_.opcode == WebSocketOpcode::binary) {
    inflating_ = frame_.compressed;
    inflated_ = 0;
    deflated_ = 0;
  }
  return true;
}

std::size_t WebSocketFilter::read_payload(std::string_view& in, std::span<char> out) {
  if (inflating_) return read_compressed(in, out);
  const std::size_t made = read_plain(in, out);
  in_frame_ = taken_ < frame_.payload_bytes;
  return made;
}

/// Takes as much as there is, as fits and as belongs to the frame, without its mask.
std::size_t WebSocketFilter::read_plain(std::string_view& in, std::span<char> out) {
  const std::uint64_t left = frame_.payload_bytes - taken_;
  const std::size_t bytes =
      static_cast<std::size_t>(std::min<std::uint64_t>(left, std::min(in.size(), out.size())));
  std::copy_n(in.begin(), bytes, out.begin());
  if (frame_.masked) apply_websocket_key(out.data(), bytes, frame_.key, taken_);
  in.remove_prefix(bytes);
  taken_ += bytes;
  return bytes;
}

std::size_t WebSocketFilter::read_compressed(std::string_view& in, std::span<char> out) {
  if (ending_) return end_compressed(out);
  std::array<char, 4096> piece;
  std::string_view source = in.substr(
      0, static_cast<std::size_t>(std::min<std::uint64_t>(
             frame_.payload_bytes - taken_, std::min(in.size(), piece.size()))));
  if (frame_.masked) {
    std::copy(source.begin(), source.end(), piece.begin());
    apply_websocket_key(piece.data(), source.size(), frame_.key, taken_);
    source = {piece.data(), source.size()};
  }
  const std::size_t given = source.size();
  const std::size_t made = inflater_.inflate(source, out);
  const std::size_t used = given - source.size();
  in.remove_prefix(used);
  taken_ += used;
  deflated_ += used;
  count_inflated(made);
  if (state_ != State::open) return made;
  if (inflater_.broken()) {
    fail(code_invalid_payload, "compressed message is corrupt");
  } else if (taken_ == frame_.payload_bytes && made < out.size()) {
    // With `out` full there may be more in the inflater: the frame is not done with yet.
    ending_ = in_frame_ = frame_.final;
  }
  return made;
}

std::size_t WebSocketFilter::end_compressed(std::span<char> out) {
  const std::size_t made = inflater_.finish(out);
  count_inflated(made);
  if (state_ != State::open) return made;
  if (inflater_.broken()) {
    fail(code_invalid_payload, "compressed message is corrupt");
  } else if (inflater_.finished()) {
    inflater_.reset();
    inflating_ = ending_ = in_frame_ = false;
  }
  return made;
}

void WebSocketFilter::count_inflated(std::size_t bytes) {
  inflated_ += bytes;
  const std::uint64_t bound = sizes_.inflated_bytes_max;
  if (inflated_ > bound || deflated_ > bound + bound / 8 + deflated_slack) {
    fail(code_too_big, "compressed message is larger than allowed");
  }
}

void WebSocketFilter::read_control(std::string_view& in) {
  const std::size_t before = control_.size();
  const std::size_t bytes =
      std::min(in.size(), static_cast<std::size_t>(frame_.payload_bytes) - before);
  control_.append(in.substr(0, bytes));
  if (frame_.masked) {
    apply_websocket_key(control_.data() + before, bytes, frame_.key, before);
  }
  in.remove_prefix(bytes);
  if (control_.size() < frame_.payload_bytes) return;
  on_control();
  control_.clear();
  in_frame_ = false;
}

void WebSocketFilter::on_control() {
  switch (frame_.opcode) {
    case WebSocketOpcode::ping: queue_pong(); break;
    case WebSocketOpcode::close: on_close(); break;
    default: break;  // a pong that nobody asked for
  }
}

/// The answer repeats what the peer said, if it was well said.
void WebSocketFilter::on_close() {
  if (control_.size() == 1) {
    fail(code_protocol_error, "close frame payload cannot be 1 byte");
    return;
  }
  if (control_.empty()) {
    if (!closing_) queue_control(WebSocketOpcode::close, {});
  } else {
    const unsigned code = static_cast<unsigned>(static_cast<unsigned char>(control_[0])) << 8 |
                          static_cast<unsigned char>(control_[1]);
    const std::string_view text = std::string_view(control_).substr(2);
    if (!is_websocket_close_code(code)) {
      fail(code_protocol_error, "invalid close status code " + std::to_string(code));
      return;
    }
    if (is_utf8(text)) {
      queue_close(code, text);
    } else {
      queue_close(code_invalid_payload, "invalid utf8 body in close frame");
    }
  }
  closing_ = true;
  state_ = State::ended;
}

void WebSocketFilter::queue_pong() {
  if (queued_.size() + control_.size() + websocket_header_bytes_max >
      limits::websocket_pongs_bytes_max) {
    queued_.clear();
  }
  queue_control(WebSocketOpcode::pong, control_);
}

void WebSocketFilter::fail(unsigned code, std::string_view error) {
  error_ = error;
  queue_close(code, error);
  state_ = State::failed;
}

// ---- Writing ----

WebSocketKey WebSocketFilter::new_key() {
  if (key_bytes_left_ == 0) {
    entropy_->fill(key_bytes_);
    key_bytes_left_ = key_bytes_.size();
  }
  WebSocketKey key;
  std::copy_n(key_bytes_.begin() + static_cast<std::ptrdiff_t>(key_bytes_left_ - key.size()),
              key.size(), key.begin());
  key_bytes_left_ -= key.size();
  return key;
}

void WebSocketFilter::encode(std::string_view plain, ByteSink& out) {
  LEAFNATS_ASSERT(state_ != State::opening);
  if (state_ != State::open) return;
  write_head(out);
  while (pending_.size() + plain.size() >= sizes_.frame_bytes) {
    const std::size_t bytes = sizes_.frame_bytes - std::min(pending_.size(), sizes_.frame_bytes);
    if (compression_) {
      pending_.append(plain.substr(0, bytes));
      write_message(out);
    } else {
      // Straight from where it is, as most bodies are large when they come alone.
      write_frame({}, pending_, plain.substr(0, bytes), out);
      pending_.clear();
    }
    plain.remove_prefix(bytes);
  }
  pending_.append(plain);
}

void WebSocketFilter::limit_messages(std::size_t max_payload) noexcept {
  if (!compression_) return;
  sizes_.frame_bytes = std::clamp(max_payload, limits::websocket_deflate_bytes_min,
                                  sizes_.frame_bytes);
}

/// Makes one message of what is pending, compressed if that helps.
void WebSocketFilter::write_message(ByteSink& out) {
  std::string deflated;
  if (compression_ && pending_.size() > limits::websocket_deflate_bytes_min &&
      deflate_message(pending_, deflated)) {
    std::string_view rest = deflated;
    WebSocketFrame frame;
    frame.compressed = true;
    do {
      const std::size_t bytes =
          sizes_.fragment_compressed ? std::min(rest.size(), sizes_.frame_bytes) : rest.size();
      frame.final = bytes == rest.size();
      write_frame(frame, rest.substr(0, bytes), {}, out);
      rest.remove_prefix(bytes);
      frame.opcode = WebSocketOpcode::continuation;
      frame.compressed = false;
    } while (!rest.empty());
  } else {
    write_frame({}, pending_, {}, out);
  }
  pending_.clear();
}

void WebSocketFilter::write_frame(WebSocketFrame frame, std::string_view first,
                                  std::string_view second, ByteSink& out) {
  frame.payload_bytes = first.size() + second.size();
  frame.masked = masks();
  if (frame.masked) frame.key = new_key();
  char* const begin =
      out.reserve(websocket_header_bytes_max + static_cast<std::size_t>(frame.payload_bytes));
  char* const payload = write_websocket_header(begin, frame);
  char* const end =
      std::copy(second.begin(), second.end(), std::copy(first.begin(), first.end(), payload));
  if (frame.masked) {
    apply_websocket_key(payload, static_cast<std::size_t>(end - payload), frame.key, 0);
  }
  out.commit(static_cast<std::size_t>(end - begin));
}

void WebSocketFilter::queue_control(WebSocketOpcode opcode, std::string_view payload) {
  if (closing_) return;
  std::array<char, websocket_header_bytes_max> header;
  WebSocketFrame frame;
  frame.opcode = opcode;
  frame.masked = masks();
  if (frame.masked) frame.key = new_key();
  frame.payload_bytes = payload.size();
  queued_.append(header.data(), write_websocket_header(header.data(), frame));
  const std::size_t at = queued_.size();
  queued_.append(payload);
  if (frame.masked) apply_websocket_key(queued_.data() + at, payload.size(), frame.key, 0);
}

void WebSocketFilter::queue_close(unsigned code, std::string_view text) {
  queue_control(WebSocketOpcode::close, close_payload(code, text));
  closing_ = true;
}

void WebSocketFilter::write_head(ByteSink& out) {
  if (head_.empty()) return;
  out.append(head_);
  head_ = {};
}

void WebSocketFilter::flush(ByteSink& out) {
  write_head(out);
  if (!pending_.empty()) write_message(out);
  if (!queued_.empty()) out.append(queued_);
  pending_ = {};  // an idle connection holds no buffers
  queued_ = {};
}

bool WebSocketFilter::has_output() const {
  return !head_.empty() || !pending_.empty() || !queued_.empty();
}

void WebSocketFilter::close(StreamEnd end, ByteSink& out) {
  if (opening_ || closing_) return;  // there is no WebSocket yet, or no more
  queue_close(code_of(end), {});
  out.append(queued_);
  queued_ = {};
}

}  // namespace leafnats::wire
