#include "sepal/ops/separable_costs.h"

#include "sepal/kernels/depthwise_rows.h"

namespace sepal::ops {
namespace {

// A multiply-add of a vector of sixteen floats.
constexpr double kProduct = 1.06;  // in a product
constexpr double kTap = 1.14;      // in a depthwise step
constexpr double kTapOfRows =
    0.13;  // there with few channels, side by side in a vector: for each sixteenth of it
constexpr double kDenseTap = 0.93;
constexpr double kDenseRow = 0.49;  // to find the pixels of a tile for the next kernel row
constexpr double kOneDnnTap = 1.49;
constexpr double kOneDnnOddTap = 2.79;  // groups of one channel and several filters
// Sixteen sums of a depthwise step that are begun and stored.
constexpr double kSums = 2.8;
// A cell of sixteen channels that is laid out anew.
constexpr double kPackedCell = 8.9;
// A cell of the tensor between the steps that fills no line.
constexpr double kRaggedCell = 25;
// A float that is read or written once, and one weight that is laid out.
constexpr double kFusedFloat = 0.14, kSplitFloat = 0.09, kOneDnnFloat = 0.29, kDenseFloat = 0.37;
constexpr double kWeight = 0.37, kCollapsedWeight = 0.82;
// A call.
constexpr double kFusedCall = 11e3, kSplitCall = 16e3, kOneDnnCall = 20e3, kDenseCall = 1.6e3;
// Two steps have to be clearly cheaper: they pack their weights in each call, and their estimates are the
// least sure.
constexpr double kDoubt = 1.1;

double vectors(std::int64_t channels) { return static_cast<double>((channels + 15) / 16); }

/// A float of the tensor between the steps, written and read again: in L2, in L3 or in memory.
double middle_price(double floats) {
  if (floats < 1 << 18) return 0.3;
  return floats < 1 << 22 ? 0.9 : 3.1;
}

}  // namespace

SeparableCosts separable_costs(const kernels::Window2D& g) {
  const auto pixels = static_cast<double>(g.batch * g.out_h * g.out_w);
  const auto in_pixels = static_cast<double>(g.batch * g.in_h * g.in_w);
  const auto taps = static_cast<double>(g.kernel_h * g.kernel_w);
  const std::int64_t channels = g.in_c * g.depth_multiplier;
  const auto depth = static_cast<double>(channels), inputs = static_cast<double>(g.in_c);
  const auto filters = static_cast<double>(g.out_c);

  const double sums = pixels * vectors(channels);
  const double product = kProduct * pixels * depth * vectors(g.out_c);
  const double images = in_pixels * inputs + pixels * filters;
  const double middle = middle_price(pixels * depth) * pixels * depth;
  const double weights = kWeight * depth * filters;
  // Blocks of channels that are not read where they lie.
  const bool together = !g.channels_first && g.depth_multiplier == 1;
  const double packed_blocks = together ? vectors(g.in_c % 16) : vectors(channels);
  const double packing = kPackedCell * in_pixels * packed_blocks;

  SeparableCosts costs{};
  costs.fused = kFusedCall + packing + sums * (kTap * taps + kSums) + product + kFusedFloat * images;
  const double first_step = kernels::fits_depthwise_rows(g) ? kTapOfRows * pixels * inputs / 16 * taps
                                                            : packing + sums * kTap * taps;
  const double ragged = channels % 16 == 0 ? 0 : kRaggedCell * pixels;
  costs.split =
      kDoubt * (kSplitCall + first_step + ragged + product + middle + weights + kSplitFloat * images);
  const bool odd = g.depth_multiplier > 1 && g.in_c > 1;
  costs.onednn = kDoubt * (kOneDnnCall + sums * (odd ? kOneDnnOddTap : kOneDnnTap) * taps + product + middle +
                           weights / 2 + kOneDnnFloat * images);
  costs.dense =
      kDenseCall +
      pixels * vectors(g.out_c) * (kDenseTap * taps * inputs + kDenseRow * static_cast<double>(g.kernel_h)) +
      kCollapsedWeight * taps * depth * filters + kDenseFloat * images;
  return costs;
}

}  // namespace sepal::ops
