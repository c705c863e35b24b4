// Working memory of kernels: kept by each thread from call to call, so that a step allocates nothing.
#pragma once

#include <cstdint>

namespace sepal::kernels {

/// What the memory is for; memory of different uses may be held at the same time.
enum class ScratchUse { shared, part };

/// At least `floats` uninitialised floats, 64-byte aligned, owned by this thread: `shared` for the thread
/// that starts a kernel, `part` for one part of it. The next call with the same use on this thread reuses
/// them.
float* thread_scratch(ScratchUse use, std::int64_t floats);

/// Hands out consecutive pieces of one scratch block, each 64-byte aligned. With a null base it only counts.
class ScratchPieces {
 public:
  explicit ScratchPieces(float* base) : base_(base) {}
  float* take(std::int64_t floats) {
    float* piece = base_ == nullptr ? nullptr : base_ + used_;
    used_ += (floats + 15) / 16 * 16;
    return piece;
  }
  std::int64_t used() const { return used_; }

 private:
  float* base_;
  std::int64_t used_ = 0;
};

}  // namespace sepal::kernels
