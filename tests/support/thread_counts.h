// The promise that results have the same bits for any number of threads.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "sepal/base/parallel.h"
#include "tests/support/tensor_checks.h"

namespace sepal::testing {

/// Runs `f` with 1, 2, 3 and 8 threads and expects the same bits of each of its results.
inline void expect_same_bits_for_any_thread_count(const std::function<Tensors()>& f) {
  struct Restore {
    int before = num_threads();
    ~Restore() { set_num_threads(before); }
  } restore;
  set_num_threads(1);
  const Tensors want = f();
  for (const int threads : {2, 3, 8}) {
    set_num_threads(threads);
    const Tensors got = f();
    ASSERT_EQ(got.size(), want.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
      SCOPED_TRACE(::testing::Message() << threads << " threads, result " << i);
      expect_same_bits(got[i], want[i]);
    }
  }
}

}  // namespace sepal::testing
