// The gradients of a separable convolution as one kernel: strip by strip, with the depthwise output made
// again instead of being stored.
#include <algorithm>
#include <vector>

#include "sepal/base/parallel.h"
#include "sepal/kernels/block_layout.h"
#include "sepal/kernels/image_strides.h"
#include "sepal/kernels/scratch.h"
#include "sepal/kernels/separable_conv2d.h"
#include "sepal/kernels/strip_plan.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sepal/kernels/separable_backward.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "sepal/kernels/blocked_product-inl.h"
#include "sepal/kernels/depthwise_strip-inl.h"

#ifndef SEPAL_KERNELS_SEPARABLE_BACKWARD_ONCE
#define SEPAL_KERNELS_SEPARABLE_BACKWARD_ONCE
namespace sepal::kernels {
namespace {

/// Weights in blocks.
struct BackwardWeights {
  const float* depthwise;   // [channel block][tap][16]
  const float* phases;      // the same, as the phases of the input's gradient read them
  const float* transposed;  // [channel panel][filter][panel_columns]
  std::int64_t panel_columns;
};

/// Sums that a part of a backward step collects; null where not wanted.
struct PartialSums {
  float* depthwise;  // [channel block][tap][16]
  float* pointwise;  // [filter block][padded channel][16]
  float* bias;       // [filter block][16]
};

}  // namespace
}  // namespace sepal::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace sepal::kernels::HWY_NAMESPACE {

/// Where a part works; with a null base only the sizes are counted.
struct BackwardScratch {
  BackwardScratch(const StripPlan& plan, float* base) : pieces(base) {
    packed = pieces.take(packed_input_floats(plan, direct_blocks(plan.g)));
    d = pieces.take(plan.blocks * plan.most_pixels * kLaneBlock);
    dy = pieces.take(blocks_of(plan.g.out_c) * plan.most_pixels * kLaneBlock);
    ring = pieces.take(plan.blocks * plan.ring_block);
    dx = pieces.take(input_gradient_floats(plan));
  }
  ScratchPieces pieces;
  float* packed;
  float* d;
  float* dy;
  float* ring;
  float* dx;
};

/// Rows [first, end) of a tensor of `row` floats a row; nothing of planes, which lie apart.
Ahead rows_between(const float* tensor, bool channels_first, std::int64_t row, std::int64_t first,
                   std::int64_t end) {
  if (channels_first || end <= first) return {};
  return {tensor + first * row, (end - first) * row};
}

/// Strips [begin, end), which hold whole images: their dx, and what they add to the kernels' gradients.
void backward_part(const StripPlan& plan, const SeparableBackward<float>& a, const GradientPhases& phases,
                   const BackwardWeights& weights, const PartialSums& sums, std::int64_t begin,
                   std::int64_t end) {
  const Window2D& g = plan.g;
  const BackwardScratch sizes(plan, nullptr);
  const BackwardScratch scratch(plan, thread_scratch(ScratchUse::part, sizes.pieces.used()));
  const ImageStrides out = output_strides(g, g.out_c);
  const std::int64_t filter_blocks = blocks_of(g.out_c);
  const std::int64_t block = plan.most_pixels * kLaneBlock;
  const bool wants_ring = a.dx != nullptr || sums.depthwise != nullptr;
  if (wants_ring) prepare_ring(plan, scratch.ring);
  if (sums.depthwise != nullptr) zero_cells(sums.depthwise, plan.blocks * plan.taps);
  if (sums.bias != nullptr) zero_cells(sums.bias, filter_blocks);
  thread_local std::vector<std::int64_t> offsets;

  for (std::int64_t index = begin; index < end; ++index) {
    const Strip s = plan.strip(index);
    const std::int64_t image_pixels = s.rows * g.out_w;
    const std::int64_t pixels = s.images * image_pixels;
    const StripInput in{a.x, scratch.packed, direct_blocks(g)};
    // The next strip's rows of x and dy arrive while this one's products keep the memory idle.
    Ahead x_ahead, dy_ahead;
    if (index + 1 < end) {
      const Strip next = plan.strip(index + 1);
      dy_ahead = rows_between(a.dy, g.channels_first, g.out_w * g.out_c, next.image * g.out_h + next.row,
                              (next.image + next.images - 1) * g.out_h + next.row + next.rows);
      const auto input_row = [&](const Strip& strip, std::int64_t row) {
        return std::clamp<std::int64_t>(row * g.stride_h - g.pad_top, 0, g.in_h) + strip.image * g.in_h;
      };
      x_ahead = rows_between(a.x, g.channels_first, g.in_w * g.in_c, input_row(next, next.row),
                             input_row(next, next.row + next.rows) + (next.images - 1) * g.in_h);
    }
    for (std::int64_t i = 0; i < s.images; ++i) {
      pack_pixels({image_pixels, g.out_c, 1, out.w, out.c, block}, a.dy + out.at(s.image + i, s.row, 0, 0),
                  scratch.dy + i * image_pixels * kLaneBlock);
    }
    if (sums.bias != nullptr) add_columns(scratch.dy, pixels, filter_blocks, block, sums.bias);
    if (sums.pointwise != nullptr || sums.depthwise != nullptr) pack_rest(plan, s, in);
    if (sums.pointwise != nullptr) {
      depthwise_strip(plan, s,
                      {.in = in,
                       .weights = weights.depthwise,
                       .bias = nullptr,
                       .clamp = {},
                       .d = scratch.d,
                       .d_block = block,
                       .d_column = kLaneBlock},
                      0, plan.blocks);
      run_outer_product({.depth = pixels,
                         .rows = plan.channels,
                         .columns = g.out_c,
                         .a = scratch.d,
                         .a_block = block,
                         .b = scratch.dy,
                         .b_block = block,
                         .c = sums.pointwise,
                         .add = index > begin,
                         .ahead = x_ahead});
    }
    if (!wants_ring) continue;
    offsets.clear();
    for (std::int64_t i = 0; i < s.images; ++i) {
      for (std::int64_t r = 0; r < s.rows; ++r) {
        const std::int64_t row = plan.ring_offset(i, s.row + r);
        for (std::int64_t w = 0; w < g.out_w; ++w) offsets.push_back(row + w * kLaneBlock);
      }
    }
    run_product({.rows = pixels,
                 .depth = g.out_c,
                 .begin_column = 0,
                 .end_column = plan.blocks * kLaneBlock,
                 .a = scratch.dy,
                 .a_row = kLaneBlock,
                 .a_block = block,
                 .b = weights.transposed,
                 .panel_columns = weights.panel_columns,
                 .results = {.columns = plan.blocks * kLaneBlock,
                             .bias = nullptr,
                             .c = scratch.ring,
                             .row_offset = offsets.data(),
                             .c_block = plan.ring_block,
                             .c_is_far = false},
                 .ahead = dy_ahead});
    if (sums.depthwise != nullptr) {
      depthwise_kernel_gradient(plan, s, in, scratch.ring, sums.depthwise);
    }
    if (a.dx != nullptr) {
      input_gradient(plan, s, {phases, weights.phases, scratch.ring, scratch.dx, a.dx});
    }
  }
}

}  // namespace sepal::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sepal::kernels {
namespace {

HWY_EXPORT(backward_part);

// Bytes of depthwise output in a strip. Larger strips pack fewer rows twice and go through the sums of the
// pointwise gradient less often; from here on their buffers leave an L2 of 1 MiB. Measured: flat from 64 KiB
// to 384 KiB for few channels, rising to here for many.
constexpr std::int64_t kStripBytes = 384 * 1024;

std::int64_t strip_pixels(const Window2D& g) {
  const std::int64_t pixel_bytes = blocks_of(g.in_c * g.depth_multiplier) * kLaneBlock * 4;
  return std::clamp<std::int64_t>(kStripBytes / pixel_bytes, 98, 1024);
}

}  // namespace

void separable_conv2d_backward_fused(const Window2D& g, const SeparableBackward<float>& a) {
  const StripPlan plan(g, strip_pixels(g));
  const std::int64_t filter_blocks = blocks_of(g.out_c);
  const std::int64_t padded = plan.blocks * kLaneBlock;
  const std::int64_t depthwise_floats = a.ddepthwise != nullptr ? padded * plan.taps : 0;
  const std::int64_t pointwise_floats = a.dpointwise != nullptr ? filter_blocks * kLaneBlock * padded : 0;
  const std::int64_t bias_floats = a.dbias != nullptr ? filter_blocks * kLaneBlock : 0;
  const std::int64_t part_floats = depthwise_floats + pointwise_floats + bias_floats;
  const std::int64_t parts = plan.parts(part_floats);
  const std::int64_t width = separable_panel_columns();
  const GradientPhases phases(g);

  ScratchPieces sizes(nullptr);
  const auto lay_out = [&](ScratchPieces& pieces) {
    struct {
      float *depthwise, *phases, *transposed, *sums;
    } at{pieces.take(padded * plan.taps), pieces.take(phases.floats),
         pieces.take(panel_floats(g.out_c, plan.channels, width)), pieces.take(part_floats * parts)};
    return at;
  };
  lay_out(sizes);
  ScratchPieces pieces(thread_scratch(ScratchUse::shared, sizes.used()));
  const auto at = lay_out(pieces);
  pack_columns(plan.taps, plan.channels, a.depthwise, at.depthwise);
  if (a.dx != nullptr) phases.pack(g, a.depthwise, at.phases);
  pack_transposed_panels(plan.channels, g.out_c, width, a.pointwise, at.transposed);
  const BackwardWeights weights{at.depthwise, at.phases, at.transposed, width};
  parallel_parts(parts, [&](std::int64_t part) {
    float* sums = at.sums + part * part_floats;
    const PartialSums partial{a.ddepthwise != nullptr ? sums : nullptr,
                              a.dpointwise != nullptr ? sums + depthwise_floats : nullptr,
                              a.dbias != nullptr ? sums + depthwise_floats + pointwise_floats : nullptr};
    HWY_DYNAMIC_DISPATCH(backward_part)
    (plan, a, phases, weights, partial, plan.part_begin(part, parts), plan.part_begin(part + 1, parts));
  });
  if (a.ddepthwise != nullptr) {
    sum_parts(parts, part_floats, plan.taps, plan.taps, plan.channels, at.sums, a.ddepthwise);
  }
  if (a.dpointwise != nullptr) {
    sum_parts(parts, part_floats, plan.channels, padded, g.out_c, at.sums + depthwise_floats, a.dpointwise);
  }
  if (a.dbias != nullptr) {
    sum_parts(parts, part_floats, 1, 1, g.out_c, at.sums + depthwise_floats + pointwise_floats, a.dbias);
  }
}

}  // namespace sepal::kernels
#endif  // HWY_ONCE
