// SPDX-License-Identifier: Apache-2.0
//
// What is to be said about the reasons of leaf links: their names, what kind of failure each is,
// and the one sentence that tells people what to change.

#include "broker/link_reason.hpp"

#include <leafnats/statistics.hpp>

namespace leafnats {

std::string_view to_string(LinkReason reason) noexcept {
  switch (reason) {
    case LinkReason::none: return "none";
    case LinkReason::name_not_resolved: return "name_not_resolved";
    case LinkReason::unreachable: return "unreachable";
    case LinkReason::dial_timeout: return "dial_timeout";
    case LinkReason::closed_by_peer: return "closed_by_peer";
    case LinkReason::connection_broken: return "connection_broken";
    case LinkReason::stale: return "stale";
    case LinkReason::write_timeout: return "write_timeout";
    case LinkReason::no_first_info: return "no_first_info";
    case LinkReason::no_answer_to_connect: return "no_answer_to_connect";
    case LinkReason::stopped: return "stopped";
    case LinkReason::authentication_refused: return "authentication_refused";
    case LinkReason::authentication_timeout: return "authentication_timeout";
    case LinkReason::account_unavailable: return "account_unavailable";
    case LinkReason::duplicate_name: return "duplicate_name";
    case LinkReason::same_cluster: return "same_cluster";
    case LinkReason::bad_cluster_name: return "bad_cluster_name";
    case LinkReason::loop: return "loop";
    case LinkReason::version_too_old: return "version_too_old";
    case LinkReason::wrong_port: return "wrong_port";
    case LinkReason::tls_required: return "tls_required";
    case LinkReason::tls_not_offered: return "tls_not_offered";
    case LinkReason::tls_failed: return "tls_failed";
    case LinkReason::permission_violation: return "permission_violation";
    case LinkReason::protocol_error: return "protocol_error";
    case LinkReason::payload_too_large: return "payload_too_large";
    case LinkReason::queue_full: return "queue_full";
    case LinkReason::failback: return "failback";
    case LinkReason::no_signature: return "no_signature";
  }
  return "unknown";
}

std::string_view to_string(LinkState state) noexcept {
  switch (state) {
    case LinkState::disabled: return "disabled";
    case LinkState::connecting: return "connecting";
    case LinkState::handshake: return "handshake";
    case LinkState::up: return "up";
    case LinkState::backing_off: return "backing_off";
    case LinkState::gave_up: return "gave_up";
  }
  return "unknown";
}

std::string_view advice(LinkReason reason) noexcept {
  switch (reason) {
    case LinkReason::name_not_resolved:
      return "check the host in the remote's URL, and the DNS of this machine";
    case LinkReason::unreachable:
      return "check host and port of the remote's URL, and that the hub has a leafnodes listener"
             " there";
    case LinkReason::dial_timeout:
      return "check the remote's URL and firewalls between; raise dial_timeout on a slow link";
    case LinkReason::write_timeout:
      return "the link is too slow or stalled: raise write_deadline if that is to be expected";
    case LinkReason::no_first_info:
      return "check that the URL leads to a leafnode port, that both sides agree on "
             "handshake_first, and raise first_info_timeout on a slow link";
    case LinkReason::no_answer_to_connect:
      return "check that the URL leads to the leafnode port of a hub";
    case LinkReason::authentication_refused:
      return "check the remote's user, password, token, credentials or nkey against the hub's "
             "authorization and accounts";
    case LinkReason::authentication_timeout:
      return "raise authorization.timeout on the hub if the link is slow; else something that is"
             " no leaf node dials its leafnode port";
    case LinkReason::account_unavailable:
      return "raise the account's leaf node limit on the hub, or let fewer leafs connect to it";
    case LinkReason::duplicate_name:
      return "give each server a server_name of its own: two of one name take the link from each"
             " other";
    case LinkReason::same_cluster:
      return "give this server and its hub different server_name or cluster names";
    case LinkReason::bad_cluster_name:
      return "take the spaces out of the cluster name or server_name";
    case LinkReason::loop:
      return "take away one of the remotes: the links between servers of one account must form a"
             " tree";
    case LinkReason::version_too_old:
      return "upgrade this leaf, or lower leafnodes.min_version on the hub";
    case LinkReason::wrong_port:
      return "the remote's URL must lead to the hub's leafnode port (usually 7422), clients' to "
             "the client port (usually 4222)";
    case LinkReason::tls_required:
      return "write tls:// in the remote's URL or give the remote a tls block: the other side "
             "wants TLS";
    case LinkReason::tls_not_offered:
      return "give the hub's leafnodes a tls block, or write nats-leaf:// instead of tls:// in "
             "the remote's URL";
    case LinkReason::tls_failed:
      return "check the certificates, the clocks and the names in them on both sides";
    case LinkReason::permission_violation:
      return "check the permissions of the leaf's user on the hub against what the leaf "
             "subscribes and publishes";
    case LinkReason::protocol_error:
      return "check that both ports are leafnode ports and that nothing between them changes "
             "bytes";
    case LinkReason::payload_too_large:
      return "raise max_payload on the other side, or publish smaller messages";
    case LinkReason::queue_full:
      return "the link carries less than is published: raise link_queue_size, or send less over "
             "it";
    case LinkReason::no_signature:
      return "check the remote's credentials file, nkey or signature_cb: it has to sign what the "
             "hub sends";
    default: return {};
  }
}

LinkFailure failure_of(LinkReason reason) noexcept {
  switch (reason) {
    case LinkReason::none:
      return LinkFailure::none;
    case LinkReason::name_not_resolved:
    case LinkReason::unreachable:
    case LinkReason::dial_timeout:
    case LinkReason::closed_by_peer:
    case LinkReason::connection_broken:
    case LinkReason::stale:
    case LinkReason::write_timeout:
    case LinkReason::no_first_info:
    case LinkReason::no_answer_to_connect:
    case LinkReason::stopped:
    case LinkReason::queue_full:
    case LinkReason::failback:
      return LinkFailure::network;
    case LinkReason::authentication_refused:
    case LinkReason::authentication_timeout:
    case LinkReason::account_unavailable:
    case LinkReason::no_signature:
      return LinkFailure::authentication;
    case LinkReason::duplicate_name:
    case LinkReason::same_cluster:
    case LinkReason::bad_cluster_name:
      return LinkFailure::identity;
    case LinkReason::loop:
      return LinkFailure::loop;
    case LinkReason::version_too_old:
      return LinkFailure::version;
    case LinkReason::wrong_port:
    case LinkReason::protocol_error:
    case LinkReason::payload_too_large:
      return LinkFailure::protocol;
    case LinkReason::tls_required:
    case LinkReason::tls_not_offered:
    case LinkReason::tls_failed:
      return LinkFailure::tls;
    case LinkReason::permission_violation:
      return LinkFailure::permission;
  }
  return LinkFailure::none;
}

}  // namespace leafnats

namespace leafnats::broker {

LinkReason reason_of_error(std::string_view text) noexcept {
  struct Words {
    std::string_view part;
    LinkReason reason;
  };
  static constexpr Words known[] = {
      {"Authorization Violation", LinkReason::authentication_refused},
      {"Authentication Timeout", LinkReason::authentication_timeout},
      {"User Authentication Expired", LinkReason::authentication_refused},
      {"Loop detected", LinkReason::loop},
      {"remote leafnode has same cluster name", LinkReason::same_cluster},
      {"minimum version required", LinkReason::version_too_old},
      {"Duplicate Remote LeafNode Connection", LinkReason::duplicate_name},
      {"cluster name cannot contain spaces", LinkReason::bad_cluster_name},
      {"Permissions Violation", LinkReason::permission_violation},
      {"Maximum Payload Violation", LinkReason::payload_too_large},
      {"maximum account active connections exceeded", LinkReason::account_unavailable},
      {"attempted to connect to leaf node port", LinkReason::wrong_port},
      {"TLS Required", LinkReason::tls_required},
      {"Stale", LinkReason::stale},
      {"Unknown Protocol Operation", LinkReason::protocol_error},
      {"Maximum Control Line Exceeded", LinkReason::protocol_error},
  };
  for (const Words& words : known) {
    if (text.find(words.part) != text.npos) return words.reason;
  }
  return LinkReason::none;
}

LinkReason reason_of_close(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::authentication_violation: return LinkReason::authentication_refused;
    case CloseReason::authentication_timeout: return LinkReason::authentication_timeout;
    case CloseReason::authentication_expired:
    case CloseReason::authentication_revoked: return LinkReason::authentication_refused;
    case CloseReason::authentication_failure:
    case CloseReason::account_connections_exceeded:
    case CloseReason::max_connections_exceeded: return LinkReason::account_unavailable;
    case CloseReason::read_error:
    case CloseReason::write_error: return LinkReason::connection_broken;
    case CloseReason::slow_consumer_pending_bytes: return LinkReason::queue_full;
    case CloseReason::slow_consumer_write_deadline: return LinkReason::write_timeout;
    case CloseReason::stale_connection: return LinkReason::stale;
    case CloseReason::wrong_port: return LinkReason::wrong_port;
    case CloseReason::duplicate_remote: return LinkReason::duplicate_name;
    case CloseReason::same_cluster: return LinkReason::same_cluster;
    case CloseReason::cluster_name_has_spaces: return LinkReason::bad_cluster_name;
    case CloseReason::loop_detected: return LinkReason::loop;
    case CloseReason::minimum_version: return LinkReason::version_too_old;
    case CloseReason::tls_handshake_error: return LinkReason::tls_failed;
    case CloseReason::permissions_violation: return LinkReason::permission_violation;
    case CloseReason::max_payload_exceeded: return LinkReason::payload_too_large;
    case CloseReason::no_reply_to_connect: return LinkReason::no_answer_to_connect;
    case CloseReason::failback: return LinkReason::failback;
    case CloseReason::server_shutdown: return LinkReason::stopped;
    case CloseReason::kicked:
    case CloseReason::client_closed: return LinkReason::closed_by_peer;
    case CloseReason::gateway_rejected:
    case CloseReason::protocol_violation:
    case CloseReason::parse_error:
    case CloseReason::max_control_line_exceeded:
    case CloseReason::max_subscriptions_exceeded: break;
  }
  return LinkReason::protocol_error;
}

}  // namespace leafnats::broker
