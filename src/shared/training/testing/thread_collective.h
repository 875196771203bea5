// Processes of a job as threads of a test: sums are made in the order of the ranks.
#pragma once

#include <barrier>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/threads.h"
#include "training/collective.h"

namespace hrm::training::testing {

class ThreadJob {
 public:
  explicit ThreadJob(size_t size) : size_(size), sync_(static_cast<ptrdiff_t>(size)), parts_(size) {}

  // Runs work(collective) once per rank, all at the same time. An exception of any is thrown at the end; all ranks must
  // then throw, else the others wait for it forever.
  void run(const std::function<void(Collective&)>& work) {
    std::vector<std::exception_ptr> errors(size_);
    run_threads(size_, [&](size_t rank) {
      Member member(*this, rank);
      try {
        work(member);
      } catch (...) {
        errors[rank] = std::current_exception();
      }
    });
    for (const std::exception_ptr& error : errors)
      if (error) std::rethrow_exception(error);
  }

 private:
  class Member final : public Collective {
   public:
    Member(ThreadJob& job, size_t rank) : job_(job), rank_(rank) {}
    size_t rank() const override { return rank_; }
    size_t size() const override { return job_.size_; }
    void sum(std::span<float> values) override { add(values); }
    void sum(std::span<double> values) override { add(values); }
    std::vector<std::string> gather(std::string_view bytes, To to) override {
      std::vector<std::string> all = job_.exchange(rank_, bytes);
      return to == To::kRoot && rank_ != 0 ? std::vector<std::string>() : all;
    }
    void broadcast(std::string& bytes) override { bytes = job_.exchange(rank_, bytes).front(); }
    void fail(std::string_view, int) override {}
    void finish() override { job_.exchange(rank_, ""); }

   private:
    template <typename T>
    void add(std::span<T> values) {
      const std::vector<T> all = gather_values<T>(*this, values);
      for (size_t i = 0; i < values.size(); ++i) {
        T total = all[i];
        for (size_t r = 1; r < size(); ++r) total += all[r * values.size() + i];
        values[i] = total;
      }
    }
    ThreadJob& job_;
    size_t rank_;
  };

  std::vector<std::string> exchange(size_t rank, std::string_view bytes) {
    parts_[rank] = bytes;
    sync_.arrive_and_wait();
    std::vector<std::string> all = parts_;
    sync_.arrive_and_wait();
    return all;
  }

  size_t size_;
  std::barrier<> sync_;
  std::vector<std::string> parts_;
};

}  // namespace hrm::training::testing
