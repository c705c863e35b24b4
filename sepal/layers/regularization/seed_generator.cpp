#include "sepal/layers/regularization/seed_generator.h"

#include <algorithm>

#include "sepal/base/parallel.h"

namespace sepal {
namespace {

// Elements that share one random stream: large enough to pay for its start.
constexpr std::int64_t kBlock = 1 << 14;

// values[i] = draw(stream) for every element, a stream of its own for each block.
template <class T, class Draw>
void fill_blocks(T* values, std::int64_t count, std::uint64_t key, Draw draw) {
  parallel_parts((count + kBlock - 1) / kBlock, [&](std::int64_t block) {
    RandomStream stream(key, static_cast<std::uint64_t>(block));
    const std::int64_t end = std::min(count, (block + 1) * kBlock);
    for (std::int64_t i = block * kBlock; i < end; ++i) values[i] = static_cast<T>(draw(stream));
  });
}

template <class Draw>
Tensor drawn(const Shape& shape, DType dtype, std::uint64_t key, Draw draw) {
  if (is_half(dtype)) return drawn(shape, DType::float32, key, draw).astype(dtype);
  Tensor values(shape, dtype);
  if (dtype == DType::float64) {
    fill_blocks(values.mutable_data<double>(), values.num_elements(), key, draw);
  } else {
    fill_blocks(values.mutable_data<float>(), values.num_elements(), key, draw);
  }
  return values;
}

}  // namespace

SeedGenerator::SeedGenerator(std::optional<std::int64_t> seed) {
  const auto start = static_cast<std::uint32_t>(seed ? static_cast<std::uint64_t>(*seed) : next_random_key());
  state_ =
      Variable(Tensor::from<std::uint32_t>({start, 0}, {2}), "seed_generator_state", {.trainable = false});
}

std::uint64_t SeedGenerator::next() {
  auto* state = state_.mutable_value().mutable_data<std::uint32_t>();
  const std::uint64_t key = (static_cast<std::uint64_t>(state[0]) << 32) | state[1];
  ++state[1];
  return key;
}

Tensor dropout_mask(const Shape& shape, double rate, DType dtype, std::uint64_t key) {
  const double kept = 1.0 / (1.0 - rate);
  const auto threshold = static_cast<std::uint64_t>(rate * 0x1p32);
  return drawn(shape, dtype, key,
               [=](RandomStream& stream) { return stream.next_u32() >= threshold ? kept : 0.0; });
}

Tensor normal_noise(const Shape& shape, double mean, double stddev, DType dtype, std::uint64_t key) {
  return drawn(shape, dtype, key, [=](RandomStream& stream) { return mean + stddev * stream.next_normal(); });
}

}  // namespace sepal
