// The depthwise output of a strip. Included once per SIMD target.
#if defined(SEPAL_KERNELS_DEPTHWISE_STRIP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEPAL_KERNELS_DEPTHWISE_STRIP_INL_H_
#undef SEPAL_KERNELS_DEPTHWISE_STRIP_INL_H_
#else
#define SEPAL_KERNELS_DEPTHWISE_STRIP_INL_H_
#endif

#include <vector>

#include "sepal/kernels/depthwise_rows-inl.h"
#include "sepal/kernels/window_sum-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sepal::kernels::HWY_NAMESPACE {

/// Channel blocks whose cells are read where they lie in x: whole blocks of neighbouring channels. The others
/// go through packed rows.
inline std::int64_t direct_blocks(const Window2D& g) {
  return g.channels_first || g.depth_multiplier != 1 ? 0 : g.in_c / kLaneBlock;
}

/// Floats of the packed input rows of a strip.
inline std::int64_t packed_input_floats(const StripPlan& plan) {
  return (plan.blocks - direct_blocks(plan.g)) * plan.in_block;
}

struct DepthwiseStrip {
  const float* x;
  const float* weights;  // [block][tap][16]
  const float* bias;     // [block][16] or null
  Clamp clamp;
  float* packed;  // packed_input_floats(plan) floats
  float* d;       // block b of pixel p at d + b * d_block + p * d_column
  std::int64_t d_block, d_column;
};

/// Blocks [begin, end) of channels.
inline void depthwise_strip(const StripPlan& plan, const Strip& s, const DepthwiseStrip& a,
                            std::int64_t begin, std::int64_t end) {
  const Window2D& g = plan.g;
  const ImageStrides at = input_strides(g);
  const std::int64_t direct = std::clamp(direct_blocks(g), begin, end);
  const std::int64_t first = plan.first_in_row(s);
  thread_local std::vector<const float*> table;
  thread_local std::vector<float> zeros;
  table.resize(static_cast<std::size_t>(plan.table_cells()));
  if (static_cast<std::int64_t>(zeros.size()) < plan.channels)
    zeros.resize(static_cast<std::size_t>(plan.channels));
  if (direct < end) pack_input(plan, s, at, a.x, a.packed, direct_blocks(g));
  for (std::int64_t i = 0; i < s.images; ++i) {
    WindowSum sum{.cells = table.data(),
                  .row_cells = plan.in_w,
                  .kernel_h = g.kernel_h,
                  .kernel_w = g.kernel_w,
                  .stride_h = g.stride_h,
                  .stride_w = g.stride_w,
                  .dilation_h = g.dilation_h,
                  .dilation_w = g.dilation_w,
                  .begin_in_row = -first,
                  .end_in_row = g.in_h - first,
                  .rows = s.rows,
                  .columns = g.out_w,
                  .begin_block = begin,
                  .end_block = direct,
                  .in_block = kLaneBlock,
                  .weights = a.weights,
                  .bias = a.bias,
                  .clamp = a.clamp,
                  .out = a.d + i * s.rows * g.out_w * a.d_column,
                  .out_block = a.d_block,
                  .out_row = g.out_w * a.d_column,
                  .out_column = a.d_column};
    if (begin < direct) {
      plan.fill_table(a.x + (s.image + i) * at.n + first * at.h, at.h, at.w, zeros.data(), table.data());
      window_sum(sum);
    }
    if (direct < end) {
      const float* packed = a.packed + i * plan.table_cells() * kLaneBlock - direct_blocks(g) * plan.in_block;
      for (std::size_t cell = 0; cell < table.size(); ++cell) {
        table[cell] = packed + static_cast<std::int64_t>(cell) * kLaneBlock;
      }
      sum.out += (direct - begin) * a.d_block;
      sum.begin_block = direct;
      sum.end_block = end;
      sum.in_block = plan.in_block;
      window_sum(sum);
    }
  }
}

}  // namespace sepal::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
