#include "torch/gloo_collective.h"

#include "base/error.h"

#ifdef USE_C10D_GLOO
#include <ATen/ATen.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "base/terminal.h"

namespace hrm::torch {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using StorePtr = c10::intrusive_ptr<c10d::Store>;

constexpr std::string_view kInGlooCollective = "torch.gloo_collective";
constexpr auto kBeat = 1s;           // between two reports to the store
constexpr auto kStale = 20s;         // without a report
constexpr auto kStaleInAlarm = 5s;   // likewise, after a connection was lost
constexpr auto kStoreWait = 12s;     // for an answer of the store; a wait that fails takes twice that
constexpr auto kExchange = 24h * 7;  // nothing but the reports says that a process is gone

std::string text_of(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }
std::vector<uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

// What libtorch throws has a stack of its functions behind the first line.
std::string first_line(const std::exception& error) {
  const std::string_view what = error.what();
  return std::string(what.substr(0, what.find('\n')));
}

std::string own_name() {
  char host[256] = "?";
  ::gethostname(host, sizeof host - 1);
  return fmt::format("{}, pid {}", host, ::getpid());
}

StorePtr open_store(const training::Launch& launch, bool serve) {
  c10d::TCPStoreOptions options;
  options.port = launch.port;
  options.isServer = serve;
  options.waitWorkers = false;
  options.timeout = launch.patience;
  const std::string place = fmt::format("{}:{}", launch.address, launch.port);
  try {
    return c10::make_intrusive<c10d::PrefixStore>("hrm" + launch.attempt,
                                                  c10::make_intrusive<c10d::TCPStore>(launch.address, options));
  } catch (const std::exception& error) {
    if (serve && std::string_view(error.what()).find("EADDRINUSE") != std::string_view::npos)
      throw bad_input(kInGlooCollective,
                      "MASTER_PORT = {}: another program on this machine listens there (or two processes have RANK 0): "
                      "choose another port",
                      launch.port);
    if (serve) throw failure(kInGlooCollective, "process 0 cannot listen on {}: {}", place, first_line(error));
    throw failure(kInGlooCollective,
                  "process {} of {}: nobody answered on {} for {} s: was process 0 started there? HRM_JOIN_SECONDS=N "
                  "waits longer",
                  launch.rank, launch.size, place, launch.patience.count());
  }
}

std::string key(std::string_view kind, size_t rank) { return fmt::format("{}/{}", kind, rank); }
constexpr const char* kFault = "fault";

// "<exit code> <message>" under kFault: why the job ends. The first one counts.
struct FaultReport {
  int exit_code = 1;
  std::string message;
};

// Reports that this process lives, and sees whether the others do.
class Watch {
 public:
  Watch(const training::Launch& launch, StorePtr store, std::vector<std::string> names)
      : rank_(launch.rank), size_(launch.size), store_(std::move(store)), names_(std::move(names)), seen_(size_) {
    store_->setTimeout(kStoreWait);
    for (size_t r = 0; r < size_; ++r) keys_.push_back(key("beat", r));
    keys_.push_back(kFault);
    thread_ = std::thread([this] { run(); });
  }
  // Waits for the thread: no message comes after this. REQUIRES: called before this object ends.
  void stop() {
    stop_ = true;
    thread_.join();
  }
  // From here on this process says why it ends, not the thread. False where the thread has begun to.
  bool take_over() { return !reported_.exchange(true); }
  void stop_soon() { stop_ = true; }

  // After a connection was lost: why, as soon as it is known.
  std::optional<FaultReport> explanation() {
    alarm_ = true;
    for (const auto end = Clock::now() + 3 * kStaleInAlarm; Clock::now() < end; std::this_thread::sleep_for(100ms)) {
      const std::lock_guard lock(mutex_);
      if (found_) return found_;
    }
    return std::nullopt;
  }
  void publish(const FaultReport& report) {
    store_->compareSet(kFault, bytes_of("-"), bytes_of(fmt::format("{} {}", report.exit_code, report.message)));
  }

 private:
  struct Seen {
    std::vector<uint8_t> beat;
    Clock::time_point since = Clock::now();
  };

  std::optional<FaultReport> poll_fault() {
    store_->set(keys_[rank_], bytes_of(std::to_string(++beats_)));
    const std::vector<std::vector<uint8_t>> values = store_->multiGet(keys_);
    const std::string fault = text_of(values.back());
    if (fault != "-") return FaultReport{fault.front() - '0', fault.substr(2)};
    const auto now = Clock::now();
    const bool paused = now - last_poll_ > kStale / 2;  // this process itself was stopped: others get their time again
    last_poll_ = now;
    for (size_t r = 0; r < size_; ++r) {
      if (paused || values[r] != seen_[r].beat) seen_[r] = {values[r], now};
      if (r == rank_ || now - seen_[r].since < (alarm_ ? std::chrono::seconds(kStaleInAlarm) : kStale)) continue;
      return FaultReport{1, fmt::format("process {} of {} ({}) has ended or does not answer", r, size_, names_[r])};
    }
    return std::nullopt;
  }

  void run() {
    while (!stop_) {
      std::optional<FaultReport> found;
      try {
        found = poll_fault();
        if (found) publish(*found);
      } catch (const std::exception&) {
        found = FaultReport{1, fmt::format("the store of the processes, kept by process 0 of {} ({}) or its launcher, "
                                           "does not answer",
                                           size_, names_[0])};
      }
      if (found && !stop_) return end(*found);
      for (auto slept = 0ms; slept < kBeat && !stop_; slept += 50ms) std::this_thread::sleep_for(50ms);
    }
  }

  // The main thread may wait for an exchange that never comes: then this thread ends the process. Files are written
  // whole or not at all, so it may end at any time.
  void end(const FaultReport& found) {
    {
      const std::lock_guard lock(mutex_);
      found_ = found;
    }
    if (alarm_) return;
    std::this_thread::sleep_for(2 * kBeat);  // an exchange that fails now explains itself
    if (alarm_ || stop_ || !take_over()) return;
    write_message(fmt::format("hrm: [{}] process {} of {} ends: {}", kInGlooCollective, rank_, size_, found.message));
    ::_exit(found.exit_code);
  }

  const size_t rank_, size_;
  StorePtr store_;
  std::vector<std::string> names_, keys_;
  std::vector<Seen> seen_;
  uint64_t beats_ = 0;
  Clock::time_point last_poll_ = Clock::now();
  std::atomic<bool> stop_ = false, alarm_ = false, reported_ = false;
  std::mutex mutex_;
  std::optional<FaultReport> found_;
  std::thread thread_;
};

class GlooCollective final : public training::Collective {
 public:
  explicit GlooCollective(const training::Launch& launch) : launch_(launch) {
    store_ = open_store(launch, launch.rank == 0 && !launch.agent_store);
    std::vector<std::string> names = meet();
    // A separate connection: the store serves one request of a connection at a time.
    watch_ = new Watch(launch, open_store(launch, false), std::move(names));
    auto options = c10d::ProcessGroupGloo::Options::create(launch.patience);
    try {
      options->devices.push_back(device());
      group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store_, static_cast<int>(launch.rank),
                                                           static_cast<int>(launch.size), options);
      group_->setTimeout(kExchange);
    } catch (const Error& error) {
      give_up(error);
    } catch (const std::exception& error) {
      give_up(
          lost(error, "the processes cannot connect to each other: set GLOO_SOCKET_IFNAME to their network interface"));
    }
  }
  // After an error the connections are left to the end of the process: closing them could wait for what never comes.
  ~GlooCollective() override {
    if (finished_) {
      delete watch_;
      return;
    }
    static_cast<void>(group_.release());
    static_cast<void>(store_.release());
  }

  size_t rank() const override { return launch_.rank; }
  size_t size() const override { return launch_.size; }
  void sum(std::span<float> values) override { add(values, at::kFloat); }
  void sum(std::span<double> values) override { add(values, at::kDouble); }
  std::vector<std::string> gather(std::string_view bytes, To to) override;
  void broadcast(std::string& bytes) override;
  void fail(std::string_view message, int exit_code) override;
  void finish() override;

 private:
  std::vector<std::string> meet();
  std::shared_ptr<gloo::transport::Device> device() const;
  Error lost(const std::exception& error, std::string_view otherwise = "a connection was lost");
  // Before this object is whole, so that nobody else can tell the others.
  [[noreturn]] void give_up(const Error& why) {
    fail(why.message(), why.exit_code());
    static_cast<void>(store_.release());
    throw why;
  }

  // Runs one exchange to its end.
  template <typename Start>
  void exchange(const Start& start) {
    try {
      start()->wait();
    } catch (const std::exception& error) {
      throw lost(error);
    }
  }
  // Gloo's ring adds the parts of an element in an order that depends on its place and the number of processes alone.
  template <typename T>
  void add(std::span<T> values, at::ScalarType type) {
    if (values.empty()) return;
    std::vector<at::Tensor> tensors = {at::from_blob(values.data(), {std::ssize(values)}, type)};
    exchange([&] { return group_->allreduce(tensors); });
  }
  static at::Tensor bytes(std::string& text) { return at::from_blob(text.data(), {std::ssize(text)}, at::kByte); }
  std::vector<int64_t> sizes(size_t own);

  const training::Launch launch_;
  StorePtr store_;
  Watch* watch_ = nullptr;  // outlives this object where the process ends because of an error
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
  bool finished_ = false;
};

// All processes write their names to the store and wait for those of the others.
std::vector<std::string> GlooCollective::meet() {
  const size_t size = launch_.size, rank = launch_.rank;
  if (rank == 0) store_->set(kFault, bytes_of("-"));
  if (store_->add(key("seats", rank), 1) > 1)
    throw bad_input(kInGlooCollective,
                    "process {} of {}: another process has the same RANK, or another job the same MASTER_PORT", rank,
                    size);
  store_->set(key("beat", rank), bytes_of("0"));
  store_->set(key("name", rank), bytes_of(fmt::format("{} {}", size, own_name())));
  std::vector<std::string> names(size);
  const auto end = Clock::now() + launch_.patience;
  for (size_t r = 0; r < size; ++r) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    try {
      store_->wait({key("name", r)}, std::max<std::chrono::milliseconds>(left, 1ms));
    } catch (const std::exception&) {
      throw failure(kInGlooCollective,
                    "process {} of {}: process {} did not come within {} s: was it started, with the same MASTER_ADDR "
                    "and MASTER_PORT? HRM_JOIN_SECONDS=N waits longer",
                    rank, size, r, launch_.patience.count());
    }
    names[r] = text_of(store_->get(key("name", r)));
    const size_t space = names[r].find(' ');
    if (const std::string theirs = names[r].substr(0, space); theirs != std::to_string(size))
      throw bad_input(kInGlooCollective, "process {} has WORLD_SIZE {}, process {} has {}: all need the same", rank,
                      size, r, theirs);
    names[r].erase(0, space + 1);
  }
  return names;
}

std::shared_ptr<gloo::transport::Device> GlooCollective::device() const {
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
  try {
    if (interface && *interface) return c10d::ProcessGroupGloo::createDeviceForInterface(interface);
    if (launch_.address == "localhost" || launch_.address.starts_with("127.") || launch_.address == "::1")
      return c10d::ProcessGroupGloo::createDeviceForHostname(launch_.address);
    return c10d::ProcessGroupGloo::createDefaultDevice();
  } catch (const std::exception& error) {
    if (!interface || !*interface)
      throw failure(kInGlooCollective, "no network interface for the name of this machine ({}): set GLOO_SOCKET_IFNAME",
                    first_line(error));
    throw bad_input(kInGlooCollective, "GLOO_SOCKET_IFNAME = '{}': no such network interface ({})", interface,
                    first_line(error));
  }
}

std::vector<int64_t> GlooCollective::sizes(size_t own) {
  std::vector<int64_t> all(size());
  int64_t mine[] = {static_cast<int64_t>(own)};
  at::Tensor output = at::from_blob(all.data(), {std::ssize(all)}, at::kLong),
             input = at::from_blob(mine, {1}, at::kLong);
  exchange([&] { return group_->_allgather_base(output, input); });
  return all;
}

std::vector<std::string> GlooCollective::gather(std::string_view mine, To to) {
  const std::vector<int64_t> lengths = sizes(mine.size());
  const auto longest = static_cast<size_t>(std::ranges::max(lengths));
  const bool receives = to == To::kAll || is_root();
  std::vector<std::string> all(receives ? size() : 0);
  if (longest > 0) {
    std::string padded(mine);
    padded.resize(longest);
    for (std::string& part : all) part.resize(longest);
    std::vector<at::Tensor> inputs = {bytes(padded)};
    std::vector<std::vector<at::Tensor>> outputs(receives ? 1 : 0);
    for (std::string& part : all) outputs[0].push_back(bytes(part));
    exchange([&] { return to == To::kAll ? group_->allgather(outputs, inputs) : group_->gather(outputs, inputs); });
  }
  for (size_t r = 0; r < all.size(); ++r) all[r].resize(static_cast<size_t>(lengths[r]));
  return all;
}

void GlooCollective::broadcast(std::string& text) {
  int64_t length[] = {std::ssize(text)};
  std::vector<at::Tensor> tensors = {at::from_blob(length, {1}, at::kLong)};
  exchange([&] { return group_->broadcast(tensors); });
  text.resize(static_cast<size_t>(length[0]));
  if (text.empty()) return;
  tensors = {bytes(text)};
  exchange([&] { return group_->broadcast(tensors); });
}

// An exchange failed: says which process is to blame, if the store tells.
Error GlooCollective::lost(const std::exception& error, std::string_view otherwise) {
  const std::optional<FaultReport> found = watch_->explanation();
  const std::string who = found ? found->message : fmt::format("{} ({})", otherwise, first_line(error));
  return Error(found && found->exit_code == 2 ? Fault::kBadInput : Fault::kFailure, kInGlooCollective,
               fmt::format("process {} of {} ends: {}", rank(), size(), who));
}

void GlooCollective::fail(std::string_view message, int exit_code) {
  if (!watch_->take_over()) std::this_thread::sleep_for(1h);  // the other thread ends the process with its line
  try {
    watch_->publish({exit_code, fmt::format("process {} of {} stopped: {}", rank(), size(), message)});
  } catch (const std::exception&) {  // the store is gone: the others find out by themselves
  }
  watch_->stop_soon();
  if (rank() == 0) std::this_thread::sleep_for(3 * kBeat);  // the store ends with this process: the others read it
}

void GlooCollective::finish() {
  exchange([&] { return group_->barrier(); });
  watch_->stop();
  exchange([&] { return group_->barrier(); });
  finished_ = true;
}

}  // namespace

std::unique_ptr<training::Collective> connect_gloo(const training::Launch& launch) {
  ::setenv("TORCH_CPP_LOG_LEVEL", "ERROR", 0);  // warnings of each attempt to connect
  return std::make_unique<GlooCollective>(launch);
}

}  // namespace hrm::torch

#else

namespace hrm::torch {

std::unique_ptr<training::Collective> connect_gloo(const training::Launch& launch) {
  throw bad_input("torch.gloo_collective",
                  "WORLD_SIZE = {}: this hrm was built without Gloo and runs as one process: install libgloo-dev and "
                  "configure again, or unset WORLD_SIZE",
                  launch.size);
}

}  // namespace hrm::torch

#endif
