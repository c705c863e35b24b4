// The depthwise step of a strip, forwards and backwards. Included once per SIMD target.
#if defined(SEPAL_KERNELS_DEPTHWISE_STRIP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEPAL_KERNELS_DEPTHWISE_STRIP_INL_H_
#undef SEPAL_KERNELS_DEPTHWISE_STRIP_INL_H_
#else
#define SEPAL_KERNELS_DEPTHWISE_STRIP_INL_H_
#endif

#include <algorithm>
#include <vector>

#include "sepal/kernels/block_rows-inl.h"
#include "sepal/kernels/gradient_phases.h"
#include "sepal/kernels/streaming.h"
#include "sepal/kernels/window_sum-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sepal::kernels::HWY_NAMESPACE {

/// Channel blocks that lie in x and dx as whole blocks of neighbouring channels. The others go through packed
/// rows.
inline std::int64_t direct_blocks(const Window2D& g) {
  return g.channels_first || g.depth_multiplier != 1 ? 0 : g.in_c / kLaneBlock;
}

/// Channel blocks whose cells a forward step reads where they lie in x: a last block that is not whole, too,
/// with some channels of the next pixel behind its own, of which nothing is used. Behind the last pixel there
/// is none: it is read from a copy. (One copy is enough as long as a block ends within the next pixel.)
inline std::int64_t forward_direct_blocks(const Window2D& g) {
  const std::int64_t whole = direct_blocks(g), all = blocks_of(g.in_c);
  return g.channels_first || g.depth_multiplier != 1 || all * kLaneBlock > 2 * g.in_c ? whole : all;
}

/// Floats of the packed input rows of a strip.
inline std::int64_t packed_input_floats(const StripPlan& plan, std::int64_t direct) {
  return (plan.blocks - direct) * plan.in_block;
}

/// A cell of zeros for every block of `channels`.
inline const float* zero_cell(std::int64_t channels) {
  thread_local std::vector<float> zeros;
  const auto size = static_cast<std::size_t>(blocks_of(channels) * kLaneBlock);
  if (zeros.size() < size) zeros.resize(size);
  return zeros.data();
}

inline const float** cell_table(std::int64_t cells) {
  thread_local std::vector<const float*> table;
  if (static_cast<std::int64_t>(table.size()) < cells) table.resize(static_cast<std::size_t>(cells));
  return table.data();
}

/// The input of a strip: x, and its packed rows (packed_input_floats floats) once pack_rest was called.
struct StripInput {
  const float* x;
  float* packed;
  std::int64_t direct;  // blocks that are read from x
};

/// Packs what is not read in place.
inline void pack_rest(const StripPlan& plan, const Strip& s, const StripInput& in) {
  if (in.direct < plan.blocks) pack_input(plan, s, input_strides(plan.g), in.x, in.packed, in.direct);
}

/// A copy of the last pixel of x with zeros behind it.
inline const float* last_cell(const Window2D& g, const float* x) {
  thread_local std::vector<float> cell;
  cell.assign(static_cast<std::size_t>(blocks_of(g.in_c) * kLaneBlock), 0.0F);
  std::copy_n(x + (g.batch * g.in_h * g.in_w - 1) * g.in_c, g.in_c, cell.data());
  return cell.data();
}

/// Calls f(image of the strip, window) with the cells and blocks of each window over the input; blocks from
/// `begin` to `end`. The caller sets what is summed and where it goes.
template <class F>
void for_each_window(const StripPlan& plan, const Strip& s, const StripInput& in, std::int64_t begin,
                     std::int64_t end, const F& f) {
  const Window2D& g = plan.g;
  const ImageStrides at = input_strides(g);
  const std::int64_t first = plan.first_in_row(s);
  const float** table = cell_table(plan.table_cells());
  for (std::int64_t i = 0; i < s.images; ++i) {
    WindowSum sum{.cells = table,
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
                  .columns = g.out_w};
    sum.begin_block = begin;
    sum.end_block = std::clamp(in.direct, begin, end);
    sum.in_block = kLaneBlock;
    if (sum.begin_block < sum.end_block) {
      // Column c reaches from cell c * stride_w - pad_left to (kernel_w - 1) * dilation_w cells further.
      const std::int64_t last = g.in_w - 1 + g.pad_left - (g.kernel_w - 1) * g.dilation_w;
      sum.cell_step = at.w;
      sum.begin_inner = std::min(ceil_divide(g.pad_left, g.stride_w), g.out_w);
      sum.end_inner = std::clamp(last < 0 ? 0 : last / g.stride_w + 1, sum.begin_inner, g.out_w);
      plan.fill_table(s, in.x + (s.image + i) * at.n, at.h, at.w, zero_cell(g.in_c), table);
      if (in.direct > direct_blocks(g) && s.image + i + 1 == g.batch) {
        const std::int64_t last_row = g.in_h - 1 - first, last_column = g.in_w - 1 + g.pad_left;
        if (g.in_h > 0 && g.in_w > 0 && last_row >= 0 && last_row < plan.in_rows && last_column >= 0 &&
            last_column < plan.in_w) {
          table[last_row * plan.in_w + last_column] = last_cell(g, in.x);
        }
      }
      f(i, sum);
    }
    sum.begin_block = sum.end_block;
    sum.end_block = end;
    sum.in_block = plan.in_block;
    // Packed rows hold their zeros.
    sum.cell_step = kLaneBlock;
    sum.begin_inner = 0;
    sum.end_inner = g.out_w;
    if (sum.begin_block < sum.end_block) {
      const float* packed = in.packed + i * plan.table_cells() * kLaneBlock - in.direct * plan.in_block;
      for (std::int64_t cell = 0; cell < plan.table_cells(); ++cell) table[cell] = packed + cell * kLaneBlock;
      f(i, sum);
    }
  }
}

struct DepthwiseStrip {
  StripInput in;
  const float* weights;  // [block][tap][16]
  const float* bias;     // [block][16] or null
  Clamp clamp;
  float* d;  // pixel p of block b at d + (b - begin) * d_block + p * d_column
  std::int64_t d_block, d_column;
};

/// Blocks [begin, end) of the depthwise output.
inline void depthwise_strip(const StripPlan& plan, const Strip& s, const DepthwiseStrip& a,
                            std::int64_t begin, std::int64_t end) {
  const std::int64_t row = plan.g.out_w * a.d_column;
  for_each_window(plan, s, a.in, begin, end, [&](std::int64_t image, WindowSum sum) {
    sum.weights = a.weights;
    sum.bias = a.bias;
    sum.clamp = a.clamp;
    sum.out = a.d + (sum.begin_block - begin) * a.d_block + image * s.rows * row;
    sum.out_block = a.d_block;
    sum.out_row = row;
    sum.out_column = a.d_column;
    window_sum(sum);
  });
}

/// weights[block][tap][16] += the strip's part of the depthwise kernel's gradient, from the ring.
inline void depthwise_kernel_gradient(const StripPlan& plan, const Strip& s, const StripInput& in,
                                      const float* ring, float* weights) {
  const std::int64_t row = plan.g.out_w * kLaneBlock;
  for_each_window(plan, s, in, 0, plan.blocks, [&](std::int64_t image, WindowSum sum) {
    sum.out_block = plan.ring_block;
    sum.out_column = kLaneBlock;
    sum.out_row = row;
    const float* gradient = ring + sum.begin_block * plan.ring_block;
    // Rows of the ring follow each other up to its end.
    const std::int64_t rows = sum.rows, slot = s.row % plan.ring;
    const std::int64_t together = std::min(rows, plan.ring - slot);
    sum.rows = together;
    correlate_window({sum, gradient + plan.ring_offset(image, s.row), weights});
    if (together == rows) return;
    sum.cells += together * sum.stride_h * sum.row_cells;
    sum.begin_in_row -= together * sum.stride_h;
    sum.end_in_row -= together * sum.stride_h;
    sum.rows = rows - together;
    correlate_window({sum, gradient + plan.ring_offset(image, s.row + together), weights});
  });
}

/// Makes the zero cells of a ring.
inline void prepare_ring(const StripPlan& plan, float* ring) {
  for (std::int64_t block = 0; block < plan.blocks; ++block) {
    zero_cells(ring + block * plan.ring_block + plan.ring_zero(), 1);
  }
}

/// The rows of dx that the strip completes, from the gradient in the ring.
struct InputGradient {
  const GradientPhases& phases;
  const float* weights;  // of the phases
  const float* ring;
  float* scratch;  // input_gradient_floats(plan) floats
  float* dx;
};

/// Floats that the blocks of dx take which are not written in place.
inline std::int64_t input_gradient_floats(const StripPlan& plan) {
  return (plan.blocks - direct_blocks(plan.g)) * plan.images * plan.most_dx_rows * plan.g.in_w * kLaneBlock;
}

/// Whether dx is written past the caches. A line must be one vector: halves of lines that are stored apart
/// would each go to memory alone.
inline bool streams_input_gradient(const Window2D& g, const float* dx) {
  return kLanes == kLaneBlock && direct_blocks(g) > 0 && is_streamed(dx, g.batch * g.in_h * g.in_w, g.in_c);
}

/// dx of blocks [begin, end) of one image: row h of it at out + h * row, columns `column` apart.
inline void gather_input_gradient(const StripPlan& plan, const Strip& s, const InputGradient& a,
                                  std::int64_t image, std::int64_t begin, std::int64_t end, float* out,
                                  std::int64_t block, std::int64_t row, std::int64_t column, bool stream) {
  const Window2D& g = plan.g;
  const std::int64_t last_row = plan.dx_end(s);
  const float* zeros = a.ring + plan.ring_zero();
  for (const GradientPhase& phase : a.phases.list) {
    const AxisSpan rows = phase.rows.span(plan.dx_begin(s), last_row, g.stride_h, g.pad_top);
    const AxisSpan columns = phase.columns.span(0, g.in_w, g.stride_w, g.pad_left);
    if (rows.count <= 0 || columns.count <= 0) continue;
    const std::int64_t reach_h = std::max<std::int64_t>(phase.rows.taps - 1, 0) * phase.rows.output_step;
    const std::int64_t reach_w =
        std::max<std::int64_t>(phase.columns.taps - 1, 0) * phase.columns.output_step;
    const std::int64_t row_cells = columns.count + reach_w;
    const float** table = cell_table((rows.count + reach_h) * row_cells);
    const float** cell = table;
    for (std::int64_t r = 0; r < rows.count + reach_h; ++r) {
      const std::int64_t oh = rows.output - reach_h + r;
      const bool inside = oh >= 0 && oh < g.out_h;
      const float* from = inside ? a.ring + plan.ring_offset(image, oh) : nullptr;
      for (std::int64_t c = 0; c < row_cells; ++c) {
        const std::int64_t ow = columns.output - reach_w + c;
        *cell++ = inside && ow >= 0 && ow < g.out_w ? from + ow * kLaneBlock : zeros;
      }
    }
    window_sum({.cells = table,
                .row_cells = row_cells,
                .kernel_h = phase.rows.taps,
                .kernel_w = phase.columns.taps,
                .stride_h = 1,
                .stride_w = 1,
                .dilation_h = phase.rows.output_step,
                .dilation_w = phase.columns.output_step,
                .begin_in_row = reach_h - rows.output,
                .end_in_row = g.out_h + reach_h - rows.output,
                .rows = rows.count,
                .columns = columns.count,
                .begin_block = begin,
                .end_block = end,
                .in_block = plan.ring_block,
                .weights = a.weights + phase.first_weight,
                .bias = nullptr,
                .clamp = {},
                .out = out + rows.input * row + columns.input * column,
                .out_block = block,
                .out_row = g.stride_h * row,
                .out_column = g.stride_w * column,
                .stream = stream});
  }
}

inline void input_gradient(const StripPlan& plan, const Strip& s, const InputGradient& a) {
  const Window2D& g = plan.g;
  const ImageStrides at = input_strides(g);
  const std::int64_t begin = plan.dx_begin(s), rows = plan.dx_end(s) - begin;
  if (rows <= 0) return;
  // Whole blocks of channels that lie as in dx are written in place.
  const std::int64_t direct = direct_blocks(g);
  const std::int64_t row = g.in_w * kLaneBlock, block = plan.images * plan.most_dx_rows * row;
  const bool stream = streams_input_gradient(g, a.dx);
  for (std::int64_t i = 0; i < s.images; ++i) {
    float* image = a.dx + (s.image + i) * at.n;
    if (direct > 0) gather_input_gradient(plan, s, a, i, 0, direct, image, kLaneBlock, at.h, at.w, stream);
    if (direct == plan.blocks) continue;
    float* rest = a.scratch + i * rows * row;
    gather_input_gradient(plan, s, a, i, direct, plan.blocks, rest - begin * row, block, row, kLaneBlock,
                          false);
    const std::int64_t done = direct * kLaneBlock;
    const PackPixels pixels{g.in_w, g.in_c - done, g.depth_multiplier, at.w, at.c, block};
    for (std::int64_t r = 0; r < rows; ++r) {
      unpack_pixels(pixels, rest + r * row, image + (begin + r) * at.h + done * at.c);
    }
  }
  if (stream) hwy::FlushStream();
}

}  // namespace sepal::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
