// The separable convolution as one kernel: strip by strip the depthwise output is made in cache and
// multiplied at once.
#include <algorithm>
#include <atomic>
#include <vector>

#include "sepal/base/parallel.h"
#include "sepal/kernels/block_layout.h"
#include "sepal/kernels/image_strides.h"
#include "sepal/kernels/scratch.h"
#include "sepal/kernels/separable_conv2d.h"
#include "sepal/kernels/streaming.h"
#include "sepal/kernels/strip_plan.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sepal/kernels/separable_forward.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "sepal/kernels/blocked_product-inl.h"
#include "sepal/kernels/depthwise_strip-inl.h"

#ifndef SEPAL_KERNELS_SEPARABLE_FORWARD_ONCE
#define SEPAL_KERNELS_SEPARABLE_FORWARD_ONCE
namespace sepal::kernels {
namespace {

/// One call, cut into parts: strips of pixels, each perhaps in several runs of filters.
struct ForwardCall {
  StripPlan plan;
  bool in_place;  // x is the product's operand as it is
  std::int64_t filter_runs;
  std::int64_t filters;     // of a run: whole panels
  std::int64_t run_groups;  // of filter_runs / run_groups runs each
  std::uint64_t id;         // no other call has it
  const float* x;
  PackedSeparable weights;
  SeparableEpilogue epilogue;
  float* y;
  std::int64_t y_pixel;  // floats from a pixel of y to the next
  bool stream;

  struct Place {
    std::int64_t strip, run;
  };
  /// Group by group, of each group all strips. A thread begins with neighbouring parts: where there are
  /// groups, with one group, whose share of the weights stays in its L2 from strip to strip.
  Place place_of(std::int64_t part) const {
    const std::int64_t runs = filter_runs / run_groups, of_group = plan.strips * runs;
    return {part % of_group / runs, part / of_group * runs + part % runs};
  }
};

}  // namespace
}  // namespace sepal::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace sepal::kernels::HWY_NAMESPACE {

std::int64_t panel_columns() { return kPanelColumns; }

/// The rows of x that only the next strip reads, which is mostly this thread's next.
Ahead rows_ahead(const ForwardCall& call, std::int64_t index) {
  const StripPlan& plan = call.plan;
  const Window2D& g = plan.g;
  if (g.channels_first || index + 1 >= plan.strips) return {};
  const Strip s = plan.strip(index), next = plan.strip(index + 1);
  const std::int64_t row = g.in_w * g.in_c;
  const auto clamped = [&](const Strip& strip, std::int64_t r) {
    return strip.image * g.in_h + std::clamp<std::int64_t>(r, 0, g.in_h);
  };
  const std::int64_t span = (plan.rows - 1) * g.stride_h + (g.kernel_h - 1) * g.dilation_h + 1;
  const std::int64_t done = clamped(s, plan.first_in_row(s) + span);
  const std::int64_t begin = std::max(done, clamped(next, plan.first_in_row(next)));
  const std::int64_t end =
      plan.images > 1 ? (next.image + next.images) * g.in_h : clamped(next, plan.first_in_row(next) + span);
  return {call.x + begin * row, std::max<std::int64_t>(0, end - begin) * row};
}

void forward_part(const ForwardCall& call, std::int64_t part) {
  const StripPlan& plan = call.plan;
  const Window2D& g = plan.g;
  const auto [index, run] = call.place_of(part);
  const Strip s = plan.strip(index);
  const std::int64_t direct = forward_direct_blocks(g);
  const std::int64_t block = plan.most_pixels * kLaneBlock;
  const auto lay_out = [&](ScratchPieces& pieces, float*& packed, float*& d, float*& y) {
    packed = pieces.take(call.in_place ? 0 : packed_input_floats(plan, direct));
    d = pieces.take(call.in_place ? 0 : plan.blocks * block);
    y = g.channels_first ? pieces.take(blocks_of(g.out_c) * block) : nullptr;
  };
  float *packed, *d, *y;
  ScratchPieces sizes(nullptr);
  lay_out(sizes, packed, d, y);
  ScratchPieces pieces(thread_scratch(ScratchUse::part, sizes.used()));
  lay_out(pieces, packed, d, y);

  // The runs of a strip follow each other, mostly on one thread: it then finds the depthwise output made.
  thread_local std::uint64_t last_call = 0;
  thread_local std::int64_t last_strip = 0;
  if (!call.in_place && (last_call != call.id || last_strip != index)) {
    const StripInput in{call.x, packed, direct};
    pack_rest(plan, s, in);
    depthwise_strip(plan, s,
                    {.in = in,
                     .weights = call.weights.depthwise,
                     .bias = call.weights.depthwise_bias,
                     .clamp = call.epilogue.depthwise,
                     .d = d,
                     .d_block = block,
                     .d_column = kLaneBlock},
                    0, plan.blocks);
    last_call = call.id;
    last_strip = index;
  }

  const ImageStrides out = output_strides(g, call.y_pixel);
  const std::int64_t pixels = s.images * s.rows * g.out_w;
  const auto offsets_of = [pixels](std::vector<std::int64_t>& offsets, std::int64_t step) {
    offsets.resize(static_cast<std::size_t>(pixels));
    for (std::int64_t p = 0; p < pixels; ++p) offsets[static_cast<std::size_t>(p)] = p * step;
    return offsets.data();
  };
  thread_local std::vector<std::int64_t> offsets, offsets_of_residual;
  const std::int64_t* row_offset = offsets_of(offsets, g.channels_first ? kLaneBlock : call.y_pixel);
  const std::int64_t begin = run * call.filters, end = std::min(begin + call.filters, g.out_c);
  const std::int64_t origin = out.at(s.image, s.row, 0, 0);
  const float* residual = call.epilogue.y.residual;
  if (residual != nullptr) residual += output_strides(g, g.out_c).at(s.image, s.row, 0, 0);
  const bool apart = residual != nullptr && call.y_pixel != g.out_c;
  run_product({.rows = pixels,
               .depth = plan.channels,
               .begin_column = begin,
               .end_column = end,
               .a = call.in_place ? call.x + input_strides(g).at(s.image, s.row, 0, 0) : d,
               .a_row = call.in_place ? g.in_c : kLaneBlock,
               .a_block = call.in_place ? kLaneBlock : block,
               .b = call.weights.pointwise,
               .panel_columns = call.weights.panel_columns,
               .results = {.columns = g.out_c,
                           .bias = call.weights.bias,
                           .residual = residual,
                           .residual_offset = apart ? offsets_of(offsets_of_residual, g.out_c) : row_offset,
                           .clamp = call.epilogue.y.clamp,
                           .c = g.channels_first ? y : call.y + origin,
                           .row_offset = row_offset,
                           .c_block = g.channels_first ? block : kLaneBlock,
                           .c_is_far = !g.channels_first,
                           .stream = call.stream},
               .ahead = run + 1 == call.filter_runs ? rows_ahead(call, index) : Ahead{}});
  if (call.stream) hwy::FlushStream();
  if (!g.channels_first) return;
  const std::int64_t image_pixels = s.rows * g.out_w;
  for (std::int64_t i = 0; i < s.images; ++i) {
    unpack_pixels({image_pixels, end - begin, 1, out.w, out.c, block},
                  y + begin / kLaneBlock * block + i * image_pixels * kLaneBlock,
                  call.y + out.at(s.image + i, s.row, 0, begin));
  }
}

}  // namespace sepal::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sepal::kernels {
namespace {

HWY_EXPORT(panel_columns);
HWY_EXPORT(forward_part);

// What a strip reads, makes and writes, in bytes: half of an L2 of 1 MiB. A strip of many channels is larger,
// so that a panel of the pointwise kernel serves several tiles.
constexpr std::int64_t kStripBytes = 512 * 1024;
constexpr std::int64_t kLeastPixels = 98;
constexpr std::int64_t kMostPixels = 1024;

// Parts that keep a few threads busy to the end, and the filters that a run needs to be worth finding or
// making its depthwise output.
constexpr std::int64_t kFairParts = 8;
constexpr std::int64_t kLeastFilters = 128;

std::int64_t strip_pixels(const Window2D& g) {
  const std::int64_t pixel_bytes =
      4 * (g.in_c * g.stride_h * g.stride_w + blocks_of(g.in_c * g.depth_multiplier) * kLaneBlock + g.out_c);
  return std::clamp(kStripBytes / pixel_bytes, kLeastPixels, kMostPixels);
}

// Images whose pixels are the rows of a matrix. Rows that are a multiple of 4 KiB apart share the sets of a
// cache and would push each other out.
bool reads_in_place(const Window2D& g, const PackedSeparable& weights, const SeparableEpilogue& epilogue) {
  constexpr std::int64_t kAliasFloats = 1024;
  return weights.multiplies_by_one && weights.depthwise_bias == nullptr && !epilogue.depthwise.active() &&
         !g.channels_first && g.depth_multiplier == 1 && g.stride_h == 1 && g.stride_w == 1 &&
         g.in_h == g.out_h && g.in_w == g.out_w && g.pad_top == 0 && g.pad_left == 0 &&
         g.in_c % kAliasFloats != 0;
}

// What a multiply-add of the depthwise step takes of the time of one of the product.
constexpr std::int64_t kDepthwiseWeight = 2;
// Tiles are of two panels' columns.
constexpr std::int64_t kRunColumns = 32;

/// The work of the thread that has most to do when each does the parts that it begins with.
std::int64_t most_work(const ForwardCall& call, int threads) {
  const Window2D& g = call.plan.g;
  const std::int64_t depthwise = call.in_place ? 0 : call.plan.taps * kDepthwiseWeight;
  const std::int64_t parts = call.plan.strips * call.filter_runs;
  std::int64_t most = 0;
  for (int thread = 0; thread < threads; ++thread) {
    std::int64_t work = 0, last_strip = -1;
    for (std::int64_t part = parts * thread / threads; part < parts * (thread + 1) / threads; ++part) {
      const auto [index, run] = call.place_of(part);
      const Strip s = call.plan.strip(index);
      const std::int64_t filters = std::min(call.filters, g.out_c - run * call.filters);
      work += s.images * s.rows *
              (ceil_divide(filters, kRunColumns) * kRunColumns + (index == last_strip ? 0 : depthwise));
      last_strip = index;
    }
    most = std::max(most, work);
  }
  return most;
}

/// Parts for some threads. Few strips are cut further by their filters, where the threads make the depthwise
/// output each for itself, or are as many as the threads and of equal size, whichever ends first.
void share_out(ForwardCall& call, int threads) {
  const Window2D& g = call.plan.g;
  const std::int64_t wanted = std::min(kFairParts / call.plan.strips, ceil_divide(g.out_c, kLeastFilters));
  if (wanted > 1) {
    call.filters = ceil_divide(ceil_divide(g.out_c, wanted), kRunColumns) * kRunColumns;
    call.filter_runs = ceil_divide(g.out_c, call.filters);
    if (call.filter_runs % threads == 0) call.run_groups = threads;
  }
  if (threads == 1 || g.out_h < threads || call.plan.strips >= kFairParts * threads) return;
  ForwardCall even = call;
  even.plan = StripPlan::even(g, threads);
  even.filter_runs = even.run_groups = 1;
  even.filters = g.out_c;
  if (most_work(even, threads) < most_work(call, threads)) call = even;
}

}  // namespace

std::int64_t separable_panel_columns() { return HWY_DYNAMIC_DISPATCH(panel_columns)(); }

std::int64_t packed_separable_floats(const Window2D& g) {
  const std::int64_t channels = g.in_c * g.depth_multiplier, width = separable_panel_columns();
  return blocks_of(channels) * kLaneBlock * (g.kernel_h * g.kernel_w + 1) +
         panel_floats(channels + 1, g.out_c, width);
}

PackedSeparable packed_separable(const Window2D& g, bool has_bias, bool has_depthwise_bias,
                                 const float* memory) {
  const std::int64_t channels = g.in_c * g.depth_multiplier, taps = g.kernel_h * g.kernel_w;
  const std::int64_t width = separable_panel_columns(), padded = blocks_of(channels) * kLaneBlock;
  const float* depthwise_bias = memory + padded * taps;
  const float* pointwise = depthwise_bias + padded;
  const float* bias = pointwise + panel_floats(channels, g.out_c, width);
  return {false, memory, has_depthwise_bias ? depthwise_bias : nullptr, pointwise, has_bias ? bias : nullptr,
          width};
}

PackedSeparable pack_separable(const Window2D& g, const SeparableWeights& weights, float* memory) {
  const std::int64_t channels = g.in_c * g.depth_multiplier, taps = g.kernel_h * g.kernel_w;
  PackedSeparable packed =
      packed_separable(g, weights.bias != nullptr, weights.depthwise_bias != nullptr, memory);
  const auto writable = [memory](const float* view) { return memory + (view - memory); };
  packed.multiplies_by_one = weights.depthwise == nullptr;
  if (packed.multiplies_by_one) {
    std::fill_n(memory, blocks_of(channels) * kLaneBlock, 1.0F);
  } else {
    pack_columns(taps, channels, weights.depthwise, memory);
  }
  if (weights.depthwise_bias != nullptr) {
    pack_columns(1, channels, weights.depthwise_bias, writable(packed.depthwise_bias));
  }
  pack_panels(channels, g.out_c, packed.panel_columns, weights.pointwise, writable(packed.pointwise));
  if (weights.bias != nullptr) {
    pack_panels(1, g.out_c, packed.panel_columns, weights.bias, writable(packed.bias));
  }
  return packed;
}

void separable_conv2d_fused(const Window2D& g, const float* x, const PackedSeparable& weights,
                            const SeparableEpilogue& epilogue, float* y) {
  if (g.batch == 0) return;
  static std::atomic<std::uint64_t> calls{0};
  const std::int64_t y_pixel = epilogue.y_pixel == 0 ? g.out_c : epilogue.y_pixel;
  ForwardCall call{.plan = StripPlan(g, strip_pixels(g)),
                   .in_place = reads_in_place(g, weights, epilogue),
                   .filter_runs = 1,
                   .filters = g.out_c,
                   .run_groups = 1,
                   .id = ++calls,
                   .x = x,
                   .weights = weights,
                   .epilogue = epilogue,
                   .y = y,
                   .y_pixel = y_pixel,
                   .stream = !g.channels_first && y_pixel == g.out_c &&
                             is_streamed(y, g.batch * g.out_h * g.out_w, g.out_c)};
  share_out(call, num_threads());
  parallel_parts(call.plan.strips * call.filter_runs, [&](std::int64_t part) {
    HWY_DYNAMIC_DISPATCH(forward_part)(call, part);
  });
}

void separable_conv2d_fused(const Window2D& g, const SeparableForward<float>& a) {
  float* memory = thread_scratch(ScratchUse::shared, packed_separable_floats(g));
  const PackedSeparable weights =
      pack_separable(g, {.depthwise = a.depthwise, .pointwise = a.pointwise, .bias = a.bias}, memory);
  separable_conv2d_fused(g, a.x, weights, {}, a.y);
}

}  // namespace sepal::kernels
#endif  // HWY_ONCE
