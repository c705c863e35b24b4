// Operations on pieces of images: windows as channels and back (ExtractPatches, Unfold, Fold), blocks of
// pixels as channels and back (SpaceToDepth, DepthToSpace).
#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"
#include "sepal/layers/operations/image_form.h"
#include "sepal/layers/operations/operand_operation.h"
#include "sepal/ops/array.h"
#include "sepal/ops/conv.h"
#include "sepal/ops/patches.h"

namespace sepal {
namespace {

using keras_modules::kNn;

struct BlockOptions {
  std::int64_t block_size = 2;
  DataFormatName data_format = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("block_size", o.block_size);
    v("data_format", o.data_format);
  }
};

struct ExtractOptions {
  IntTuple size = {};
  std::optional<IntTuple> strides = {};  // None: size
  IntTuple dilation_rate = 1;
  std::string padding = "valid";
  DataFormatName data_format = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("size", o.size);
    v("strides", o.strides);
    v("dilation_rate", o.dilation_rate);
    v("padding", o.padding);
    v("data_format", o.data_format);
  }
};

struct UnfoldOptions {
  IntTuple kernel_size = {};
  IntTuple dilation = 1;
  IntTuple padding = 0;
  IntTuple stride = 1;
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("kernel_size", o.kernel_size);
    v("dilation", o.dilation);
    v("padding", o.padding);
    v("stride", o.stride);
  }
};

struct FoldOptions {
  IntTuple output_size = {};
  UnfoldOptions windows = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("output_size", o.output_size);
    UnfoldOptions::visit(o.windows, v);
  }
};

std::int64_t times(std::int64_t length, std::int64_t factor) {
  return length == kNone ? kNone : checked_multiply(length, factor);
}

std::int64_t parted(std::int64_t length, std::int64_t parts, const Shape& shape) {
  if (length != kNone && (parts < 1 || length % parts != 0)) {
    throw ValueError(fmt::format("A length must be divisible by the block's. Received: block={}, x.shape={}",
                                 parts, shape.str()));
  }
  return length == kNone ? kNone : length / parts;
}

Shape depth_to_space_shape(const BlockOptions& o, const Shapes& shapes) {
  const std::int64_t block = o.block_size;
  if (block < 2) throw ValueError(fmt::format("`block_size` must be at least 2. Received: {}", block));
  return shape_on_batch(o.data_format, shapes.at(0), [&](const Shape& s) {
    return Shape{s[0], times(s[1], block), times(s[2], block),
                 parted(s[3], checked_multiply(block, block), s)};
  });
}

Tensor depth_to_space(const BlockOptions& o, const Tensors& inputs) {
  (void)depth_to_space_shape(o, {inputs.at(0).shape()});
  return on_batch(o.data_format, inputs[0], [block = o.block_size](const Tensor& x) {
    const Shape& s = x.shape();
    const std::int64_t channels = s[3] / (block * block);
    const Tensor blocks = ops::reshape(x, {s[0], s[1], s[2], block, block, channels});
    return ops::reshape(ops::transpose(blocks, {0, 1, 3, 2, 4, 5}),
                        {s[0], s[1] * block, s[2] * block, channels});
  });
}

Shape space_to_depth_shape(const BlockOptions& o, const Shapes& shapes) {
  const std::int64_t block = o.block_size;
  if (block < 2) throw ValueError(fmt::format("`block_size` must be at least 2. Received: {}", block));
  return shape_on_batch(o.data_format, shapes.at(0), [&](const Shape& s) {
    return Shape{s[0], parted(s[1], block, s), parted(s[2], block, s),
                 times(s[3], checked_multiply(block, block))};
  });
}

Tensor space_to_depth(const BlockOptions& o, const Tensors& inputs) {
  (void)space_to_depth_shape(o, {inputs.at(0).shape()});
  return on_batch(o.data_format, inputs[0], [block = o.block_size](const Tensor& x) {
    const Shape& s = x.shape();
    const Tensor blocks = ops::reshape(x, {s[0], s[1] / block, block, s[2] / block, block, s[3]});
    return ops::reshape(ops::transpose(blocks, {0, 1, 3, 2, 4, 5}),
                        {s[0], s[1] / block, s[2] / block, block * block * s[3]});
  });
}

// Rows and columns of windows.
struct PatchAxes {
  ops::PatchAxis rows;
  ops::PatchAxis columns;
};

void pad_same(ops::PatchAxis& axis, std::int64_t length) {
  const std::int64_t windows =
      ops::window_output_length(length, axis.window, ops::Padding::same, axis.stride, axis.dilation);
  axis.before =
      ops::window_padding_before(length, axis.window, ops::Padding::same, axis.stride, axis.dilation);
  const std::int64_t covered = (windows - 1) * axis.stride + (axis.window - 1) * axis.dilation + 1;
  axis.after = std::max<std::int64_t>(covered - length - axis.before, 0);
}

// Padded for images of this size, whose lengths are known.
PatchAxes patch_axes(const ExtractOptions& o, std::int64_t height, std::int64_t width) {
  const IntTuple size = standardize_tuple(o.size, 2, "size");
  const IntTuple strides = o.strides ? standardize_tuple(*o.strides, 2, "strides") : size;
  const IntTuple dilation = standardize_tuple(o.dilation_rate, 2, "dilation_rate");
  PatchAxes axes{{.window = size[0], .stride = strides[0], .dilation = dilation[0]},
                 {.window = size[1], .stride = strides[1], .dilation = dilation[1]}};
  if (standardize_choice(o.padding, {"valid", "same"}, "padding") == "same") {
    pad_same(axes.rows, height);
    pad_same(axes.columns, width);
  }
  return axes;
}

Shape extracted_shape(const ExtractOptions& o, const Shapes& shapes) {
  return shape_on_batch(o.data_format, shapes.at(0), [&](const Shape& s) {
    const auto count = [](const ops::PatchAxis& axis, std::int64_t length) {
      return length == kNone ? kNone : axis.windows(length);
    };
    const PatchAxes axes = patch_axes(o, s[1] == kNone ? 1 : s[1], s[2] == kNone ? 1 : s[2]);
    return Shape{s[0], count(axes.rows, s[1]), count(axes.columns, s[2]),
                 times(s[3], checked_multiply(axes.rows.window, axes.columns.window))};
  });
}

Tensor extracted(const ExtractOptions& o, const Tensors& inputs) {
  return on_batch(o.data_format, inputs.at(0), [&](const Tensor& x) {
    const PatchAxes axes = patch_axes(o, x.shape()[1], x.shape()[2]);
    const Tensor windows = ops::patches(x, axes.rows, axes.columns);
    const Shape& s = windows.shape();
    return ops::reshape(windows, {s[0], s[1], s[2], s[3] * s[4] * s[5]});
  });
}

PatchAxes window_axes(const UnfoldOptions& o) {
  const IntTuple window = standardize_tuple(o.kernel_size, 2, "kernel_size");
  const IntTuple stride = standardize_tuple(o.stride, 2, "stride");
  const IntTuple dilation = standardize_tuple(o.dilation, 2, "dilation");
  const IntTuple padding = standardize_tuple(o.padding, 2, "padding", 0);
  return {{window[0], stride[0], dilation[0], padding[0], padding[0]},
          {window[1], stride[1], dilation[1], padding[1], padding[1]}};
}

// Images (n, c, h, w) as windows (n, c · window · window, number of windows).
Shape unfolded_shape(const UnfoldOptions& o, const Shapes& shapes) {
  const Shape& s = shapes.at(0);
  if (s.rank() != 4)
    throw ValueError(fmt::format("Unfold: expected images of rank 4. Received: x.shape={}", s.str()));
  const PatchAxes axes = window_axes(o);
  const bool known = s[2] != kNone && s[3] != kNone;
  return {s[0], times(s[1], checked_multiply(axes.rows.window, axes.columns.window)),
          known ? checked_multiply(axes.rows.windows(s[2]), axes.columns.windows(s[3])) : kNone};
}

Tensor unfolded(const UnfoldOptions& o, const Tensors& inputs) {
  const Shape shape = unfolded_shape(o, {inputs.at(0).shape()});
  const PatchAxes axes = window_axes(o);
  const Tensor windows =
      ops::patches(ops::transpose(inputs[0], to_channels_last(4)), axes.rows, axes.columns);
  return ops::reshape(ops::transpose(windows, {0, 5, 3, 4, 1, 2}), shape);
}

Shape folded_shape(const FoldOptions& o, const Shapes& shapes) {
  const Shape& s = shapes.at(0);
  const IntTuple size = standardize_tuple(o.output_size, 2, "output_size");
  const PatchAxes axes = window_axes(o.windows);
  const std::int64_t cells = checked_multiply(axes.rows.window, axes.columns.window);
  const std::int64_t windows = checked_multiply(axes.rows.windows(size[0]), axes.columns.windows(size[1]));
  if (s.rank() != 3 || (s[1] != kNone && s[1] % cells != 0) || (s[2] != kNone && s[2] != windows)) {
    throw ValueError(
        fmt::format("Fold: expected (n, channels * {}, {}) for these windows. Received: x.shape={}", cells,
                    windows, s.str()));
  }
  return {s[0], s[1] == kNone ? kNone : s[1] / cells, size[0], size[1]};
}

Tensor folded(const FoldOptions& o, const Tensors& inputs) {
  const Shape shape = folded_shape(o, {inputs.at(0).shape()});
  const PatchAxes axes = window_axes(o.windows);
  const Tensor windows =
      ops::reshape(inputs[0], {shape[0], shape[1], axes.rows.window, axes.columns.window,
                               axes.rows.windows(shape[2]), axes.columns.windows(shape[3])});
  const Tensor sums = ops::sum_of_patches(ops::transpose(windows, {0, 4, 5, 2, 3, 1}), axes.rows,
                                          axes.columns, shape[2], shape[3]);
  return ops::transpose(sums, to_channels_first(4));
}

}  // namespace

void add_patch_operations(std::map<std::string, LayerFactory>& rows) {
  add_row<ExtractOptions>(rows,
                          {"ExtractPatches", &extracted, &extracted_shape, false, keras_modules::kImage});
  add_row<BlockOptions>(rows, {"DepthToSpace", &depth_to_space, &depth_to_space_shape, false, kNn});
  add_row<BlockOptions>(rows, {"SpaceToDepth", &space_to_depth, &space_to_depth_shape, false, kNn});
  add_row<UnfoldOptions>(rows, {"Unfold", &unfolded, &unfolded_shape, false, kNn});
  add_row<FoldOptions>(rows, {"Fold", &folded, &folded_shape, false, kNn});
}

}  // namespace sepal
