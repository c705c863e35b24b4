// Arrays that end where the next page may not be touched: reading or writing one element too many ends the
// test program instead of passing unseen.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

namespace sepal::testing {

class GuardedArray {
 public:
  explicit GuardedArray(std::int64_t size) : size_(static_cast<std::size_t>(size)) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t used = (size_ * sizeof(float) + page - 1) / page * page;
    mapped_ = used + 2 * page;
    void* memory = mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    base_ = static_cast<std::byte*>(memory);
    if (used > 0 && mprotect(base_ + page, used, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
    data_ = reinterpret_cast<float*>(base_ + page + used) - size_;
  }
  ~GuardedArray() { munmap(base_, mapped_); }
  GuardedArray(const GuardedArray&) = delete;
  GuardedArray& operator=(const GuardedArray&) = delete;

  float* data() { return data_; }
  std::span<float> values() { return {data_, size_}; }

 private:
  std::size_t size_;
  std::size_t mapped_;
  std::byte* base_;
  float* data_;
};

}  // namespace sepal::testing
