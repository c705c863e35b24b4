// Random numbers: a counter-based generator, the same stream on every machine and for every thread count.
#pragma once

#include <cstdint>
#include <optional>

#include "sepal/base/tensor.h"

namespace sepal {

/// Philox-4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11): word `i` of a stream
/// is a function of the key and `i` alone.
class RandomStream {
 public:
  explicit RandomStream(std::uint64_t key, std::uint64_t stream = 0) : key_(key), stream_(stream) {}

  std::uint32_t next_u32();
  std::uint64_t next_u64();
  /// In [0, 1), 53 random bits.
  double next_uniform();
  /// Mean 0, standard deviation 1 (Box-Muller).
  double next_normal();
  /// In [0, bound) without bias; `bound` > 0.
  std::uint64_t next_below(std::uint64_t bound);

 private:
  void refill();

  std::uint64_t key_;
  std::uint64_t stream_;
  std::uint64_t block_ = 0;
  std::uint32_t words_[4] = {};
  int used_ = 4;
  std::optional<double> spare_normal_;
};

/// Makes everything that draws without a seed of its own reproducible (Keras: `keras.utils.set_random_seed`).
void set_random_seed(std::uint64_t seed);

/// A fresh key: the next of the sequence that set_random_seed starts, or a truly random one if it was never
/// called.
std::uint64_t next_random_key();

/// Uniform in [low, high).
Tensor random_uniform(const Shape& shape, double low, double high, DType dtype, RandomStream& stream);
Tensor random_normal(const Shape& shape, double mean, double stddev, DType dtype, RandomStream& stream);
/// Normal, redrawn beyond two standard deviations.
Tensor random_truncated_normal(const Shape& shape, double mean, double stddev, DType dtype,
                               RandomStream& stream);
/// The numbers 0..count-1 in random order (Fisher-Yates).
std::vector<std::int64_t> random_permutation(std::int64_t count, RandomStream& stream);

}  // namespace sepal
