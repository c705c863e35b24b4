// Operations on images: colors, patches, frames, blocks of pixels as channels, filters.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/operations/operand_operation.h"
#include "sepal/ops/array.h"
#include "sepal/ops/color.h"
#include "sepal/ops/conv.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/patches.h"

namespace sepal {
namespace {

using keras_modules::kImage;
using keras_modules::kNn;

struct ImageOptions {
  DataFormatName data_format = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("data_format", o.data_format);
  }
};

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

using MaybeLength = std::optional<std::int64_t>;

struct PadImagesOptions {
  MaybeLength top = {}, left = {}, bottom = {}, right = {}, height = {}, width = {};
  DataFormatName data_format = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("top_padding", o.top);
    v("left_padding", o.left);
    v("bottom_padding", o.bottom);
    v("right_padding", o.right);
    v("target_height", o.height);
    v("target_width", o.width);
    v("data_format", o.data_format);
  }
};

struct CropImagesOptions {
  MaybeLength top = {}, left = {}, bottom = {}, right = {}, height = {}, width = {};
  DataFormatName data_format = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("top_cropping", o.top);
    v("left_cropping", o.left);
    v("bottom_cropping", o.bottom);
    v("right_cropping", o.right);
    v("target_height", o.height);
    v("target_width", o.width);
    v("data_format", o.data_format);
  }
};

struct BlurOptions {
  IntTuple kernel_size = {3, 3};
  std::vector<double> sigma = {1.0, 1.0};
  DataFormatName data_format = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("kernel_size", o.kernel_size);
    v("sigma", o.sigma);
    v("data_format", o.data_format);
  }
};

void expect_image_rank(const Shape& shape) {
  if (shape.rank() == 3 || shape.rank() == 4) return;
  throw ValueError(
      fmt::format("Invalid images rank: expected rank 3 (single image) or rank 4 (batch of images). "
                  "Received: images.shape={}",
                  shape.str()));
}

// The axes in the order (batch, rows, columns, channels), and back.
std::vector<int> to_channels_last(int rank) {
  return rank == 4 ? std::vector<int>{0, 2, 3, 1} : std::vector<int>{1, 2, 0};
}
std::vector<int> to_channels_first(int rank) {
  return rank == 4 ? std::vector<int>{0, 3, 1, 2} : std::vector<int>{2, 0, 1};
}

Shape moved(const Shape& shape, const std::vector<int>& order) {
  Shape result;
  for (const int axis : order) result.push_back(shape[axis]);
  return result;
}

// f, which wants images (n, h, w, c), on images of any form.
template <class F>
Tensor on_batch(const DataFormatName& format, const Tensor& given, const F& f) {
  expect_image_rank(given.shape());
  Tensor x = given;
  if (format.channels_first()) x = ops::transpose(x, to_channels_last(x.rank()));
  const bool single = x.rank() == 3;
  if (single) x = ops::reshape(x, x.shape().with_front(1));
  Tensor y = f(x);
  if (single) y = ops::reshape(y, y.shape().slice(1));
  return format.channels_first() ? ops::transpose(y, to_channels_first(y.rank())) : y;
}

// The same for shapes.
template <class F>
Shape shape_on_batch(const DataFormatName& format, const Shape& given, const F& f) {
  expect_image_rank(given);
  Shape shape = format.channels_first() ? moved(given, to_channels_last(given.rank())) : given;
  const bool single = shape.rank() == 3;
  Shape result = f(single ? shape.with_front(1) : shape);
  if (single) result = result.slice(1);
  return format.channels_first() ? moved(result, to_channels_first(result.rank())) : result;
}

Shape gray_shape(const ImageOptions& o, const Shapes& shapes) {
  return shape_on_batch(o.data_format, shapes.at(0), [](Shape shape) {
    shape[3] = 1;
    return shape;
  });
}

Tensor gray(const ImageOptions& o, const Tensors& inputs) {
  return on_batch(o.data_format, inputs.at(0), [](const Tensor& x) {
    if (x.shape()[-1] == 1) return x;
    if (is_floating(x.dtype())) return ops::rgb_to_grayscale(x);
    return ops::cast(ops::rgb_to_grayscale(ops::cast(x, floatx())), x.dtype());
  });
}

using ColorFunction = Tensor (*)(const Tensor&);

template <ColorFunction kFunction>
Tensor recolored(const ImageOptions& o, const Tensors& inputs) {
  return on_batch(o.data_format, inputs.at(0), kFunction);
}

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

// What is left out follows from the other two: before + length + after = target.
struct Frame {
  std::int64_t before;
  std::int64_t after;
};

Frame frame_of(const char* argument, const MaybeLength& before, const MaybeLength& after,
               const MaybeLength& rest) {
  const int given = (before ? 1 : 0) + (after ? 1 : 0) + (rest ? 1 : 0);
  if (given < 2) throw ValueError(fmt::format("Two of the numbers for the {} must be specified.", argument));
  Frame frame{before.value_or(0), after.value_or(0)};
  if (!before) frame.before = *rest - frame.after;
  if (!after) frame.after = *rest - frame.before;
  if (frame.before < 0 || frame.after < 0 || frame.before > (std::int64_t{1} << 40) ||
      frame.after > (std::int64_t{1} << 40)) {
    throw ValueError(fmt::format("The {} must be >= 0 on both sides. Received: {} and {}", argument,
                                 frame.before, frame.after));
  }
  return frame;
}

MaybeLength difference(const MaybeLength& a, std::int64_t b) {
  return a ? MaybeLength(*a - b) : MaybeLength();
}

Shape padded_images_shape(const PadImagesOptions& o, const Shapes& shapes) {
  return shape_on_batch(o.data_format, shapes.at(0), [&](Shape s) {
    const auto padded = [](const char* argument, std::int64_t length, const MaybeLength& before,
                           const MaybeLength& after, const MaybeLength& target) -> std::int64_t {
      if (length == kNone) return target.value_or(kNone);
      const Frame frame = frame_of(argument, before, after, difference(target, length));
      return length + frame.before + frame.after;
    };
    s[1] = padded("height's padding", s[1], o.top, o.bottom, o.height);
    s[2] = padded("width's padding", s[2], o.left, o.right, o.width);
    return s;
  });
}

Tensor padded_images(const PadImagesOptions& o, const Tensors& inputs) {
  return on_batch(o.data_format, inputs.at(0), [&](const Tensor& x) {
    const Frame rows = frame_of("height's padding", o.top, o.bottom, difference(o.height, x.shape()[1]));
    const Frame columns = frame_of("width's padding", o.left, o.right, difference(o.width, x.shape()[2]));
    return ops::pad(x, {{0, 0}, {rows.before, rows.after}, {columns.before, columns.after}, {0, 0}});
  });
}

Frame crop_of(const char* argument, std::int64_t length, const MaybeLength& before, const MaybeLength& after,
              const MaybeLength& target) {
  const Frame frame =
      frame_of(argument, before, after, target ? MaybeLength(length - *target) : MaybeLength());
  if (frame.before + frame.after > length)
    throw ValueError(fmt::format("The {} leaves nothing of a length of {}.", argument, length));
  return frame;
}

Shape cropped_images_shape(const CropImagesOptions& o, const Shapes& shapes) {
  return shape_on_batch(o.data_format, shapes.at(0), [&](Shape s) {
    const auto cropped = [](const char* argument, std::int64_t length, const MaybeLength& before,
                            const MaybeLength& after, const MaybeLength& target) -> std::int64_t {
      if (length == kNone) return target.value_or(kNone);
      const Frame frame = crop_of(argument, length, before, after, target);
      return length - frame.before - frame.after;
    };
    s[1] = cropped("height's cropping", s[1], o.top, o.bottom, o.height);
    s[2] = cropped("width's cropping", s[2], o.left, o.right, o.width);
    return s;
  });
}

Tensor cropped_images(const CropImagesOptions& o, const Tensors& inputs) {
  return on_batch(o.data_format, inputs.at(0), [&](const Tensor& x) {
    const Frame rows = crop_of("height's cropping", x.shape()[1], o.top, o.bottom, o.height);
    const Frame columns = crop_of("width's cropping", x.shape()[2], o.left, o.right, o.width);
    return ops::slice(ops::slice(x, 1, rows.before, x.shape()[1] - rows.after), 2, columns.before,
                      x.shape()[2] - columns.after);
  });
}

std::vector<double> bell(std::int64_t size, double sigma) {
  std::vector<double> values;
  double sum = 0.0;
  for (std::int64_t i = 0; i < size; ++i) {
    const double distance = (static_cast<double>(i) - static_cast<double>(size - 1) / 2.0) / sigma;
    values.push_back(std::exp(-0.5 * distance * distance));
    sum += values.back();
  }
  for (double& value : values) value /= sum;
  return values;
}

Tensor blurred(const BlurOptions& o, const Tensors& inputs) {
  const IntTuple size = standardize_tuple(o.kernel_size, 2, "kernel_size");
  if (o.sigma.size() != 2 || size[0] > 4096 || size[1] > 4096)
    throw ValueError("GaussianBlur: `sigma` must be two numbers, and `kernel_size` at most 4096.");
  return on_batch(o.data_format, inputs.at(0), [&](const Tensor& x) {
    // As in Keras the bell of the second size runs over the rows of a matrix that is then read in the order
    // of the first size.
    const std::vector<double> first = bell(size[0], o.sigma[0]);
    const std::vector<double> second = bell(size[1], o.sigma[1]);
    std::vector<double> cells;
    for (const double a : second) {
      for (const double b : first) cells.push_back(a * b);
    }
    const Tensor kernel = Tensor::from<double>(cells, {size[0], size[1], 1, 1}).astype(x.dtype());
    return ops::depthwise_conv2d(x, ops::tile(kernel, {1, 1, x.shape()[3], 1}), Tensor(),
                                 {.padding = ops::Padding::same});
  });
}

// Differences of rows, then of columns, as a last axis; images are mirrored around their border pixels.
Tensor sobel_edges(const ImageOptions& o, const Tensors& inputs) {
  const bool channels_first = o.data_format.channels_first();
  const Tensor given = inputs.at(0);
  if (given.rank() != 4)
    throw ValueError(
        fmt::format("SobelEdges: expected images of rank 4. Received: shape={}", given.shape().str()));
  Tensor x = channels_first ? ops::transpose(given, to_channels_last(4)) : given;
  const Shape s = x.shape();
  for (const int axis : {1, 2}) {
    const std::int64_t length = s[axis];
    if (length < 2) throw ValueError("SobelEdges: images must have at least two rows and columns.");
    x = ops::concatenate({ops::slice(x, axis, 1, 2), x, ops::slice(x, axis, length - 2, length - 1)}, axis);
  }
  const Tensor kernel =
      Tensor::from<double>({-1, -1, -2, 0, -1, 1, 0, -2, 0, 0, 0, 2, 1, -1, 2, 0, 1, 1}, {3, 3, 1, 2});
  const Tensor edges =
      ops::depthwise_conv2d(x, ops::tile(kernel.astype(x.dtype()), {1, 1, s[3], 1}), Tensor(), {});
  const Tensor pairs = ops::reshape(edges, {s[0], s[1], s[2], s[3], 2});
  return channels_first ? ops::transpose(pairs, {0, 3, 1, 2, 4}) : pairs;
}

Shape edges_shape(const ImageOptions&, const Shapes& shapes) {
  Shape shape = shapes.at(0);
  shape.push_back(2);
  return shape;
}

}  // namespace

void add_image_operations(std::map<std::string, LayerFactory>& rows) {
  add_row<ImageOptions>(rows, {"RGBToGrayscale", &gray, &gray_shape, false, kImage});
  add_row<ImageOptions>(rows,
                        {"RGBToHSV", &recolored<ops::rgb_to_hsv>, &same_shape<ImageOptions>, false, kImage});
  add_row<ImageOptions>(rows,
                        {"HSVToRGB", &recolored<ops::hsv_to_rgb>, &same_shape<ImageOptions>, false, kImage});
  add_row<ImageOptions>(rows, {"SobelEdges", &sobel_edges, &edges_shape, false, kImage});
  add_row<BlurOptions>(rows, {"GaussianBlur", &blurred, &same_shape<BlurOptions>, false, kImage});
  add_row<ExtractOptions>(rows, {"ExtractPatches", &extracted, &extracted_shape, false, kImage});
  add_row<PadImagesOptions>(rows, {"PadImages", &padded_images, &padded_images_shape, false, kImage});
  add_row<CropImagesOptions>(rows, {"CropImages", &cropped_images, &cropped_images_shape, false, kImage});
  add_row<BlockOptions>(rows, {"DepthToSpace", &depth_to_space, &depth_to_space_shape, false, kNn});
  add_row<BlockOptions>(rows, {"SpaceToDepth", &space_to_depth, &space_to_depth_shape, false, kNn});
  add_row<UnfoldOptions>(rows, {"Unfold", &unfolded, &unfolded_shape, false, kNn});
  add_row<FoldOptions>(rows, {"Fold", &folded, &folded_shape, false, kNn});
}

}  // namespace sepal
