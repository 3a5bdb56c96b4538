// SPDX-License-Identifier: Apache-2.0
//
// A remote: a hub that this server dials as a leaf node, and the callback that signs for it when
// the key lives in the host's keystore.
#pragma once

#include <leafnats/compression.hpp>
#include <leafnats/result.hpp>
#include <leafnats/tls.hpp>
#include <leafnats/websocket.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace leafnats {

/// What a SignatureHandler answers with.
struct Signature {
  std::string jwt;                                  ///< a user JWT; empty: a bare nkey login
  std::string nkey;                                 ///< for that one: the public user key "U..."
  std::array<std::byte, 64> ed25519{};              ///< raw signature of the nonce's characters
};

/// Asks the host to sign a hub's nonce, so that the key never enters this library. Called on a
/// worker thread, up to eight at a time; it may block, and nothing but its link waits. The hub
/// waits no longer than its authorization timeout, 2 s by default. An error closes the attempt,
/// whose event leaf_refused has LinkReason::no_signature and the error's words; it is retried with
/// back-off. Server::stop() waits for calls that run. Must not throw.
/// The nonce is the characters as sent, not their base64 meaning (nats-server behaviour).
using SignatureHandler = std::function<Result<Signature>(std::span<const std::byte> nonce)>;

/// A prefix of subjects that has another name on the far side of a link.
struct SubjectRename {
  std::string from;  ///< the local name: "events" is itself and all of "events.>"
  std::string to;    ///< the name at the hub: "site-a.events"
};

/// One hub to dial. Every URL must lead to the same system; the first that answers is used.
/// Server::start() refuses what is wrong here with invalid_config and names the field.
struct RemoteLeafOpts {
  /// "nats-leaf://", "nats://" or "tls://" [user:password@ | token@] host [:port]; port 7422 if
  /// not given. tls:// means TLS or failure, where nats-server would go on in the clear. Or
  /// "ws://" or "wss://", with a path if there is one: WebSocket to a hub's websocket listener,
  /// for all URLs of a remote or for none. tls://, ws:// and wss:// are refused by a build
  /// without them.
  std::vector<std::string> urls;
  /// Local account that the link carries; empty: the default one, $G. In operator mode a public
  /// account key.
  std::string account;
  /// Try the URLs in the order given, and go back to the first when it answers again; see
  /// failback_interval. Otherwise they are shuffled at the start. Wrongly on: every leaf of a
  /// cluster sits on its first server.
  bool no_randomize = false;
  /// Role reversal: although it dials, this side is the hub of the link. Wrongly on: both ends
  /// take themselves for the hub's clients, and the other leafs over there hear nothing of ours.
  bool hub = false;
  /// Subjects not taken from the hub, wildcards included; a queue name is refused.
  std::vector<std::string> deny_imports;
  /// Subjects not sent to the hub, likewise. Both lists add to the denies that the hub tells.
  std::vector<std::string> deny_exports;
  /// Subjects that have other names at the hub, so that many sites can have the same ones. What
  /// leaves under `from` is renamed, what comes in under `to` is renamed back: subjects of
  /// messages, reply subjects and interest, each by its own rule; other subjects keep their names.
  /// deny_imports and deny_exports hold local names, the hub's permissions the hub's.
  ///
  /// Names stay unambiguous: what has the name `to` here, or `from` at the hub, does not cross
  /// the link, unless another entry renames it too; nor does a request whose reply subject is such
  /// a name. Interest with wildcards that covers both renamed and other subjects crosses as both:
  /// `*.x` as `*.x` and `site-a.events.x`, `>` as `>`. So keep queue subscriptions below a prefix:
  /// one of `*.*.x` is chosen for a message to `site-a.events.x` too, which is then `events.x`
  /// here and not the group's.
  ///
  /// Prefixes are literal subjects, not of the servers' own ($..., _R_, _GR_); none of the `from`
  /// lies under another one, nor of the `to`. Wrongly set: both sides wait for the other's names.
  std::vector<SubjectRename> account_mappings;
  /// From the connection on, for all that precedes CONNECT. Too short on a slow link: the leaf
  /// never gets through, and says so. Must be positive.
  std::chrono::milliseconds first_info_timeout{1'000};
  /// For name and TCP connection together; 0: LeafOptions::dial_timeout.
  std::chrono::milliseconds dial_timeout{0};
  bool ignore_discovered_servers = false;           ///< never dial a hub that others tell of
  CompressionOptions compression;                   ///< of this link; as the hub agrees to
  /// Over ws:// and wss://: ask for permessage-deflate; a hub that does not agree gets plain
  /// frames.
  bool ws_compression = false;
  /// Over ws:// and wss://: ask to send without masks, which only serve old proxies and cost a
  /// pass over each byte; a hub that does not agree gets masked frames.
  bool ws_no_masking = false;
  /// Dial through an HTTP proxy, whatever the scheme of the URLs.
  ProxyOptions proxy;
  /// Keep what our own leafs are interested in from this hub: messages for them stay here.
  bool isolate_leafnode_interest = false;
  /// Ask the hub not to tell us what its other leafs are interested in: less traffic on the link,
  /// and nothing of ours reaches those leafs. Hubs before 2.12 do not know the wish.
  bool request_isolation = false;
  /// Known to the server and listed by Server::leaf_links(), but never dialled.
  bool disabled = false;
  /// false: the first loss of the link, or the first failure to get it up, is the last; the event
  /// leaf_gave_up says why. Wrongly off: nobody but the host can bring the link back.
  bool reconnect = true;
  /// First step of the back-off; 0: LeafOptions::reconnect.
  std::chrono::milliseconds reconnect_interval{0};
  /// With no_randomize and a link to another URL than the first: how often the first one is asked
  /// whether it is back. The link moves only when it is. 0: never.
  std::chrono::milliseconds failback_interval{30'000};
  /// JetStream's, which this version does not have: no effect.
  bool jetstream_cluster_migrate = false;
  std::chrono::milliseconds jetstream_leader_migrate_delay{0};  ///< no effect either
  /// TLS of the link. Set, the link uses TLS or fails, whatever the hub says. None: TLS with the
  /// system's roots if the URL is tls:// or the hub asks for it; and once a link of this remote
  /// had TLS, every later one must.
  std::optional<TlsOptions> tls;
  // Who this server is to the hub, beside what the URLs say. One of the three at most.

  /// Path of a credentials file: a user JWT and the seed of its key. Read for every attempt, so
  /// that a new file counts from the next one on; one that cannot be read fails the attempt like
  /// a SignatureHandler's error.
  std::string credentials;
  /// Seed of a user nkey, "SU...".
  std::string nkey;
  SignatureHandler signature_cb;
};

/// What Server::set_credentials() puts in the place of a remote's own.
struct RemoteCredentials {
  // Instead of what the URLs say before the host; all empty: as the URLs say.
  std::string username;
  std::string password;
  std::string token;
  // As in RemoteLeafOpts: one of the three at most; none: no signature.
  std::string credentials;
  std::string nkey;
  SignatureHandler signature_cb;
  /// Certificates and all else of TLS; none: they stay as they are.
  std::optional<TlsOptions> tls;
};

}  // namespace leafnats
