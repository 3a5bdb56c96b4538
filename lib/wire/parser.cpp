// SPDX-License-Identifier: Apache-2.0
//
// A control line is a verb, blanks and arguments; its line end is LF, with or without CR before
// it, and a message has its payload and a strict CR LF behind it. The path of an operation:
//
//   next -> fresh: find the LF -> read_line: which verb -> read_<verb>: cut the arguments
//        -> take_body: is all of the payload there -> Step::op
//
// What is accepted follows nats-server 2.15.1, tried with raw sockets (its state machine looks at
// single bytes, so some of it is surprising):
//   - verbs in any case; PUB, HPUB, SUB, UNSUB, -ERR and the leaf verbs need a blank behind them,
//     CONNECT and INFO do not ("CONNECT{}" works); PING, PONG and +OK ignore the rest of the line
//   - an empty line, a leading blank or a wrong verb is 'Unknown Protocol Operation', at the
//     first byte that no verb has at that place, without waiting for the line
//   - a wrong number of arguments or a bad size closes without any -ERR
//   - a size is one to nine digits, leading zeros included, which travel on to the subscribers;
//     a sign or a tenth digit makes it a bad size, not too large a payload
//   - UNSUB with a bad maximum unsubscribes at once; LS+ with a bad weight counts as weight 0
//   - the payload must be followed by CR LF, else 'Unknown Protocol Operation' (we look when both
//     bytes are there, nats-server at each)
//   - the control line limit counts the arguments, not the verb, its blank and the CR
// Left out on purpose: a client's HMSG (taken for an empty message on no subject), PUB, SUB, RS+
// and A+ on leaf links, and a CR in the middle of a subject (see scan.hpp). As we keep a line until
// it is complete, the limit also holds for what nats-server skips while it comes: more than one
// blank behind a verb, and rubbish behind PING, PONG and +OK.
#include "wire/parser.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "wire/scan.hpp"
#include "wire/verbs.hpp"

namespace leafnats::wire {

namespace {

constexpr std::size_t size_digits_max = 9;
constexpr std::size_t crlf_bytes = 2;
constexpr std::size_t fault_text_bytes_max = 64;

constexpr bool has_headers(Verb verb) noexcept {
  return verb == Verb::hpub || verb == Verb::leaf_hmsg;
}

constexpr bool is_space_or_tab(char byte) noexcept { return byte == ' ' || byte == '\t'; }

/// The first four bytes as a number that can be compared with a constant.
constexpr std::uint32_t four(const char (&text)[5]) noexcept {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned shift = std::endian::native == std::endian::little ? i * 8 : 24 - i * 8;
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])) << shift;
  }
  return value;
}

/// Four bytes of the input with those letters lowered that `mask` names. Only letters may be
/// masked: with 0x20 set exactly the two cases of a letter become the same.
std::uint32_t four_at(const char* at, std::uint32_t mask) noexcept {
  std::uint32_t value;
  std::memcpy(&value, at, sizeof(value));
  return value | mask;
}

constexpr std::uint32_t three_letters = four("   \0");
constexpr std::uint32_t four_letters = four("    ");

/// The value of a size, or -1.
std::int64_t size_value(std::string_view digits) noexcept {
  if (digits.empty() || digits.size() > size_digits_max) return -1;
  std::uint32_t value = 0;
  for (const char digit : digits) {
    const unsigned number = static_cast<unsigned char>(digit) - unsigned{'0'};
    if (number > 9) return -1;
    value = value * 10 + number;
  }
  return value;
}

std::string_view trim_blanks(const char* begin, const char* end) noexcept {
  while (begin != end && scan::is_blank(*begin)) ++begin;
  while (begin != end && scan::is_blank(end[-1])) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

/// What counts for the limit: everything but a CR at the end, which may belong to the line end.
std::size_t arguments_bytes(const char* begin, const char* end) noexcept {
  if (begin != end && end[-1] == '\r') --end;
  return static_cast<std::size_t>(end - begin);
}

std::string_view trim_text(const char* begin, const char* end) noexcept {
  while (begin != end && is_space_or_tab(*begin)) ++begin;
  if (begin != end && end[-1] == '\r') --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

std::string_view error_text(Fault fault) noexcept {
  switch (fault) {
    case Fault::unknown_operation:
    case Fault::payload_not_terminated:
      return "Unknown Protocol Operation";
    case Fault::control_line_too_long:
      return "maximum control line exceeded";
    case Fault::payload_too_large:
      return "Maximum Payload Violation";
    case Fault::none:
    case Fault::bad_arguments:
      break;
  }
  return {};
}

/// The operation in progress.
struct Parser::Input {
  const char* begin;             // its first byte
  const char* end;               // of all bytes there are
  scan::Line line;               // its control line
  const char* next = nullptr;    // where the following operation starts
  std::size_t arguments_at = 0;  // offset behind the verb and one blank

  [[nodiscard]] std::size_t line_bytes() const noexcept {
    return static_cast<std::size_t>(line.end - begin);
  }
  [[nodiscard]] scan::Cutter arguments() const noexcept { return {begin, line, arguments_at}; }
  [[nodiscard]] std::string_view text() const noexcept {
    return trim_text(begin + arguments_at, line.end);
  }
};

Step Parser::next(const char*& cursor, const char* end, Op& op) noexcept {
  return needed_ == 0 ? fresh(cursor, end, op) : resume(cursor, end, op);
}

Step Parser::fresh(const char*& cursor, const char* end, Op& op) noexcept {
  Input input{.begin = cursor, .end = end, .line = scan::find_line(cursor, end)};
  if (input.line.end == nullptr) [[unlikely]] return incomplete_line(input);
  const Step step =
      is_plain_message(input, op) ? read_message(input, op) : read_any_line(input, op);
  if (step == Step::op) cursor = input.next;
  return step;
}

Step Parser::resume(const char*& cursor, const char* end, Op& op) noexcept {
  const std::size_t available = static_cast<std::size_t>(end - cursor);
  if (available < needed_) return Step::need_more;
  if (std::memchr(cursor + scanned_, '\n', available - scanned_) == nullptr) {
    return incomplete_line({.begin = cursor, .end = end, .line = scan::Line()});
  }
  // The line or the payload is complete now: parse the operation from its start.
  reset();
  return fresh(cursor, end, op);
}

// A line that can no longer become valid is refused before its end comes, at the same byte where
// nats-server refuses it; the rest of a good one is waited for within the limit.
Step Parser::incomplete_line(const Input& input) noexcept {
  const std::size_t available = static_cast<std::size_t>(input.end - input.begin);
  const Recognized verb = recognize(dialect_, {input.begin, available});
  if (verb.state == Recognition::unknown) return fail(Fault::unknown_operation, input);
  if (verb.state == Recognition::known &&
      arguments_bytes(input.begin + verb.arguments_at, input.end) > limits_.max_control_line) {
    return fail(Fault::control_line_too_long, input);
  }
  scanned_ = available;
  needed_ = available + 1;
  return Step::need_more;
}

Step Parser::fail(Fault fault, const Input& input) noexcept {
  reset();
  fault_ = fault;
  fault_text_ = {input.begin, std::min(static_cast<std::size_t>(input.end - input.begin),
                                       fault_text_bytes_max)};
  return Step::fault;
}

// The verbs that come by the million are found with one or two compares. A line that is within
// the limit as a whole is within it for its arguments, too; all others go the way that is right
// for any line.
bool Parser::is_plain_message(Input& input, Op& op) const noexcept {
  if (input.line_bytes() <= 4 || input.line_bytes() > limits_.max_control_line) return false;
  if (dialect_ == Dialect::client && four_at(input.begin, three_letters) == four("pub ")) {
    op.verb = Verb::pub;
    input.arguments_at = 4;
    return true;
  }
  const std::uint32_t verb = four_at(input.begin, four_letters);
  if (dialect_ == Dialect::client && verb == four("hpub")) {
    op.verb = Verb::hpub;
  } else if (dialect_ == Dialect::leaf && verb == four("lmsg")) {
    op.verb = Verb::leaf_msg;
  } else if (dialect_ == Dialect::leaf && verb == four("hmsg")) {
    op.verb = Verb::leaf_hmsg;
  } else {
    return false;
  }
  input.arguments_at = 5;
  return input.begin[4] == ' ';
}

Step Parser::read_any_line(Input& input, Op& op) noexcept {
  input.next = input.line.end + 1;
  const Recognized verb = recognize(dialect_, {input.begin, input.line_bytes() + 1});
  if (verb.state != Recognition::known) return fail(Fault::unknown_operation, input);
  input.arguments_at = verb.arguments_at;
  if (arguments_bytes(input.begin + verb.arguments_at, input.line.end) >
      limits_.max_control_line) {
    return fail(Fault::control_line_too_long, input);
  }
  op.verb = verb.verb;
  switch (verb.verb) {
    case Verb::pub:
    case Verb::hpub:
    case Verb::leaf_msg:
    case Verb::leaf_hmsg:
      return read_message(input, op);
    case Verb::sub:
      return read_sub(input, op);
    case Verb::unsub:
      return read_unsub(input, op);
    case Verb::leaf_sub:
      return read_leaf_sub(input, op);
    case Verb::leaf_unsub:
      return read_leaf_unsub(input, op);
    case Verb::info:
    case Verb::connect:
    case Verb::err:
      op.text = input.text();
      return Step::op;
    case Verb::ping:
    case Verb::pong:
    case Verb::ok:
      break;
  }
  return Step::op;
}

// PUB <subject> [reply] <size>, HPUB <subject> [reply] <header size> <size>; LMSG and HMSG have
// the same two forms and a third. The number of arguments tells them apart.
Step Parser::read_message(Input& input, Op& op) noexcept {
  scan::Cutter arguments = input.arguments();
  op.header_digits = {};
  op.reply = {};
  op.queues = {};
  if (!arguments.next(op.subject) ||
      (has_headers(op.verb) && !arguments.next(op.header_digits)) ||
      !arguments.next(op.size_digits)) {
    return fail(Fault::bad_arguments, input);
  }
  std::string_view last;
  if (arguments.next(last)) {
    // One more than the short form: the one behind the subject was the reply.
    op.reply = has_headers(op.verb) ? op.header_digits : op.size_digits;
    if (has_headers(op.verb)) op.header_digits = op.size_digits;
    op.size_digits = last;
    if (arguments.next(last)) return read_grouped_message(input, op);
  }
  return read_body(input, op);
}

// LMSG <subject> + <reply> [queue]... <size>, LMSG <subject> | <queue>... <size>, and HMSG with
// two sizes at the end.
Step Parser::read_grouped_message(Input& input, Op& op) noexcept {
  scan::Cutter arguments = input.arguments();
  std::string_view indicator;
  arguments.next(op.subject);
  arguments.next(indicator);
  if (dialect_ != Dialect::leaf || (indicator != "+" && indicator != "|")) {
    return fail(Fault::bad_arguments, input);
  }
  op.reply = {};
  if (indicator == "+") arguments.next(op.reply);
  const std::string_view before = op.reply.empty() ? indicator : op.reply;
  op.size_digits = {};
  for (std::string_view argument; arguments.next(argument); op.size_digits = argument) {
    op.header_digits = op.size_digits;
  }
  if (!has_headers(op.verb)) op.header_digits = {};
  const std::string_view behind = has_headers(op.verb) ? op.header_digits : op.size_digits;
  op.queues = trim_blanks(before.data() + before.size(), behind.data());
  return read_body(input, op);
}

// The payload and its CR LF, once the sizes are known and allowed.
Step Parser::read_body(Input& input, Op& op) noexcept {
  const std::int64_t total = size_value(op.size_digits);
  const std::int64_t headers = has_headers(op.verb) ? size_value(op.header_digits) : 0;
  if (headers < 0 || headers > total) return fail(Fault::bad_arguments, input);
  const std::size_t size = static_cast<std::size_t>(total);
  if (size > limits_.max_payload) return fail(Fault::payload_too_large, input);
  op.header_size = static_cast<std::uint32_t>(headers);

  const char* body = input.line.end + 1;
  const std::size_t available = static_cast<std::size_t>(input.end - body);
  if (available < size + crlf_bytes) {
    needed_ = static_cast<std::size_t>(body - input.begin) + size + crlf_bytes;
    return Step::need_more;
  }
  if (body[size] != '\r' || body[size + 1] != '\n') {
    return fail(Fault::payload_not_terminated, input);
  }
  op.body = {body, size};
  input.next = body + size + crlf_bytes;
  return Step::op;
}

// SUB <subject> [queue] <sid>
Step Parser::read_sub(Input& input, Op& op) noexcept {
  scan::Cutter arguments = input.arguments();
  op.queue = {};
  if (!arguments.next(op.subject) || !arguments.next(op.sid)) {
    return fail(Fault::bad_arguments, input);
  }
  std::string_view last;
  if (arguments.next(last)) {
    op.queue = op.sid;
    op.sid = last;
  }
  return arguments.next(last) ? fail(Fault::bad_arguments, input) : Step::op;
}

// UNSUB <sid> [max]
Step Parser::read_unsub(Input& input, Op& op) noexcept {
  scan::Cutter arguments = input.arguments();
  op.number = 0;
  if (!arguments.next(op.sid)) return fail(Fault::bad_arguments, input);
  std::string_view maximum;
  if (arguments.next(maximum)) op.number = std::max<std::int64_t>(size_value(maximum), 0);
  return arguments.next(maximum) ? fail(Fault::bad_arguments, input) : Step::op;
}

// LS+ <subject> [<queue> <weight>]
Step Parser::read_leaf_sub(Input& input, Op& op) noexcept {
  scan::Cutter arguments = input.arguments();
  op.queue = {};
  op.number = 0;
  if (!arguments.next(op.subject)) return fail(Fault::bad_arguments, input);
  if (arguments.next(op.queue)) {
    std::string_view weight;
    if (!arguments.next(weight)) return fail(Fault::bad_arguments, input);
    op.number = std::max<std::int64_t>(size_value(weight), 0);
  }
  std::string_view more;
  return arguments.next(more) ? fail(Fault::bad_arguments, input) : Step::op;
}

// LS- <subject> [queue]. nats-server compares the whole line with its keys and ignores what it
// does not find, so more arguments become a queue name that nobody can have announced.
Step Parser::read_leaf_unsub(Input& input, Op& op) noexcept {
  scan::Cutter arguments = input.arguments();
  if (!arguments.next(op.subject)) return fail(Fault::bad_arguments, input);
  op.queue = trim_blanks(op.subject.data() + op.subject.size(), input.line.end);
  return Step::op;
}

}  // namespace leafnats::wire
