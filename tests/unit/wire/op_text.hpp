// SPDX-License-Identifier: Apache-2.0
//
// Operations as text, so that a test can compare whole streams and show where they differ. Only
// the fields that an operation has are looked at.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/op.hpp"
#include "wire/parser.hpp"

namespace leafnats::wire::test {

inline std::string quoted(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=[" + std::string(value) + "]";
}

inline std::string message_text(std::string_view verb, const Op& op, bool leaf) {
  std::string text = std::string(verb) + quoted("subject", op.subject) + quoted("reply", op.reply);
  if (leaf) {
    text += " queues=";
    for (const std::string_view name : QueueNames(op.queues)) text += "[" + std::string(name) + "]";
  }
  return text + quoted("headers", op.header_digits) + "=" + std::to_string(op.header_size) +
         quoted("size", op.size_digits) + quoted("body", op.body);
}

inline std::string op_text(const Op& op) {
  switch (op.verb) {
    case Verb::info:
      return "INFO" + quoted("text", op.text);
    case Verb::connect:
      return "CONNECT" + quoted("text", op.text);
    case Verb::err:
      return "-ERR" + quoted("text", op.text);
    case Verb::pub:
      return message_text("PUB", op, false);
    case Verb::hpub:
      return message_text("HPUB", op, false);
    case Verb::leaf_msg:
      return message_text("LMSG", op, true);
    case Verb::leaf_hmsg:
      return message_text("HMSG", op, true);
    case Verb::sub:
      return "SUB" + quoted("subject", op.subject) + quoted("queue", op.queue) +
             quoted("sid", op.sid);
    case Verb::unsub:
      return "UNSUB" + quoted("sid", op.sid) + " number=" + std::to_string(op.number);
    case Verb::leaf_sub:
      return "LS+" + quoted("subject", op.subject) + quoted("queue", op.queue) +
             " number=" + std::to_string(op.number);
    case Verb::leaf_unsub:
      return "LS-" + quoted("subject", op.subject) + quoted("queue", op.queue);
    case Verb::ping:
      return "PING";
    case Verb::pong:
      return "PONG";
    case Verb::ok:
      return "+OK";
  }
  return "no such verb";
}

inline std::string fault_text(Fault fault) {
  switch (fault) {
    case Fault::none:
      return "none";
    case Fault::unknown_operation:
      return "unknown_operation";
    case Fault::bad_arguments:
      return "bad_arguments";
    case Fault::control_line_too_long:
      return "control_line_too_long";
    case Fault::payload_too_large:
      return "payload_too_large";
    case Fault::payload_not_terminated:
      return "payload_not_terminated";
  }
  return "no such fault";
}

/// Everything a parser made of a stream: the operations in order, and how it ended.
struct Transcript {
  std::vector<std::string> ops;
  std::string end;  // "fault: ..." or the bytes that wait for more
  friend bool operator==(const Transcript&, const Transcript&) = default;
};

/// Feeds the stream in pieces that end at the given offsets, as a connection would: what is not
/// parsed is kept, moved to another place and appended to.
inline Transcript parse_in_pieces(Dialect dialect, ParserLimits limits, std::string_view stream,
                                  const std::vector<std::size_t>& ends) {
  Parser parser(dialect, limits);
  Transcript transcript;
  std::string kept;
  std::size_t fed = 0;
  for (std::size_t i = 0; i <= ends.size(); ++i) {
    const std::size_t end = i < ends.size() ? ends[i] : stream.size();
    kept.append(stream.substr(fed, end - fed));
    fed = end;
    // A copy of its own for each piece: reading behind it is then caught by the sanitizer, and
    // views into an earlier piece as well.
    const std::vector<char> bytes(kept.begin(), kept.end());
    const char* cursor = bytes.data();
    const char* const stop = cursor + bytes.size();
    Op op;
    Step step;
    while ((step = parser.next(cursor, stop, op)) == Step::op) {
      transcript.ops.push_back(op_text(op));
    }
    kept.assign(cursor, stop);
    if (step == Step::fault) {
      transcript.end = "fault: " + fault_text(parser.fault());
      return transcript;
    }
  }
  transcript.end = "rest: " + kept;
  return transcript;
}

inline Transcript parse_whole(Dialect dialect, ParserLimits limits, std::string_view stream) {
  return parse_in_pieces(dialect, limits, stream, {});
}

}  // namespace leafnats::wire::test
