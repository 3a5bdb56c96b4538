// SPDX-License-Identifier: Apache-2.0
//
// What a solicited leaf link asks of, and tells, whoever dials for it. The shell implements it;
// it keeps the URLs and the back-off, the session the protocol.
//
// Thread: the shard of the link's session.
#pragma once

#include "broker/link_record.hpp"
#include "broker/session.hpp"
#include "wire/tls_filter.hpp"

#include <leafnats/events.hpp>
#include <leafnats/remote_leaf.hpp>
#include <leafnats/result.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace leafnats::broker {

/// What a CONNECT proves by keys: the signature is base64 of the nonce's, and goes with a user JWT
/// or with the bare public key.
struct LeafProof {
  std::string jwt;
  std::string nkey;
  std::string signature;
};

class RemoteLink {
 public:
  virtual ~RemoteLink() = default;

  [[nodiscard]] virtual const RemoteLeafOpts& options() const = 0;

  /// What the URL in use carries before its host; a token is in `user` alone.
  struct UserInfo {
    std::string user;
    std::string password;
    bool is_token = false;
  };
  [[nodiscard]] virtual UserInfo user_info() const = 0;

  /// Whether CONNECT needs a proof.
  [[nodiscard]] virtual bool proves() const { return false; }
  /// Asks for the proof with this nonce. The answer, which may be late, comes through
  /// Shard::finish_proof() on this shard, never from within the call.
  virtual void prove(base::ConnectionId /*connection*/, const std::string& /*nonce*/) {}

  /// The host of the URL in use, for logs.
  [[nodiscard]] virtual std::string host() const = 0;

  /// Where the link's history is written; it is the same for all its connections.
  [[nodiscard]] virtual const std::shared_ptr<LinkRecord>& record() const = 0;

  // ---- TLS ----

  /// Whether the link must have TLS: its options, its URL or an earlier link say so.
  [[nodiscard]] virtual bool requires_tls() const { return options().tls.has_value(); }
  /// A client's filter for the link, resuming the last session if there is one; an error if keys
  /// or roots cannot be had.
  [[nodiscard]] virtual Result<std::unique_ptr<wire::TlsFilter>> make_tls() {
    return Error{Errc::not_supported, "no TLS for this remote"};
  }
  /// Whether the last failure was of another kind; asked once for each failure.
  [[nodiscard]] virtual bool is_news(wire::TlsFault /*fault*/) { return true; }
  /// The handshake is over, well or not.
  virtual void on_tls(const wire::TlsFilter& /*filter*/) {}
  /// The link ends; what the hub offered for resumption until now is there.
  virtual void on_tls_end(const wire::TlsFilter& /*filter*/) {}
  /// The filters that a new connection begins with, from the socket up.
  [[nodiscard]] virtual std::vector<std::unique_ptr<wire::StreamFilter>> make_filters() {
    return {};
  }

  /// The hub told which other addresses ("host:port") lead to the same system.
  virtual void on_gossip(const std::vector<std::string>& urls) = 0;

  /// The link carries messages.
  virtual void on_up() = 0;

  /// The session is over. `close` is how it ended, `reason` why, as far as one can tell from what
  /// the peer said, `detail` the words for it.
  struct End {
    CloseReason close;
    LinkReason reason;
    std::string_view detail;
  };
  virtual void on_down(const End& end) = 0;
};

}  // namespace leafnats::broker
