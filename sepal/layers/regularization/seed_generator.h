// SeedGenerator: the random state of a layer that draws numbers (keras.random.SeedGenerator). It is saved
// with the model, so that training goes on with the numbers that would have come.
#pragma once

#include <optional>
#include <vector>

#include "sepal/base/random.h"
#include "sepal/weights/variable.h"

namespace sepal {

class SeedGenerator {
 public:
  /// Without a seed: drawn from the global one (set_random_seed).
  explicit SeedGenerator(std::optional<std::int64_t> seed);

  /// A key for one use; another one each time.
  std::uint64_t next();

  /// uint32 (2,): the seed and how often it was used.
  const Variable& state() const { return state_; }

 private:
  Variable state_;
};

/// 1 / (1 - rate) with probability 1 - rate, else 0, for every element; in a float dtype. The same for any
/// number of threads.
Tensor dropout_mask(const Shape& shape, double rate, DType dtype, std::uint64_t key);

/// Normal numbers of the given mean and standard deviation; in a float dtype. The same for any number of
/// threads.
Tensor normal_noise(const Shape& shape, double mean, double stddev, DType dtype, std::uint64_t key);

}  // namespace sepal
