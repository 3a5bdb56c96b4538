// SPDX-License-Identifier: Apache-2.0
//
// Every bound of the library that is not an option: its value, its reason, and what happens when
// it is reached. Options have their own defaults in <leafnats/options.hpp>.
#pragma once

#include <cstddef>
#include <cstdint>

namespace leafnats::limits {

/// One read. Larger reads measured no faster and leave the cache; 64 KiB holds 1500 small
/// messages. A longer operation gets a slab of its own size, up to max_payload.
inline constexpr std::size_t slab_bytes = 64 * 1024;

/// A body of this size and more is read through slabs of large_slab_bytes, so that it does not
/// take a system call for each 64 KiB.
inline constexpr std::size_t large_body_bytes = 32 * 1024;
inline constexpr std::size_t large_slab_bytes = 256 * 1024;

/// Slabs kept for reuse by a shard, for reading and for outboxes; more are freed. Enough for a
/// batch that fans out to a dozen readers, and at most 3 MiB.
inline constexpr std::size_t slab_pool_idle_max = 32;
inline constexpr std::size_t large_slab_pool_idle_max = 4;

/// Payloads from here on are referenced in outboxes instead of copied: below, a copy is cheaper
/// than one more entry in the gather list (measured 512 B: 1.7 times dearer by reference).
inline constexpr std::size_t slice_payload_bytes_min = 6 * 1024;

/// An outbox is flushed within a read batch when it passes this: a fan-in of several batches must
/// not pile up. One batch always goes out in one piece (32 KiB here measured 4 to 15 % dearer).
inline constexpr std::size_t outbox_flush_bytes = 128 * 1024;

/// A publisher is paused when a reader's outbox passes `high`, and resumed at `low`: the same
/// delivery rate as 32 MB of queue, in a fraction of the memory.
inline constexpr std::size_t outbox_pause_bytes_high = 1024 * 1024;
inline constexpr std::size_t outbox_pause_bytes_low = outbox_pause_bytes_high / 2;

/// Plain bytes that pass through a connection's filters as one batch: what a compressor sees at a
/// time. Larger measured no better ratio worth its latency.
inline constexpr std::size_t stream_batch_bytes_max = 256 * 1024;

/// Encoded bytes of a connection with filters that wait for its peer; what is behind them stays
/// plain in the outbox, where max_pending counts it and a policy may still drop it.
inline constexpr std::size_t stream_wire_bytes_max = 128 * 1024;

/// PEM text of one file: the bundles of systems are a quarter of this. More is refused at start.
inline constexpr std::size_t tls_pem_bytes_max = 1024 * 1024;

/// A peer's chain of certificates in its handshake; a longer one fails the handshake. Chains are
/// 2 to 6 KiB, some with large keys 20.
inline constexpr std::size_t tls_chain_bytes_max = 64 * 1024;

/// What a handshake may want to say before it is flushed: hello, chain, alerts. Twice the longest
/// chain that a peer of ours would take; more fails the handshake.
inline constexpr std::size_t tls_unsent_bytes_max = 2 * tls_chain_bytes_max;

/// How long one reader may hold publishers back altogether. After that publishers run again and
/// the reader grows to max_pending, where it is cut off as a slow consumer.
inline constexpr std::int64_t pause_ns_max = 2'000'000'000;

/// Shards of one server. More would only add mailboxes: each pair of shards has two.
inline constexpr unsigned shards_max = 64;

/// Batches in flight from one shard to another; when full the sender's sources stop reading.
inline constexpr std::size_t mailbox_batches_max = 64;

/// Bytes of records after which a batch is closed and handed over within the read batch.
inline constexpr std::size_t mailbox_batch_bytes = 64 * 1024;

/// Tokens in a subject that the matcher handles. More is refused as an invalid subject: it would
/// be a recursion depth that a peer chooses. (max_control_line bounds subjects to 4 KiB anyway.)
inline constexpr std::size_t subject_tokens_max = 1024;

/// Entries of the match cache of one index; a full set of entries gives up its oldest.
inline constexpr std::size_t match_cache_entries_max = 4096;

/// Reply subjects that one client may answer at a time under allow_responses; beyond it the
/// oldest permission goes. Each is a request that was delivered and not answered yet.
inline constexpr std::size_t allowed_replies_max = 65'536;

/// Accounts of a configuration; it is refused beyond. They are numbered with 16 bits, of which
/// accounts that come by JWT need some too.
inline constexpr std::size_t configured_accounts_max = 32'768;

/// Slow tasks (password hashes) that wait for a server's worker. More are refused, and with them
/// the logins that need them: a flood of logins must not become a flood of memory.
inline constexpr std::size_t worker_tasks_max = 1024;

/// Callbacks of the host (authentication, signatures) that run at a time; others wait. They wait
/// for something else most of the time, so more of them than cores make sense; a thread costs 8 KB
/// while it does.
inline constexpr std::size_t callback_threads_max = 8;

/// LeafOptions::link_queue_bytes is refused below: a queue that is full before one read batch is
/// drops what the link would have carried.
inline constexpr std::size_t link_queue_bytes_min = slab_bytes;

/// Addresses of hubs that a remote keeps, configured ones and those that others told of; more are
/// ignored, so that a hub cannot fill a leaf's memory.
inline constexpr std::size_t remote_urls_max = 1024;

/// Bytes of a peer's -ERR that are kept for the log and for statistics; the rest is cut off.
inline constexpr std::size_t peer_error_bytes_max = 256;

/// A leaf link's outbox takes messages up to this; beyond, they wait in the link's own queue,
/// where they can be dropped. As large as what pauses publishers, so that a link which keeps up
/// never meets the queue.
inline constexpr std::size_t link_outbox_bytes = 1024 * 1024;

/// Accounts that a server may ever have known, gone ones included, as numbers stay with names.
/// More in a configuration are an error; operator mode has a bound of its own below this one.
inline constexpr std::size_t accounts_max = 65'000;

/// Answers that an account's services owe on one shard; beyond, the oldest is forgotten, so that
/// requesters who never get an answer cannot fill the memory. Two minutes of 500 requests a second.
inline constexpr std::size_t service_replies_max = 65'536;

/// Accounts that a message may cross one after the other; what would go further is dropped, and
/// refused already where accounts are linked (nats-server searches as deep).
inline constexpr int import_chain_max = 64;

/// Marks of our own that are remembered to have come back on one leaf link; there is one for each
/// of our links, and a peer that makes up more is not believed.
inline constexpr std::size_t own_marks_max = 64;

/// Complaints about leaf links that are remembered, so that each is logged once; beyond, all are
/// forgotten. A peer chooses its name and so the number; a thousand leafs may be wrong at a time.
inline constexpr std::size_t link_complaints_max = 2048;

/// A control line on a leaf link, as a multiple of max_control_line (nats-server 2.11.17).
inline constexpr std::size_t leaf_control_line_factor = 16;

/// CONNECT and INFO nest at most a few levels; simdjson gets no more than this to build.
inline constexpr std::size_t json_document_bytes_max = 1024 * 1024;

/// A token of keys (JWT), as text: what the JWT library takes (2.8). A longer one is refused.
inline constexpr std::size_t jwt_bytes_max = 1024 * 1024;

/// Accounts of operator mode that are in force at a time; a look-up beyond fails. Account numbers
/// have 16 bits, and are never given twice.
inline constexpr std::size_t operator_accounts_max = 32 * 1024;

/// Subjects that the templates of a scoped signing key may become, each list for itself
/// (nats-server). A login that would need more is refused before any is made.
inline constexpr std::size_t scope_subjects_max = 4096;

/// The head of an HTTP request or response, in bytes and in fields: room for the cookies of a
/// browser, one of them a JWT. A longer one is refused (431 to a client) before anything is done
/// with it; a stranger can make us hold no more than this.
inline constexpr std::size_t http_head_bytes_max = 16 * 1024;
inline constexpr std::size_t http_head_fields_max = 100;

/// What goes into one WebSocket frame, and is compressed as one message. Larger frames would only
/// make larger buffers; a peer that inflates refuses more than its max_payload in one message.
inline constexpr std::size_t websocket_frame_bytes = 32 * 1024;

/// The same for browsers (nats-server: they behave better with small frames).
inline constexpr std::size_t websocket_browser_frame_bytes = 4096;

/// Batches up to this size are not compressed (nats-server).
inline constexpr std::size_t websocket_deflate_bytes_min = 64;

/// Answers to WebSocket pings that wait to be written. When there is no room, only the latest ping
/// is answered, which RFC 6455, section 5.5.3 allows.
inline constexpr std::size_t websocket_pongs_bytes_max = 4096;

/// A compressed WebSocket message may hold several operations, so max_payload times this bounds
/// it, up to a ceiling (nats-server); more is refused with close code 1009. Nothing of that size
/// is ever held: it bounds the work that one message can be.
inline constexpr std::size_t websocket_message_factor = 8;
inline constexpr std::size_t websocket_message_bytes_max = 64 * 1024 * 1024;

/// A block of S2 before compression: the format's bound, which nats-server's reader has too. A
/// chunk with more ends the link.
inline constexpr std::size_t s2_block_bytes_max = 4 * 1024 * 1024;

/// The same before a peer has logged in, when it has to say no more than INFO and CONNECT.
inline constexpr std::size_t s2_login_block_bytes_max = 64 * 1024;

/// Blocks that we make. Larger ones find more that repeats, but are held back whole while they are
/// filled, and the places of a 64 KiB block fit 16 bits.
inline constexpr std::size_t s2_encoded_block_bytes = 256 * 1024;

/// What of zstd can be configured. Windows below make no sense, above they cost each link
/// megabytes; the library's levels beyond 19 want more memory still.
inline constexpr int zstd_level_min = -10;
inline constexpr int zstd_level_max = 19;
inline constexpr int zstd_window_log_min = 10;
inline constexpr int zstd_window_log_max = 21;

/// A dictionary is kept, digested, by each link. More helps only the first window.
inline constexpr std::size_t zstd_dictionary_bytes_max = 128 * 1024;

/// Connections or subscriptions in one page of a monitoring answer, whatever was asked for. More
/// come with `offset`; a page of this size is some 30 MB of JSON.
inline constexpr int monitor_rows_max = 65'536;

/// Bytes of a monitoring answer; beyond it the answer is an error that says to ask for less. Like
/// max_pending's default, because a larger one could not reach a client.
inline constexpr std::size_t monitor_answer_bytes_max = 64 * 1024 * 1024;

/// Requests to the system account that are being answered at once; more are not answered. A
/// hundred tools may ask together, and what any user may ask must not pile up.
inline constexpr std::size_t monitor_requests_max = 256;

/// Logins that wait for an auth callout service; more are refused. Each holds what its peer has
/// offered, some KiB at most, for no longer than the time for CONNECT.
inline constexpr std::size_t callout_logins_max = 4096;

static_assert(s2_encoded_block_bytes <= s2_block_bytes_max);
static_assert(outbox_pause_bytes_low < outbox_pause_bytes_high);
static_assert(slice_payload_bytes_min < slab_bytes);
static_assert(large_body_bytes < slab_bytes && slab_bytes < large_slab_bytes);

}  // namespace leafnats::limits
