#include "bench/fma_peak.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "sepal/base/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/fma_peak.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace sepal::bench::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Runs `steps` rounds of ten independent chains: more than latency (4) times pipes (2). Returns the
/// operations done; `result` keeps the compiler from leaving them out.
double run_chains(std::int64_t steps, float* result) {
  const hn::ScalableTag<float> d;
  const auto factor = hn::Set(d, 0.999F), term = hn::Set(d, 0.001F);
  // Different starts: equal chains would be computed once.
  auto a0 = hn::Iota(d, 0.F), a1 = hn::Iota(d, 1.F), a2 = hn::Iota(d, 2.F), a3 = hn::Iota(d, 3.F),
       a4 = hn::Iota(d, 4.F), a5 = hn::Iota(d, 5.F), a6 = hn::Iota(d, 6.F), a7 = hn::Iota(d, 7.F),
       a8 = hn::Iota(d, 8.F), a9 = hn::Iota(d, 9.F);
  for (std::int64_t i = 0; i < steps; ++i) {
    a0 = hn::MulAdd(a0, factor, term);
    a1 = hn::MulAdd(a1, factor, term);
    a2 = hn::MulAdd(a2, factor, term);
    a3 = hn::MulAdd(a3, factor, term);
    a4 = hn::MulAdd(a4, factor, term);
    a5 = hn::MulAdd(a5, factor, term);
    a6 = hn::MulAdd(a6, factor, term);
    a7 = hn::MulAdd(a7, factor, term);
    a8 = hn::MulAdd(a8, factor, term);
    a9 = hn::MulAdd(a9, factor, term);
  }
  const auto sum = hn::Add(hn::Add(hn::Add(a0, a1), hn::Add(a2, a3)),
                           hn::Add(hn::Add(a4, a5), hn::Add(hn::Add(a6, a7), hn::Add(a8, a9))));
  *result += hn::GetLane(hn::SumOfLanes(d, sum));
  return static_cast<double>(steps) * 10 * 2 * static_cast<double>(hn::Lanes(d));
}

}  // namespace sepal::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sepal::bench {

HWY_EXPORT(run_chains);

double fma_peak(int threads) {
  using Clock = std::chrono::steady_clock;
  constexpr std::int64_t kSteps = 2'000'000;
  double best = 0;
  // The best of several short runs: the clock rises after the first, and other programs may disturb one.
  for (int run = 0; run < 5; ++run) {
    std::vector<float> results(static_cast<std::size_t>(threads));
    std::vector<double> operations(static_cast<std::size_t>(threads));
    const auto start = Clock::now();
    parallel_parts(threads, [&](std::int64_t part) {
      const auto i = static_cast<std::size_t>(part);
      operations[i] = HWY_DYNAMIC_DISPATCH(run_chains)(kSteps, &results[i]);
    });
    const std::chrono::duration<double> seconds = Clock::now() - start;
    double total = 0;
    for (const double n : operations) total += n;
    best = std::max(best, total / seconds.count());
  }
  return best;
}

}  // namespace sepal::bench
#endif  // HWY_ONCE
