// The depthwise convolution by itself, with the strips of the fused separable convolution.
#include <algorithm>
#include <vector>

#include "sepal/base/parallel.h"
#include "sepal/kernels/block_layout.h"
#include "sepal/kernels/depthwise_conv2d.h"
#include "sepal/kernels/depthwise_rows.h"
#include "sepal/kernels/image_strides.h"
#include "sepal/kernels/scratch.h"
#include "sepal/kernels/strip_plan.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sepal/kernels/depthwise_conv2d_simd.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "sepal/kernels/depthwise_strip-inl.h"

#ifndef SEPAL_KERNELS_DEPTHWISE_CONV2D_SIMD_ONCE
#define SEPAL_KERNELS_DEPTHWISE_CONV2D_SIMD_ONCE
namespace sepal::kernels {
namespace {

/// Sums that a part of a backward step collects; null where not wanted.
struct PartialDepthwiseSums {
  float* kernel;  // [block][tap][16]
  float* bias;    // [block][16]
};

}  // namespace
}  // namespace sepal::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace sepal::kernels::HWY_NAMESPACE {

void depthwise_forward_strip(const StripPlan& plan, const float* x, const PackedDepthwise& weights,
                             const Clamp& clamp, float* y, std::int64_t index) {
  const Window2D& g = plan.g;
  const Strip s = plan.strip(index);
  const ImageStrides out = output_strides(g, plan.channels);
  // Whole blocks of channels that lie as in y are written in place.
  const std::int64_t direct = g.channels_first ? 0 : plan.channels / kLaneBlock;
  const std::int64_t read = forward_direct_blocks(g);
  const std::int64_t block = plan.most_pixels * kLaneBlock;
  const auto lay_out = [&](ScratchPieces& pieces, float*& packed, float*& rest) {
    packed = pieces.take(packed_input_floats(plan, read));
    rest = pieces.take((plan.blocks - direct) * block);
  };
  float *packed, *rest;
  ScratchPieces sizes(nullptr);
  lay_out(sizes, packed, rest);
  ScratchPieces pieces(thread_scratch(ScratchUse::part, sizes.used()));
  lay_out(pieces, packed, rest);

  const StripInput in{x, packed, read};
  pack_rest(plan, s, in);
  DepthwiseStrip work{.in = in,
                      .weights = weights.kernel,
                      .bias = weights.bias,
                      .clamp = clamp,
                      .d = y + out.at(s.image, s.row, 0, 0),
                      .d_block = kLaneBlock,
                      .d_column = plan.channels};
  if (direct > 0) depthwise_strip(plan, s, work, 0, direct);
  if (direct == plan.blocks) return;
  work.d = rest;
  work.d_block = block;
  work.d_column = kLaneBlock;
  depthwise_strip(plan, s, work, direct, plan.blocks);
  const std::int64_t pixels = s.rows * g.out_w, done = direct * kLaneBlock;
  for (std::int64_t i = 0; i < s.images; ++i) {
    unpack_pixels({pixels, plan.channels - done, 1, out.w, out.c, block}, rest + i * pixels * kLaneBlock,
                  y + out.at(s.image + i, s.row, 0, done));
  }
}

/// Strips [begin, end), which hold whole images: their dx, and what they add to the other gradients.
void depthwise_backward_part(const StripPlan& plan, const DepthwiseBackward<float>& a,
                             const GradientPhases& phases, const float* kernel,
                             const PartialDepthwiseSums& sums, std::int64_t begin, std::int64_t end) {
  const Window2D& g = plan.g;
  const auto lay_out = [&](ScratchPieces& pieces, float*& packed, float*& ring, float*& dx) {
    packed = pieces.take(packed_input_floats(plan, direct_blocks(g)));
    ring = pieces.take(plan.blocks * plan.ring_block);
    dx = pieces.take(input_gradient_floats(plan));
  };
  float *packed, *ring, *dx;
  ScratchPieces sizes(nullptr);
  lay_out(sizes, packed, ring, dx);
  ScratchPieces pieces(thread_scratch(ScratchUse::part, sizes.used()));
  lay_out(pieces, packed, ring, dx);
  const ImageStrides out = output_strides(g, plan.channels);
  prepare_ring(plan, ring);
  if (sums.kernel != nullptr) zero_cells(sums.kernel, plan.blocks * plan.taps);
  if (sums.bias != nullptr) zero_cells(sums.bias, plan.blocks);

  for (std::int64_t index = begin; index < end; ++index) {
    const Strip s = plan.strip(index);
    for (std::int64_t i = 0; i < s.images; ++i) {
      for (std::int64_t r = 0; r < s.rows; ++r) {
        float* row = ring + plan.ring_offset(i, s.row + r);
        pack_pixels({g.out_w, plan.channels, 1, out.w, out.c, plan.ring_block},
                    a.dy + out.at(s.image + i, s.row + r, 0, 0), row);
        if (sums.bias != nullptr) add_columns(row, g.out_w, plan.blocks, plan.ring_block, sums.bias);
      }
    }
    if (sums.kernel != nullptr) {
      const StripInput in{a.x, packed, direct_blocks(g)};
      pack_rest(plan, s, in);
      depthwise_kernel_gradient(plan, s, in, ring, sums.kernel);
    }
    if (a.dx != nullptr) input_gradient(plan, s, {phases, kernel, ring, dx, a.dx});
  }
}

}  // namespace sepal::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sepal::kernels {
namespace {

HWY_EXPORT(depthwise_forward_strip);
HWY_EXPORT(depthwise_backward_part);

// Packed input of a strip: half of 1 MiB of L2.
constexpr std::int64_t kStripBytes = 512 * 1024;

std::int64_t strip_pixels(const Window2D& g) {
  return kStripBytes / (blocks_of(g.in_c * g.depth_multiplier) * kLaneBlock * 4) + 1;
}

}  // namespace

std::int64_t packed_depthwise_floats(const Window2D& g) {
  return blocks_of(g.in_c * g.depth_multiplier) * kLaneBlock * (g.kernel_h * g.kernel_w + 1);
}

PackedDepthwise packed_depthwise(const Window2D& g, bool has_bias, const float* memory) {
  const std::int64_t kernel_floats =
      blocks_of(g.in_c * g.depth_multiplier) * g.kernel_h * g.kernel_w * kLaneBlock;
  return {memory, has_bias ? memory + kernel_floats : nullptr};
}

PackedDepthwise pack_depthwise(const Window2D& g, const float* kernel, const float* bias, float* memory) {
  const std::int64_t channels = g.in_c * g.depth_multiplier;
  const PackedDepthwise packed = packed_depthwise(g, bias != nullptr, memory);
  pack_columns(g.kernel_h * g.kernel_w, channels, kernel, memory);
  if (bias != nullptr) pack_columns(1, channels, bias, memory + (packed.bias - memory));
  return packed;
}

void depthwise_conv2d_simd(const Window2D& g, const float* x, const PackedDepthwise& weights,
                           const Clamp& clamp, float* y) {
  if (g.batch == 0) return;
  if (fits_depthwise_rows(g)) return depthwise_rows_forward(g, x, weights, clamp, y);
  const StripPlan plan(g, strip_pixels(g));
  parallel_parts(plan.strips, [&](std::int64_t strip) {
    HWY_DYNAMIC_DISPATCH(depthwise_forward_strip)(plan, x, weights, clamp, y, strip);
  });
}

void depthwise_conv2d_simd(const Window2D& g, const DepthwiseForward<float>& a) {
  float* memory = thread_scratch(ScratchUse::shared, packed_depthwise_floats(g));
  depthwise_conv2d_simd(g, a.x, pack_depthwise(g, a.kernel, a.bias, memory), {}, a.y);
}

void depthwise_conv2d_backward_simd(const Window2D& g, const DepthwiseBackward<float>& a) {
  if (fits_depthwise_rows(g)) return depthwise_rows_backward(g, a);
  const StripPlan plan(g, strip_pixels(g));
  const GradientPhases phases(g);
  const std::int64_t sum_floats = plan.blocks * plan.taps * kLaneBlock;
  const std::int64_t part_floats = sum_floats + plan.blocks * kLaneBlock;
  const std::int64_t parts = plan.parts(part_floats);
  float* kernel = thread_scratch(ScratchUse::shared, phases.floats + part_floats * parts);
  float* all_sums = kernel + phases.floats;
  if (a.dx != nullptr) phases.pack(g, a.kernel, kernel);
  parallel_parts(parts, [&](std::int64_t part) {
    float* sums = all_sums + part * part_floats;
    const PartialDepthwiseSums partial{a.dkernel != nullptr ? sums : nullptr,
                                       a.dbias != nullptr ? sums + sum_floats : nullptr};
    HWY_DYNAMIC_DISPATCH(depthwise_backward_part)
    (plan, a, phases, kernel, partial, plan.part_begin(part, parts), plan.part_begin(part + 1, parts));
  });
  if (a.dkernel != nullptr) {
    sum_parts(parts, part_floats, plan.taps, plan.taps, plan.channels, all_sums, a.dkernel);
  }
  if (a.dbias != nullptr) {
    sum_parts(parts, part_floats, 1, 1, plan.channels, all_sums + sum_floats, a.dbias);
  }
}

}  // namespace sepal::kernels
#endif  // HWY_ONCE
