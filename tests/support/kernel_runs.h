// What tests of kernels need around a run: arrays filled and forgotten, one thread, poisoned working memory.
#pragma once

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "sepal/base/parallel.h"
#include "sepal/kernels/scratch.h"
#include "tests/support/guarded_array.h"

namespace sepal::testing {

/// Whole numbers so small that every sum of a small problem is exact in float32: every order of summation
/// must then give the same result.
inline void fill_with_whole_numbers(GuardedArray& array, std::mt19937& random) {
  std::generate_n(array.data(), array.values().size(),
                  [&] { return static_cast<float>(static_cast<int>(random() % 7) - 3); });
}

inline void fill_with_nan(GuardedArray& array) {
  std::fill_n(array.data(), array.values().size(), std::numeric_limits<float>::quiet_NaN());
}

inline std::vector<float> copy_of(GuardedArray& array) {
  return {array.values().begin(), array.values().end()};
}

/// What a run leaves behind in working memory must not be what the next one needs.
inline void poison_scratch() {
  constexpr std::int64_t kFloats = 1 << 19;
  for (const kernels::ScratchUse use : {kernels::ScratchUse::shared, kernels::ScratchUse::part}) {
    std::fill_n(kernels::thread_scratch(use, kFloats), kFloats, std::numeric_limits<float>::quiet_NaN());
  }
}

/// While it lives there is one thread: starting more costs more than small problems do, and its working
/// memory is that of the test.
class OneThread {
 public:
  OneThread() { set_num_threads(1); }
  ~OneThread() { set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_ = num_threads();
};

}  // namespace sepal::testing
