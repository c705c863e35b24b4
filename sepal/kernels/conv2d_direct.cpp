#include "sepal/kernels/conv2d_direct.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "sepal/base/parallel.h"
#include "sepal/kernels/block_layout.h"
#include "sepal/kernels/image_strides.h"
#include "sepal/kernels/scratch.h"
#include "sepal/kernels/separable_conv2d.h"
#include "sepal/kernels/streaming.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sepal/kernels/conv2d_direct.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "sepal/kernels/blocked_product-inl.h"

#ifndef SEPAL_KERNELS_CONV2D_DIRECT_ONCE
#define SEPAL_KERNELS_CONV2D_DIRECT_ONCE
namespace sepal::kernels {
namespace {

struct DirectCall {
  Window2D g;
  std::int64_t strip_rows;  // of the output
  const float* x;
  PackedConv2D weights;
  Epilogue epilogue;
  float* y;
  bool stream;
};

// Columns of zeros that the windows meet to the right of an image.
std::int64_t zeros_behind(const Window2D& g) {
  return std::max<std::int64_t>(0, (g.out_w - 1) * g.stride_w + g.kernel_w - g.pad_left - g.in_w);
}

}  // namespace
}  // namespace sepal::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace sepal::kernels::HWY_NAMESPACE {

/// One row of output pixels.
struct DirectRow {
  std::int64_t kernel_rows;  // those that meet the image
  std::int64_t depth;        // of a kernel row
  std::int64_t all_depth;    // of the kernel
  const float* const* a;     // [kernel row]: what the window of the first pixel meets
  const float* b;            // of the first of the kernel rows
  std::int64_t panel_columns;
  Results results;
};

template <int kRows, int kVectors, int kRowStep>
HWY_INLINE void direct_tile(const DirectRow& p, std::int64_t row, std::int64_t vector) {
  FloatVector acc[kRows][kVectors];
  start_tile(p.results, row, vector, acc);
  RightVectors<kVectors, kTileVectors> b = panel_vectors<kVectors>(p.b, p.all_depth, p.panel_columns, vector);
  for (std::int64_t k = 0; k < p.kernel_rows; ++k) {
    EvenRows<kRowStep> a{p.a[k] + row * kRowStep};
    accumulate<kRows, kVectors, kTileVectors, 1>(p.depth, a, b, p.panel_columns, acc);
  }
  finish_tile(p.results, row, vector, acc);
}

/// A tile of exactly `rows` rows, 1 <= rows <= kRows.
template <int kRows, int kVectors, int kRowStep>
HWY_NOINLINE void direct_tile_of(const DirectRow& p, std::int64_t row, std::int64_t rows,
                                 std::int64_t vector) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return direct_tile_of<kRows - 1, kVectors, kRowStep>(p, row, rows, vector);
  }
  direct_tile<kRows, kVectors, kRowStep>(p, row, vector);
}

template <int kRows, int kVectors, int kRowStep>
void direct_columns(const DirectRow& p, std::int64_t pixels, std::int64_t vectors) {
  const std::int64_t groups = (pixels + kRows - 1) / kRows;
  for (std::int64_t vector = 0; vector < vectors; vector += kVectors) {
    for (std::int64_t i = 0; i < groups; ++i) {
      const std::int64_t row = pixels * i / groups, rows = pixels * (i + 1) / groups - row;
      if (vector + kVectors <= vectors) {
        direct_tile_of<kRows, kVectors, kRowStep>(p, row, rows, vector);
      } else {
        for (std::int64_t v = vector; v < vectors; ++v) direct_tile_of<kRows, 1, kRowStep>(p, row, rows, v);
      }
    }
  }
}

template <int kRowStep>
void direct_row(const DirectRow& p, std::int64_t pixels) {
  const std::int64_t vectors = (p.results.columns + kLanes - 1) / kLanes;
  if constexpr (kManyRegisters) {
    if (p.results.stream && vectors % kWideVectors == 0) {
      return direct_columns<kWideRows, kWideVectors, kRowStep>(p, pixels, vectors);
    }
  }
  direct_columns<kTileRows, kTileVectors, kRowStep>(p, pixels, vectors);
}

/// The floats between the windows of neighbouring pixels: a constant of the loops, so that the rows of a tile
/// are one address and fourteen distances.
void direct_row_of_step(const DirectRow& p, std::int64_t pixels, std::int64_t step) {
  switch (step) {
    case 1:
      return direct_row<1>(p, pixels);
    case 2:
      return direct_row<2>(p, pixels);
    case 3:
      return direct_row<3>(p, pixels);
    case 4:
      return direct_row<4>(p, pixels);
    case 6:
      return direct_row<6>(p, pixels);
    default:
      return direct_row<8>(p, pixels);
  }
}

void direct_strip(const DirectCall& call, std::int64_t part) {
  const Window2D& g = call.g;
  const std::int64_t strips = ceil_divide(g.out_h, call.strip_rows);
  const std::int64_t image = part / strips, begin = part % strips * call.strip_rows;
  const std::int64_t end = std::min(begin + call.strip_rows, g.out_h);
  const std::int64_t behind = zeros_behind(g), row_floats = g.in_w * g.in_c;
  const float* x = call.x + image * g.in_h * row_floats;
  const std::int64_t first_in = std::max<std::int64_t>(begin * g.stride_h - g.pad_top, 0);
  const std::int64_t end_in = std::min((end - 1) * g.stride_h - g.pad_top + g.kernel_h, g.in_h);

  // Rows with zeros on both sides, where the windows reach beyond the image.
  const float* rows = x + first_in * row_floats;
  std::int64_t row_step = row_floats;
  if (g.pad_left > 0 || behind > 0) {
    row_step = (g.pad_left + g.in_w + behind) * g.in_c;
    float* framed = thread_scratch(ScratchUse::part, std::max<std::int64_t>(end_in - first_in, 0) * row_step);
    const auto bytes = [](std::int64_t floats) { return static_cast<std::size_t>(floats) * sizeof(float); };
    for (std::int64_t r = first_in; r < end_in; ++r) {
      float* to = framed + (r - first_in) * row_step;
      std::memset(to, 0, bytes(g.pad_left * g.in_c));
      std::memcpy(to + g.pad_left * g.in_c, x + r * row_floats, bytes(row_floats));
      std::memset(to + g.pad_left * g.in_c + row_floats, 0, bytes(behind * g.in_c));
    }
    rows = framed;
  }

  thread_local std::vector<std::int64_t> offsets;
  thread_local std::vector<const float*> met;
  offsets.resize(static_cast<std::size_t>(g.out_w));
  for (std::int64_t w = 0; w < g.out_w; ++w) offsets[static_cast<std::size_t>(w)] = w * g.out_c;
  met.resize(static_cast<std::size_t>(g.kernel_h));
  DirectRow row{.kernel_rows = 0,
                .depth = g.kernel_w * g.in_c,
                .all_depth = g.kernel_h * g.kernel_w * g.in_c,
                .a = met.data(),
                .b = nullptr,
                .panel_columns = call.weights.panel_columns,
                .results = {.columns = g.out_c,
                            .bias = call.weights.bias,
                            .residual_offset = offsets.data(),
                            .clamp = call.epilogue.clamp,
                            .c = nullptr,
                            .row_offset = offsets.data(),
                            .c_block = kLaneBlock,
                            .c_is_far = true,
                            .stream = call.stream}};
  for (std::int64_t oh = begin; oh < end; ++oh) {
    const std::int64_t top = oh * g.stride_h - g.pad_top;
    const std::int64_t from = std::clamp<std::int64_t>(-top, 0, g.kernel_h);
    const std::int64_t to = std::clamp<std::int64_t>(g.in_h - top, from, g.kernel_h);
    row.kernel_rows = to - from;
    for (std::int64_t k = from; k < to; ++k) {
      met[static_cast<std::size_t>(k - from)] = rows + (top + k - first_in) * row_step;
    }
    row.b = call.weights.kernel + from * row.depth * row.panel_columns;
    const std::int64_t origin = (image * g.out_h + oh) * g.out_w * g.out_c;
    row.results.c = call.y + origin;
    row.results.residual = call.epilogue.residual == nullptr ? nullptr : call.epilogue.residual + origin;
    direct_row_of_step(row, g.out_w, g.stride_w * g.in_c);
  }
  if (call.stream) hwy::FlushStream();
}

}  // namespace sepal::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sepal::kernels {
namespace {

HWY_EXPORT(direct_strip);

// The results of a strip: half of an L2 of 1 MiB.
constexpr std::int64_t kStripFloats = 128 * 1024;

}  // namespace

const char* conv2d_direct_refusal(const Window2D& g) {
  if (g.channels_first) return "channels first";
  if (g.groups != 1) return "groups";
  if (g.dilation_h != 1 || g.dilation_w != 1) return "dilation";
  const std::int64_t step = g.stride_w * g.in_c;
  if (step > 8 || step == 5 || step == 7)
    return "the product of channels and stride is not one of 1, 2, 3, 4, 6 and 8";
  return "";
}

std::int64_t packed_conv2d_floats(const Window2D& g) {
  return panel_floats(g.kernel_h * g.kernel_w * g.in_c + 1, g.out_c, separable_panel_columns());
}

PackedConv2D packed_conv2d(const Window2D& g, bool has_bias, const float* memory) {
  const std::int64_t width = separable_panel_columns();
  const float* bias = memory + panel_floats(g.kernel_h * g.kernel_w * g.in_c, g.out_c, width);
  return {memory, has_bias ? bias : nullptr, width};
}

PackedConv2D pack_conv2d(const Window2D& g, const float* kernel, const float* bias, float* memory) {
  const PackedConv2D packed = packed_conv2d(g, bias != nullptr, memory);
  pack_panels(g.kernel_h * g.kernel_w * g.in_c, g.out_c, packed.panel_columns, kernel, memory);
  if (bias != nullptr) pack_panels(1, g.out_c, packed.panel_columns, bias, memory + (packed.bias - memory));
  return packed;
}

void conv2d_direct(const Window2D& g, const float* x, const PackedConv2D& weights, const Epilogue& epilogue,
                   float* y) {
  const std::int64_t row_floats = std::max<std::int64_t>(g.out_w * g.out_c, 1);
  const DirectCall call{.g = g,
                        .strip_rows = std::clamp<std::int64_t>(kStripFloats / row_floats, 1, 8),
                        .x = x,
                        .weights = weights,
                        .epilogue = epilogue,
                        .y = y,
                        .stream = is_streamed(y, g.batch * g.out_h * g.out_w, g.out_c)};
  parallel_parts(g.batch * ceil_divide(g.out_h, call.strip_rows), [&](std::int64_t part) {
    HWY_DYNAMIC_DISPATCH(direct_strip)(call, part);
  });
}

}  // namespace sepal::kernels
#endif  // HWY_ONCE
