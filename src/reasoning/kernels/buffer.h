// Memory for kernels: 64-byte aligned, zero at first, moved but never copied.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace hrm::kernels {

inline constexpr size_t kAlignment = 64;

// T: trivial.
template <typename T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(size_t size)
      : size_(size), data_(static_cast<T*>(::operator new[](size * sizeof(T), std::align_val_t{kAlignment}))) {
    std::fill_n(data_.get(), size, T{});
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  size_t size() const { return size_; }
  std::span<T> span() { return {data_.get(), size_}; }
  std::span<const T> span() const { return {data_.get(), size_}; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }

 private:
  struct Free {
    void operator()(T* p) const { ::operator delete[](p, std::align_val_t{kAlignment}); }
  };
  size_t size_ = 0;
  std::unique_ptr<T[], Free> data_;
};

}  // namespace hrm::kernels
