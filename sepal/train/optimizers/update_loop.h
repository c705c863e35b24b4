// The loop over a variable's elements that every optimizer runs.
#pragma once

#include <string>

#include "sepal/base/dtype.h"
#include "sepal/base/error.h"
#include "sepal/base/parallel.h"

namespace sepal::optimizers {

/// Least number of elements worth waking a thread: some 10 microseconds of Adam.
inline constexpr std::int64_t kUpdateGrain = 16384;

/// A hyper-parameter as Keras has it after `ops.cast`: Python numbers pass through float32 on the way, for
/// float64 variables too.
template <class T>
T cast_by_keras(double value) {
  return static_cast<T>(static_cast<float>(value));
}

/// Calls `make(T())` with float or double for T, and what it returns for each index in [0, count). An index
/// must touch only its own elements.
template <class Make>
void update_elements(DType dtype, std::int64_t count, const Make& make) {
  const auto run = [count](auto update) {
    parallel_for(count, kUpdateGrain, [update](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) update(i);
    });
  };
  if (dtype == DType::float32) {
    run(make(float()));
  } else if (dtype == DType::float64) {
    run(make(double()));
  } else {
    throw TypeError("Optimizers update float32 and float64 variables. Received: dtype=" +
                    std::string(name_of(dtype)));
  }
}

}  // namespace sepal::optimizers
