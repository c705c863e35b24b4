#include "sepal/base/random.h"

#include <cmath>
#include <mutex>
#include <numbers>
#include <numeric>
#include <random>

namespace sepal {
namespace {

struct GlobalSeed {
  std::mutex mutex;
  std::optional<RandomStream> stream;
};

GlobalSeed& global_seed() {
  static GlobalSeed seed;
  return seed;
}

template <class Draw>
Tensor fill(const Shape& shape, DType dtype, Draw draw) {
  Tensor values(shape, DType::float64);
  double* out = values.mutable_data<double>();
  for (std::int64_t i = 0; i < values.num_elements(); ++i) out[i] = draw();
  return values.astype(dtype);
}

}  // namespace

void RandomStream::refill() {
  constexpr std::uint64_t kMultiplier0 = 0xD2511F53;
  constexpr std::uint64_t kMultiplier1 = 0xCD9E8D57;
  constexpr std::uint32_t kWeyl0 = 0x9E3779B9;
  constexpr std::uint32_t kWeyl1 = 0xBB67AE85;
  constexpr int kRounds = 10;
  std::uint32_t c[4] = {static_cast<std::uint32_t>(block_), static_cast<std::uint32_t>(block_ >> 32),
                        static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)};
  auto k0 = static_cast<std::uint32_t>(key_);
  auto k1 = static_cast<std::uint32_t>(key_ >> 32);
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t p0 = kMultiplier0 * c[0];
    const std::uint64_t p1 = kMultiplier1 * c[2];
    const std::uint32_t next[4] = {
        static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k0, static_cast<std::uint32_t>(p1),
        static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k1, static_cast<std::uint32_t>(p0)};
    for (int i = 0; i < 4; ++i) c[i] = next[i];
    k0 += kWeyl0;
    k1 += kWeyl1;
  }
  for (int i = 0; i < 4; ++i) words_[i] = c[i];
  ++block_;
  used_ = 0;
}

std::uint32_t RandomStream::next_u32() {
  if (used_ == 4) refill();
  return words_[used_++];
}

std::uint64_t RandomStream::next_u64() {
  const std::uint64_t high = next_u32();
  return (high << 32) | next_u32();
}

double RandomStream::next_uniform() { return static_cast<double>(next_u64() >> 11) * 0x1p-53; }

double RandomStream::next_normal() {
  if (spare_normal_) {
    const double value = *spare_normal_;
    spare_normal_.reset();
    return value;
  }
  const double radius = std::sqrt(-2.0 * std::log(1.0 - next_uniform()));  // 1-u is in (0, 1]
  const double angle = 2.0 * std::numbers::pi * next_uniform();
  spare_normal_ = radius * std::sin(angle);
  return radius * std::cos(angle);
}

std::uint64_t RandomStream::next_below(std::uint64_t bound) {
  const std::uint64_t reject_below = (0 - bound) % bound;  // 2^64 mod bound
  std::uint64_t value = next_u64();
  while (value < reject_below) value = next_u64();
  return value % bound;
}

void set_random_seed(std::uint64_t seed) {
  GlobalSeed& global = global_seed();
  const std::lock_guard lock(global.mutex);
  global.stream.emplace(seed);
}

std::uint64_t next_random_key() {
  GlobalSeed& global = global_seed();
  const std::lock_guard lock(global.mutex);
  if (!global.stream) {
    std::random_device device;
    global.stream.emplace((static_cast<std::uint64_t>(device()) << 32) | device());
  }
  return global.stream->next_u64();
}

Tensor random_uniform(const Shape& shape, double low, double high, DType dtype, RandomStream& stream) {
  return fill(shape, dtype, [&] { return low + (high - low) * stream.next_uniform(); });
}

Tensor random_normal(const Shape& shape, double mean, double stddev, DType dtype, RandomStream& stream) {
  return fill(shape, dtype, [&] { return mean + stddev * stream.next_normal(); });
}

Tensor random_truncated_normal(const Shape& shape, double mean, double stddev, DType dtype,
                               RandomStream& stream) {
  return fill(shape, dtype, [&] {
    double value = stream.next_normal();
    while (std::abs(value) > 2.0) value = stream.next_normal();
    return mean + stddev * value;
  });
}

std::vector<std::int64_t> random_permutation(std::int64_t count, RandomStream& stream) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[stream.next_below(i)]);
  return order;
}

}  // namespace sepal
