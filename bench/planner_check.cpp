// Does the planner of separable_conv2d take the fastest way? For each shape: what it estimates and what was
// measured for each way, one thread, weights packed in each call for all of them. Prints a table in Markdown;
// the ratio of the way taken to the fastest is the planner's loss.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "bench/layer_problem.h"
#include "sepal/base/error.h"
#include "sepal/base/parallel.h"
#include "sepal/kernels/conv2d_direct.h"
#include "sepal/kernels/separable_two_steps.h"
#include "sepal/ops/conv.h"
#include "sepal/ops/conv_geometry.h"
#include "sepal/ops/implementations.h"
#include "sepal/ops/separable_costs.h"

namespace sepal::bench {
namespace {

constexpr std::array<const char*, 4> kWays{"fused", "dense", "split", "onednn"};

kernels::Window2D window_of(const LayerProblem& p, const LayerData& d) {
  kernels::Window2D g = ops::conv_window(d.x.shape(), p.kernel_h, p.kernel_w, p.filters, options_of(p));
  g.depth_multiplier = p.depth_multiplier;
  return g;
}

/// Least microseconds of a call; 0: the way refuses.
double measure(const char* way, const LayerProblem& p, const LayerData& d) {
  using Clock = std::chrono::steady_clock;
  const ops::ForceImplementation force(way);
  const auto call = [&] {
    return ops::separable_conv2d(d.x, d.depthwise, d.pointwise, d.bias, options_of(p));
  };
  try {
    call();
  } catch (const RuntimeError&) {
    return 0;
  }
  double least = 1e12;
  const auto end = Clock::now() + std::chrono::milliseconds(60);
  for (int calls = 0; calls < 5 || Clock::now() < end; ++calls) {
    const auto start = Clock::now();
    call();
    least = std::min(least, std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  return least;
}

LayerProblem few_channels(std::int64_t size, std::int64_t channels, std::int64_t multiplier,
                          std::int64_t filters, std::int64_t kernel, std::int64_t stride) {
  LayerProblem p;
  p.name =
      fmt::format("{0}x{0}x{1}->{2} {3}x{3} s{4} dm{5}", size, channels, filters, kernel, stride, multiplier);
  p.height = p.width = size;
  p.channels = channels;
  p.filters = filters;
  p.kernel_h = p.kernel_w = kernel;
  p.stride = stride;
  p.depth_multiplier = multiplier;
  return p;
}

void run() {
  std::vector<LayerProblem> problems;
  for (const ListedLayer& layer : listed_layers()) problems.push_back(layer.problem);
  for (const std::int64_t channels : {1, 3, 4}) {
    for (const std::int64_t multiplier : {1, 4, 8}) {
      problems.push_back(few_channels(32, channels, multiplier, 32, 3, 1));
    }
    problems.push_back(few_channels(224, channels, 1, 32, 3, 2));
    problems.push_back(few_channels(64, channels, 1, 16, 5, 1));
  }
  fmt::print("| shape | batch | fused, us | taken | fused | dense | split | onednn | loss |\n");
  fmt::print("| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |\n");
  double sum = 0, worst = 1;
  int count = 0;
  for (LayerProblem& p : problems) {
    for (const std::int64_t batch : {1, 8}) {
      p.batch = batch;
      const LayerData data(p, Work::forward);
      const kernels::Window2D window = window_of(p, data);
      const ops::SeparableCosts costs = ops::separable_costs(window);
      const std::array<double, 4> estimates{costs.fused, costs.dense, costs.split, costs.onednn};
      std::array<double, 4> measured{};
      std::size_t taken = 0, fastest = 0;
      std::string cells;
      for (std::size_t i = 0; i < kWays.size(); ++i) {
        measured[i] = measure(kWays[i], p, data);
        if (measured[i] == 0) {
          cells += " – |";
          continue;
        }
        if (estimates[i] < estimates[taken]) taken = i;
        if (measured[i] < measured[fastest]) fastest = i;
        cells += fmt::format(" {:.2f} / {:.2f} |", estimates[i] / estimates[0], measured[i] / measured[0]);
      }
      const double loss = measured[taken] / measured[fastest];
      sum += std::log(loss);
      worst = std::max(worst, loss);
      ++count;
      fmt::print("| {} | {} | {:.0f} | {} |{} {:.2f} |\n", p.name, batch, measured[0], kWays[taken], cells,
                 loss);
    }
  }
  fmt::print(
      "\nEstimated / measured, each as multiples of the fused kernel's. Loss: mean {:.3f}, most {:.2f}.\n",
      std::exp(sum / count), worst);
}

}  // namespace
}  // namespace sepal::bench

int main() {
  sepal::set_num_threads(1);
  sepal::bench::run();
  return 0;
}
