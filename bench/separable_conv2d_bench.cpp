// Speed of the layers of shapes.json, as users call them, and of the steps that lead to the fused kernel.
//
//   separable_conv2d_bench [--benchmark_filter=…]     rows: forward, step, conv2d, ladder
//
// A step is the forward pass and the gradients of the input and of every weight. "GFLOP/s" counts two
// operations for a multiply-add, padding in full, a step as three forwards. "of_peak" is the share of what
// fused multiply-adds in registers reach on the same threads in the same run. "bytes_per_second" counts each
// tensor that the caller sees once.
//
// The ladder computes one layer in three ways, compared before they are timed: "reference", plain loops;
// "split", a depthwise convolution, then a 1x1 convolution; "fused", strip by strip.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/fma_peak.h"
#include "bench/layer_problem.h"
#include "sepal/base/parallel.h"
#include "sepal/ops/conv.h"
#include "sepal/ops/implementations.h"

namespace sepal::bench {
namespace {

/// The most that any probe of this run reached: other programs may disturb one.
double best_peak() {
  static double best = 0;
  best = std::max(best, fma_peak(num_threads()));
  return best;
}

void add_row(const std::string& name, const LayerProblem& problem, Work work,
             const std::function<std::function<Tensors()>()>& prepare) {
  const auto body = [=](benchmark::State& state) {
    const std::function<Tensors()> run = prepare();
    run();
    best_peak();
    for (auto _ : state) benchmark::DoNotOptimize(run());
    constexpr auto kRate = benchmark::Counter::kIsIterationInvariantRate;
    state.counters["GFLOP/s"] = benchmark::Counter(problem.flops(work) * 1e-9, kRate);
    state.counters["of_peak"] = benchmark::Counter(problem.flops(work) / best_peak(), kRate);
    state.SetBytesProcessed(static_cast<std::int64_t>(problem.bytes(work)) * state.iterations());
  };
  benchmark::RegisterBenchmark(name.c_str(), body)->Unit(benchmark::kMillisecond)->UseRealTime();
}

void add_layer_rows(const char* family, LayerProblem problem, Work work, std::int64_t batch) {
  problem.batch = batch;
  add_row(fmt::format("{}/{}/n{}", family, problem.name, batch), problem, work,
          [=] { return ready_layer(problem, work); });
}

/// One way to compute the layer, from operands as an op gets them.
struct Rung {
  const char* name;
  std::function<Tensor(const LayerProblem&, const LayerData&)> compute;
};

const std::vector<Rung>& ladder() {
  const auto forced = [](const char* implementation) {
    return [=](const LayerProblem& p, const LayerData& d) {
      const ops::ForceImplementation force(implementation);
      return ops::separable_conv2d(d.x, d.depthwise, d.pointwise, d.bias, options_of(p));
    };
  };
  static const std::vector<Rung> rungs{
      {"reference", forced("reference")},
      {"split",
       [](const LayerProblem& p, const LayerData& d) {
         const Tensor middle = ops::depthwise_conv2d(d.x, d.depthwise, {}, options_of(p));
         return ops::conv2d(middle, d.pointwise, d.bias,
                            {.channels_first = p.data_format == "channels_first"});
       }},
      {"fused", forced("fused")}};
  return rungs;
}

/// Largest difference between two tensors relative to the largest element of the second.
double distance(const Tensor& a, const Tensor& b) {
  double largest = 0, difference = 0;
  const auto x = a.values<float>(), y = b.values<float>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(y[i])));
    difference = std::max(difference, std::abs(static_cast<double>(x[i]) - y[i]));
  }
  return difference / largest;
}

void add_ladder(const LayerProblem& problem) {
  const LayerData data(problem, Work::forward);
  const Tensor expected = ladder()[0].compute(problem, data);
  for (const Rung& rung : ladder()) {
    const double error = distance(rung.compute(problem, data), expected);
    // Sums of some thousand products in float32.
    if (!(error < 1e-5)) {
      fmt::print(stderr, "{}, {}: differs from the reference by {}\n", problem.name, rung.name, error);
      std::exit(EXIT_FAILURE);
    }
    add_row(fmt::format("ladder/{}/{}", problem.name, rung.name), problem, Work::forward,
            [=] { return [=] { return Tensors{rung.compute(problem, data)}; }; });
  }
}

}  // namespace
}  // namespace sepal::bench

int main(int argc, char** argv) {
  using namespace sepal::bench;
  benchmark::Initialize(&argc, argv);
  // Plain loops end within a second.
  constexpr double kMostFlopsOfLadder = 1.5e8;
  for (const ListedLayer& layer : listed_layers()) {
    for (const std::int64_t batch : {1, 8}) {
      add_layer_rows("forward", layer.problem, Work::forward, batch);
      add_layer_rows("step", layer.problem, Work::training_step, batch);
    }
    add_layer_rows("conv2d", layer.problem, Work::conv2d, 1);
    if (layer.in_training_list && layer.problem.flops(Work::forward) < kMostFlopsOfLadder) {
      add_ladder(layer.problem);
    }
  }
  fmt::print("{} threads, {:.1f} GFLOP/s of fused multiply-adds\n", sepal::num_threads(), best_peak() * 1e-9);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
