// Speed of the separable convolution as layers meet it: the ops, float32, kernels packed in every call.
//
//   separable_conv2d_bench [--benchmark_filter=…]
//
// "GFLOP/s" counts two operations per multiply-add, padding in full; a training step (forward and the
// gradients of every operand) counts as three forwards. "of_peak" is the share of what fused multiply-adds in
// registers reach on the same threads in the same run.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "bench/fma_peak.h"
#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/parallel.h"
#include "sepal/base/random.h"
#include "sepal/ops/conv.h"
#include "sepal/ops/implementations.h"

namespace sepal::bench {
namespace {

struct Problem {
  std::int64_t batch, size, channels, filters;
  std::int64_t kernel = 3;
  ops::Conv2DOptions options = {.padding = ops::Padding::same};
  std::int64_t depth_multiplier = 1;

  std::string name() const {
    std::string text = fmt::format("n{} {}x{} {}->{} k{}", batch, size, size, channels, filters, kernel);
    if (options.stride_h > 1) text += fmt::format(" s{}", options.stride_h);
    if (options.dilation_h > 1) text += fmt::format(" d{}", options.dilation_h);
    if (depth_multiplier > 1) text += fmt::format(" m{}", depth_multiplier);
    return options.channels_first ? text + " channels_first" : text;
  }

  /// Operations of one forward step.
  double flops() const {
    const std::int64_t out =
        ops::window_output_length(size, kernel, options.padding, options.stride_h, options.dilation_h);
    const std::int64_t wide = channels * depth_multiplier;
    return 2.0 * static_cast<double>(batch * out * out * wide * (kernel * kernel + filters));
  }
};

std::vector<Problem> problems() {
  constexpr ops::Conv2DOptions kStride2{.stride_h = 2, .stride_w = 2, .padding = ops::Padding::same};
  constexpr ops::Conv2DOptions kDilation2{.dilation_h = 2, .dilation_w = 2, .padding = ops::Padding::same};
  constexpr ops::Conv2DOptions kPlanes{.padding = ops::Padding::same, .channels_first = true};
  return {
      // The separable layers of the Fashion-MNIST example.
      {128, 28, 16, 32},
      {128, 28, 32, 32},
      {128, 14, 32, 64},
      {128, 14, 64, 64},
      {128, 7, 64, 128},
      // MobileNet, Xception, and what is unusual.
      {8, 112, 32, 64},
      {8, 56, 128, 128},
      {8, 28, 256, 512, 3, kStride2},
      {8, 14, 512, 512},
      {8, 7, 1024, 1024},
      {8, 19, 728, 728},
      {8, 42, 84, 84, 5},
      {8, 28, 256, 256, 3, kDilation2},
      {8, 28, 128, 256, 3, {.padding = ops::Padding::same}, 2},
      {8, 28, 256, 256, 3, kPlanes},
      {1, 56, 128, 128},
  };
}

struct Operands {
  explicit Operands(const Problem& p) {
    RandomStream stream(7);
    const std::int64_t wide = p.channels * p.depth_multiplier;
    const auto draw = [&](const Shape& shape) {
      return random_uniform(shape, -1, 1, DType::float32, stream);
    };
    x = draw(p.options.channels_first ? Shape{p.batch, p.channels, p.size, p.size}
                                      : Shape{p.batch, p.size, p.size, p.channels});
    depthwise = draw({p.kernel, p.kernel, p.channels, p.depth_multiplier});
    pointwise = draw({1, 1, wide, p.filters});
  }
  Tensor forward(const Problem& p) const {
    return ops::separable_conv2d(x, depthwise, pointwise, {}, p.options);
  }
  Tensors step(const Problem& p, const Tensor& dy) const {
    GradientTape tape;
    for (const Tensor& operand : {x, depthwise, pointwise}) tape.watch(operand);
    return tape.gradient(forward(p), {x, depthwise, pointwise}, dy);
  }
  Tensor x, depthwise, pointwise;
};

double& peak() {
  static double value = fma_peak(num_threads());
  return value;
}

void report(benchmark::State& state, double flops) {
  state.counters["GFLOP/s"] = benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["of_peak"] =
      benchmark::Counter(flops / peak(), benchmark::Counter::kIsIterationInvariantRate);
}

void forward(benchmark::State& state, const Problem& p, const std::string& implementation) {
  const Operands operands(p);
  const ops::ForceImplementation force(implementation);
  for (auto _ : state) benchmark::DoNotOptimize(operands.forward(p));
  report(state, p.flops());
}

void step(benchmark::State& state, const Problem& p, const std::string& implementation) {
  const Operands operands(p);
  const Tensor dy = operands.forward(p);
  const ops::ForceImplementation force(implementation);
  for (auto _ : state) benchmark::DoNotOptimize(operands.step(p, dy));
  report(state, 3 * p.flops());
}

/// Largest difference between two tensors relative to the largest element of the second.
double distance(const Tensor& a, const Tensor& b) {
  double largest = 0, difference = 0;
  for (std::int64_t i = 0; i < a.num_elements(); ++i) {
    largest = std::max(largest, std::abs(b.at(i)));
    difference = std::max(difference, std::abs(a.at(i) - b.at(i)));
  }
  return difference / largest;
}

/// Both implementations on two images of the problem, before anything is timed.
void expect_equal_results(Problem p) {
  p.batch = 2;
  const Operands operands(p);
  const auto results = [&](const char* implementation) {
    const ops::ForceImplementation force(implementation);
    Tensors all{operands.forward(p)};
    for (const Tensor& gradient : operands.step(p, all[0])) all.push_back(gradient);
    return all;
  };
  const Tensors fused = results("fused"), reference = results("reference");
  for (std::size_t i = 0; i < fused.size(); ++i) {
    if (const double d = distance(fused[i], reference[i]); !(d < 1e-4)) {
      fmt::print(stderr, "{}: result {} differs from the reference by {}\n", p.name(), i, d);
      std::exit(EXIT_FAILURE);
    }
  }
}

}  // namespace
}  // namespace sepal::bench

int main(int argc, char** argv) {
  using namespace sepal::bench;
  benchmark::Initialize(&argc, argv);
  for (const Problem& p : problems()) {
    for (const char* implementation : {"fused", "reference"}) {
      // The plain loops only where they end within a second or so.
      if (std::string(implementation) == "reference" && p.flops() > 2e8) continue;
      const auto unit = benchmark::kMillisecond;
      const auto run_forward = [=](benchmark::State& state) { forward(state, p, implementation); };
      const auto run_step = [=](benchmark::State& state) { step(state, p, implementation); };
      benchmark::RegisterBenchmark(fmt::format("forward/{}/{}", p.name(), implementation).c_str(),
                                   run_forward)
          ->Unit(unit)
          ->UseRealTime();
      benchmark::RegisterBenchmark(fmt::format("step/{}/{}", p.name(), implementation).c_str(), run_step)
          ->Unit(unit)
          ->UseRealTime();
    }
  }
  // Small ones suffice to see that both compute the same.
  for (const Problem& p : problems()) {
    if (p.size * p.size * p.channels * p.filters <= 4'000'000) expect_equal_results(p);
  }
  fmt::print("{} threads, {:.1f} GFLOP/s of fused multiply-adds\n", sepal::num_threads(), peak() * 1e-9);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
