// What the processes of one job exchange: sums, gathered bytes, and one word of why a process ends.
//
// Every function is called by all processes in the same order, and returns the same bits in all of them, the same ones
// in every run with the same number of processes. One process needs no exchange: SingleProcess. torch/gloo_collective
// connects several.
//
// Throws failure where another process has ended or does not answer.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/tensor.h"

namespace hrm::training {

class Collective {
 public:
  virtual ~Collective() = default;
  virtual size_t rank() const = 0;  // of this process, from 0
  virtual size_t size() const = 0;  // processes

  // values of all processes, added element by element in a fixed order. REQUIRES: as many in every process.
  virtual void sum(std::span<float> values) = 0;
  virtual void sum(std::span<double> values) = 0;
  // The bytes of each process in order of rank. Lengths may differ. kRoot: process 0 alone gets them, others nothing.
  enum class To { kAll, kRoot };
  virtual std::vector<std::string> gather(std::string_view bytes, To to = To::kAll) = 0;
  // The bytes of process 0; those of the others are replaced.
  virtual void broadcast(std::string& bytes) = 0;

  // Before a process ends because of an error: the others end with this line.
  virtual void fail(std::string_view message, int exit_code) = 0;
  // At the end of the work: returns once all have come here.
  virtual void finish() = 0;

  bool is_root() const { return rank() == 0; }
};

class SingleProcess final : public Collective {
 public:
  size_t rank() const override { return 0; }
  size_t size() const override { return 1; }
  void sum(std::span<float>) override {}
  void sum(std::span<double>) override {}
  std::vector<std::string> gather(std::string_view bytes, To) override { return {std::string(bytes)}; }
  void broadcast(std::string&) override {}
  void fail(std::string_view, int) override {}
  void finish() override {}
};

// The processes, or where `processes` is null this one alone.
Collective& or_alone(Collective* processes);

// What `work` returns in process 0, in all processes. An Error that it throws is thrown by all.
std::string from_root(Collective& all, const std::function<std::string()>& work);
Json json_from_root(Collective& all, const std::function<Json()>& work);
void on_root(Collective& all, const std::function<void()>& work);
// Tensors of process 0 in all processes.
NamedTensors tensors_from_root(Collective& all, NamedTensors tensors);

// The rows of process 0, then those of process 1, and so on. REQUIRES: the same names, types and sizes of a row. Other
// processes than 0 get nothing.
NamedTensors rows_to_root(Collective& all, NamedTensors tensors);
// Rows [begin, end) of every tensor.
NamedTensors take_rows(const NamedTensors& tensors, size_t begin, size_t end);

// The values of each process, one process after the other.
template <typename T>
std::vector<T> gather_values(Collective& all, std::span<const T> values) {
  std::vector<T> together;
  const std::string_view bytes(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  for (const std::string& part : all.gather(bytes)) {
    const auto* first = reinterpret_cast<const T*>(part.data());
    together.insert(together.end(), first, first + part.size() / sizeof(T));
  }
  return together;
}

// Items [first, last) of `count` that belong to a process: shares in order of rank, whose sizes differ by one at most.
struct Share {
  size_t first = 0, last = 0;
  size_t size() const { return last - first; }
};
Share share_of(const Collective& all, size_t count);

}  // namespace hrm::training
