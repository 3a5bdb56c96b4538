// SPDX-License-Identifier: Apache-2.0
//
// One end of a soak: an embedded leaf that sends numbered payloads to another end beyond a hub,
// and checks what that one sends to it.
//
//   leaf_end CONFIG NAME PEER BYTES
//
// It is done when the peer, in its present life, has received BYTES from it and it has received
// BYTES from the peer. It prints "received K/8" on the way
// and in the end
//
//   sent MESSAGES lost MESSAGES received MESSAGES gaps MESSAGES links LOST
//
// and waits for the end of its input. The exit code is 1 if a payload was wrong, doubled or out of
// order, and 2 if it cannot run.
//
// Data go to "soak.PEER": the sender's life (so that one that was killed and came back is known),
// a number that counts up, and the payload of that number. Every so often the receiver tells
// "ack.NAME" how much it has. What is neither acknowledged nor on its way any more was lost with
// a link; a probe, which keeps the order like everything else, settles which it is.

#include "mixed_payload.hpp"

#include <leafnats/config.hpp>
#include <leafnats/server.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

using namespace std::chrono_literals;

namespace leafnats::soak {
namespace {

constexpr std::uint64_t window_bytes = 4 * 1024 * 1024;
constexpr std::uint64_t ack_every_bytes = 256 * 1024;
constexpr auto silence_before_probe = 200ms;
constexpr auto silence_when_done = 500ms;

struct Head {
  std::uint64_t life;
  std::uint64_t number;   // of the message; of a probe: of the next message
  std::uint64_t probe;    // 0: a message
};

struct Ack {
  std::uint64_t receiver_life;
  std::uint64_t sender_life;
  std::uint64_t received_messages;  // of this sender, in this receiver's life
  std::uint64_t received_bytes;
  std::uint64_t probe;              // the last one seen
};

template <typename T>
std::string_view bytes_of(const T& record) {
  return {reinterpret_cast<const char*>(&record), sizeof record};
}

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "leaf_end: %s\n", why.c_str());
  std::_Exit(1);
}

/// What the peer sends to us. Thread: the server's.
class Receiver {
 public:
  Receiver(Client& client, std::uint64_t life, std::string ack_subject)
      : client_(client), life_(life), ack_subject_(std::move(ack_subject)) {}

  void on_message(const Message& message) {
    Head head;
    if (message.payload().size() < sizeof head) give_up("a message is too short");
    std::memcpy(&head, message.payload().data(), sizeof head);
    if (head.life != sender_life_) begin(head);
    if (head.probe != 0) {
      acknowledge(head.probe);
      return;
    }
    check(head.number, message.payload().substr(sizeof head));
    if (bytes_ - acknowledged_bytes_ >= ack_every_bytes) acknowledge(0);
  }

  [[nodiscard]] std::uint64_t total_bytes() const { return bytes_ + earlier_bytes_; }
  [[nodiscard]] std::uint64_t messages() const { return messages_; }
  [[nodiscard]] std::uint64_t gaps() const { return gaps_; }

 private:
  void begin(const Head& head) {
    sender_life_ = head.life;
    earlier_bytes_ += bytes_;
    messages_ = bytes_ = acknowledged_bytes_ = 0;
    next_ = head.number;
  }

  void check(std::uint64_t number, std::string_view payload) {
    if (number < next_) {
      give_up("message " + std::to_string(number) + " came doubled or late, " +
              std::to_string(next_) + " was due");
    }
    if (payload != payloads_.of(number)) {
      give_up("message " + std::to_string(number) + " came with other bytes");
    }
    gaps_ += number - next_;
    next_ = number + 1;
    messages_ += 1;
    bytes_ += payload.size();
  }

  void acknowledge(std::uint64_t probe) {
    acknowledged_bytes_ = bytes_;
    const Ack ack{life_, sender_life_, messages_, bytes_, probe};
    if (!client_.publish(ack_subject_, bytes_of(ack))) give_up("cannot acknowledge");
  }

  Client& client_;
  const std::uint64_t life_;
  const std::string ack_subject_;
  const MixedPayload payloads_;
  std::uint64_t sender_life_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t earlier_bytes_ = 0;
  std::uint64_t acknowledged_bytes_ = 0;
  std::uint64_t gaps_ = 0;
};

/// What we send to the peer. Thread: run() on one of its own, on_ack() on the server's.
class Sender {
 public:
  Sender(Client& client, std::uint64_t life, std::string subject, std::uint64_t bytes)
      : client_(client), life_(life), subject_(std::move(subject)), bytes_(bytes) {}

  void on_ack(const Message& message) {
    Ack ack;
    if (message.payload().size() != sizeof ack) give_up("an acknowledgement of the wrong size");
    std::memcpy(&ack, message.payload().data(), sizeof ack);
    const std::lock_guard lock(mutex_);
    if (ack.sender_life != life_) return;  // of somebody who had our name before
    if (ack.receiver_life != receiver_life_) {
      receiver_life_ = ack.receiver_life;
      earlier_bytes_ += received_bytes_;
      earlier_messages_ += received_messages_;
    }
    received_bytes_ = ack.received_bytes;
    received_messages_ = ack.received_messages;
    if (ack.probe != 0 && ack.probe == probe_) settle();
    changed_.notify_one();
    done_.notify_one();
  }

  /// Sends until the peer, in its present life, has `bytes` and nothing is on its way; and again
  /// if it comes back with a new life. Returns after stop().
  void run() {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      const bool enough = received_bytes_ >= bytes_;
      if (!enough && begun_ && on_the_way() < window_bytes) {
        send_one(lock);
        continue;
      }
      // Probes find out whether the peer is there at all, what was lost, and who it is now.
      if (changed_.wait_for(lock, enough && settled() ? silence_when_done : silence_before_probe) ==
          std::cv_status::timeout) {
        probe(lock);
      }
    }
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

  /// Waits until the peer has everything.
  void await_done() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return received_bytes_ >= bytes_ && settled(); });
  }

  [[nodiscard]] std::uint64_t messages() const { return number_; }
  [[nodiscard]] std::uint64_t lost() const {
    return number_ - earlier_messages_ - received_messages_;
  }

 private:
  [[nodiscard]] std::uint64_t arrived() const { return earlier_bytes_ + received_bytes_; }
  [[nodiscard]] std::uint64_t on_the_way() const {
    return sent_bytes_ - settled_bytes_ - (arrived() - arrived_when_settled_);
  }
  [[nodiscard]] bool settled() const { return settled_bytes_ == sent_bytes_; }

  /// Everything sent before the probe has arrived or is lost.
  void settle() {
    settled_bytes_ = sent_when_probed_;
    arrived_when_settled_ = arrived();
    probe_ = 0;
    begun_ = true;
  }

  void send_one(std::unique_lock<std::mutex>& lock) {
    const std::string_view payload = payloads_.of(number_);
    const Head head{life_, number_, 0};
    message_.assign(bytes_of(head)).append(payload);
    number_ += 1;
    sent_bytes_ += payload.size();
    lock.unlock();
    if (!client_.publish(subject_, message_)) give_up("cannot publish");
    lock.lock();
  }

  void probe(std::unique_lock<std::mutex>& lock) {
    probe_ = ++probes_;
    sent_when_probed_ = sent_bytes_;
    const Head head{life_, number_, probe_};
    lock.unlock();
    if (!client_.publish(subject_, bytes_of(head))) give_up("cannot publish");
    lock.lock();
  }

  Client& client_;
  const std::uint64_t life_;
  const std::string subject_;
  const std::uint64_t bytes_;
  const MixedPayload payloads_;
  std::string message_;
  std::mutex mutex_;  // all below: run() and on_ack()
  std::condition_variable changed_;
  std::condition_variable done_;
  bool stopped_ = false;
  bool begun_ = false;  // the peer was there once: what is sent before that counts for nothing
  std::uint64_t receiver_life_ = 0;
  std::uint64_t number_ = 0;
  std::uint64_t sent_bytes_ = 0;
  std::uint64_t settled_bytes_ = 0;
  std::uint64_t arrived_when_settled_ = 0;
  std::uint64_t sent_when_probed_ = 0;
  std::uint64_t received_bytes_ = 0;
  std::uint64_t received_messages_ = 0;
  std::uint64_t earlier_bytes_ = 0;
  std::uint64_t earlier_messages_ = 0;
  std::uint64_t probe_ = 0;
  std::uint64_t probes_ = 0;
};

int run(const char* config, const std::string& name, const std::string& peer,
        std::uint64_t bytes) {
  auto loaded = load_config(config);
  if (!loaded) {
    std::fprintf(stderr, "%s\n", loaded.error().message().c_str());
    return 2;
  }
  Options options = loaded->options;
  options.server_name = name;
  options.client_listen.clear();
  std::mutex mutex;
  int links_lost = 0;
  options.on_event = [&](const Event& event) {
    const std::lock_guard lock(mutex);
    if (event.kind == EventKind::leaf_lost) ++links_lost;
  };
  Server server(std::move(options));
  if (const auto started = server.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().message().c_str());
    return 2;
  }
  Client client = server.connect();
  const auto life = static_cast<std::uint64_t>(
      std::chrono::steady_clock::now().time_since_epoch().count());
  Receiver receiver(client, life, "ack." + peer);
  Sender sender(client, life, "soak." + peer, bytes);
  std::condition_variable received;
  int eighths = 0;
  auto data = client.subscribe("soak." + name, [&](const Message& message) {
    const std::lock_guard lock(mutex);
    receiver.on_message(message);
    for (; eighths < 8 && receiver.total_bytes() >= bytes / 8 * (eighths + 1); ++eighths) {
      std::printf("received %d/8\n", eighths + 1);
      std::fflush(stdout);
    }
    if (receiver.total_bytes() >= bytes) received.notify_one();
  });
  auto acks = client.subscribe("ack." + name,
                               [&](const Message& message) { sender.on_ack(message); });
  if (!data || !acks) return 2;
  std::thread sending([&] { sender.run(); });
  sender.await_done();
  std::unique_lock lock(mutex);
  received.wait(lock, [&] { return receiver.total_bytes() >= bytes; });
  std::printf("sent %llu lost %llu received %llu gaps %llu links %d\n",
              static_cast<unsigned long long>(sender.messages()),
              static_cast<unsigned long long>(sender.lost()),
              static_cast<unsigned long long>(receiver.messages()),
              static_cast<unsigned long long>(receiver.gaps()), links_lost);
  std::fflush(stdout);
  lock.unlock();
  // The peer may still wait for us: whoever started us ends us.
  std::getchar();
  sender.stop();
  sending.join();
  return 0;
}

}  // namespace
}  // namespace leafnats::soak

int main(int count, char** arguments) {
  if (count != 5) {
    std::fprintf(stderr, "usage: leaf_end CONFIG NAME PEER BYTES\n");
    return 2;
  }
  return leafnats::soak::run(arguments[1], arguments[2], arguments[3],
                             std::strtoull(arguments[4], nullptr, 10));
}
