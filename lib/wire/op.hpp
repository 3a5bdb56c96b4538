// SPDX-License-Identifier: Apache-2.0
//
// One protocol operation as the parser hands it to a session: a verb and views into the read
// buffer. Nothing is copied and nothing is checked beyond the grammar: subjects, permissions and
// the state of the session belong to the layers above.
#pragma once

#include <cstdint>
#include <string_view>

namespace leafnats::wire {

/// The two protocols that a peer can speak to us.
enum class Dialect : std::uint8_t { client, leaf };

/// Client and leaf links share the verbs up to `err`; the rest come from leaf links only, as pub
/// to unsub come from clients only.
enum class Verb : std::uint8_t {
  info,
  connect,
  pub,
  hpub,
  sub,
  unsub,
  ping,
  pong,
  ok,
  err,
  leaf_sub,    ///< LS+
  leaf_unsub,  ///< LS-
  leaf_msg,    ///< LMSG
  leaf_hmsg,   ///< HMSG on a leaf link
};

/// Which fields an operation has:
///
///   pub, hpub              subject reply size_digits header_digits header_size body
///   leaf_msg, leaf_hmsg    the same, and queues
///   sub                    subject queue sid
///   unsub                  sid number
///   leaf_sub               subject queue number
///   leaf_unsub             subject queue
///   info, connect, err     text
///
/// The parser sets those fields, empty if the sender left them out, and of the four messages also
/// `queues`. It does not touch the others: clearing them would cost as much as parsing a short
/// PUB, so after another verb they keep what an earlier operation left.
///
/// Lifetime: every view points into the bytes given to Parser::next() and lives as long as they.
struct Op {
  Verb verb = Verb::ping;
  std::uint32_t header_size = 0;   ///< bytes of `body` that are header block; 0: no headers
  std::int64_t number = 0;         ///< UNSUB: max, 0 if none; LS+: weight, 0 if none or no number
  std::string_view subject;
  std::string_view reply;
  std::string_view queue;          ///< queue group of SUB, LS+, LS-
  std::string_view queues;         ///< LMSG, HMSG: blank-separated queue groups, see QueueNames
  std::string_view sid;
  std::string_view size_digits;    ///< total size as the sender wrote it, to be sent on as it is
  std::string_view header_digits;  ///< size of the header block as the sender wrote it
  std::string_view body;           ///< header block and payload, without the final CRLF
  std::string_view text;           ///< JSON of INFO and CONNECT, text of -ERR with its quotes
};

}  // namespace leafnats::wire
